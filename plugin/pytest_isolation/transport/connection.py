"""Connect to the listener's socket, and recognise it later: a suite may close it and reuse its number."""

import os
import socket
from typing import Any, Optional, Tuple

from .encoding import handshake_line

_fstat = os.fstat  # bound here: a test may patch the module


def connect(address: str, token: str) -> Optional[socket.socket]:
    """A connected socket that has sent its token; None if nothing listens at the address."""
    kind, _, rest = address.partition(":")
    peer = None
    try:
        if kind == "unix":
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            target: Any = rest
        else:
            host, _, port = rest.rpartition(":")
            peer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            target = (host, int(port))
        peer.settimeout(1.0)
        peer.connect(target)
        peer.sendall(handshake_line(token).encode() + b"\n")
        peer.setblocking(False)
        return peer
    except Exception:
        if peer is not None:
            peer.close()
        return None


def identity(peer: socket.socket) -> Tuple[int, int]:
    """Device and inode of the socket, which a file that reuses its number does not have; (-1, -1) if it is closed."""
    try:
        found = _fstat(peer.fileno())
        return found.st_dev, found.st_ino
    except OSError:
        return -1, -1
