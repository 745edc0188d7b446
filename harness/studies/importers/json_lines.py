"""Layers from JSON lines, one object a layer, as tools that list the layers of networks write them."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import InvalidInputError, Problem
from harness.studies.importers import Layer, PaddingOfLayer

Extent = Annotated[int, Field(ge=1)]
Pad = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class _Line(BaseModel):
    """One line; what else it says is not looked at. P and Q, where given, are held against C3."""

    model_config = ConfigDict(frozen=True)

    H: Extent
    W: Extent
    C: Extent
    K: Extent
    R: Extent
    S: Extent
    P: int | None = None
    Q: int | None = None
    stride: tuple[Extent, Extent] = (1, 1)
    dilation: tuple[Extent, Extent] = (1, 1)
    pad: tuple[Pad, Pad] = ((0, 0), (0, 0))

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
    """Layers of a file of JSON objects with H W C K R S and perhaps P Q, stride, dilation, pad.

    `stride` and `dilation` are [height, width], `pad` is [[top, bottom], [left, right]]. Raises InvalidInputError with
    every line that is not one.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InvalidInputError([f"{file}: {error.strerror}"]) from None
    layers: list[Layer] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        try:
            layers += [_Line.model_validate_json(line).layer()] if line.strip() else []
        except ValidationError as error:
            problems += [
                Problem(str(file), number, 0, f"{'.'.join(map(str, finding['loc']))}: {finding['msg']}".lstrip(": "))
                for finding in error.errors(include_url=False)
            ]
        except InvalidInputError as error:
            problems += [Problem(str(file), number, 0, message.lstrip(": ")) for message in error.lines]
    if problems:
        raise InvalidInputError(problems)
    return layers
