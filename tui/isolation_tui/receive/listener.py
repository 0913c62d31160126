"""The listener: a thread that accepts the suite's processes and queues their lines."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import selectors
import socket
import threading
import time
from collections import deque
from pathlib import Path
from typing import NamedTuple

from ..errors import Status, ToolError

HANDSHAKE_LIMIT = 4_096
"""Bytes within which a peer must have sent the token."""

HANDSHAKE_PATIENCE = 5.0
"""Seconds within which it must have."""

LINE_LIMIT = 8 * 1024 * 1024
"""Bytes of a line; a peer that sends a longer one is disconnected."""

WAITING_LIMIT = 200_000
"""Lines in the queue beyond which nothing is read; the plugin's own queue then counts what it drops."""

UNIX_PATH_LIMIT = 100
"""Longest path of a socket, in bytes: the kernel's limit is 108 on Linux, 104 on macOS."""


class Closed(NamedTuple):
    """The end of a connection, queued after its last line."""


class _Peer:
    __slots__ = ("accepted", "buffer", "number", "since", "socket")

    def __init__(self, number: int, connection: socket.socket) -> None:
        self.number = number
        self.socket = connection
        self.buffer = bytearray()
        self.accepted = False
        self.since = time.monotonic()


class Listener:
    """Listens on a socket in ``folder`` (private to this user), or on loopback TCP.

    ``port``: a TCP port on 127.0.0.1, 0 for any free one; None chooses a Unix socket where there is one. Raises
    :class:`ToolError` (status LISTEN) where it cannot listen.
    """

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.token = secrets.token_urlsafe(24)
        self._lines: deque[tuple[int, bytes | Closed]] = deque()
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._peers: dict[int, _Peer] = {}
        self._count = 0
        self.refused = 0
        """How many peers were disconnected because they did not send the token."""
        self._server, self.address = _listen(folder, port)
        self._server.setblocking(False)
        self._wake, self._waker = socket.socketpair()
        self._selector.register(self._server, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._listen, name="isolation-listener", daemon=True)
        self._thread.start()

    def drain(self, most: int = 20_000) -> list[tuple[int, bytes | Closed]]:
        """Remove and return the next lines, each as (number of its connection, line or :class:`Closed`)."""
        waiting = self._lines
        return [waiting.popleft() for _ in range(min(len(waiting), most))]

    @property
    def connections(self) -> int:
        """How many peers are connected and have sent the token."""
        return sum(1 for peer in list(self._peers.values()) if peer.accepted)

    @property
    def waiting(self) -> int:
        """How many lines are in the queue."""
        return len(self._lines)

    def close(self) -> None:
        """Disconnect all peers and end the thread. A second call does nothing."""
        if self._stopping:
            return
        self._stopping = True
        self._waker.send(b"x")
        self._thread.join(timeout=2.0)

    # -- on the listener's thread --------------------------------------------------------------------------------

    def _listen(self) -> None:
        while not self._stopping:
            if len(self._lines) > WAITING_LIMIT:
                time.sleep(0.02)
                continue
            for key, _ in self._selector.select(timeout=0.5):
                if key.fileobj is self._server:
                    self._accept()
                elif key.fileobj is not self._wake:
                    self._read(key.data)
            self._drop_silent_peers()
        for peer in list(self._peers.values()):
            self._drop(peer)
        self._selector.close()
        for held in (self._server, self._wake, self._waker):
            held.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._server.accept()
        except OSError:
            return
        connection.setblocking(False)
        self._count += 1
        peer = _Peer(self._count, connection)
        self._peers[peer.number] = peer
        self._selector.register(connection, selectors.EVENT_READ, peer)

    def _read(self, peer: _Peer) -> None:
        try:
            data = peer.socket.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(peer)
            return
        peer.buffer += data
        if not peer.accepted and not self._handshake(peer):
            return
        *lines, rest = bytes(peer.buffer).split(b"\n")
        peer.buffer = bytearray(rest)
        self._lines.extend((peer.number, line) for line in lines if line)
        if len(rest) > LINE_LIMIT:
            self._drop(peer)

    def _handshake(self, peer: _Peer) -> bool:
        """Whether the peer has sent the token. A peer that sends anything else is disconnected."""
        line, newline, rest = peer.buffer.partition(b"\n")
        if not newline:
            if len(peer.buffer) > HANDSHAKE_LIMIT:
                self._refuse(peer)
            return False
        if not self._has_token(bytes(line)):
            self._refuse(peer)
            return False
        peer.accepted = True
        peer.buffer = bytearray(rest)
        return True

    def _has_token(self, line: bytes) -> bool:
        """Whether a handshake has the right token. Any local process can send it: deep nesting, invalid UTF-8."""
        try:
            token = json.loads(line)["token"]
            return isinstance(token, str) and hmac.compare_digest(token.encode(), self.token.encode())
        except (ValueError, KeyError, TypeError, RecursionError):
            return False

    def _drop_silent_peers(self) -> None:
        now = time.monotonic()
        for peer in list(self._peers.values()):
            if not peer.accepted and now - peer.since > HANDSHAKE_PATIENCE:
                self._refuse(peer)

    def _refuse(self, peer: _Peer) -> None:
        self.refused += 1
        self._drop(peer)

    def _drop(self, peer: _Peer) -> None:
        if self._peers.pop(peer.number, None) is not None:
            self._selector.unregister(peer.socket)
            peer.socket.close()
            if peer.accepted:
                self._lines.append((peer.number, Closed()))


def _listen(folder: Path, port: int | None) -> tuple[socket.socket, str]:
    """Open a listening socket; it and its address as the plugin reads it."""
    path = str(folder / "s")
    if port is None and hasattr(socket, "AF_UNIX") and len(os.fsencode(path)) <= UNIX_PATH_LIMIT:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            server.bind(path)
            server.listen(64)
        except OSError as error:
            server.close()
            raise ToolError(
                Status.LISTEN, f"Cannot listen on a socket in {folder}: {error.strerror}.", "Try --tcp 0."
            ) from error
        return server, f"unix:{path}"
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        server.bind(("127.0.0.1", port or 0))
        server.listen(64)
    except (OSError, OverflowError) as error:
        server.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ToolError(
            Status.LISTEN,
            f"Cannot listen on 127.0.0.1:{port}: {reason}.",
            "Choose another port, or --tcp 0 for any free one.",
        ) from error
    return server, f"tcp:127.0.0.1:{server.getsockname()[1]}"
