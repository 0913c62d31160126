"""Receiving facts: the listener, the handshake, and from lines to facts."""

from .decoding import Decoded, decode
from .listener import Closed, Listener

__all__ = ["Closed", "Decoded", "Listener", "decode"]
