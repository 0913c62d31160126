"""The listener hears those who know the token, and nobody can stop it from listening."""

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
def hears() -> Iterator[Listener]:
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


def taken(from_: Listener, number: int) -> list[bytes | Closed]:
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


def test_lines_come_in_order_and_whole_however_they_were_cut(hears: Listener) -> None:
    peer = greeted(hears)
    for piece in (b"one\ntw", b"o", b"\nthree\n", b"four"):
        peer.sendall(piece)
    assert taken(hears, 3) == [b"one", b"two", b"three"]
    peer.sendall(b"\n")
    assert taken(hears, 1) == [b"four"]


def test_the_end_of_a_connection_is_said_after_its_last_line(hears: Listener) -> None:
    peer = greeted(hears)
    peer.sendall(b"last\n")
    peer.close()
    assert taken(hears, 2) == [b"last", Closed()]


def test_the_handshake_and_the_first_lines_may_come_together(hears: Listener) -> None:
    connected(hears).sendall(handshake_line(hears.token).encode() + b"\none\n")
    assert taken(hears, 1)[0] == b"one"


def test_peers_are_told_apart(hears: Listener) -> None:
    one, other = greeted(hears), greeted(hears)
    one.sendall(b"a\n")
    other.sendall(b"b\n")
    wait_until(lambda: hears.waiting == 2, "two lines")
    assert len({number for number, _ in hears.drain()}) == 2
    assert hears.connections == 2


@pytest.mark.parametrize(
    "said",
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
def test_who_does_not_say_the_token_is_dropped_and_the_others_are_heard_on(hears: Listener, said: bytes) -> None:
    stranger = connected(hears)
    stranger.sendall(said)
    assert dropped(stranger)
    assert hears.refused == 1
    friend = greeted(hears)
    friend.sendall(b"hello\n")
    assert taken(hears, 1) == [b"hello"]


def test_what_a_stranger_says_after_a_wrong_token_is_not_heard(hears: Listener) -> None:
    stranger = connected(hears)
    stranger.sendall(b'{"token":"wrong"}\n{"kind":"SessionFinished"}\n')
    assert dropped(stranger)
    assert hears.drain() == []


def test_who_says_nothing_is_dropped_in_time(hears: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HANDSHAKE_PATIENCE", 0.1)
    silent = connected(hears)
    assert dropped(silent)


def test_who_has_said_the_token_may_be_silent(hears: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    friend = greeted(hears)
    wait_until(lambda: hears.connections, "the friend is known")
    monkeypatch.setattr(listener, "HANDSHAKE_PATIENCE", 0.1)
    assert dropped(connected(hears))
    friend.sendall(b"still here\n")
    assert taken(hears, 1) == [b"still here"]


def test_a_line_without_end_drops_its_peer(hears: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "LINE_LIMIT", 100_000)
    peer = greeted(hears)
    assert until_it_fails(lambda: peer.send(b"x" * 50_000)) > 100_000
    assert taken(hears, 1) == [Closed()]


def test_while_nobody_takes_lines_no_more_are_read_than_fit(hears: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "WAITING_LIMIT", 1_000)
    peer = greeted(hears)
    peer.setblocking(False)
    sent = until_it_fails(lambda: peer.send(b"a line\n" * 1_000))
    wait_until(lambda: hears.waiting > 1_000, "it has read")
    peer.setblocking(True)
    peer.close()
    found: list[bytes | Closed] = []
    wait_until(lambda: found.extend(line for _, line in hears.drain()) or Closed() in found, "all is taken")
    whole, rest = divmod(sent, 7)
    assert found.count(b"a line") == whole
    assert len(found) == whole + 1
    assert rest or whole


def test_the_socket_lies_in_a_folder_that_only_this_user_can_enter(hears: Listener) -> None:
    path = Path(hears.address.removeprefix("unix:"))
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_over_tcp_it_listens_on_this_machine_alone_and_asks_for_the_token_too(tmp_path: Path) -> None:
    hears = Listener(tmp_path, port=0)
    try:
        assert hears.address.startswith("tcp:127.0.0.1:")
        stranger = connected(hears)
        stranger.sendall(b'{"token":"wrong"}\n')
        assert dropped(stranger)
        friend = greeted(hears)
        friend.sendall(b"hello\n")
        assert taken(hears, 1) == [b"hello"]
    finally:
        hears.close()


def test_a_folder_with_too_long_a_name_for_a_socket_means_tcp(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    hears = Listener(folder)
    try:
        assert hears.address.startswith("tcp:127.0.0.1:")
    finally:
        hears.close()


def test_a_port_in_use_is_an_error_for_people(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ToolError, match=f"Cannot listen on 127.0.0.1:{port}") as told:
            Listener(tmp_path, port)
    assert told.value.status is Status.LISTEN
    assert told.value.next_step


@pytest.mark.parametrize("port", [70_000, -5])
def test_a_port_that_is_none_is_an_error_for_people(tmp_path: Path, port: int) -> None:
    with pytest.raises(ToolError) as told:
        Listener(tmp_path, port)
    assert told.value.status is Status.LISTEN


def test_two_listeners_have_two_tokens(tmp_path: Path, hears: Listener) -> None:
    other = Listener(tmp_path)
    try:
        assert other.token != hears.token
        assert len(other.token) >= 32
    finally:
        other.close()


def test_closing_hangs_up_on_everybody(hears: Listener) -> None:
    friend, stranger = greeted(hears), connected(hears)
    wait_until(lambda: hears.connections, "the friend is known")
    hears.close()
    assert dropped(friend)
    assert dropped(stranger)
