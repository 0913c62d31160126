"""What the dashboard costs: CPU of its process and time from fact to paint, at a steady rate of facts.

    python tests/bench/dashboard.py [--rate 5000] [--tests 10000] [--seconds 8]

The real application runs in a pseudo-terminal of 160x48, fed over a real socket by a process of its own that plays the
facts of a suite: ten thousand tests collected, then tests with three fixtures each at the given rate of facts a second.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import resource
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback
from pathlib import Path
from typing import Any

FACTS_A_TEST = 10


def produce(address: str, token: str, tests: int, rate: int, seconds: float) -> None:
    """The producer: facts at an even pace, stamped with the time of sending."""
    from pytest_isolation import events as ev
    from pytest_isolation.transport.connection import connect
    from pytest_isolation.transport.encoding import encode

    peer = connect(address, token)
    assert peer is not None
    peer.setblocking(True)

    def send(facts: list[Any]) -> None:
        now = time.time()
        peer.sendall((encode("main", [(now, fact) for fact in facts]) + "\n").encode())

    nodeids = [f"tests/test_{n // 100:03}.py::TestOrders::test_number_{n}" for n in range(tests)]
    send([ev.Hello(ev.PROTOCOL, "main", os.getpid(), "3.11", "9", "", "", []), ev.SessionStarted("/project")])
    for first in range(0, tests, 500):
        send([ev.Collected(first, nodeids[first : first + 500])])
    send([ev.CollectionFinished(tests)])
    send([ev.FixtureDefined(n, f"fixture_{n}", "function", "", ev.Place("", "conftest.py", n)) for n in (1, 2, 3)])
    time.sleep(2.0)  # the first screen is shown
    began, sent, life = time.monotonic(), 0, 0
    number = 0
    while time.monotonic() - began < seconds and number < tests:
        due = int((time.monotonic() - began) * rate) - sent
        if due < FACTS_A_TEST:
            time.sleep(0.002)
            continue
        nodeid = nodeids[number]
        lives = [life + 1, life + 2, life + 3]
        life += 3
        outcome = "failed" if number % 50 == 0 else "passed"
        facts: list[Any] = [ev.TestStarted(nodeid, 1, nodeid.partition("::")[0], 1)]
        facts += [ev.FixtureSetUp(one, 1 + one % 3, nodeid, began=int(time.time() * 1e6)) for one in lives]
        facts += [ev.PhaseFinished(nodeid, 1, "setup", "passed", 1_000_000, uses=lives)]
        facts += [ev.PhaseFinished(nodeid, 1, "call", outcome, 1_000_000, message="assert 1 == 2")]
        facts += [ev.FixtureTornDown(one, nodeid, 100_000) for one in lives]
        facts += [ev.PhaseFinished(nodeid, 1, "teardown", "passed", 1_000_000)]
        send(facts)
        number += 1
        sent += FACTS_A_TEST
    send([ev.SessionFinished(1)])


def show(options: argparse.Namespace, result: Path) -> None:
    """The application, in this process and on this terminal; writes its figures to ``result``."""
    import isolation_tui.app
    from isolation_tui.app.app import IsolationApp, collect_garbage_less
    from isolation_tui.model import Run
    from isolation_tui.receive import Closed, Listener, decode
    from isolation_tui.workbench import Workbench

    folder = Path(tempfile.mkdtemp())
    listener = Listener(folder)

    class Fed:
        """A source that is fed over the socket, as a live session is, without a pytest of its own."""

        title, live, recording, selected = "bench", True, None, ()

        def __init__(self) -> None:
            self.run = Run()
            self.ended = False
            self.stamps: list[float] = []

        @property
        def finished(self) -> bool:
            return False

        def poll(self) -> bool:
            taken = listener.drain()
            for _, line in taken:
                if isinstance(line, Closed):
                    self.ended = True
                    continue
                for stamped in decode(line).facts:
                    self.run.apply(stamped)
                    self.stamps.append(stamped.at)
            return bool(taken)

        def stop(self) -> None: ...

        def close(self) -> None: ...

    source = Fed()
    workbench = Workbench(None)
    workbench.sources.append(source)
    workbench.show(source)
    lags: list[float] = []
    spent: list[float] = []

    class Measured(IsolationApp):
        CSS_PATH = str(Path(isolation_tui.app.__file__).with_name("isolation.tcss"))

        def tick(self) -> None:
            super().tick()
            if source.ended or producer.poll():  # a producer that failed would never say that it is done
                self.exit(0)

        def refresh_screens(self, changed: bool = True) -> None:
            """Facts count as painted once the frame is out that the screens were told to draw after folding them."""
            super().refresh_screens(changed)
            stamps, source.stamps = source.stamps, []
            if source.run.order and stamps:
                if not spent:
                    spent.extend([_cpu(), time.monotonic()])
                self.call_after_refresh(lambda: lags.extend(time.time() - at for at in stamps))

    command = [sys.executable, __file__, "--produce", listener.address, listener.token]
    command += ["--tests", str(options.tests), "--rate", str(options.rate), "--seconds", str(options.seconds)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as producer:
        collect_garbage_less()
        Measured(workbench).run()
    lags.sort()
    wall = time.monotonic() - spent[1]
    figures = {
        "cpu_percent": 100 * (_cpu() - spent[0]) / wall,
        "facts_a_second": len(lags) / wall,
        "p50_ms": 1000 * lags[len(lags) // 2],
        "p95_ms": 1000 * lags[int(len(lags) * 0.95)],
        "max_ms": 1000 * lags[-1],
        "tests": len(source.run.order),
    }
    result.write_text(json.dumps(figures))
    listener.close()


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--tests", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--produce", nargs=2)
    options = parser.parse_args()
    if options.produce:
        produce(*options.produce, options.tests, options.rate, options.seconds)
        return
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as temporary:
            result = Path(temporary, "figures.json")
            process, terminal = pty.fork()
            if process == 0:
                os.environ["TERM"] = "xterm-256color"
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 48, 160, 0, 0))
                try:
                    show(options, result)
                except BaseException:
                    traceback.print_exc()
                os._exit(0)  # the folder is the parent's to remove
            drawn = _drain(terminal)
            os.waitpid(process, 0)
            if not result.exists():
                sys.exit(drawn[-3_000:].decode(errors="replace"))
            figures = json.loads(result.read_text())
            print(
                f"{figures['facts_a_second']:6.0f} facts/s, {options.tests} tests: CPU {figures['cpu_percent']:5.1f} %"
                f" of a core, paint p50 {figures['p50_ms']:4.0f} ms, p95 {figures['p95_ms']:4.0f} ms,"
                f" max {figures['max_ms']:4.0f} ms"
            )


def _drain(terminal: int) -> bytes:
    """Read what the application draws, as a terminal would, until it has gone. The last of it."""
    drawn = b""
    while True:
        ready, _, _ = select.select([terminal], [], [], 60)
        try:
            data = os.read(terminal, 65_536) if ready else b""
        except OSError:
            data = b""
        if not data:
            return drawn
        drawn = (drawn + data)[-65_536:]


if __name__ == "__main__":
    main()
