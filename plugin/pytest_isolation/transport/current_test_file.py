"""The node id of the running test, in shared memory: it can still be read when the process has been killed.

Facts wait up to a twentieth of a second in the sender's queue, and a test that takes its process down takes them along.
A mapped file outlives the process, and writing to it costs no system call.
"""

import mmap
import os

SIZE = 4096
_HEADER = 2


class CurrentTestFile:
    """``folder/current-test-WORKER``: 2 bytes of length (big endian), then the node id in UTF-8, cut at 4,094 bytes."""

    def __init__(self, folder: str, worker: str) -> None:
        path = os.path.join(folder, "current-test-" + worker)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, SIZE)
            self._map = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        self._process = os.getpid()
        self._is_empty = False

    def enter(self, nodeid: str) -> None:
        """Write the node id of the test that starts; '' when it has ended. A forked child writes nothing."""
        if os.getpid() != self._process:
            return
        mapped = self._map
        if not self._is_empty:
            mapped[0:_HEADER] = b"\0\0"  # so that a name which is half written has no length
        self._is_empty = not nodeid
        if nodeid:
            name = nodeid.encode("utf-8", "replace")[: SIZE - _HEADER]
            mapped[_HEADER : _HEADER + len(name)] = name
            mapped[0:_HEADER] = len(name).to_bytes(_HEADER, "big")
