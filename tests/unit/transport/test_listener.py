"""The listener accepts peers that send the token, and no peer can stop it."""

from __future__ import annotations

import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from isolation_tui.errors import Status, ToolError
from isolation_tui.launch.process import private_folder
from isolation_tui.receive import Closed, Listener, listener
from observing import wait_until
from pytest_isolation.transport.encoding import handshake_line


@pytest.fixture
def listening() -> Iterator[Listener]:
    folder = private_folder()
    made = Listener(folder)
    yield made
    made.close()
    shutil.rmtree(folder)


def connected(to: Listener) -> socket.socket:
    kind, _, rest = to.address.partition(":")
    if kind == "unix":
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(rest)
    else:
        host, _, port = rest.rpartition(":")
        peer = socket.create_connection((host, int(port)))
    peer.settimeout(60)
    return peer


def greeted(to: Listener) -> socket.socket:
    peer = connected(to)
    peer.sendall(handshake_line(to.token).encode() + b"\n")
    return peer


def drained(from_: Listener, number: int) -> list[bytes | Closed]:
    """The next lines, once so many have come."""
    wait_until(lambda: from_.waiting >= number, f"{number} lines, not {from_.waiting}")
    return [line for _, line in from_.drain()]


def until_it_fails(send: Callable[[], int]) -> int:
    """Bytes that went out until no more would go."""
    total = 0
    try:
        while True:
            total += send()
    except OSError:
        return total


def dropped(peer: socket.socket) -> bool:
    """Whether the other side hung up."""
    try:
        return peer.recv(1) == b""
    except ConnectionError:
        return True


def test_lines_come_in_order_and_whole_however_they_were_cut(listening: Listener) -> None:
    peer = greeted(listening)
    for piece in (b"one\ntw", b"o", b"\nthree\n", b"four"):
        peer.sendall(piece)
    assert drained(listening, 3) == [b"one", b"two", b"three"]
    peer.sendall(b"\n")
    assert drained(listening, 1) == [b"four"]


def test_the_end_of_a_connection_comes_after_its_last_line(listening: Listener) -> None:
    peer = greeted(listening)
    peer.sendall(b"last\n")
    peer.close()
    assert drained(listening, 2) == [b"last", Closed()]


def test_the_handshake_and_the_first_lines_may_come_together(listening: Listener) -> None:
    connected(listening).sendall(handshake_line(listening.token).encode() + b"\none\n")
    assert drained(listening, 1)[0] == b"one"


def test_each_connection_has_its_own_number(listening: Listener) -> None:
    one, other = greeted(listening), greeted(listening)
    one.sendall(b"a\n")
    other.sendall(b"b\n")
    wait_until(lambda: listening.waiting == 2, "two lines")
    assert len({number for number, _ in listening.drain()}) == 2
    assert listening.connections == 2


@pytest.mark.parametrize(
    "sent",
    [
        b'{"isolation":1,"token":"wrong"}\n',
        b'{"isolation":1}\n',
        b'{"token":null}\n',
        b'{"token":["a"]}\n',
        b'{"token":"\\ud800"}\n',
        b"\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xfe\x00\n",
        b"[" * 4000 + b"\n",
        b"[1]\n",
        b"x" * 5000,
    ],
    ids=["wrong", "none", "null", "list", "half a character", "empty", "http", "bytes", "nested", "array", "endless"],
)
def test_a_peer_without_the_token_is_dropped_and_others_are_still_accepted(listening: Listener, sent: bytes) -> None:
    stranger = connected(listening)
    stranger.sendall(sent)
    assert dropped(stranger)
    assert listening.refused == 1
    friend = greeted(listening)
    friend.sendall(b"hello\n")
    assert drained(listening, 1) == [b"hello"]


def test_lines_after_a_wrong_token_are_ignored(listening: Listener) -> None:
    stranger = connected(listening)
    stranger.sendall(b'{"token":"wrong"}\n{"kind":"SessionFinished"}\n')
    assert dropped(stranger)
    assert listening.drain() == []


def test_a_silent_peer_is_dropped_in_time(listening: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HANDSHAKE_PATIENCE", 0.1)
    silent = connected(listening)
    assert dropped(silent)


def test_a_peer_that_sent_the_token_may_be_silent(listening: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    friend = greeted(listening)
    wait_until(lambda: listening.connections, "the friend is known")
    monkeypatch.setattr(listener, "HANDSHAKE_PATIENCE", 0.1)
    assert dropped(connected(listening))
    friend.sendall(b"still here\n")
    assert drained(listening, 1) == [b"still here"]


def test_a_line_without_end_drops_its_peer(listening: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "LINE_LIMIT", 100_000)
    peer = greeted(listening)
    assert until_it_fails(lambda: peer.send(b"x" * 50_000)) > 100_000
    assert drained(listening, 1) == [Closed()]


def test_while_lines_are_not_drained_no_more_are_read_than_fit(
    listening: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "WAITING_LIMIT", 1_000)
    peer = greeted(listening)
    peer.setblocking(False)
    sent = until_it_fails(lambda: peer.send(b"a line\n" * 1_000))
    wait_until(lambda: listening.waiting > 1_000, "it has read")
    peer.setblocking(True)
    peer.close()
    found: list[bytes | Closed] = []
    wait_until(lambda: found.extend(line for _, line in listening.drain()) or Closed() in found, "all is drained")
    whole, rest = divmod(sent, 7)
    assert found.count(b"a line") == whole
    assert len(found) == whole + 1
    assert rest or whole


def test_the_socket_lies_in_a_folder_that_only_this_user_can_enter(listening: Listener) -> None:
    path = Path(listening.address.removeprefix("unix:"))
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_over_tcp_it_listens_on_this_machine_alone_and_asks_for_the_token_too(tmp_path: Path) -> None:
    listening = Listener(tmp_path, port=0)
    try:
        assert listening.address.startswith("tcp:127.0.0.1:")
        stranger = connected(listening)
        stranger.sendall(b'{"token":"wrong"}\n')
        assert dropped(stranger)
        friend = greeted(listening)
        friend.sendall(b"hello\n")
        assert drained(listening, 1) == [b"hello"]
    finally:
        listening.close()


def test_a_folder_with_too_long_a_name_for_a_socket_means_tcp(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    listening = Listener(folder)
    try:
        assert listening.address.startswith("tcp:127.0.0.1:")
    finally:
        listening.close()


def test_a_port_in_use_is_an_error_for_people(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ToolError, match=f"Cannot listen on 127.0.0.1:{port}") as refused:
            Listener(tmp_path, port)
    assert refused.value.status is Status.LISTEN
    assert refused.value.next_step


@pytest.mark.parametrize("port", [70_000, -5])
def test_a_port_that_is_none_is_an_error_for_people(tmp_path: Path, port: int) -> None:
    with pytest.raises(ToolError) as refused:
        Listener(tmp_path, port)
    assert refused.value.status is Status.LISTEN


def test_two_listeners_have_two_tokens(tmp_path: Path, listening: Listener) -> None:
    other = Listener(tmp_path)
    try:
        assert other.token != listening.token
        assert len(other.token) >= 32
    finally:
        other.close()


def test_closing_disconnects_every_peer(listening: Listener) -> None:
    friend, stranger = greeted(listening), connected(listening)
    wait_until(lambda: listening.connections, "the friend is known")
    listening.close()
    assert dropped(friend)
    assert dropped(stranger)
