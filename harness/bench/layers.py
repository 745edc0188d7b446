"""The shapes that are timed: of case files, or of JSON lines."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.spec.case import Attributes
from harness.spec.geometry import Geometry
from harness.spec.selection import chosen_cases
from harness.studies.importers.json_lines import read_lines


@dataclass(frozen=True, slots=True)
class Layer:
    """One shape by its name."""

    name: str
    geometry: Geometry

    def attributes(self, dtype: str) -> Attributes:
        """The call, in NHWC and with its padding in numbers."""
        geometry = self.geometry
        y, x = geometry.height, geometry.width
        pads = (0, 0, y.pad_before, y.pad_after, x.pad_before, x.pad_after, 0, 0)
        return Attributes(
            input_sizes=geometry.input_shape,
            filter=geometry.filter_shape,
            out_backprop=geometry.output_shape,
            strides=(1, y.stride, x.stride, 1),
            padding="EXPLICIT" if any(pads) else "VALID",
            explicit_paddings=pads if any(pads) else (),
            data_format="NHWC",
            dilations=(1, y.dilation, x.dilation, 1),
            dtype=dtype,
        )


def layers_of(names: Iterable[str], root: Path, batch: int, most_multiply_adds: float | None = None) -> list[Layer]:
    """The distinct shapes of valid cases, and of files that end in .jsonl, with so many images each.

    Raises what `chosen_cases` and `read_lines` raise.
    """
    found: dict[Geometry, str] = {}
    for name in names:
        for layer, geometry in _geometries(name, root):
            found.setdefault(replace(geometry, N=batch), layer)
    most = most_multiply_adds or float("inf")
    return [Layer(name, geometry) for geometry, name in found.items() if 0 < geometry.multiply_adds <= most]


def _geometries(name: str, root: Path) -> list[tuple[str, Geometry]]:
    if name.endswith(".jsonl"):
        return [(layer.id, layer.geometry(1)) for layer in read_lines(Path(name))]
    return [(case.name, case.geometry) for case in chosen_cases([name], root) if case.geometry]
