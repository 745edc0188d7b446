"""Layers from JSON lines, one object a layer, as tools that list the layers of networks write them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import InvalidInputError, Problem
from harness.spec import yaml12
from harness.spec.findings import problems_of_form
from harness.spec.schema import form
from harness.studies.importers import Layer, PaddingOfLayer, Pair


def _is_extent(value: object, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_pair(value: object, least: int = 1) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_extent(each, least) for each in value)


def _is_pads(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_pair(pair, least=0) for pair in value)


_INT: Final = {"type": "integer"}
_LIST: Final = {"type": "array"}
Extent = Annotated[int, *form(_is_extent, "an integer from 1 on", _INT)]
Steps = Annotated[Pair, *form(_is_pair, "[height, width], both from 1 on", _LIST)]
Pads = Annotated[tuple[Pair, Pair], *form(_is_pads, "[[top, bottom], [left, right]], none below 0", _LIST)]
Count = Annotated[int, *form(lambda value: _is_extent(value, 0), "an integer from 0 on", _INT)]


class _Line(BaseModel):
    """One line. P and Q, where given, are held against C3; macs, multiply-adds, are not: tools count them their way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    H: Extent
    W: Extent
    C: Extent
    K: Extent
    R: Extent
    S: Extent
    P: Count | None = None
    Q: Count | None = None
    stride: Steps = (1, 1)
    dilation: Steps = (1, 1)
    pad: Pads = ((0, 0), (0, 0))
    macs: Count | None = None

    def layer(self) -> Layer:
        """The same as a layer. Raises InvalidInputError where the output extents are not what C3 makes of the rest."""
        padding: PaddingOfLayer = self.pad if any(map(any, self.pad)) else "VALID"
        layer = Layer(self.H, self.W, self.C, self.R, self.S, self.K, self.stride, self.dilation, padding)
        geometry = layer.geometry(1)
        derived = (geometry.height.output, geometry.width.output)
        given = tuple(derived[i] if extent is None else extent for i, extent in enumerate((self.P, self.Q)))
        if given != derived:
            raise InvalidInputError([f"P and Q are {list(given)}; by C3 they must be {list(derived)}"])
        return layer


def read_lines(file: Path) -> list[Layer]:
    """Layers of a file of JSON objects with H W C K R S and perhaps P Q, stride, dilation, pad, macs.

    `stride` and `dilation` are [height, width], `pad` is [[top, bottom], [left, right]]. Raises InvalidInputError with
    every problem of every line.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InvalidInputError([f"{file}: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise InvalidInputError([f"{file}: not UTF-8: {error.reason}"]) from None
    layers: list[Layer] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            found, wrong = _layer(line, str(file))
            layers += [found] if found else []
            problems += [replace(problem, line=number) for problem in wrong]
    if problems:
        raise InvalidInputError(sorted(problems))
    return layers


def _layer(line: str, file: str) -> tuple[Layer | None, list[Problem]]:
    """The layer that one line is, or what is wrong with it, placed as if the line were a file."""
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return None, [Problem(file, 1, error.colno, f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}")]
    document = yaml12.read(line.encode(), file)  # JSON is YAML, and this reader knows where values stand
    try:
        layer = _Line.model_validate(value).layer()
    except ValidationError as error:
        return None, [*document.problems, *problems_of_form(error, document, file, _Line)]
    except InvalidInputError as error:
        return None, [Problem(file, *document.mark(()), message.removeprefix(": ")) for message in error.lines]
    return (None, document.problems) if document.problems else (layer, [])
