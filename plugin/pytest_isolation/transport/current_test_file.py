"""The name of the test on the stage, in shared memory: what is left to read when the process is killed.

Facts wait up to a twentieth of a second in the sink's queue; a test that takes its process down takes them along. A
mapped file outlives the process, and writing to it costs no system call.
"""

import mmap
import os

SIZE = 4096
_HEADER = 2


class CurrentTestFile:
    """``folder/stage-WORKER``: two bytes of length (big endian), then the node id in UTF-8, cut at 4,094 bytes."""

    def __init__(self, folder: str, worker: str) -> None:
        path = os.path.join(folder, "stage-" + worker)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, SIZE)
            self._map = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        self._process = os.getpid()
        self._is_empty = False

    def enter(self, nodeid: str) -> None:
        """This test stands on the stage now; '' empties it. A forked child's tests are nobody's."""
        if os.getpid() != self._process:
            return
        held = self._map
        if not self._is_empty:
            held[0:_HEADER] = b"\0\0"  # an unfinished name is none
        self._is_empty = not nodeid
        if nodeid:
            name = nodeid.encode("utf-8", "replace")[: SIZE - _HEADER]
            held[_HEADER : _HEADER + len(name)] = name
            held[0:_HEADER] = len(name).to_bytes(_HEADER, "big")
