"""Columns and back: what the page's script reads, read here in the same way."""

import base64
import gzip
import json
import math
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import pytest

from harness.report.columns import block, packed


def read_block(text: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(text)), parse_constant=pytest.fail)


def unpacked(column: Any, length: int) -> list[Any]:
    """The values of a column, as `assets/modules/blocks.js` has them."""
    match column:
        case None:
            return [None] * length
        case list():
            return column
        case {"words": words, "at": at}:
            return [words[place] for place in at]
        case {"keys": keys, **rest}:
            has: Any = rest.get("has", [1] * length)
            columns = {key: iter(unpacked(values, sum(has))) for key, values in keys.items()}
            return [{key: next(values) for key, values in columns.items()} if one else None for one in has]
        case {"lengths": lengths, "items": items}:
            ends = [0, *accumulate(unpacked(lengths, length))]
            flat = unpacked(items, ends[-1])
            return [flat[start:end] for start, end in pairwise(ends)]
        case _:
            pytest.fail(f"no column: {column!r}")


@dataclass(frozen=True, slots=True)
class Pair:
    name: str
    sizes: tuple[int, ...]


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ([], []),
        ([None, None], [None, None]),
        (["a", "b"], ["a", "b"]),
        (["a", "a", None, "b", "a"], ["a", "a", None, "b", "a"]),
        ([(1, 2), [1, 2], (3,)], [[1, 2], [1, 2], [3]]),
        ([{"x": 1}, None, {"x": 2, "y": "z"}], [{"x": 1, "y": None}, None, {"x": 2, "y": "z"}]),
        ([Pair("p", (1,)), Pair("q", ())], [{"name": "p", "sizes": [1]}, {"name": "q", "sizes": []}]),
        ([[{"x": 1}, {"x": 2}], [], [{"x": 3}]], [[{"x": 1}, {"x": 2}], [], [{"x": 3}]]),
        ([[], []], [[], []]),
        ([{"deep": [{"w": [0.5, None]}]}], [{"deep": [{"w": [0.5, None]}]}]),
    ],
)
def test_what_is_packed_comes_back(values: list[Any], read: list[Any]) -> None:
    assert unpacked(read_block(block(packed(values))), len(values)) == read


def test_what_repeats_is_written_once() -> None:
    assert packed(["long"] * 5) == {"words": ["long"], "at": [0] * 5}


def test_numbers_are_strict_json_with_four_digits() -> None:
    values = [math.nan, math.inf, -math.inf, 1 / 3, 123456.7]
    assert packed(values) == ["NaN", "Infinity", "-Infinity", 0.3333, 123500.0]


def test_marks_that_reorder_a_line_are_visible() -> None:
    assert packed(["\u202e"]) == ["\\u202e"]
    assert packed([{"\u202e": "x"}]) == {"keys": {"\\u202e": ["x"]}}


def test_the_same_values_are_the_same_block() -> None:
    """A page that is made again is the same file."""
    assert block([1]) == block([1])
