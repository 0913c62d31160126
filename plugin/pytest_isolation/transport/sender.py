"""The way out: a bounded queue, one thread, one socket. It never blocks the suite and never fails it.

The thread sends while the suite's own thread waits for it (:meth:`Sender.yield_to_sender`), between two tests. A thread
that asks for the interpreter's lock while another works is woken in vain each time the other releases it for a moment,
and pytest's capturing does so a dozen times a test. The
thread sends by itself only while a long test runs and facts wait.

What a suite may do that shapes this file: fork (Python 3.12 warns of that in a process with threads, and ``-W error``
makes the warning a failure), look at ``threading.enumerate()``, block signals and wait for them, patch or replace
``socket``, ``time`` and ``os``, close descriptors that it did not open.
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
"""Facts that may wait; what was written down of one test counts as one. Twenty megabytes, about."""

BATCH = 100
"""Of these, so many are sent at once."""

MOST_IN_A_LINE = 50
"""Facts. One may have 40 kB, with a traceback."""

FLUSH_INTERVAL = 0.05
"""Seconds between batches. A send per fact would wake the reader each time: 13 to 50 us of the suite's time."""

OFFER_PATIENCE = 0.05
"""Seconds that the suite's thread stands still for a batch at the most; a usual one takes a millisecond."""

LONGEST_INTERVAL = 0.4
"""Seconds after which the thread looks whether there is something to say, in a test in which nothing is said."""

CLOSING_PATIENCE = 3.0
"""Seconds to wait at the end for a reader that takes nothing. Its collector of garbage may stop it for more than one.
A reader that still reads is waited for up to ``CLOSING_LIMIT``."""

CLOSING_LIMIT = 10.0

HURRY_PATIENCE = 0.05
"""Seconds to wait for facts that are urgent; twice a session at most."""

FORK_PATIENCE = 1.0
"""Seconds that a fork waits for the thread to be gone; on an idle machine it takes a fraction of a millisecond."""

# Bound here, at import: a test may patch these modules, or a library replace them by its own (gevent, freezegun).
_clock = {"perf": time.perf_counter, "wall": time.time}
_exists = os.path.exists
_select = select.select
_allocate_lock = _thread.allocate_lock
_close = socket.socket.close
_send = socket.socket.send


