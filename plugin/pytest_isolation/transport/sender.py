"""Send facts through a bounded queue, one thread and one socket, without ever blocking or failing the suite.

The thread sends between two tests, while the suite's own thread waits for it (:meth:`Sender.yield_to_sender`). It sends
by itself only while a long test runs and facts wait: a thread that wants the interpreter's lock is woken for nothing
each time that another releases it for a moment, and pytest's capturing does so a dozen times a test.

This file allows for suites that fork (Python 3.12 warns about that in a process with threads, and ``-W error`` makes
the warning a failure), check ``threading.enumerate()``, block signals and wait for them, patch or replace ``socket``,
``time`` and ``os``, and close descriptors that they did not open.
"""

import _thread
import atexit
import os
import select
import signal
import socket
import threading
import time
from typing import Any, List, Tuple

from ..events import FactsDropped
from .connection import identity
from .encoding import encode

QUEUE_LIMIT = 20_000
"""Facts that may wait; the encoded facts of one test count as one. About twenty megabytes."""

BATCH = 100
"""How many of them are sent at once."""

MOST_IN_A_LINE = 50
"""Facts. One may have 40 kB, if it has a traceback."""

FLUSH_INTERVAL = 0.05
"""Seconds between batches. A send per fact would wake the reader each time: 13 to 50 us of the suite's time."""

YIELD_PATIENCE = 0.05
"""Seconds that the suite's thread waits for a batch at most; it usually takes a millisecond."""

LONGEST_INTERVAL = 0.4
"""Seconds between two looks at the queue, during a test that emits nothing."""

CLOSING_PATIENCE = 3.0
"""Seconds to wait at the end for a reader that reads nothing: its garbage collection may take more than one. A reader
that still reads gets up to ``CLOSING_LIMIT``."""

CLOSING_LIMIT = 10.0

HURRY_PATIENCE = 0.05
"""Seconds to wait for urgent facts; twice a session at most."""

FORK_PATIENCE = 1.0
"""Seconds that a fork waits for the thread to end; it takes a fraction of a millisecond on an idle machine."""

# Bound here, at import: a test may patch these modules, and gevent or freezegun replace them.
_clock = {"perf": time.perf_counter, "wall": time.time}
_exists = os.path.exists
_select = select.select
_allocate_lock = _thread.allocate_lock
_close = socket.socket.close
_send = socket.socket.send


