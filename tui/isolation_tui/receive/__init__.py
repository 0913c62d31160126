"""Receiving facts: the listener, the handshake, and from lines to facts."""

from .decoding import BadLine, decode
from .listener import Closed, Listener

__all__ = ["BadLine", "Closed", "Listener", "decode"]
