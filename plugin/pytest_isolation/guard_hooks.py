"""``--isolation=report|strict``: the facts stay in this process, and a judge finds what each test left behind.

The plugin states facts and never judges. The judge is in ``isolation_tui.guard``, which the plugin does not depend on;
it is imported by name, at run time, if the option is given.
"""

import hashlib
import importlib
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from .hooks import IsolationPlugin, observe
from .recorder import Recorder, describe
from .settings import Settings

GUARD = "isolation_tui.guard"

# Bound here, at import: a test may patch these modules.
_clock = {"perf": time.perf_counter, "wall": time.time}
_open, _close = os.open, os.close


def begin(config: Any, options: Any, observer: Optional[IsolationPlugin]) -> "Tuple[IsolationPlugin, GuardHooks]":
    """Start the guard before any conftest, and arm the probes unless an ``observer`` for a dashboard has done so.

    Raises UsageError.
    """
    if not options.isolation:
        raise pytest.UsageError("--isolation-baseline and the like need --isolation=report or --isolation=strict.")
    guard = _guard_session(config, options)
    facts = FactQueue()
    if observer is None:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        observer = observe(Recorder(facts), Settings("", "", worker or "main", verify=guard.verify, off=guard.off))
    else:
        facts.share(observer.recorder)
    return observer, GuardHooks(guard, facts, observer)


def _guard_session(config: Any, options: Any) -> Any:
    """The guard with these options."""
    if sys.version_info < (3, 11):
        raise pytest.UsageError(
            "--isolation needs Python 3.11 or newer; this is %d.%d, for which isolation-tui installs its plugin alone. "
            "Run the suite with a newer Python, or watch it from one: isolation-tui launch --python %s"
            % (sys.version_info[0], sys.version_info[1], sys.executable)
        )
    try:
        guard = importlib.import_module(GUARD)
    except ImportError as error:
        raise pytest.UsageError(
            "--isolation needs isolation-tui in this environment, not its plugin alone (%s): %s -m pip install "
            "isolation-tui" % (error, sys.executable)
        ) from None
    try:
        return guard.open_session(
            mode=options.isolation,
            folder=Path(str(config.rootpath)),
            file=options.isolation_baseline,
            updating=options.isolation_update_baseline,
            kinds=options.isolation_kinds,
            cwd=Path(str(config.invocation_params.dir)),
        )
    except guard.MISUSES as error:
        raise pytest.UsageError("--isolation: %s" % error) from None


class FactQueue:
    """Facts of this process that wait for its judge, in place of a sender to a listener."""

    def __init__(self) -> None:
        self._facts: List[Tuple[float, Any]] = []
        self._closed = False
        self.offset = _clock["wall"]() - _clock["perf"]()
        self.clock = _clock["perf"]

    def now(self) -> float:
        """As :meth:`pytest_isolation.transport.sender.Sender.now`."""
        return self.offset + self.clock()

    def emit(self, fact: Any) -> None:
        """Add a fact with its time; none once the queue is closed."""
        if not self._closed:
            self._facts.append((self.offset + self.clock(), fact))

    emit_always = emit

    def flush_now(self) -> None:
        """Nothing to send."""

    close = yield_to_sender = encode_pending = flush_now

    def pop_all(self) -> List[Tuple[float, Any]]:
        """The facts since the last call."""
        facts, self._facts = self._facts, []
        return facts

    def close_and_clear(self) -> None:
        """Drop all facts and accept no more, as nothing reads them after the guard gave up."""
        self._closed = True
        self._facts = []

    def share(self, recorder: Recorder) -> None:
        """Add every fact that ``recorder`` sends to a listener here too."""
        send, send_always = recorder.emit, recorder.emit_always

        def emit(fact: Any) -> None:
            self.emit(fact)
            send(fact)

        def emit_always(fact: Any) -> None:
            self.emit(fact)
            send_always(fact)

        recorder.emit, recorder.emit_always = emit, emit_always


