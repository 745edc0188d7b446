"""The suite against kernels that are wrong on purpose: which case finds which of them, and which mutants get away."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from threadpoolctl import threadpool_limits

from harness.implementations.arguments import call_of_case
from harness.implementations.mutants import MUTANTS
from harness.implementations.mutants.mutant import Mutant
from harness.oracle.bounds import TYPES
from harness.oracle.compare import structure_fault
from harness.oracle.reference import errors_of, expectations
from harness.spec.attributes import from_nhwc
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry

LARGEST: Final = 2_000_000  # multiply-adds of a case that is run on all mutants


@dataclass(frozen=True, slots=True, order=True)
class Kill:
    """A mutant that a case finds, and the first kind of operands that does."""

    case: str
    dtype: str
    mutant: str
    kind: str


def kills(case: Case, geometry: Geometry, mutants: Iterable[Mutant]) -> Iterator[Kill]:
    """Which of the mutants one case finds, by the runner's own measure."""
    for mutant in mutants:
        if kind := found_by(case, geometry, mutant):
            yield Kill(case.id, case.attributes.dtype, mutant.name, kind.value)


def found_by(case: Case, geometry: Geometry, mutant: Mutant) -> DataKind | None:
    """The first kind of operands on which a mutant's result is not right."""
    shape = from_nhwc(geometry.input_shape, case.attributes.data_format)
    dtype = TYPES[case.attributes.dtype].dtype
    for kind in case.data:
        for expectation in expectations(case, geometry, kind):
            value = mutant.steps.compute(call_of_case(case, geometry, expectation.operands))
            if structure_fault(value, shape, dtype) or errors_of(case, expectation, value).wrong.any():
                return kind
    return None
