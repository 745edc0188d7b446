"""Columns and back."""

import math
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from harness.report.columns import block, packed
from harness.tests.markup import read_block, unpacked


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
    values = [math.nan, math.inf, -math.inf, 1 / 3, 123456.7, sys.float_info.max]
    assert packed(values) == ["NaN", "Infinity", "-Infinity", 0.3333, 123500.0, sys.float_info.max]


def test_marks_that_reorder_a_line_are_visible() -> None:
    assert packed(["\u202e"]) == ["\\u202e"]
    assert packed([{"\u202e": "x"}]) == {"keys": {"\\u202e": ["x"]}}


def test_the_same_values_are_the_same_block() -> None:
    """A page that is made again is the same file."""
    assert block([1]) == block([1])
