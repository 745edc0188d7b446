"""Frames of bytes over a pipe, between a host and its parent."""

import contextlib
import os
import struct
from typing import Final

_HEAD: Final = struct.Struct("<Q")


def write_frame(pipe: int, content: bytes) -> None:
    """Write one frame; a reader that is gone shows itself when its answer is read."""
    with contextlib.suppress(BrokenPipeError):
        for part in (_HEAD.pack(len(content)), content):
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(pipe, rest) :]


def read_frame(pipe: int) -> bytearray | None:
    """Read one frame; None where the pipe ends before it is whole."""
    head = _read_exactly(pipe, _HEAD.size)
    return head and _read_exactly(pipe, _HEAD.unpack(head)[0])


def _read_exactly(pipe: int, size: int) -> bytearray | None:
    content = bytearray(size)
    rest = memoryview(content)
    while rest:
        count = os.readv(pipe, [rest])
        if not count:
            return None
        rest = rest[count:]
    return content
