"""What a case is: one call of the operator, what is expected of it, and where it was written."""

import hashlib
import math
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TypeAlias

from harness.spec.geometry import Geometry

Shape: TypeAlias = tuple[int, ...]


class Rule(StrEnum):
    """The operator's rules, which cases and kernels cite; `docs/the-operator.md` has them in full."""

    C1 = "C1"  # definition
    C2 = "C2"  # effective filter
    C3 = "C3"  # output extents
    C4 = "C4"  # SAME padding
    C5 = "C5"  # untouched positions are 0
    C6 = "C6"  # taps in the padding are dropped
    C7 = "C7"  # NCHW
    C8 = "C8"  # groups
    C9 = "C9"  # types
    C10 = "C10"  # input_sizes
    C11 = "C11"  # strides and dilations
    C12 = "C12"  # explicit_paddings
    C13 = "C13"  # empty tensors
    C14 = "C14"  # non-finite values
    C15 = "C15"  # equivalents
    C16 = "C16"  # adjoint


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
    TINY = "tiny"
    HUGE = "huge"
    CANCEL = "cancel"
    ZEROS = "zeros"
    OPPOSED = "opposed"
    WRAP = "wrap"


class Algorithm(StrEnum):
    """Right algorithms with errors of their own; `harness.oracle.profiles` says what they may do."""

    TF32 = "tf32"
    TF32_TRUNCATED = "tf32-truncated"
    BFLOAT16X2 = "bfloat16x2"  # of two parts of one operand and one of the other
    BFLOAT16X3 = "bfloat16x3"  # of two parts of each, but for the product of the small ones
    WINOGRAD_F2 = "winograd-f2"  # F(2x2, 3x3)
    WINOGRAD_F4 = "winograd-f4"  # F(4x4, 3x3)
    FFT = "fft"
    STRASSEN = "strassen"  # two levels at most
    KAHAN = "kahan"
    SPLIT_K = "split-k"


INTEGER_KINDS = frozenset({DataKind.WITNESS, DataKind.WRAP})
FLOAT_KINDS = frozenset(DataKind) - {DataKind.WRAP}
COMMON_KINDS = tuple(kind for kind in DataKind if kind not in ("tiny", "huge", "cancel", "zeros", "opposed"))
NON_FINITE_KINDS = frozenset({DataKind.SPECIAL, DataKind.ZEROS, DataKind.OPPOSED})  # or some of their calls are
# Terms from which (k+1)*u is 1/4 or more: a bound in units of u*B says little there.
LONG_SUMS = {"half": 2**9 - 1, "bfloat16": 2**6 - 1, "float32": 2**22 - 1, "float64": 2**51 - 1}
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
    """What a case, or an implementation, demands or declares instead of rounding sums to nearest in any order.

    `float32_accumulator` requires rule 3 of the tolerance rule. `rtol` and `atol` come together, replace the bound
    of the accuracy runs by `atol + rtol*|expected|`, and need a `reason`. `algorithm` names one with errors of its
    own, `rounding` is `nearest` or `truncation`, and `flushes` has the types whose subnormal numbers are read and
    written as 0: None says that nothing is known of that.
    """

    float32_accumulator: bool = False
    rtol: float | None = None
    atol: float | None = None
    reason: str | None = None
    algorithm: Algorithm | None = None
    rounding: str = "nearest"
    flushes: tuple[str, ...] | None = None

    def over(self, other: "Profile") -> "Profile":
        """What is said here, and what `other` says where nothing is."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(other, **{name: value for name, value in said.items() if value != getattr(_NOTHING, name)})


_NOTHING = Profile()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a case was written; `line` counts from 1."""

    file: str
    line: int


def seed_of(name: str, kind: DataKind, draw: int = 0) -> int:
    """Seed of the operands of the case of that name, a number of 32 bits."""
    text = f"{name}/{kind}/{draw}".encode("utf-8", "backslashreplace")  # a record's name may hold a lone surrogate
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big")


@dataclass(frozen=True, slots=True)
class Case:
    """One expanded case. `geometry` is None exactly where `expect` is REJECTS.

    `evidence` names a file with operands that were kept, which then replace the ones made from the seed.
    """

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
    evidence: str = ""

    @property
    def id(self) -> str:
        """`path/file.yaml::name`, as `harness run`, the records and the known deviations spell it."""
        return f"{self.path}::{self.name}"

    def seed(self, kind: DataKind, draw: int = 0) -> int:
        """Seed of the operands of one call, from the id alone: the same on every machine and for every worker count."""
        return seed_of(self.name, kind, draw)

    @property
    def features(self) -> dict[str, object]:
        """Attributes and what follows from them, by the names that a known deviation may match on.

        `data` is None where a recording did not keep the kinds of operands.
        """
        geometry = self.geometry
        axes = (geometry.height, geometry.width) if geometry else ()
        shapes = (self.attributes.input_sizes, self.attributes.filter, self.attributes.out_backprop)
        return _fields(self.attributes) | {
            "id": self.id,
            "expect": self.expect.value,
            "data": self.data if self.data or not geometry else None,
            "dilated": any(axis.dilation > 1 for axis in axes),
            "grouped": geometry is not None and geometry.groups > 1,
            "empty": any(0 in shape for shape in shapes),
            "pointwise": geometry is not None and all(axis.filter == 1 for axis in axes),
            "no_images": geometry is not None and geometry.N == 0,
            "no_input_channels": geometry is not None and geometry.C == 0,
            "no_input_positions": any(axis.input == 0 for axis in axes),
            "no_output_channels": geometry is not None and geometry.K == 0,
            "no_output_positions": any(axis.output == 0 for axis in axes),
            "no_output_strided": any(axis.output == 0 and axis.stride > 1 for axis in axes),
            "padded_beyond_filter": any(axis.pad_before >= axis.effective_filter for axis in axes),
            "one_element": geometry is not None and math.prod(geometry.input_shape) == 1,
            "two_element_input_sizes": len(self.attributes.input_sizes) == 2,
        }


def _fields(attributes: Attributes) -> dict[str, object]:
    """The attributes by name; `asdict` would copy each of them."""
    return {name: getattr(attributes, name) for name in attributes.__dataclass_fields__}
