"""Messages over a pipe, between a host and its parent; arrays go through it as they lie in memory, without a copy."""

import contextlib
import os
import pickle
import struct
from typing import Any, Final

import numpy as np

_SIZE: Final = struct.Struct("<Q")


def write_frame(pipe: int, value: object) -> None:
    """Write one value; a reader that is gone shows itself when its answer is read."""
    arrays: list[pickle.PickleBuffer] = []
    parts: list[bytes | memoryview] = [pickle.dumps(value, pickle.HIGHEST_PROTOCOL, buffer_callback=arrays.append)]
    parts += [array.raw() for array in arrays]
    sizes = b"".join(_SIZE.pack(number) for number in (len(parts), *map(len, parts)))
    with contextlib.suppress(BrokenPipeError):
        for part in (sizes, *parts):
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(pipe, rest) :]


def read_frame(pipe: int) -> Any:
    """Read one value; None where the pipe ends before it is whole."""
    try:
        count = _read_size(pipe)
        sizes = [_read_size(pipe) for _ in range(count)]
        content, *arrays = [_read_exactly(pipe, size) for size in sizes]
    except EOFError:
        return None
    return pickle.loads(content, buffers=arrays)  # noqa: S301 -- from our own process


def _read_size(pipe: int) -> int:
    return int(_SIZE.unpack(_read_exactly(pipe, _SIZE.size))[0])


def _read_exactly(pipe: int, size: int) -> memoryview:
    content = np.empty(size, np.uint8).data  # a bytearray would be filled with zeros first
    rest = content
    while rest:
        count = os.readv(pipe, [rest])
        if not count:
            raise EOFError
        rest = rest[count:]
    return content
