"""Messages over a pipe, between a host and its parent; arrays go through it as they lie in memory, without a copy."""

import contextlib
import math
import os
import pickle
import select
import struct
from time import monotonic
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


def read_frame(pipe: int, seconds: float = math.inf) -> Any:
    """Read one value; None where the pipe ends before it is whole.

    Raises TimeoutError where it is not whole in time, and what unpickling raises where it is no frame.
    """
    deadline = monotonic() + seconds
    try:
        count = _read_size(pipe, deadline)
        sizes = [_read_size(pipe, deadline) for _ in range(count)]
        content, *arrays = [_read_exactly(pipe, size, deadline) for size in sizes]
    except EOFError:
        return None
    return pickle.loads(content, buffers=arrays)  # noqa: S301 -- from our own process


def _read_size(pipe: int, deadline: float) -> int:
    return int(_SIZE.unpack(_read_exactly(pipe, _SIZE.size, deadline))[0])


def _read_exactly(pipe: int, size: int, deadline: float) -> memoryview:
    content = np.empty(size, np.uint8).data  # a bytearray would be filled with zeros first
    rest = content
    while rest:
        if deadline < math.inf and not select.select([pipe], [], [], max(0.0, deadline - monotonic()))[0]:
            raise TimeoutError
        count = os.readv(pipe, [rest])
        if not count:
            raise EOFError
        rest = rest[count:]
    return content
