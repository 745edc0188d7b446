"""A case file in which every three classes that can go together do, by covertable (Apache 2.0)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, cycle, islice
from typing import Any, Final, TypeAlias

from covertable import criteria, make

from harness.spec.attributes import from_nhwc
from harness.spec.geometry import Axis
from harness.studies.classes import OF_ONE_DIRECTION, Combination, directions, is_possible

STRENGTH: Final = 3
Levels: TypeAlias = Mapping[str, str]  # a class for each of the axes in MODEL

# Fewer classes than AXES has, to keep the set small: the run of a case costs eight calls, one of them compiled. What is
# left out here either says the same (explicit zeros are VALID), or has a file of its own (types, empties, data kinds).
MODEL: Final[dict[str, tuple[str, ...]]] = {
    "padding": ("VALID", "SAME, even", "SAME, odd", "explicit, unequal", "explicit, beyond filter"),
    "stride": ("1", "below filter", "filter", "above filter"),
    "remainder": ("none", "some"),
    "filter": ("one", "even", "odd"),
    "output": ("one", "more"),
    "dilation": ("none", "equal", "unequal"),
    "groups": ("one", "several"),
    "batch": ("one", "more"),
    "layout": ("NHWC", "NCHW"),
    "type": ("bfloat16", "float32", "int32"),
}
INPUTS: Final = ("small", "one", "large")  # classes of inputs that have elements, the best first
_HEAD: Final = """\
# yaml-language-server: $schema=../../harness/spec/case.schema.json
# Generated: harness coverage --generate
op: Conv2DBackpropInput
description: Every three classes of padding, stride, remainder, filter, output, dilation, groups, batch, layout, type.
defaults: {tags: [covering]}
cases:
"""


def covering_set() -> list[Levels]:
    """Rows in which every STRENGTH classes of MODEL that can go together do; the same ones every time."""
    local = [axis for axis in MODEL if axis in OF_ONE_DIRECTION]
    # Looking ahead is quicker where the small contradictions are spelled out as well.
    constraints = [
        {"operator": "fn", "requires": list(axes), "evaluate": partial(_goes_together, axes)}
        for size in (2, STRENGTH, len(local))
        for axes in combinations(local, size)
    ]
    found = make(
        {axis: list(classes) for axis, classes in MODEL.items()},
        strength=STRENGTH,
        criterion=criteria.simple,
        constraints=constraints,
    )
    return sorted(found, key=lambda levels: [MODEL[axis].index(levels[axis]) for axis in MODEL])


def _goes_together(axes: Sequence[str], levels: Levels) -> bool:
    """Whether some case with something to compute has these classes."""
    asked = Combination((axis, levels[axis]) for axis in axes)
    return any(is_possible(asked | {("input", input)}) for input in INPUTS)


def covering_file() -> str:
    """The text of `covering.yaml`. The height of a case is what its row asks for; the width is another row's height."""
    found = covering_set()
    entries = (
        f"  - id: row-{number:02}\n" + "".join(f"    {key}: {value}\n" for key, value in _entry(levels, found, number))
        for number, levels in enumerate(found, 1)
    )
    return _HEAD + "\n".join(entries)


def _entry(levels: Levels, found: Sequence[Levels], number: int) -> Iterator[tuple[str, Any]]:
    height = _height(levels)
    width = _beside(levels, height, islice(cycle(found), number, number + len(found)))
    G = 2 if levels["groups"] == "several" else 1
    N, C, K = (2 if levels["batch"] == "more" else 1), 2 * G, 3 * G
    layout = levels["layout"]
    yield "covers", f"[{', '.join(_rules(levels))}]"
    yield "input_sizes", list(from_nhwc((N, height.input, width.input, C), layout))
    yield "filter", [height.filter, width.filter, C // G, K]
    yield "strides", [height.stride, width.stride]
    yield "dilations", [height.dilation, width.dilation]
    pads = [[height.pad_before, height.pad_after], [width.pad_before, width.pad_after]]
    yield "padding", pads if levels["padding"].startswith("explicit") else levels["padding"].partition(",")[0]
    yield "data_format", layout
    yield "dtype", levels["type"]


def _height(levels: Levels) -> Axis:
    """A smallest axis with the classes of a row."""
    for input in INPUTS:
        classes = tuple(input if axis == "input" else levels[axis] for axis in OF_ONE_DIRECTION)
        if classes in directions():
            return directions()[classes][0]
    raise AssertionError(f"{levels} was said to be possible")


def _beside(levels: Levels, height: Axis, others: Iterator[Levels]) -> Axis:
    """The height of the next row with the same padding to ask for and a dilation that goes with this row's.

    Where there is none, the width is as the height.
    """
    for other in others:
        axis = _height(other)
        alike = other["padding"].partition(",")[0] == levels["padding"].partition(",")[0]
        fits = (axis.dilation == height.dilation) == (levels["dilation"] != "unequal")
        if alike and fits and axis != height:
            return axis
    return height


def _rules(levels: Levels) -> list[str]:
    """Rules that a row puts to the test."""
    asked = {
        "C1": True,
        "C2": levels["dilation"] != "none",
        "C3": True,
        "C4": levels["padding"].startswith("SAME"),
        "C5": levels["stride"] == "above filter" or levels["remainder"] == "some",
        "C6": not levels["padding"].startswith("VALID"),
        "C7": levels["layout"] == "NCHW",
        "C8": levels["groups"] != "one",
        "C9": levels["type"] != "float32",
        "C12": levels["padding"].startswith("explicit"),
    }
    return [rule for rule, is_asked in asked.items() if is_asked]
