"""Messages over a pipe between a host and its parent: a header in JSON, and behind it arrays as they lie in memory.

Nothing that is read is executed, and arrays of every numpy are read by every other; types cross by their names.
"""

import contextlib
import json
import math
import os
import select
import struct
from collections.abc import Sequence
from time import monotonic
from typing import Any, Final, TypeAlias

import ml_dtypes  # noqa: F401 -- from here on numpy knows bfloat16 by its name
import numpy as np

Array: TypeAlias = "np.ndarray[Any, Any]"

_HEAD: Final = struct.Struct("<4sI")  # a mark, and the length of the header in bytes
_MARK: Final = b"c2di"
MOST_HEADER: Final = 2**26  # bytes
_MOST_PARTS: Final = 512  # that one system call takes (IOV_MAX)


class FrameError(ValueError):
    """What was read is no message."""


def write_frame(pipe: int, header: object, arrays: Sequence[Array] = (), seconds: float = math.inf) -> None:
    """Write one message; a reader that is gone shows itself when its answer is read.

    Raises TimeoutError where a pipe that does not block has not taken it in time.
    """
    described = [{"dtype": array.dtype.name, "shape": array.shape} for array in arrays]
    text = json.dumps({"header": header, "arrays": described}).encode()
    rest = [memoryview(_HEAD.pack(_MARK, len(text)) + text), *(bytes_of(array).data for array in arrays if array.size)]
    deadline = monotonic() + seconds
    with contextlib.suppress(BrokenPipeError):
        while rest:
            if deadline < math.inf and not select.select([], [pipe], [], max(0.0, deadline - monotonic()))[1]:
                raise TimeoutError
            rest = _behind(rest, os.writev(pipe, rest[:_MOST_PARTS]))


def read_frame(pipe: int, seconds: float = math.inf, most: float = math.inf) -> tuple[Any, list[Array]] | None:
    """Read one message, its header and its arrays; None where the pipe ends before it is whole.

    `most` is how many bytes the arrays may have. Raises TimeoutError where it is not whole in time, FrameError where
    it is no message.
    """
    deadline = monotonic() + seconds
    try:
        mark, size = _HEAD.unpack(_read_bytes(pipe, _HEAD.size, deadline))
        if mark != _MARK or size > MOST_HEADER:
            raise FrameError("no message begins there")
        header, arrays = _parsed(_read_bytes(pipe, size, deadline), most)
        _fill(pipe, [bytes_of(array).data for array in arrays if array.size], deadline)
    except EOFError:
        return None
    return header, arrays


def bytes_of(array: Array) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """The bytes of an array in C order, not copied where it lies so."""
    return array.reshape(-1).view(np.uint8)


def _parsed(text: bytes, most: float) -> tuple[Any, list[Array]]:
    """The header, and empty arrays of the types and shapes that it names."""
    try:
        return _allocated(json.loads(text), most)
    except FrameError:
        raise
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise FrameError(f"a header that cannot be read: {type(error).__name__}") from None


def _allocated(message: object, most: float) -> tuple[Any, list[Array]]:
    match message:
        case {"header": header, "arrays": list(described)}:
            forms = [_form(each) for each in described]
        case _:
            raise FrameError("no message has such a header")
    if sum(math.prod(shape) * dtype.itemsize for dtype, shape in forms) > most:
        raise FrameError("its arrays are larger than they can be")
    return header, [np.empty(shape, dtype) for dtype, shape in forms]


def _form(described: object) -> "tuple[np.dtype[Any], list[int]]":
    match described:
        case {"dtype": str(name), "shape": list(shape)} if name.isidentifier():
            dtype = np.dtype(name)
            if dtype.name == name and dtype.itemsize and not dtype.hasobject and all(map(_is_extent, shape)):
                return dtype, shape
    raise FrameError("no array has such a type and shape")


def _is_extent(value: object) -> bool:
    return type(value) is int and value >= 0


def _read_bytes(pipe: int, size: int, deadline: float) -> bytes:
    content = np.empty(size, np.uint8)
    _fill(pipe, [content.data], deadline)
    return content.tobytes()


def _fill(pipe: int, rest: "list[memoryview]", deadline: float) -> None:
    while rest:
        if deadline < math.inf and not select.select([pipe], [], [], max(0.0, deadline - monotonic()))[0]:
            raise TimeoutError
        count = os.readv(pipe, rest[:_MOST_PARTS])
        if not count:
            raise EOFError
        rest = _behind(rest, count)


def _behind(parts: "list[memoryview]", count: int) -> "list[memoryview]":
    """What is left of some parts behind their first bytes."""
    for number, part in enumerate(parts):
        if count < len(part):
            return [part[count:], *parts[number + 1 :]]
        count -= len(part)
    return []
