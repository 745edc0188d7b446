"""What a case is: one call of the operator, what is expected of it, and where it was written."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TypeAlias

from harness.spec.geometry import Geometry

Shape: TypeAlias = tuple[int, ...]


class Expect(StrEnum):
    """The one thing about a case that is written by hand; values are computed, never written."""

    CONFORMS = "conforms"
    REJECTS = "rejects"


class DataKind(StrEnum):
    """Kinds of operands; `harness.oracle.operands` makes them."""

    WITNESS = "witness"
    NORMAL = "normal"
    POSITIVE = "positive"
    WIDE = "wide"
    SPECIAL = "special"
    WRAP = "wrap"


INTEGER_KINDS = frozenset({DataKind.WITNESS, DataKind.WRAP})
FLOAT_KINDS = frozenset(DataKind) - {DataKind.WRAP}
FLOAT_TYPES = ("half", "bfloat16", "float32", "float64")


def kinds_of(dtype: str) -> frozenset[DataKind]:
    """Data kinds that a type can hold: `int32` wraps, the float types have everything else."""
    return INTEGER_KINDS if dtype == "int32" else FLOAT_KINDS


@dataclass(frozen=True, slots=True)
class Attributes:
    """The call as TensorFlow gets it: its own names, arrays given by their shapes, lists in `data_format`'s order."""

    input_sizes: Shape
    filter: Shape
    out_backprop: Shape
    strides: Shape
    padding: str
    explicit_paddings: Shape
    data_format: str
    dilations: Shape
    dtype: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What else, or what instead of the error bound, a case demands.

    `float32_accumulator` requires rule 3 of the tolerance rule. `rtol` and `atol` come together, replace the bound
    of the accuracy runs by `atol + rtol*|expected|`, and need a `reason`.
    """

    float32_accumulator: bool = False
    rtol: float | None = None
    atol: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a case was written; `line` counts from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Case:
    """One expanded case. `geometry` is None exactly where `expect` is REJECTS."""

    path: str
    name: str
    attributes: Attributes
    geometry: Geometry | None
    expect: Expect
    data: tuple[DataKind, ...]
    covers: tuple[str, ...]
    tags: tuple[str, ...]
    profile: Profile
    source: Source

    @property
    def id(self) -> str:
        """`path/file.yaml::name`, as `harness run`, the records and the known deviations spell it."""
        return f"{self.path}::{self.name}"

    @property
    def features(self) -> dict[str, object]:
        """Attributes and what follows from them, by the names that a known deviation may match on."""
        geometry = self.geometry
        shapes = (self.attributes.input_sizes, self.attributes.filter, self.attributes.out_backprop)
        return asdict(self.attributes) | {
            "expect": self.expect.value,
            "dilated": geometry is not None and max(geometry.height.dilation, geometry.width.dilation) > 1,
            "grouped": geometry is not None and geometry.groups > 1,
            "empty": any(0 in shape for shape in shapes),
        }