class GuardHooks:
    """pytest's hooks in one process: workers judge and send their accounts to the main process, which reports."""

    def __init__(self, guard: Any, facts: FactQueue, observer: IsolationPlugin) -> None:
        self._guard = guard
        self._facts = facts
        self._observer = observer
        self._judge: Any = None
        self._claims = ""
        """A folder in which pytest-xdist's workers agree which of them fails a leak."""
        self._accounts: List[Dict[str, Any]] = []
        self._gave_up = ""
        self._partial = False
        """Whether only a part of the suite runs, as far as is known already."""
        self._heading = ""
        self._lines: List[Tuple[str, str]] = []

    def join(self, config: Any) -> None:
        """Register for the session of ``config``."""
        worker = getattr(config, "workerinput", None)
        self._claims = str((worker or {}).get("isolation_claims", ""))
        if self._guard.file is not None and worker is None:
            config.option.isolation_baseline = str(self._guard.file)  # for workers, which may start elsewhere
        self._judge = self._guard.new_judge(self._observer.settings.worker, self._claim)
        config.pluginmanager.register(self, "isolation-guard")

    def _claim(self, key: Tuple[str, ...]) -> bool:
        if not self._claims:
            return True
        name = hashlib.sha256("\0".join(key).encode("utf-8", "replace")).hexdigest()[:32]
        try:
            _close(_open(os.path.join(self._claims, name), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        except OSError:
            return True  # better reported twice than not at all
        return True

    # -- judging --------------------------------------------------------------------------------------------------

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: Any) -> Any:
        outcome = yield
        text = self._judged(item.nodeid)
        if text and outcome.excinfo is None:
            _fail(outcome, text)
        elif text:
            item.add_report_section("teardown", "isolation", text)

    def _judged(self, nodeid: str) -> str:
        """The error text of the test, or ''."""
        if self._gave_up:
            return ""
        try:
            self._observer.flush_test()
            self._judge.record(self._facts.pop_all())
            return str(self._judge.test_ended(nodeid))
        except Exception as error:
            self._give_up(error)
            return ""

    def _give_up(self, error: Exception) -> None:
        """Stop judging; the suite goes on, without facts piling up in its memory."""
        self._gave_up = describe(error)
        self._judge = None
        self._facts.close_and_clear()

    # -- whether the whole suite runs -----------------------------------------------------------------------------

    def pytest_deselected(self, items: List[Any]) -> None:
        self._partial = self._partial or bool(items)

    def pytest_collectreport(self, report: Any) -> None:
        self._partial = self._partial or bool(report.failed)

    # -- pytest-xdist -----------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if not self._claims:
            self._claims = tempfile.mkdtemp(prefix="isolation-")
        node.workerinput["isolation_claims"] = self._claims

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        account = getattr(node, "workeroutput", {}).get("isolation")
        if account is None:
            name = getattr(getattr(node, "gateway", None), "id", "a worker")
            self._accounts.append(_nothing_known("%s died: what its tests left is not known" % name))
        else:
            self._accounts.append(json.loads(account))

    # -- the end ----------------------------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: Any) -> None:
        config = session.config
        if config.option.collectonly:
            return
        self._accounts.append(self._account())
        if hasattr(config, "workeroutput"):
            config.workeroutput["isolation"] = json.dumps(self._accounts[-1])
            return
        broken = [account["defect"] for account in self._accounts if account.get("defect")]
        try:
            whole = not broken and self._is_whole(session)
            verbose = config.option.verbose > 0
            self._heading, self._lines = self._guard.summarise(self._accounts, whole, verbose)
        except OSError as error:
            self._heading = "isolation"
            self._lines = [("The baseline could not be written: %s" % error, "red")]
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        except Exception as error:
            broken.append(describe(error))
        if broken:
            self._heading = self._heading or "isolation"
            self._lines.append(("The guard gave up, a defect of its own: %s" % broken[0], "red"))
            if self._guard.mode == "strict" and not int(session.exitstatus):
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR  # the suite must not look checked

    def _account(self) -> Dict[str, Any]:
        if not self._gave_up:
            try:
                self._observer.recorder.flush_unit()
                self._judge.record(self._facts.pop_all())
                self._judge.session_ended()
                account: Dict[str, Any] = self._judge.account()
                account["partial"] = self._partial
                return account
            except Exception as error:
                self._give_up(error)
        return dict(_nothing_known(""), defect=self._gave_up)

    def _is_whole(self, session: Any) -> bool:
        """Whether all tests of the project ran: only then is an unseen leak of the baseline gone."""
        config = session.config
        if any(account["partial"] for account in self._accounts) or int(session.exitstatus) > 1:
            return False
        if session.shouldstop or session.shouldfail or getattr(config.option, "lf", False):
            return False
        if any(str(word).startswith("--ignore") for word in config.invocation_params.args):
            return False
        root = Path(str(config.rootpath))
        wanted = [root / path for path in config.getini("testpaths")] or [root]
        given = [Path(str(config.invocation_params.dir), argument) for argument in config.args]
        return all(any(folder == path or folder in path.parents for folder in given) for path in wanted)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._lines:
            terminalreporter.section(self._heading)
            for text, colour in self._lines:
                terminalreporter.write_line(text, **({colour: True} if colour else {}))

    def pytest_unconfigure(self, config: Any) -> None:
        if self._claims and not hasattr(config, "workerinput"):
            shutil.rmtree(self._claims, ignore_errors=True)


def _nothing_known(doubt: str) -> Dict[str, Any]:
    doubts = [doubt] if doubt else []
    return {"leaks": [], "imports": [], "doubts": doubts, "skipped": [], "partial": True}


def _fail(outcome: Any, text: str) -> None:
    """Make it an error in teardown like any other, for reruns, ``-x`` and reports."""
    error = pytest.fail.Exception(text, pytrace=False)
    if hasattr(outcome, "force_exception"):
        outcome.force_exception(error)
    else:  # pluggy before 1.1
        outcome._excinfo = (type(error), error, None)
