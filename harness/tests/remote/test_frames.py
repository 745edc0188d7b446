"""What crosses a pipe: arrays of every type, bit for bit, and of garbage nothing but a plain error."""

import json
import os
import pickle
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.oracle.bounds import TYPES
from harness.remote.frames import FrameError, bytes_of, read_frame, write_frame
from harness.remote.outcomes import Made, Malformed, Raised, Repeated, Returned, Unavailable, from_plain, to_plain

MARK: Final = b"c2di"
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
DTYPES: Final = st.sampled_from([*(str(each.dtype) for each in TYPES.values()), "object", "str", "void", "f4,i8", "("])
EXTENTS: Final = st.lists(st.integers(-1, 5) | st.just(2**62) | st.booleans(), max_size=5)
ARRAYS: Final = st.lists(st.fixed_dictionaries({"dtype": DTYPES, "shape": EXTENTS}) | JSON, max_size=3)
OUTCOMES: Final = ("Returned", "Repeated", "Malformed", "Raised", "Unavailable", "Crashed", "TimedOut", "Transcript")


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def read_back(content: bytes) -> Any:
    """What is read from a pipe that holds just that, and is then closed."""
    reader, writer = os.pipe()
    try:
        os.write(writer, content)
        os.close(writer)
        return read_frame(reader, 5.0, most=2**16)
    finally:
        os.close(reader)


def framed(header: bytes, rest: bytes = b"") -> bytes:
    return MARK + struct.pack("<I", len(header)) + header + rest


@pytest.mark.parametrize("dtype", [*(each.dtype for each in TYPES.values()), np.dtype("uint8"), np.dtype("complex64")])
@pytest.mark.parametrize("shape", [(1, 2, 3, 4), (0, 3), (), (2, 0, 5)])
def test_arrays_cross_bit_for_bit(dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    """Those that lie otherwise in memory, too: a layout in memory is made where the kernel is."""
    rng = np.random.default_rng(0)
    sent = np.empty(shape, dtype)
    bytes_of(sent)[:] = rng.integers(0, 256, sent.nbytes, np.uint8)
    with pipe() as (reader, writer):
        write_frame(writer, {"a": [1, "\ud800"]}, [sent, sent.T])
        header, (received, transposed) = read_frame(reader) or pytest.fail("nothing came")
    assert header == {"a": [1, "\ud800"]}
    assert (received.dtype, received.shape, transposed.shape) == (dtype, shape, shape[::-1])
    assert received.tobytes() == sent.tobytes()
    assert transposed.tobytes() == sent.T.tobytes()


@given(st.binary(max_size=200))
def test_garbage_is_a_plain_error(content: bytes) -> None:
    if len(content) < 7:
        assert read_back(b"\x00" + content) is None  # the pipe ended within the first bytes
        return
    with pytest.raises(FrameError):
        read_back(b"\x00" + content)


@given(JSON | st.fixed_dictionaries({"header": JSON, "arrays": ARRAYS}), st.binary(max_size=64), st.integers(0, 300))
def test_a_header_of_garbage_is_a_plain_error_or_a_message(header: object, rest: bytes, cut: int) -> None:
    """And what is read as a message has plain values only, and arrays no larger than allowed."""
    content = framed(json.dumps(header).encode(), rest)
    try:
        message = read_back(content[: len(content) - cut] if cut < 100 else content)
    except FrameError:
        return
    if message is not None:
        assert isinstance(header, dict)
        assert message[0] == header["header"]
        assert all(type(array) is np.ndarray and not array.dtype.hasobject for array in message[1])
        assert sum(array.nbytes for array in message[1]) <= 2**16


@pytest.mark.parametrize(
    "header",
    [b"\xff\xfe", b"[" * 100_000, b"{", b"9" * 10_000, b'{"header": 1, "arrays": [{"dtype": "f4,O", "shape": []}]}'],
)
def test_headers_that_break_parsers(header: bytes) -> None:
    with pytest.raises(FrameError):
        read_back(framed(header[:60_000]))
    with pytest.raises(FrameError):
        read_back(MARK + b"\xff\xff\xff\xff" + header[:100])


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        *((name, [1]) for name in ("object", "void", "str", "bytes", "f4,O", "f4", "nosuch", "", 7)),
        *(("float32", shape) for shape in ([-1], [True], [1.0], ["1"], [2**62, 4], [2**14 + 1], [10**400], 4, None)),
    ],
)
def test_arrays_that_cannot_be(dtype: object, shape: object) -> None:
    with pytest.raises(FrameError):
        read_back(framed(json.dumps({"header": 0, "arrays": [{"dtype": dtype, "shape": shape}]}).encode(), bytes(64)))


