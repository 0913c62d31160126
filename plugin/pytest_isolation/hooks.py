"""The hooks of pytest that observe a session: each emits a fact, and never raises."""

from typing import Any, Dict, List, Optional, Tuple

import pytest

from . import report_facts, session_facts
from .events import (
    InternalError,
    Interrupted,
    SessionFinished,
    TestStarted,
    WarningCaught,
    WorkerCrashed,
)
from .probes.fixtures import FixtureProbe
from .probes.process.probe import arm as arm_process
from .recorder import Recorder, describe
from .settings import Settings, read_selection
from .startup import import_hook
from .startup.patches import COLOUR
from .tracebacks import short_traceback
from .transport.connection import connect
from .transport.current_test_file import CurrentTestFile
from .transport.sender import QUEUE_LIMIT, Sender, close_at_exit

_NOTHING_RAISED = report_facts.Raised()
_NONE: List[int] = []
"""No fixture lives: one list for all, never added to."""


def start(settings: Settings) -> "Optional[IsolationPlugin]":
    """Connect and arm the probes; None if nothing listens."""
    peer = connect(settings.address, settings.token)
    if peer is None:
        return None
    try:
        sender = Sender(peer, settings.worker, settings.queue_limit or QUEUE_LIMIT)
    except Exception:  # no thread could be started
        peer.close()
        return None
    recorder = Recorder(sender)
    plugin = observe(recorder, settings)
    close_at_exit(sender, plugin.emit_last_facts)
    recorder.flush_now()  # a conftest may end the process
    return plugin


def observe(recorder: Recorder, settings: Settings) -> "IsolationPlugin":
    """Arm the probes, for a plugin that joins its session later."""
    recorder.patches.safe = settings.safe
    plugin = IsolationPlugin(recorder, settings)
    import_hook.arm_when_imported(recorder, settings.off, settings.verify)
    return plugin


