"""The hooks of a trial: collect the files, run exactly these tests in this order, report what became of each."""

import copy
import os
import sys
from typing import Any, Dict, List, Optional, Tuple

import pytest

from .fork_server import ForkServer
from .neutral_options import RERUNNERS, keep_reports, neutralise, plain_arguments, reorderers, split_own
from .outcomes import TestResult
from .report_file import ReportFile
from .server_state import ServerStates, ServersUsed, imported_engines
from .spec import SERVE, WATCH, Spec, read_spec
from .touched_files import TouchedFiles
from .undo import Undo

Exit: Any = pytest.exit.Exception  # type: ignore[attr-defined,unused-ignore]
_PYTEST = tuple(int(part) for part in pytest.__version__.split(".")[:2])
MOST_ERRORS = 5


def hooks_for(spec: Spec, touched: Optional[TouchedFiles]) -> List[Tuple[str, Any]]:
    """The plugins to register for a trial, with their names."""
    report = ReportFile(spec.report)
    outcomes = OutcomeHooks(report)
    plugins: List[Tuple[str, Any]] = [
        ("isolation_trial_outcomes", outcomes),
        ("isolation_trial_session", SessionHooks(spec, report)),
    ]
    if spec.mode != WATCH:
        plugins.append(("isolation_trial_order", OrderHooks(spec, report, outcomes, touched)))
    return plugins


class OutcomeHooks:
    """Report each test's start and end. In a plain run it is all that is done."""

    def __init__(self, report: ReportFile) -> None:
        self.report = report
        self._result: Optional[TestResult] = None

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):  # type: ignore[no-untyped-def]
        result = self._result = TestResult()
        self.report.write("start", nodeid=item.nodeid)
        ended = yield
        if ended.excinfo is not None:  # KeyboardInterrupt, pytest.exit(): it did not run to its end
            return
        self.report.write(
            "end",
            nodeid=item.nodeid,
            outcome=result.outcome,
            phase=result.phase,
            error_type=result.error_type,
            message=result.message,
            seconds=result.seconds,
        )

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item, call):  # type: ignore[no-untyped-def]
        yield  # then unittest's own error is in the call
        if self._result is not None and call.excinfo is not None:
            self._result.raised(call.when, call.excinfo)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):  # type: ignore[no-untyped-def]
        if self._result is not None:
            self._result.add(report)


class SessionHooks:
    """What holds for each kind of run: the user's cache stays as it is, and the end is reported."""

    def __init__(self, spec: Spec, report: ReportFile) -> None:
        self._spec = spec
        self._report = report

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config):  # type: ignore[no-untyped-def]
        keep_reports(early_config.known_args_namespace)  # pytest-cov starts here
        outcome = yield
        if outcome.excinfo is not None:
            self._report.write("problem", text="a conftest could not be loaded: %s" % _one_line(outcome.excinfo[1]))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config):  # type: ignore[no-untyped-def]
        keep_reports(config.option, self._spec.scratch)
        # Before pytest_configure: pytest-randomly writes to the cache there.
        known: Any = getattr(config, "_inicache", None)  # 6.2 to 9.2
        if type(known) is dict:
            known["cache_dir"] = self._spec.scratch + "/cache"
        yield

    def pytest_collection_finish(self, session):  # type: ignore[no-untyped-def]
        if self._spec.mode == WATCH:
            self._report.write("collected", count=len(session.items), missing=[], errors=[], imported=[])

    @pytest.hookimpl(trylast=True)
    def pytest_internalerror(self, excrepr):  # type: ignore[no-untyped-def]
        self._report.write("problem", text="pytest had an internal error: %s" % str(excrepr).rstrip()[-500:])

    def pytest_keyboard_interrupt(self, excinfo):  # type: ignore[no-untyped-def]
        self._report.write("problem", text="the run was ended by %s" % excinfo.typename)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config):  # type: ignore[no-untyped-def]
        self._report.write("done")


