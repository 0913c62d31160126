"""Receive facts: accept the suite's processes, check their handshake, and decode their lines."""

from .decoding import Decoded, decode
from .listener import Closed, Listener

__all__ = ["Closed", "Decoded", "Listener", "decode"]
