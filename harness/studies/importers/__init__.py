"""Real layers as cases: what a network's convolutions ask of the operator."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import Final, Literal, TypeAlias

from harness.errors import InvalidInputError, NothingMatchedError
from harness.spec.casetext import case_file_text
from harness.spec.geometry import Axis, AxisError, Geometry, Padding, derive_axis
from harness.spec.selection import ENDINGS

Pair: TypeAlias = tuple[int, int]
PaddingOfLayer: TypeAlias = Literal["SAME", "VALID"] | tuple[Pair, Pair]
FLOAT32: Final = "float32"
DATA: Final = ["witness", "normal"]
WIDTH: Final = 112  # columns of a comment


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution, batch aside: H W C is what the operator returns for it, and K the channels it is given.

    That is the input of a convolution, whose gradient the operator computes, and the output of a transposed one, which
    is the operator (C15). `padding` is SAME, VALID or pairs for height and width; `dtype` is the type of the products;
    `name` says where the layer is from.
    """

    H: int
    W: int
    C: int
    R: int
    S: int
    K: int
    strides: Pair
    dilations: Pair
    padding: PaddingOfLayer
    groups: int = 1
    dtype: str = FLOAT32
    name: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        """A name made of everything that tells the layer from others, and of nothing else."""
        parts = [f"{self.H}x{self.W}x{self.C}", f"{self.R}x{self.S}x{self.K}"]
        parts += [f"s{_short(self.strides)}"] if self.strides != (1, 1) else []
        parts += [f"d{_short(self.dilations)}"] if self.dilations != (1, 1) else []
        parts += [f"g{self.groups}"] if self.groups > 1 else []
        pads = [] if isinstance(self.padding, str) else [*self.padding[0], *self.padding[1]]
        short = pads[0] if len(set(pads)) == 1 else ".".join(map(str, pads))
        parts += [f"p{short}" if pads else str(self.padding).lower()]
        return "-".join([*parts, *([self.dtype] if self.dtype != FLOAT32 else [])])

    def geometry(self, batch: int) -> Geometry:
        """What the layer is with so many images. Raises InvalidInputError where its extents do not fit together."""
        try:
            height, width = self._axis(0), self._axis(1)
        except AxisError as error:
            raise InvalidInputError([f"{self.name}: {error}"]) from None
        return Geometry(batch, self.C, self.K, self.groups, height, width)

    def _axis(self, index: int) -> Axis:
        padding: Padding
        padding, pads = (self.padding, (0, 0)) if isinstance(self.padding, str) else ("EXPLICIT", self.padding[index])
        return derive_axis(
            ("height", "width")[index],
            input=(self.H, self.W)[index],
            filter=(self.R, self.S)[index],
            stride=self.strides[index],
            dilation=self.dilations[index],
            padding=padding,
            pads=pads,
        )

    def entry(self, batch: int) -> dict[str, object]:
        """The keys of the case: what is at its default is left out."""
        steps = {"strides": self.strides, "dilations": self.dilations}
        pads = self.padding if isinstance(self.padding, str) else [list(pair) for pair in self.padding]
        return {
            "id": self.id,
            "input_sizes": [batch, self.H, self.W, self.C],
            "filter": [self.R, self.S, self.C // self.groups, self.K],
            **{key: _least(pair) for key, pair in steps.items() if pair != (1, 1)},
            "padding": pads,
            **({"dtype": self.dtype} if self.dtype != FLOAT32 else {}),
        }


def _least(pair: Pair) -> int | list[int]:
    return pair[0] if pair[0] == pair[1] else list(pair)


def _short(pair: Pair) -> str:
    return "x".join(map(str, pair if pair[0] != pair[1] else pair[:1]))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A convolution that becomes no case, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which layers become cases, with how many images, and the tag they carry."""

    batch: int = 1
    most_multiply_adds: float | None = None
    tag: str = "network"

    def keeps(self, layer: Layer) -> bool:
        """Whether the layer is not too large. Raises InvalidInputError where its extents do not fit together."""
        work = layer.geometry(self.batch).multiply_adds
        return self.most_multiply_adds is None or work <= self.most_multiply_adds


def write_layers(networks: Mapping[str, Iterable[Layer | LeftOut]], selection: Selection, out: Path | None) -> None:
    """Write the layers of networks, given by their names: to standard output, a file, or a folder with a file for each.

    `out` is a file where it ends in .yaml or .yml. What is left out is said on standard error, and in the file. Raises
    what `layers_text` raises.
    """
    if out is None or out.suffix in ENDINGS:
        everything = [layer for layers in networks.values() for layer in layers]
        texts = {out: layers_text(everything, networks, selection)}
    else:
        texts = {
            out / f"{_stem(name)}.yaml": layers_text(layers, [name], selection) for name, layers in networks.items()
        }
    for file, text in texts.items():
        write_text(text, file)
    for name, layers in networks.items():
        for sentence in _left_out(layers, selection):
            sys.stderr.write(f"{name}: left out: {sentence}\n")


def write_text(text: str, file: Path | None) -> None:
    """Write a case file, to standard output where there is no file."""
    if file is None:
        sys.stdout.write(text)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _stem(network: str) -> str:
    """`resnet50` for ResNet50, `unet-decoder` for models.py:unet_decoder."""
    _, _, attribute = network.rpartition(":")
    return Path(attribute).stem.lower().replace("_", "-")


def _left_out(layers: Iterable[Layer | LeftOut], selection: Selection) -> list[str]:
    """One sentence for each reason: `three dimensions: conv_1, conv_2`."""
    names: dict[str, dict[str, None]] = {}
    for layer in layers:
        if isinstance(layer, LeftOut):
            names.setdefault(layer.why, {})[layer.name] = None
        elif not selection.keeps(layer):
            names.setdefault(f"more than {selection.most_multiply_adds:g} multiply-adds", {})[layer.name] = None
    return [f"{why}: {', '.join(filter(None, said))}".removesuffix(": ") for why, said in names.items()]


def layers_text(layers: Iterable[Layer | LeftOut], networks: Iterable[str], selection: Selection) -> str:
    """Text of a case file with one case for each distinct layer, in the order of their first appearance.

    Raises InvalidInputError where a layer's extents do not fit together, NothingMatchedError where none is left.
    """
    found = list(layers)
    names: dict[Layer, dict[str, None]] = {}
    for layer in found:
        if isinstance(layer, Layer) and selection.keeps(layer):
            names.setdefault(layer, {})[layer.name] = None
    title = ", ".join(networks)
    if not names:
        raise NothingMatchedError(f"{title}: no layer is left")
    entries = [(layer.entry(selection.batch), _comments(said)) for layer, said in names.items()]
    defaults = {"data": DATA, "tags": [selection.tag]}
    said = "".join(f" Left out: {sentence}." for sentence in _left_out(found, selection))
    return case_file_text(f"The distinct convolutions of {title}.{said}", defaults, entries)


def _comments(names: Iterable[str]) -> list[str]:
    return wrap(", ".join(filter(None, names)), width=WIDTH, break_long_words=False, break_on_hyphens=False)
