"""The numbers of calls that failed, from the evidence beside the records, as a page shows them.

Evidence is what numpy writes; it is read here without numpy, which pages do not need.
"""

import json
import math
import re
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias
from zipfile import BadZipFile, ZipFile

from harness.report.view import Row

Nested: TypeAlias = Any  # lists of lists of numbers

MOST_CALLS: Final = 200  # whose numbers a page has
MOST_NUMBERS: Final = 2_000  # of one call: what a person steps through
MOST_BYTES: Final = 2**23  # of one file, unpacked
_UNREADABLE: Final = (OSError, BadZipFile, zlib.error, LookupError, ValueError, TypeError, RuntimeError, struct.error)
_HEADER: Final = re.compile(
    r"\{'descr': '(?P<type>\S+)', 'fortran_order': False, 'shape': \((?P<shape>\d+, \d+, \d+, \d+)\), \}\s*$"
)
_CODES: Final = {"<f2": "e", "<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q", "<u2": "H"}


@dataclass(frozen=True, slots=True)
class _Array:
    """An array in C order, indexed in NHWC order whatever its layout."""

    shape: tuple[int, ...]
    values: Sequence[float]
    nchw: bool

    def at(self, n: int, h: int, w: int, c: int) -> float:
        index = (n, c, h, w) if self.nchw else (n, h, w, c)
        place = 0
        for extent, at in zip(self.shape, index, strict=True):
            place = place * extent + at
        return self.values[place]

    @property
    def nhwc(self) -> tuple[int, int, int, int]:
        n, a, b, c = self.shape
        return (n, b, c, a) if self.nchw else (n, a, b, c)

    def nested(self, n: int) -> Nested:
        _, H, W, C = self.nhwc
        return [[[self.at(n, h, w, c) for c in range(C)] for w in range(W)] for h in range(H)]


def kept_calls(rows: Iterable[Row], folders: Mapping[str, Path]) -> dict[int, str]:
    """JSON for some rows, by their place: the operands of the failing call and its element that is furthest off.

    `folders` are those of the runs. Left out is what is large, not there, or not all of it numbers that JSON has.
    """
    found: dict[int, str] = {}
    for place, row in enumerate(rows):
        if row.result.evidence and row.run in folders and len(found) < MOST_CALLS:
            folder = folders[row.run].resolve()
            file = (folder / row.result.evidence).resolve()
            try:
                call = _call(file) if file.is_relative_to(folder) else None
            except _UNREADABLE:
                continue
            if call:
                found[place] = json.dumps(call, allow_nan=False)
    return found


def _call(file: Path) -> dict[str, Any] | None:
    with ZipFile(file) as kept:
        names = ("filter", "out_backprop", "expected", "actual")
        there = {part.filename: part.file_size for part in kept.infolist()}
        if any(f"{name}.npy" not in there for name in names) or sum(there.values()) > MOST_BYTES:
            return None
        about = json.loads(_text(kept.read("about.npy")))
        nchw, narrow = about["attributes"]["data_format"] == "NCHW", about["attributes"]["dtype"] == "bfloat16"
        filter, out_backprop, expected, actual = (
            _array(kept.read(f"{name}.npy"), nchw=nchw and name != "filter", narrow=narrow and name != "expected")
            for name in names
        )
    n, h, w, c = _furthest(expected, actual)
    _, P, Q, K = out_backprop.nhwc
    if len(filter.values) + P * Q * K > MOST_NUMBERS:
        return None
    call = {
        "filter": [_Array(filter.shape, filter.values, nchw=False).nested(r) for r in range(filter.shape[0])],
        "out_backprop": out_backprop.nested(n),
        "element": {"h": h, "w": w, "c": c},
        "returned": f"{actual.at(n, h, w, c):.9g}",
        "expected": f"{expected.at(n, h, w, c):.9g}",
    }
    finite = all(math.isfinite(value) for array in (filter, out_backprop) for value in array.values)
    return call if finite else None


def _furthest(expected: _Array, actual: _Array) -> tuple[int, int, int, int]:
    """The index of the largest error; a NaN that is not expected is the largest."""
    both = zip(expected.values, actual.values, strict=True)
    errors = [math.inf if math.isnan(came) > math.isnan(right) else abs(came - right) for right, came in both]
    place = max(range(len(errors)), key=lambda at: (not math.isnan(errors[at]), errors[at]))
    index = []
    for extent in reversed(expected.shape):
        place, at = divmod(place, extent)
        index.append(at)
    n, a, b, c = reversed(index)
    return (n, b, c, a) if expected.nchw else (n, a, b, c)


def _content(data: bytes) -> tuple[str, bytes]:
    """Header and content of a `.npy` of any version."""
    wide = data[6] > 1
    start = 12 if wide else 10
    (length,) = struct.unpack("<I" if wide else "<H", data[8:start])
    return data[start : start + length].decode("latin-1"), data[start + length :]


def _text(data: bytes) -> str:
    return _content(data)[1].decode("utf-32-le")


def _array(data: bytes, *, nchw: bool, narrow: bool) -> _Array:
    """`narrow` says that the numbers are bfloat16, kept as their bits. Raises ValueError for another type or order."""
    header, content = _content(data)
    said = _HEADER.match(header)
    if not said or said["type"] not in _CODES:
        raise ValueError(f"no array of this kind is kept: {header}")
    values = [value for (value,) in struct.iter_unpack(f"<{_CODES[said['type']]}", content)]
    if narrow:
        values = [struct.unpack("<f", (value << 16).to_bytes(4, "little"))[0] for value in values]
    shape = tuple(map(int, said["shape"].split(",")))
    if math.prod(shape) != len(values):
        raise ValueError(f"{len(values)} numbers for {shape}")
    return _Array(shape, values, nchw)
