"""Frames of bytes over a pipe, between a host and its parent."""

import contextlib
import os
import struct


def write_frame(pipe: int, content: bytes) -> None:
    """Write one frame; a reader that is gone shows itself when its answer is read."""
    rest = memoryview(struct.pack("<Q", len(content)) + content)
    with contextlib.suppress(BrokenPipeError):
        while rest:
            rest = rest[os.write(pipe, rest) :]


def read_frame(pipe: int) -> bytes | None:
    """Read one frame; None where the pipe ends before it is whole."""
    head = _read_exactly(pipe, 8)
    return head and _read_exactly(pipe, struct.unpack("<Q", head)[0])


def _read_exactly(pipe: int, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = os.read(pipe, min(size - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)
