"""The plugin's sender: it sends in order, counts what it drops, and never delays the suite."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from isolation_tui.receive import decode
from observing import wait_until
from pytest_isolation import events as ev
from pytest_isolation.transport.connection import connect
from pytest_isolation.transport.sender import Sender


@pytest.fixture
def pair() -> Iterator[tuple[Sender, socket.socket]]:
    """A sink of a hundred facts, and its reader."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(60)
    sender = Sender(ours, "gw3", limit=100)
    yield sender, theirs
    sender.abandon()
    theirs.close()


class Reader:
    """Reads lines as facts."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._rest = b""
        self.facts: list[object] = []

    def until(self, last: object) -> list[object]:
        """All facts up to that one."""
        while last not in self.facts:
            data = self._peer.recv(65_536)
            assert data, "the sink hung up"
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                facts, damage = decode(line)
                assert not damage
                assert {each.worker for each in facts} == {"gw3"}
                self.facts += [each.fact for each in facts]
        return self.facts


def output(number: int, size: int = 0) -> ev.Output:
    return ev.Output(str(number) + "x" * size)


def test_facts_arrive_in_order(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    sent = [output(number) for number in range(50)]
    for fact in sent:
        sender.emit(fact)
    assert Reader(peer).until(sent[-1]) == sent


def test_what_waits_is_sent_while_the_suite_is_idle(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    sender._yielded_at = 0.0
    wait_until(lambda: sender._thread, "its thread")
    sender.emit(output(1))
    sender.yield_to_sender()
    assert Reader(peer).until(output(1)) == [output(1)]


def test_the_suite_does_not_wait_for_a_sender_that_does_not_run(pair: tuple[Sender, socket.socket]) -> None:
    """The interpreter gave no thread any more after a fork, say."""
    sender, _ = pair
    sender._before_fork()
    sender._forks = 0
    assert sender._gone.is_set()
    sender.emit(output(1))
    waited: list[object] = []
    sender._wake.set = lambda: waited.append(1)  # type: ignore[method-assign]
    sender._yielded_at = 0.0
    sender.yield_to_sender()
    assert not waited


def test_what_was_written_down_and_what_was_not_arrive_in_order(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    sent: list[object] = []
    for number in range(30):
        sent += [
            ev.TestStarted(f"test_{number}", 1, "test_a.py", 3),
            ev.FixtureTornDown(number, "a", 5),
            output(number),
        ]
        for fact in sent[-3:]:
            sender.emit(fact)
        if number % 3:
            sender.encode_pending()
    assert Reader(peer).until(sent[-1]) == sent


def test_a_fact_that_cannot_be_encoded_at_once_is_still_sent(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    sent = [output(1), ev.Interrupted("'a'"), output(2), output(3)]
    for fact in (output(1), ev.Interrupted(KeyError("a")), output(2)):  # type: ignore[arg-type]
        sender.emit(fact)
    sender.encode_pending()
    sender.emit(output(3))
    assert Reader(peer).until(output(3)) == sent


def test_the_facts_of_one_test_are_sent_in_lines_of_fifty(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    sender._encoding = True  # as if the thread had no time meanwhile
    sender.emit(output(0))
    sender.encode_pending()
    sender._encoding = True
    sent = [output(number) for number in range(1, 99)]
    for fact in sent:
        sender.emit(fact)
    sender.encode_pending()
    sender.emit(output(99))
    sender.close()
    lines = [decode(line).facts for line in peer.recv(65_536).splitlines()]
    assert [len(facts) for facts in lines] == [1, 48, 50, 1]
    assert [each.fact for facts in lines for each in facts] == [output(0), *sent, output(99)]


def test_a_fork_during_encoding_delays_neither_process(pair: tuple[Sender, socket.socket]) -> None:
    """As a signal's handler may do it."""
    sender, peer = pair

    class Forks(list):  # type: ignore[type-arg]
        def __iter__(self) -> Iterator[str]:
            child = os.fork()
            if not child:
                sender.emit(output(7))
                sender.encode_pending()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            return iter(["a"])

    sent = [ev.TestStarted("a", 1, "test_a.py", 3), ev.Collected(1, Forks("a")), output(1)]
    for fact in sent:
        sender.emit(fact)
    sender.encode_pending()
    sender.emit(output(2))
    assert Reader(peer).until(output(2)) == [*sent, output(2)]


