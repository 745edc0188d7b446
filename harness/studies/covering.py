"""A case file in which every three classes that can go together do, by covertable (Apache 2.0)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations, cycle, islice
from typing import Any, Final, TypeAlias

from covertable import criteria, make

from harness.spec.attributes import call_of, from_nhwc
from harness.spec.case import FLOAT_TYPES, Expect
from harness.spec.geometry import Axis
from harness.studies.classes import AXES, OF_ONE_DIRECTION, Combination, directions, is_possible
from harness.studies.generated import digest

STRENGTH: Final = 3
EMPTY: Final = tuple((axis, "none") for axis in ("input", "output", "batch", "C", "K"))
Levels: TypeAlias = Mapping[str, str]  # a class for each of the axes in MODEL

# The kinds of operands cost no rows, since a case runs all that it names. An empty class comes last: what a row leaves
# open is filled with the first that fits.
MODEL: Final = {
    axis: sorted(classes, key=lambda name: (axis, name) in EMPTY) for axis, classes in AXES.items() if axis != "data"
}
_HEAD: Final = """\
# yaml-language-server: $schema=../../harness/spec/case.schema.json
# Generated: harness coverage --generate
op: Conv2DBackpropInput
description: Every three classes of the axes that harness coverage counts, wherever they can go together.
defaults: {data: [witness, normal, positive, wide, wrap], tags: [covering]}
cases:
"""


def covering_set(strength: int, types: Sequence[str]) -> list[Levels]:
    """Rows in which every so many classes of MODEL that can go together do; the same ones every time.

    Those without an empty class do so in rows with something to compute: an empty tensor would hide whatever else is
    wrong with a call. They come first.
    """
    whole = MODEL | {"type": list(types)}
    filled = {axis: [name for name in classes if (axis, name) not in EMPTY] for axis, classes in whole.items()}
    return _rows(whole, strength, presets=_rows(filled, strength))


def _rows(model: Mapping[str, list[str]], strength: int, presets: Sequence[Levels] = ()) -> list[Levels]:
    partial = _of_one_direction(model)

    def evaluate(levels: Levels) -> bool | None:
        """Whether a row, complete or not, can become a case. Not yes but None: after a yes covertable asks no more."""
        row = Combination(levels.items())
        local = Combination((axis, name) for axis, name in row if axis in OF_ONE_DIRECTION)
        return None if local in partial and is_possible(row) else False

    constraint = {"operator": "fn", "requires": [], "evaluate": evaluate}
    return list(
        make(model, strength=strength, criterion=criteria.simple, presets=list(presets), constraints=[constraint])
    )


def _of_one_direction(model: Mapping[str, list[str]]) -> set[Combination]:
    """Classes that go together in one direction, and all that can be completed to such."""
    whole = [tuple(zip(OF_ONE_DIRECTION, classes, strict=True)) for classes in directions()]
    return {
        Combination(some)
        for levels in whole
        if all(name in model[axis] for axis, name in levels)
        for count in range(len(levels) + 1)
        for some in combinations(levels, count)
    }


def covering_file() -> str:
    """The text of `covering.yaml`: rows with finite operands, then fewer with NaN and infinities, in float types."""
    finite = _entries("row", covering_set(STRENGTH, MODEL["type"]))
    # Two classes and the kind of the operands make three.
    special = _entries("special", covering_set(STRENGTH - 1, FLOAT_TYPES))
    return _HEAD + "\n".join(chain(finite, special))


def _entries(name: str, found: Sequence[Levels]) -> Iterator[str]:
    """The height of a case is what its row asks for; the width is that row's, too, or another row's height."""
    for number, levels in enumerate(found, 1):
        height = _height(levels)
        width = _width(levels, height, islice(cycle(found), number, number + len(found)))
        lines: dict[str, Any] = dict(_call(levels, height, width))
        if name == "special":
            lines["data"] = "[special]"
        rules = ", ".join(_rules(levels, height, special=name == "special"))
        yield f"  - id: {name}-{_digest(lines)}\n    covers: [{rules}]\n" + "".join(
            f"    {key}: {value}\n" for key, value in lines.items()
        )


def _digest(lines: Mapping[str, Any]) -> str:
    """That of the call, whatever its place in the file: an id never means another call."""
    values = {key: value for key, value in lines.items() if key != "data"}
    attributes, _ = call_of(values, lines["data_format"], Expect.CONFORMS)
    return digest(attributes)


def _call(levels: Levels, height: Axis, width: Axis) -> Iterator[tuple[str, Any]]:
    G = {"one": 1, "several": 2, "depthwise": 3}[levels["groups"]]
    C = {"none": 0, "one": 1, "more": G if levels["groups"] == "depthwise" else 2 * G}[levels["C"]]
    K = {"none": 0, "one": 1, "more": 3 * G}[levels["K"]]
    N = {"none": 0, "one": 1, "more": 2}[levels["batch"]]
    layout = levels["layout"]
    pads = [[height.pad_before, height.pad_after], [width.pad_before, width.pad_after]]
    yield "input_sizes", list(from_nhwc((N, height.input, width.input, C), layout))
    yield "filter", [height.filter, width.filter, C // G, K]
    yield "strides", [height.stride, width.stride]
    yield "dilations", [height.dilation, width.dilation]
    yield "padding", pads if _padding(levels) == "explicit" else _padding(levels)
    yield "data_format", layout
    yield "dtype", levels["type"]


def _padding(levels: Levels) -> str:
    """What the call names of a class of paddings: VALID, SAME or explicit."""
    return levels["padding"].replace(",", "").partition(" ")[0]


def _height(levels: Levels) -> Axis:
    """A smallest axis with the classes of a row."""
    return directions()[tuple(levels[axis] for axis in OF_ONE_DIRECTION)][0]


def _width(levels: Levels, height: Axis, others: Iterator[Levels]) -> Axis:
    """The height, or that of the next row that differs, and has the same padding to ask for and a dilation that fits.

    Nor may it empty what is not empty.
    """
    if levels["directions"] == "alike":
        return height
    for other in others:
        axis = _height(other)
        fits = (axis.dilation == height.dilation) == (levels["dilation"] != "unequal")
        keeps = min(axis.input, axis.output) > 0 or min(height.input, height.output) == 0
        if axis != height and _padding(other) == _padding(levels) and fits and keeps:
            return axis
    raise AssertionError(f"nothing goes beside {levels}")


def _rules(levels: Levels, height: Axis, *, special: bool) -> list[str]:
    """Rules that a row puts to the test."""
    empty = any(levels[axis] == name for axis, name in EMPTY)
    asked = {
        "C1": not empty,
        "C2": levels["dilation"] != "none",
        "C3": True,
        "C4": levels["padding"].startswith("SAME"),
        "C5": not empty and (levels["stride"] == "above filter" or levels["remainder"] == "some"),
        "C6": not empty and height.pad_before + height.pad_after > 0,
        "C7": levels["layout"] == "NCHW",
        "C8": levels["groups"] != "one",
        "C9": levels["type"] != "float32",
        "C12": levels["padding"].startswith("explicit"),
        "C13": empty,
        "C14": special,
    }
    return [rule for rule, is_asked in asked.items() if is_asked]