class OrderHooks:
    """Let nothing but the chosen tests run, in their order, whatever other plugins want."""

    def __init__(self, spec: Spec, report: ReportFile, outcomes: OutcomeHooks, touched: Optional[TouchedFiles]) -> None:
        self._touched = touched
        self._spec = spec
        self._report = report
        self._outcomes = outcomes
        self._items: Dict[str, Any] = {}
        self._errors: List[str] = []
        self._without: List[str] = []
        self._servers = ServersUsed()
        self._engines: Dict[str, Any] = {}
        self._states: Optional[ServerStates] = None
        """Until the first test's own code runs."""
        self._undo: Optional[Undo] = None
        self._early: Optional[Undo] = None
        """The same, until the first test's own code runs."""

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config):  # type: ignore[no-untyped-def]
        neutralise(early_config.known_args_namespace)
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config):  # type: ignore[no-untyped-def]
        # Before pytest-xdist, which takes its number of processes from the options here.
        root = str(getattr(config, "rootpath", None) or config.rootdir)
        plain = plain_arguments(config, split_own(config.invocation_params.args))
        self._report.write("plain", root=root, arguments=plain)
        neutralise(config.option)
        self._without = [os.path.realpath(os.path.join(root, each)) for each in self._spec.without_files]
        if self._spec.files:
            left = [each for each in self._spec.files if each not in self._spec.without_files]
            config.args[:] = [os.path.join(root, each) for each in left]
        yield

    if _PYTEST >= (7, 0):

        @pytest.hookimpl(tryfirst=True)
        def pytest_ignore_collect(self, collection_path):  # type: ignore[no-untyped-def]
            return self._left_out(str(collection_path))

    else:

        @pytest.hookimpl(tryfirst=True)
        def pytest_ignore_collect(self, path):  # type: ignore[no-untyped-def]
            return self._left_out(str(path))

    def _left_out(self, path: str) -> Optional[bool]:
        return True if self._without and os.path.realpath(path) in self._without else None

    def pytest_collectreport(self, report):  # type: ignore[no-untyped-def]
        if report.failed:
            self._errors.append("%s: %s" % (report.nodeid, str(report.longrepr)[-500:]))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, config, items):  # type: ignore[no-untyped-def]
        before = list(items)
        yield
        chosen = set(self._spec.tests or [each.nodeid for each in before])
        if [each for each in before if each.nodeid in chosen] != [each for each in items if each.nodeid in chosen]:
            self._report.write("reordered", by=reorderers(config))
        # Deselected ones may be asked for, too.
        for item in [*items, *before]:
            self._items.setdefault(item.nodeid, item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):  # type: ignore[no-untyped-def]
        self._engines = imported_engines()
        if self._spec.mode == SERVE:
            ForkServer(self._spec.requests, self._spec.answers, lambda path: self._run_forked(session, path)).serve()
        else:
            self._run(session, self._spec, self._report)
        return True

    def _run_forked(self, session: Any, path: str) -> None:
        spec = read_spec(path)
        report = self._outcomes.report = ReportFile(spec.report)
        if self._touched is not None:
            self._touched.begin_trial()
        try:
            self._run(session, spec, report)
        except (KeyboardInterrupt, Exit) as error:
            report.write("problem", text="the run was ended by %s" % type(error).__name__)
        except BaseException as error:
            report.write("problem", text="pytest had an internal error: %s" % _one_line(error))
        report.write("done")

    def _run(self, session: Any, spec: Spec, report: ReportFile) -> None:
        missing = [nodeid for nodeid in spec.tests if nodeid not in self._items]
        imported = self._imported_all_the_same()
        errors = self._errors[:MOST_ERRORS]
        report.write("collected", count=len(self._items), missing=missing, errors=errors, imported=imported)
        if missing or imported:
            return
        self._states = ServerStates(spec.servers, self._engines)
        report.write("servers", counts=self._states.counted())
        self._undo = Undo(spec.undo) if spec.undo else None
        self._run_items(session, [self._items[nodeid] for nodeid in spec.tests], report)
        self._undo = None
        report.write("servers_used", urls=sorted(self._servers.urls))

    def _imported_all_the_same(self) -> List[str]:
        """Files that were to be left out, and that some other module imported."""
        if not self._without:
            return []
        files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        real = {os.path.realpath(each) for each in files if type(each) is str}
        return [each for each, path in zip(self._spec.without_files, self._without) if path in real]

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef):  # type: ignore[no-untyped-def]
        if self._early is not None and fixturedef.scope == "function":
            self._early.look_again()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item):  # type: ignore[no-untyped-def]
        undo, self._early = self._early, None
        if undo is not None:
            undo.look_again()
        states, self._states = self._states, None
        if states is not None:
            self._outcomes.report.write("servers_at_call", counts=states.counted())

    def _run_items(self, session: Any, items: List[Any], report: ReportFile) -> None:
        session.items[:] = items
        session.testscollected = len(items)
        manager = session.config.pluginmanager
        rerunners = [manager.get_plugin(name) for name in RERUNNERS if manager.hasplugin(name)]
        protocol = manager.subset_hook_caller("pytest_runtest_protocol", rerunners)
        undo = self._early = self._undo
        if undo is not None:
            undo.remember()
        for number, item in enumerate(items):
            self._servers.listen()
            if undo is not None and number == len(items) - 1:
                report.write("undone", problem=undo.apply())
            following = items[number + 1] if number + 1 < len(items) else None
            if following is item:
                # Another object: pytest would not tear down an item that the next one is the same as.
                following = copy.copy(item)
            protocol(item=item, nextitem=following)
            if session.shouldstop:
                break


def _one_line(error: BaseException) -> str:
    return " ".join(("%s: %s" % (type(error).__name__, error)).split())[:300]