def test_closing_sends_what_waits(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    for number in range(100):
        sender.emit(output(number))
    sender.close()
    assert len(Reader(peer).until(output(99))) == 100


def test_it_may_be_closed_twice_and_what_came_between_is_sent(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    sender.close()
    sender.emit(output(1))
    sender.close()
    assert Reader(peer).until(output(1))


def test_a_reader_that_pauses_at_the_end_is_waited_for(pair: tuple[Sender, socket.socket]) -> None:
    """Garbage collection once stopped the dashboard for 1.3 seconds, and the facts of 400 tests were lost."""
    sender, peer = pair
    reader, began = Reader(peer), time.monotonic()

    def read() -> None:
        wait_until(lambda: time.monotonic() - began > 1.5, "a second and a half")
        reader.until(output(99, 10_000))

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(100):
        sender.emit(output(number, 10_000))
    sender.close()
    thread.join()
    assert [fact for fact in reader.facts if isinstance(fact, ev.Output)] == [output(n, 10_000) for n in range(100)]


def test_a_reader_that_takes_nothing_costs_seconds_at_the_end_and_nothing_before(
    pair: tuple[Sender, socket.socket],
) -> None:
    sender, _ = pair
    began, spent = time.perf_counter(), time.thread_time()
    for number in range(5_000):
        sender.emit(output(number, 10_000))
    assert time.thread_time() - spent < 1
    sender.close()
    assert time.perf_counter() - began < 30  # wall clock, and the machine may be busy


def test_a_reader_that_takes_nothing_is_waited_for_once(pair: tuple[Sender, socket.socket]) -> None:
    """A session ends, and then the process does: both close."""
    sender, _ = pair
    for number in range(100):
        sender.emit(output(number, 10_000))
    moments = [time.perf_counter()]
    for _ in range(2):
        sender.close()
        moments.append(time.perf_counter())
    assert moments[2] - moments[1] < (moments[1] - moments[0]) / 2


def test_dropped_facts_are_counted_and_reported_when_the_reader_reads_again(
    pair: tuple[Sender, socket.socket],
) -> None:
    sender, peer = pair
    for number in range(1_000):
        sender.emit(output(number, 10_000))
    reader = Reader(peer)
    while not any(isinstance(fact, ev.FactsDropped) for fact in reader.facts):
        reader.until(reader.facts[-1] if reader.facts else output(0, 10_000))
        reader.facts += [each.fact for line in _more(reader) for each in decode(line).facts]
    (dropped,) = [fact for fact in reader.facts if isinstance(fact, ev.FactsDropped)]
    assert dropped.total == 1_000 - (len(reader.facts) - 1)


def test_the_end_of_a_session_finds_its_place_in_a_full_queue(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    for number in range(1_000):
        sender.emit(output(number, 10_000))
    sender.emit_always(ev.SessionFinished(0))
    assert ev.SessionFinished(0) in Reader(peer).until(ev.SessionFinished(0))


def _more(reader: Reader) -> list[bytes]:
    *lines, reader._rest = (reader._rest + reader._peer.recv(65_536)).split(b"\n")
    return lines


def test_a_value_that_json_does_not_know_is_sent_as_text(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    sender.emit(ev.Interrupted(KeyError("a")))  # type: ignore[arg-type]
    assert Reader(peer).until(ev.Interrupted("'a'"))


def test_a_fact_that_cannot_be_encoded_at_all_stops_no_other(pair: tuple[Sender, socket.socket]) -> None:
    class Hostile(list):  # type: ignore[type-arg]
        def __iter__(self):  # type: ignore[no-untyped-def]
            raise RuntimeError("no")

    sender, peer = pair
    sender.emit(ev.Deselected(Hostile([1])))
    sender.emit(output(1))
    assert output(1) in Reader(peer).until(output(1))


def test_a_reader_that_hangs_up_ends_it_quietly(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    peer.close()
    sender.emit(output(1))
    wait_until(lambda: sender._dead, "it notices")
    sender.emit(output(2))
    sender.close()


def test_its_thread_is_not_among_the_suites(pair: tuple[Sender, socket.socket]) -> None:
    assert not [thread for thread in threading.enumerate() if "isolation" in thread.name.lower()]


def test_what_a_forked_child_puts_is_not_sent(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    sender.emit(output(1))
    child = os.fork()
    if child == 0:
        sender.emit(output(666))
        sender.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    sender.emit(output(2))
    assert Reader(peer).until(output(2)) == [output(1), output(2)]


def test_what_is_known_before_a_fork_is_sent_though_nothing_follows(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    sender.emit(output(1))
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    assert Reader(peer).until(output(1)) == [output(1)]


def test_closing_after_a_fork_sends_what_came_since(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    sender.emit_always(output(1))
    sender.close()
    assert Reader(peer).until(output(1)) == [output(1)]


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="counts threads as Linux tells them")
def test_between_a_fork_and_the_next_fact_there_is_no_thread(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair
    wait_until(lambda: sender._thread, "its thread")
    before = str(sender._thread)
    assert before in os.listdir("/proc/self/task")
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    assert before not in os.listdir("/proc/self/task")
    assert sender._asleep
    sender.emit(output(1))
    assert Reader(peer).until(output(1)) == [output(1)]


def test_forking_from_several_threads_leaves_one_sender(pair: tuple[Sender, socket.socket]) -> None:
    sender, peer = pair

    def fork() -> None:
        for _ in range(10):
            sender._before_fork()
            sender._after_fork()

    threads = [threading.Thread(target=fork) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [output(number) for number in range(20)]
    for fact in sent:
        sender.emit(fact)
    assert Reader(peer).until(sent[-1]) == sent


def test_a_stalled_reader_does_not_hold_a_fork_up(pair: tuple[Sender, socket.socket]) -> None:
    sender, _ = pair
    for number in range(100):
        sender.emit(output(number, 10_000))
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    assert time.perf_counter() - began < 30  # wall clock, and the machine may be busy


def test_a_file_that_got_the_sockets_number_is_not_written_to(
    pair: tuple[Sender, socket.socket], tmp_path: os.PathLike[str]
) -> None:
    sender, peer = pair
    sender.emit(output(1))
    Reader(peer).until(output(1))
    number = sender._peer.fileno()
    path = os.path.join(tmp_path, "theirs")
    theirs = os.open(path, os.O_CREAT | os.O_RDWR)
    os.dup2(theirs, number)  # closes the socket, and puts the file in its place
    sender.emit(output(2))
    wait_until(lambda: sender._dead, "it notices")
    assert os.path.getsize(path) == 0
    os.fstat(number)  # and it has not been closed under the suite's hands
    sender._peer.detach()
    os.close(number)
    os.close(theirs)


@pytest.mark.parametrize(
    "address", ["unix:/nowhere/at/all", "tcp:127.0.0.1:1", "tcp:127.0.0.1:x", "", "carrier pigeon"]
)
def test_without_a_listener_there_is_no_connection(address: str) -> None:
    assert connect(address, "token") is None