class Sender:
    """Queues facts on the suite's threads (:meth:`emit`), and sends them on its own."""

    def __init__(self, peer: socket.socket, worker: str, limit: int = QUEUE_LIMIT) -> None:
        self._peer = peer
        self._identity = identity(peer)
        self._worker = worker
        self._queue: List[Any] = []
        """Encoded lines first, then (time, fact) of what is not encoded yet."""
        self._encoded = 0
        """Number of encoded lines at the front, or fewer."""
        self._queue_lock = threading.RLock()
        """Held while the front of the queue is sent, or facts in it are encoded in their place."""
        self._encoding = False
        """Whether the suite's thread encodes: a signal handler may fork meanwhile, and want to send."""
        self._limit = limit
        self._dropped = 0
        self._dropped_sent = 0
        self._unsent = b""
        self._sent = 0
        self._dead = False
        self._closing = False
        self._wake = threading.Event()
        self._busy = False
        """Whether the thread sends by itself, and may be waiting for the reader."""
        self._yielded = False
        self._yielded_at = 0.0
        self._yield_done = _allocate_lock()
        """A lock that is released when the thread has sent what the suite's thread waits for."""
        self._drained = threading.Event()
        self._patience = CLOSING_PATIENCE
        self.offset = _clock["wall"]() - _clock["perf"]()
        self.clock = _clock["perf"]
        self._forks = 0
        """Forks in progress: there is no thread meanwhile."""
        self._lock = threading.RLock()  # a signal handler may fork at any point
        self._thread = 0
        """The system's id of the thread; 0 if there is none."""
        self._gone = threading.Event()
        self._asleep = False
        """A fork has ended the thread, and nothing was emitted since."""
        self._start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before_fork, after_in_parent=self._after_fork, after_in_child=self.abandon)

    def now(self) -> float:
        """Seconds since the epoch; never goes backwards, and ignores a test that freezes time."""
        return self.offset + self.clock()

    def emit(self, fact: Any) -> None:
        """Queue a fact with the time, in under a microsecond; a full queue counts it as dropped."""
        queue = self._queue
        if len(queue) < self._limit:
            queue.append((self.offset + self.clock(), fact))
            if self._asleep:
                self._resume()
        else:
            self._dropped += 1

    def emit_always(self, fact: Any) -> None:
        """Queue a fact even if the queue is full: without the fact of its end, a run counts as crashed."""
        if not self._dead:
            self._queue.append((self.offset + self.clock(), fact))
            if self._asleep:
                self._resume()

    def encode_pending(self) -> None:
        """Encode the facts that were queued last; called on the suite's thread when a test has ended.

        Python's garbage collector tracks a fact, but not a line of text: tracking the facts was a quarter of the cost
        of observing a trivial test.
        """
        with self._queue_lock:  # the thread holds it for a few milliseconds at most
            self._encoding = True
            try:
                queue = self._queue
                first, last = self._encoded, len(queue)
                while first < last and type(queue[first]) is not tuple:
                    first += 1
                self._encoded = first
                # One assignment each, as Ctrl-C may come in between; the last ones first, as indexes change.
                while last > first:
                    start = max(first, last - MOST_IN_A_LINE)
                    queue[start:last] = [self._line(queue[start:last])]
                    self._encoded += 1
                    last = start
            finally:
                self._encoding = False

    def abandon(self) -> None:
        """Stop sending for good. In a forked child the socket is the parent's, and this end of it is closed."""
        self._dead = True
        self._limit = 0
        self._queue = []
        self._queue_lock = threading.RLock()  # a thread that the child does not have may hold the old one
        if identity(self._peer) == self._identity:
            _close(self._peer)

    def yield_to_sender(self) -> None:
        """Let the thread send, if facts have waited for long; called where the suite can pause for a moment."""
        now = self.clock()
        if now - self._yielded_at < FLUSH_INTERVAL or not self._queue:
            return
        if self._busy or self._dead or self._forks or self._gone.is_set():  # the thread cannot
            return
        self._yielded_at = now
        self._yield_done.acquire(False)  # an earlier wait that timed out may have been served since
        self._yielded = True
        self._wake.set()
        self._yield_done.acquire(True, YIELD_PATIENCE)

    def flush_now(self) -> None:
        """Send what waits, and wait a moment for that: the process may end before the next batch."""
        if not self._dead:
            self._drained.clear()
            self._closing = True
            self._resume()
            self._wake.set()
            self._drained.wait(HURRY_PATIENCE)

    def close(self) -> None:
        """Send what waits; give up on a reader that reads nothing."""
        if self._dead:
            return
        self._drained.clear()
        self._closing = True
        self._resume()
        self._wake.set()
        began = self.clock()
        moved_at, sent = began, self._sent
        while not self._drained.wait(0.02):
            now = self.clock()
            if self._sent != sent:
                moved_at, sent = now, self._sent
            if now - moved_at > self._patience or now - began > CLOSING_LIMIT or self._gone.is_set():
                self._patience = HURRY_PATIENCE  # it is closed once more at exit
                break

    # -- start and end of the thread ----------------------------------------------------------------------------------

    def _start(self) -> None:
        self._gone.clear()
        # A new thread has the signal mask of the thread that starts it. A test that blocks a signal and waits for it
        # must receive it; delivered to this thread, it would end the process.
        mask = _signal_mask()
        try:
            if mask is not None:
                signal.pthread_sigmask(signal.SIG_BLOCK, _signals())
            # Not a threading.Thread: threading.enumerate() and tracers must not see it.
            _thread.start_new_thread(self._work, ())
        finally:
            if mask is not None:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _resume(self) -> None:
        """Start a thread again, if a fork has ended the last one."""
        try:
            with self._lock:
                if self._asleep and not self._forks and not self._dead:
                    self._asleep = False
                    self._start()
        except Exception:
            self._gone.set()  # the interpreter is ending, and allows no new threads

    def _before_fork(self) -> None:
        """End the thread before a fork; the next fact starts one again. From 3.13 on, Python counts the threads after
        the fork and after the callbacks of ``register_at_fork``."""
        if self._dead:
            return
        try:
            with self._lock:
                self._forks += 1
            self._wake.set()
            if self._gone.wait(FORK_PATIENCE) and self._thread:
                # Python 3.12 asks the system for the number of threads: wait until it has ended there too.
                task, until = "/proc/self/task/%d" % self._thread, self.clock() + FORK_PATIENCE
                while _exists(task) and self.clock() < until:
                    _select([], [], [], 0.0001)  # releases the interpreter's lock
            with self._lock:
                if self._gone.is_set():
                    self._flush(waiting=False)  # nothing may be sent for a while
        except Exception:
            pass  # at worst, Python warns about the thread

    def _after_fork(self) -> None:
        if self._dead:
            return
        try:
            with self._lock:
                self._forks -= 1
                self._asleep = not self._forks and self._gone.is_set()
        except Exception:
            self.abandon()

    # -- on the sender's own thread -----------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._thread = getattr(threading, "get_native_id", int)()
            patience = FLUSH_INTERVAL
            while not self._dead and not self._forks:
                self._wake.wait(patience)
                self._wake.clear()
                if self._yielded:
                    self._send_at_once()
                    patience = 2 * FLUSH_INTERVAL
                    continue
                patience = 2 * FLUSH_INTERVAL if self._queue else min(2 * patience, LONGEST_INTERVAL)
                self._busy = True
                while self._flush() and self._has_more():
                    pass
                self._busy = False
                if self._closing and not self._queue and not self._unsent:
                    self._closing = False
                    self._drained.set()
        except Exception:  # the listener is gone: the suite runs on without it
            self.abandon()
        with self._lock:
            self._gone.set()
            if not self._forks and not self._dead:  # the fork ended before the thread did
                self._start()

    def _send_at_once(self) -> None:
        """Send what the reader accepts without waiting: the suite's thread waits for it."""
        self._yielded = False
        try:
            while self._flush(waiting=False) and self._has_more():
                pass
        finally:
            try:
                self._yield_done.release()
            except RuntimeError:
                pass  # the wait has timed out

    def _has_more(self) -> bool:
        return bool(self._queue) or self._dropped != self._dropped_sent

    def _flush(self, waiting: bool = True) -> bool:
        """Send a batch; False if a fork or the end of sending came first. Without ``waiting``, what the reader does
        not accept at once is left for later."""
        if not self._unsent:
            if self._encoding:
                return False
            queue = self._queue
            with self._queue_lock:
                batch = queue[:BATCH]
                del queue[: len(batch)]
                self._encoded = max(0, self._encoded - len(batch))
                lines = self._lines(batch)
            if not queue and self._dropped != self._dropped_sent:
                self._dropped_sent = self._dropped
                lines.append(self._line([(self.now(), FactsDropped(self._dropped_sent))]))
            self._unsent = "\n".join([*filter(None, lines), ""]).encode()
        while self._unsent:
            if self._dead or (waiting and self._forks):
                return False
            if identity(self._peer) != self._identity:  # the suite closed it, and may have reused its number
                raise OSError("the socket was closed by the suite")
            _, writable, _ = _select([], [self._peer], [], FLUSH_INTERVAL if waiting else 0)
            try:
                count = _send(self._peer, self._unsent) if writable else 0
            except BlockingIOError:
                count = 0
            if not (count or waiting):
                return False
            self._sent += count
            self._unsent = self._unsent[count:]
        return True

    def _lines(self, batch: List[Any]) -> List[str]:
        """Encode what is not encoded yet, neighbours in one line."""
        lines: List[str] = []
        facts: List[Any] = []
        for each in batch:
            if type(each) is tuple:
                facts.append(each)
            if facts and (type(each) is not tuple or len(facts) == MOST_IN_A_LINE):
                lines.append(self._line(facts))
                facts = []
            if type(each) is not tuple:
                lines.append(each)
        return [*lines, self._line(facts)] if facts else lines

    def _line(self, facts: List[Tuple[float, Any]]) -> str:
        """One line; several if a fact among them cannot be encoded as it is."""
        try:
            return encode(self._worker, facts)
        except Exception:
            pass  # one of them cannot be encoded as it is: each by itself
        if len(facts) > 1:
            return "\n".join(filter(None, [self._line([each]) for each in facts]))
        try:  # a value that JSON does not know is sent as text
            at, fact = facts[0]
            return encode(self._worker, [(at, type(fact)(*[_plain(value) for value in fact]))])
        except Exception:  # a fact that cannot be encoded must not stop the others
            self._dropped += 1
            return ""


def _signal_mask() -> Any:
    """The signals that this thread has blocked; None if the system has no signal masks. Asked before anything is
    changed: KeyboardInterrupt may be raised by the very call that blocks it."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, []) if hasattr(signal, "pthread_sigmask") else None


def _signals() -> List[int]:
    """All signals that can be blocked, except faults."""
    faults = {getattr(signal, name, None) for name in ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT")}
    everything = getattr(signal, "valid_signals", lambda: range(1, signal.NSIG))()
    return [number for number in everything if number not in faults]


def _plain(value: Any) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    try:
        return str(value)
    except Exception:
        return type(value).__name__


def close_at_exit(sender: Sender, emit_last_facts: Any) -> None:
    """At interpreter exit: call ``emit_last_facts()``, then send everything."""

    def end() -> None:
        emit_last_facts()
        sender.close()

    atexit.register(end)