class Sender:
    """Takes facts from the suite's threads (:meth:`emit`), sends them from its own."""

    def __init__(self, peer: socket.socket, worker: str, limit: int = QUEUE_LIMIT) -> None:
        self._peer = peer
        self._identity = identity(peer)
        self._worker = worker
        self._queue: List[Any] = []
        """Lines, after them (time, fact) of what is no line yet."""
        self._written = 0
        """How many lines there are, or fewer: where to look for what is none."""
        self._taking = threading.RLock()
        """Held while something is taken from the queue's front, or made a line in its place."""
        self._writing = False
        """Whether the suite's thread does the latter: a signal's handler may fork in between, and want to send."""
        self._limit = limit
        self._dropped = 0
        self._told_dropped = 0
        self._unsent = b""
        self._sent = 0
        self._dead = False
        self._closing = False
        self._wake = threading.Event()
        self._busy = False
        """Whether the thread is sending by itself, and may wait for its reader."""
        self._offered = False
        self._offered_at = 0.0
        self._taken = _allocate_lock()
        """Released when an offer has been taken; else locked."""
        self._drained = threading.Event()
        self._patience = CLOSING_PATIENCE
        self.offset = _clock["wall"]() - _clock["perf"]()
        self.clock = _clock["perf"]
        self._forks = 0
        """Forks that are under way: no thread meanwhile."""
        self._lock = threading.RLock()  # a signal's handler may fork, wherever it comes
        self._thread = 0
        """The system's id of the thread; 0 where there is none."""
        self._gone = threading.Event()
        self._asleep = False
        """There was a fork, and nothing to say since: no thread yet."""
        self._start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before_fork, after_in_parent=self._after_fork, after_in_child=self.abandon)

    def now(self) -> float:
        """Seconds since the epoch; never goes backwards, and does not follow a test that freezes time."""
        return self.offset + self.clock()

    def emit(self, fact: Any) -> None:
        """Queue a fact, stamped with the time. Under a microsecond; a full queue counts it as dropped."""
        queue = self._queue
        if len(queue) < self._limit:
            queue.append((self.offset + self.clock(), fact))
            if self._asleep:
                self._resume()
        else:
            self._dropped += 1

    def emit_always(self, fact: Any) -> None:
        """Queue a fact that must not be dropped, however full the queue is: without its end a run is called crashed."""
        if not self._dead:
            self._queue.append((self.offset + self.clock(), fact))
            if self._asleep:
                self._resume()

    def encode_pending(self) -> None:
        """Make a line of the facts put last; to be called on the suite's thread when it has ended a test.

        A line in the queue, unlike a fact, is nothing that Python's collector of garbage would have to be called for,
        and to visit: a quarter of what observing a trivial test cost.
        """
        with self._taking:  # the thread has it for a few milliseconds at the most
            self._writing = True
            try:
                queue = self._queue
                first, last = self._written, len(queue)
                while first < last and type(queue[first]) is not tuple:
                    first += 1
                self._written = first
                # In one step each, for Ctrl-C may come between any two; the last ones first, for places change.
                while last > first:
                    start = max(first, last - MOST_IN_A_LINE)
                    queue[start:last] = [self._line(queue[start:last])]
                    self._written += 1
                    last = start
            finally:
                self._writing = False

    def abandon(self) -> None:
        """Say nothing any more. In a forked child: the socket is the parent's, this end of it is closed."""
        self._dead = True
        self._limit = 0
        self._queue = []
        self._taking = threading.RLock()  # a thread that is no more here may have had it
        if identity(self._peer) == self._identity:
            _close(self._peer)

    def yield_to_sender(self) -> None:
        """To be called where the suite can stand still for a moment: what waits is sent, if it has waited for long."""
        now = self.clock()
        if now - self._offered_at < FLUSH_INTERVAL or not self._queue:
            return
        if self._busy or self._dead or self._forks or self._gone.is_set():  # nobody would take it
            return
        self._offered_at = now
        self._taken.acquire(False)  # an offer that came to nothing may have been taken since
        self._offered = True
        self._wake.set()
        self._taken.acquire(True, OFFER_PATIENCE)

    def flush_now(self) -> None:
        """Send what waits now, and wait a moment until it is gone: the process may not live to the next batch."""
        if not self._dead:
            self._drained.clear()
            self._closing = True
            self._resume()
            self._wake.set()
            self._drained.wait(HURRY_PATIENCE)

    def close(self) -> None:
        """Send what waits; give up on a reader that takes nothing."""
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
                self._patience = HURRY_PATIENCE  # closed again at exit, it has been waited for
                break

    # -- the thread's life ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._gone.clear()
        # A thread is born with the mask of who starts it: it must not be there a moment without one. A test that blocks
        # a signal and waits for it must get it, and not this thread, which would end the process.
        mask = _signal_mask()
        try:
            if mask is not None:
                signal.pthread_sigmask(signal.SIG_BLOCK, _signals())
            # Not a threading.Thread: it is nobody's business in threading.enumerate(), and no tracer's.
            _thread.start_new_thread(self._work, ())
        finally:
            if mask is not None:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _resume(self) -> None:
        """Have a thread again, if a fork has ended the last one."""
        try:
            with self._lock:
                if self._asleep and not self._forks and not self._dead:
                    self._asleep = False
                    self._start()
        except Exception:
            self._gone.set()  # the interpreter ends, and wants no new threads

    def _before_fork(self) -> None:
        """No thread while the process forks, and none until there is something to say: from 3.13 on Python counts
        them after the fork, when everybody has been told that it is over."""
        if self._dead:
            return
        try:
            with self._lock:
                self._forks += 1
            self._wake.set()
            if self._gone.wait(FORK_PATIENCE) and self._thread:
                # It has said goodbye; Python 3.12 asks the system whether it is really gone.
                task, until = "/proc/self/task/%d" % self._thread, self.clock() + FORK_PATIENCE
                while _exists(task) and self.clock() < until:
                    _select([], [], [], 0.0001)  # let it have the interpreter's lock
            with self._lock:
                if self._gone.is_set():
                    self._flush(waiting=False)  # what is known now may be all for a while
        except Exception:
            pass  # at worst, Python warns of the thread

    def _after_fork(self) -> None:
        if self._dead:
            return
        try:
            with self._lock:
                self._forks -= 1
                self._asleep = not self._forks and self._gone.is_set()
        except Exception:
            self.abandon()

    # -- on the sink's own thread --------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._thread = getattr(threading, "get_native_id", int)()
            patience = FLUSH_INTERVAL
            while not self._dead and not self._forks:
                self._wake.wait(patience)
                self._wake.clear()
                if self._offered:
                    self._take_offer()
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
        except Exception:  # the listener is gone: the suite runs on, and nobody is told
            self.abandon()
        with self._lock:
            self._gone.set()
            if not self._forks and not self._dead:  # the fork was over before the thread was
                self._start()

    def _take_offer(self) -> None:
        """Send what the reader takes at once: the suite's thread waits for it."""
        self._offered = False
        try:
            while self._flush(waiting=False) and self._has_more():
                pass
        finally:
            try:
                self._taken.release()
            except RuntimeError:
                pass  # nobody waits any more

    def _has_more(self) -> bool:
        return bool(self._queue) or self._dropped != self._told_dropped

    def _flush(self, waiting: bool = True) -> bool:
        """Send a batch; False if it could not be sent to its end before a fork, or for good. Not ``waiting``, what the
        reader does not take at once is left for later."""
        if not self._unsent:
            if self._writing:
                return False
            queue = self._queue
            with self._taking:
                taken = queue[:BATCH]
                del queue[: len(taken)]
                self._written = max(0, self._written - len(taken))
                lines = self._lines(taken)
            if not queue and self._dropped != self._told_dropped:
                self._told_dropped = self._dropped
                lines.append(self._line([(self.now(), FactsDropped(self._told_dropped))]))
            self._unsent = "\n".join([*filter(None, lines), ""]).encode()
        while self._unsent:
            if self._dead or (waiting and self._forks):
                return False
            if identity(self._peer) != self._identity:  # the suite closed it, and may have opened a file in its place
                raise OSError("not our socket any more")
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

    def _lines(self, taken: List[Any]) -> List[str]:
        """What was no line yet is made one, together with what stands beside it."""
        lines: List[str] = []
        facts: List[Any] = []
        for each in taken:
            if type(each) is tuple:
                facts.append(each)
            if facts and (type(each) is not tuple or len(facts) == MOST_IN_A_LINE):
                lines.append(self._line(facts))
                facts = []
            if type(each) is not tuple:
                lines.append(each)
        return [*lines, self._line(facts)] if facts else lines

    def _line(self, facts: List[Tuple[float, Any]]) -> str:
        """More than one line, where a fact among them cannot be said as it is."""
        try:
            return encode(self._worker, facts)
        except Exception:
            pass  # one of them cannot be said as it is: each by itself
        if len(facts) > 1:
            return "\n".join(filter(None, [self._line([each]) for each in facts]))
        try:  # a value that JSON does not know: say it as text, rather than lose the fact
            at, fact = facts[0]
            return encode(self._worker, [(at, type(fact)(*[_plain(value) for value in fact]))])
        except Exception:  # one fact that cannot be said must not silence the rest
            self._dropped += 1
            return ""


def _signal_mask() -> Any:
    """The signals that this thread has blocked; None where the system has no such thing. Asked before anything is
    changed: Ctrl-C may come out of the very call that blocks it."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, []) if hasattr(signal, "pthread_sigmask") else None


def _signals() -> List[int]:
    """All that can be blocked, but for faults."""
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


def close_at_exit(sink: Sender, last_words: Any) -> None:
    """At interpreter exit: ``last_words()`` may put a fact, then everything is sent."""

    def end() -> None:
        last_words()
        sink.close()

    atexit.register(end)