class IsolationPlugin:
    """The observer of one pytest session in one process."""

    def __init__(self, recorder: Recorder, settings: Settings) -> None:
        self.recorder = recorder
        self.settings = settings
        self.fixtures = FixtureProbe(recorder)
        self.process = arm_process(recorder, settings)
        self.is_worker = settings.worker != "main"
        self.is_controller = False
        self._attempt = 1
        self._saw_setup = False
        self._test_is_flushed = False
        """Whether the facts of the test that is being torn down are out."""
        self._raised: Dict[str, report_facts.Raised] = {}
        """When -> what was raised in that phase of the running test."""
        self._root = ""
        self._uses: Dict[str, List[int]] = {}
        """When -> the fixture lives that the test got in that phase. Some plugins report only after the last phase."""
        self._session: Any = None
        self._emitted_collected = False
        self._current_test_file = _open_current_test_file(settings)
        self._emitted_end = False
        recorder.emit(session_facts.hello(self.is_worker))

    def join(self, config: Any) -> None:
        """Register for the session of ``config``."""
        try:
            if self.settings.colour and not self.is_worker:
                self.recorder.patches.install(COLOUR, lambda _: "yes", config.option)
            if self.process is not None and config.pluginmanager.hasplugin("warnings"):
                self.process.skip_warnings()
            config.pluginmanager.register(self, "isolation-observer")
        except Exception as error:
            self.recorder.disable("session", error)

    def conftest_failed(self, config: Any, error: BaseException) -> None:
        """pytest could not load a conftest, and ends."""
        try:
            path = getattr(error, "path", None)
            if path is not None:
                self.recorder.flush_unit()
                self.recorder.emit(report_facts.conftest_failed(error, str(path), session_facts.root_of(config)))
        except Exception as failure:
            self.recorder.disable("collection", failure)

    # -- session and collection -----------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: Any) -> None:
        try:
            self._session = session
            config = session.config
            self.is_controller = not self.is_worker and config.pluginmanager.hasplugin("dsession")
            self._root = session_facts.root_of(config)
            self.recorder.emit(session_facts.session_started(config, self.is_controller, self.settings.safe))
            self.recorder.phase = "collect"
        except Exception as error:
            self.recorder.disable("session", error)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: List[Any]) -> None:
        if not self.settings.select or self.is_controller:
            return
        try:
            wanted = read_selection(self.settings.select)
            if wanted is None:
                return
            chosen = frozenset(wanted)
            left_out = [item for item in items if item.nodeid not in chosen]
            if left_out:
                items[:] = [item for item in items if item.nodeid in chosen]
                config.hook.pytest_deselected(items=left_out)
        except Exception as error:
            self.recorder.disable("selection", error)

    def pytest_deselected(self, items: List[Any]) -> None:
        try:
            nodeids = [item.nodeid for item in items]
            for fact in session_facts.deselected(nodeids):
                self.recorder.emit(fact)
        except Exception as error:
            self.recorder.disable("collection", error)

    def pytest_collectreport(self, report: Any) -> None:
        if not report.failed or self.is_controller:
            return
        try:
            self.recorder.emit(report_facts.collection_failed(report))
        except Exception as error:
            self.recorder.disable("collection", error)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: Any) -> None:
        try:
            self.recorder.flush_unit()
            if not self.is_worker and not self.is_controller:
                self._emit_collected([item.nodeid for item in session.items])
        except Exception as error:
            self.recorder.disable("collection", error)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: List[str]) -> None:
        try:
            if self._session is not None and not self._emitted_collected:
                self._emit_collected(ids)
        except Exception as error:
            self.recorder.disable("collection", error)

    def _emit_collected(self, nodeids: List[str]) -> None:
        self._emitted_collected = True
        for fact in session_facts.collected(nodeids):
            self.recorder.emit(fact)
        self.recorder.flush_now()

    # -- tests ----------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str, location: Tuple[str, Optional[int], str]) -> None:
        if self.is_controller:
            return
        try:
            recorder = self.recorder
            recorder.flush_unit()
            self._attempt = self._attempt + 1 if nodeid == recorder.nodeid else 1  # a plugin runs it again
            self._saw_setup = False
            self._uses = {}
            recorder.nodeid, recorder.phase = nodeid, "setup"
            recorder.emit(TestStarted(nodeid, self._attempt, location[0], (location[1] or 0) + 1))
            if self._current_test_file is not None:
                self._current_test_file.enter(nodeid)
            recorder.test_boundary()
            recorder.yield_to_sender()
        except Exception as error:
            self.recorder.disable("tests", error)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        if self.recorder.phase != "setup":  # else the unit is the one that began with the test
            self._enter_phase("setup")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        self._enter_phase("call")
        try:
            self.recorder.yield_to_sender()
        except Exception as error:
            self.recorder.disable("tests", error)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        self._enter_phase("teardown")

    def _enter_phase(self, phase: str) -> None:
        try:
            recorder = self.recorder
            if not recorder.idle_since_flush:
                recorder.flush_unit()
            recorder.idle_since_flush = False
            recorder.phase = phase
        except Exception as error:
            self.recorder.disable("tests", error)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """Keep what reports lack: the exception's type, the fixture that raised, the fixtures that the test has."""
        outcome = yield
        try:
            when = call.when
            if when != "teardown":
                already = self._uses.get("setup", []) if when == "call" else []
                self._uses[when] = self.fixtures.used_by(item, already, call.excinfo)
            if call.excinfo is not None:
                failed = outcome.get_result().outcome == "failed" if outcome.excinfo is None else False
                self._raised[when] = report_facts.Raised(
                    call.excinfo.typename,
                    self.fixtures.life_that_raised(call.excinfo, when),
                    short_traceback(call.excinfo.value, self._root) if failed else "",
                )
                if failed and self.process is not None:
                    self.process.test_failed(item)
            elif when == "call" and self.process is not None and self.process.changes.unrestored:
                self.process.test_passed(item)
        except Exception as error:
            self.recorder.disable("tests", error)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if self.is_controller:
            return
        try:
            self._log(report)
        except Exception as error:
            self.recorder.disable("tests", error)

    def _log(self, report: Any) -> None:
        recorder = self.recorder
        when = report.when
        raised, uses = _NOTHING_RAISED, _NONE
        of_subtest = report_facts.is_subtest(report)
        if when != "teardown":  # else flush_test does it
            recorder.flush_unit()
            recorder.idle_since_flush = not of_subtest
        if not of_subtest:
            if when == "setup":
                if self._saw_setup:  # a rerun that pytest_runtest_logstart did not announce
                    self._attempt += 1
                    recorder.emit(TestStarted(report.nodeid, self._attempt, *_location(report)))
                self._saw_setup = True
            uses = self._uses.get(when, _NONE)
            if self._raised:
                raised = self._raised.pop(when, _NOTHING_RAISED)
        recorder.emit(report_facts.phase_finished(report, self._attempt, raised, uses, of_subtest))
        if when == "teardown":
            self.flush_test()
            self._test_is_flushed = False
            recorder.idle_since_flush = False
            recorder.phase = "between"
            if self._current_test_file is not None:
                self._current_test_file.enter("")
            recorder.encode_pending()

    def flush_test(self) -> None:
        """Emit the last facts of the test that is being torn down; only the first call does so."""
        if not self._test_is_flushed:
            self._test_is_flushed = True
            self.recorder.flush_unit()
            self.recorder.test_boundary()

    def pytest_warning_recorded(self, warning_message: Any, when: str, nodeid: str) -> None:
        if self.is_worker:  # pytest-xdist hands warnings to the controller, which counts them
            return
        try:
            category = getattr(warning_message.category, "__name__", "Warning")
            text = str(warning_message.message)[:1000]
            place = str(warning_message.filename), int(warning_message.lineno)
            self.recorder.emit(WarningCaught(nodeid or "", when, category, text, *place))
        except Exception as error:
            self.recorder.disable("warnings", error)

    # -- fixtures -------------------------------------------------------------------------------------------------

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Any:
        life = self.fixtures.setting_up(fixturedef, request)
        outcome = yield
        self.fixtures.set_up(life, fixturedef, outcome.excinfo)

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_post_finalizer(self, fixturedef: Any) -> None:
        self.fixtures.finalized(fixturedef)

    # -- ends -----------------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any) -> None:
        try:
            lost = report.node.gateway.id
            self.recorder.emit(WorkerCrashed(str(lost), str(crashitem), str(report.longrepr)[:2000]))
        except Exception as error:
            self.recorder.disable("workers", error)

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        try:
            self.recorder.emit(Interrupted(describe(excinfo.value)))
        except Exception as error:
            self.recorder.disable("session", error)

    def pytest_internalerror(self, excrepr: Any, excinfo: Any) -> None:
        try:
            self.recorder.emit(InternalError(describe(excinfo.value), str(excrepr)[: report_facts.TRACEBACK_LIMIT]))
        except Exception as error:
            self.recorder.disable("session", error)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._enter_phase("finish")

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """After pytest_sessionfinish: with -x or Ctrl-C, wide fixtures are torn down later than that hook."""
        try:
            self.recorder.flush_unit()
            self.emit_last_facts()
            self.recorder.close()
            self.recorder.patches.undo()
        except Exception as error:
            self.recorder.disable("session", error)

    def emit_last_facts(self) -> None:
        """Emit the end of the session, once. A process that is killed or leaves by ``os._exit`` does not."""
        if not self._emitted_end:
            self._emitted_end = True
            status = getattr(self._session, "exitstatus", None)
            self.recorder.emit_always(SessionFinished(int(status) if status is not None else None))


def _open_current_test_file(settings: Settings) -> Optional[CurrentTestFile]:
    """None if it is not asked for or cannot be made: then the last test of a killed suite is unknown."""
    folder = settings.current_test_file
    try:
        return CurrentTestFile(folder, settings.worker) if folder else None
    except Exception:
        return None


def _location(report: Any) -> Tuple[str, int]:
    file, line, _ = report.location
    return file, (line or 0) + 1