class Touches:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.file),)


def test_nothing_that_is_read_is_executed(tmp_path: Path) -> None:
    """A pickle makes a folder when it is read; as a message, as a header and behind one it makes none."""
    evil = pickle.dumps(Touches(tmp_path / "made"))
    for content in (evil, framed(evil), framed(b'{"header": 0, "arrays": []}', evil), struct.pack("<QQ", 1, 9) + evil):
        try:
            assert read_back(content) == (0, [])
        except FrameError:
            continue
    assert not (tmp_path / "made").exists()
    pickle.loads(evil)  # noqa: S301 -- it would have
    assert (tmp_path / "made").exists()


VALUES: Final = [
    Returned(np.ones((1, 2), np.float32), 0.5),
    Repeated(0.5),
    Malformed("returned None", 0.5),
    Malformed("returned shape", 0.5, (1, 2)),
    Raised("ValueError", "no", 0.5),
    Unavailable("no GPU", 0.5),
]


@pytest.mark.parametrize("outcome", VALUES, ids=lambda outcome: type(outcome).__name__)
def test_outcomes_cross(outcome: Made) -> None:
    with pipe() as (reader, writer):
        write_frame(writer, *to_plain(outcome))
        back = from_plain(*(read_frame(reader) or pytest.fail("nothing came")))
    assert to_plain(back)[0] == to_plain(outcome)[0]
    if isinstance(outcome, Returned):
        assert isinstance(back, Returned)
        assert np.array_equal(back.in_backprop, outcome.in_backprop)
    else:
        assert back == outcome


@given(
    JSON
    | st.fixed_dictionaries(
        {"outcome": st.sampled_from(OUTCOMES)},
        optional=dict.fromkeys(("seconds", "fault", "shape", "error_class", "message", "reason", "limit"), JSON),
    ),
    st.integers(0, 2),
)
def test_garbage_is_no_outcome(values: object, arrays: int) -> None:
    try:
        outcome = from_plain(values, [np.zeros(1)] * arrays)
    except ValueError:
        return
    assert isinstance(values, dict)
    assert type(outcome).__name__ == values["outcome"]
    assert type(outcome.seconds) is float


@pytest.mark.parametrize(
    "values",
    [
        {"outcome": "Malformed", "fault": "a", "seconds": 0.0, "shape": [1, "x"]},
        {"outcome": "Malformed", "fault": "a", "seconds": 0.0, "shape": "x"},
        {"outcome": "Malformed", "fault": "a", "seconds": 0.0},
        {"outcome": "Returned", "seconds": 0.0},
        {"outcome": "Repeated", "seconds": "0"},
        {"outcome": "Raised", "error_class": 5, "message": "", "seconds": 0.0},
        {"outcome": "Crashed", "signal": "SIGILL", "stderr": [], "seconds": 0.0},
        {"outcome": "os.system", "seconds": 0.0},
    ],
)
def test_what_is_no_outcome(values: object) -> None:
    with pytest.raises(ValueError, match=r"^no "):
        from_plain(values, [])


def test_a_reader_that_does_not_read_is_not_waited_for_for_ever() -> None:
    with pipe() as (_, writer):
        os.set_blocking(writer, False)
        with pytest.raises(TimeoutError):
            write_frame(writer, None, [np.zeros(2**20)], seconds=0.05)
