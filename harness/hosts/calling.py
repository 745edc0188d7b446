"""The calls of a case or of a batch, and what their outcomes mean here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from harness.implementations import Raised
from harness.oracle.operands import Operands, make_operands, operands_of_shapes
from harness.remote.calling import Call
from harness.remote.outcomes import Made
from harness.spec.attributes import from_nhwc
from harness.spec.case import Attributes, Case, DataKind, Shape

Work: TypeAlias = Case | tuple[Attributes, ...]  # a case with all its calls, or a batch: NHWC calls, each made once
LONGEST_MESSAGE: Final = 2_000
_ARGUMENTS: Final = ("input_sizes", "strides", "padding", "explicit_paddings", "data_format", "dilations")


@dataclass(frozen=True, slots=True)
class Request:
    """Calls to make in order; `again` says that the last one is the first once more."""

    calls: tuple[Call, ...]
    again: bool = False


def calls_of(case: Case) -> Iterator[tuple[DataKind, int]]:
    """The calls of one case, in order: every draw of every kind, and the first draw once more at the end.

    The repetition finds a kernel that depends on the call before.
    """
    kinds = case.data if case.geometry else (DataKind.NORMAL,)
    for kind in kinds:
        for draw in range(len(make_operands(case, kind))):
            yield kind, draw
    if case.geometry:
        yield kinds[0], 0


def request_of(work: Work) -> Request:
    """All calls of a case, or every call of a batch once, with their operands: what is called makes none."""
    if isinstance(work, Case):
        geometry = work.geometry
        shape = from_nhwc(geometry.input_shape, work.attributes.data_format) if geometry else None
        calls = [_call(work.attributes, make_operands(work, kind)[draw], shape) for kind, draw in calls_of(work)]
        return Request(tuple(calls), again=len(calls) > 1)
    return Request(
        tuple(
            _call(each, operands_of_shapes(each.filter, each.out_backprop, each.dtype), each.input_sizes)
            for each in work
        )
    )


def _call(attributes: Attributes, operands: Operands, shape: Shape | None) -> Call:
    return Call(_arguments(attributes), operands.filter, operands.out_backprop, shape)


def _arguments(attributes: Attributes) -> Mapping[str, Any]:
    return {name: getattr(attributes, name) for name in _ARGUMENTS}


def cleaned_message(outcome: Made, decoration: tuple[str, ...]) -> Made:
    """The outcome, without what a framework wraps around the message of an error."""
    if not isinstance(outcome, Raised):
        return outcome
    plain = re.sub("|".join(decoration), "", outcome.message, flags=re.DOTALL) if decoration else outcome.message
    return replace(outcome, message=plain.strip()[:LONGEST_MESSAGE])
