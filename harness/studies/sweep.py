"""One batch of a sweep: called in a host, held against the reference, and summed up."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any, Final, assert_never

import numpy as np

from harness.hosts.host import Hosts
from harness.implementations import (
    Crashed,
    Implementation,
    Malformed,
    Outcome,
    Raised,
    Repeated,
    Returned,
    TimedOut,
    Unavailable,
)
from harness.oracle.kernels import fast
from harness.oracle.operands import operands_of_shapes
from harness.records.exhaustion import Kind, Swept
from harness.spec.attributes import from_nhwc, to_nhwc
from harness.spec.case import Attributes, Case, DataKind, Expect, Profile, Source
from harness.spec.deviations import KnownDeviation
from harness.studies.geometries import PARTS, Call

_PATH: Final = "exhaustion.yaml"  # of the ids that known deviations may match; there is no such file


def answers(
    calls: Sequence[Call], implementation: Implementation, hosts: Hosts, goes_on: Callable[[], bool]
) -> Iterator[tuple[Call, Outcome]]:
    """Each call with what came of it, in order, as long as `goes_on()`.

    Answers come one by one, so that a death is the first unanswered call's; that call is made again alone, in a fresh
    host, which tells whether it was its own. The calls behind it follow in another batch.
    """
    rest = tuple(calls)
    while rest and goes_on():
        transcript = hosts.batch(tuple(call.attributes for call in rest), implementation)
        outcomes = list(transcript.outcomes)
        if transcript.died and not goes_on():
            return
        if transcript.died:
            culprit = rest[len(outcomes) - 1].attributes
            outcomes[-1] = hosts((culprit,), implementation).outcomes[-1]
        yield from zip(rest, outcomes, strict=False)
        rest = rest[len(outcomes) :]


def summed_up(
    implementation: Implementation, answered: Iterable[tuple[Call, Outcome]], known: Sequence[KnownDeviation]
) -> Swept:
    """Counts and kinds of some answers."""
    counts: dict[str, Counter[str]] = {str(part): Counter() for part in PARTS}
    kinds: dict[tuple[str, str, str], Kind] = {}
    for call, outcome in answered:
        kind = judged(call, outcome, known)
        counts[call.part][_counted_as(kind)] += 1
        if kind:
            kinds[kind.key] = _merged(kinds.get(kind.key), kind)
    kinds_of_all = _smallest_first(kinds.values())
    return Swept(implementation.name, implementation.given, kinds=kinds_of_all).with_parts(counts)


def together(one: Swept, other: Swept) -> Swept:
    """The sum of two; in whatever order batches come, the sum of all is the same."""
    kinds: dict[tuple[str, str, str], Kind] = {}
    for kind in (*one.kinds, *other.kinds):
        kinds[kind.key] = _merged(kinds.get(kind.key), kind)
    counts = {str(part): Counter(asdict(getattr(one, part))) + Counter(asdict(getattr(other, part))) for part in PARTS}
    return replace(one, kinds=_smallest_first(kinds.values())).with_parts(counts)


def judged(call: Call, outcome: Outcome, known: Sequence[KnownDeviation]) -> Kind | None:
    """What is to be said of one answer; None where it is right."""
    error: tuple[str, str] | None = None
    match outcome:
        case Returned(in_backprop):
            verdict, why = "deviates", _difference(call, in_backprop)
            if not why:
                return None
        case Repeated():  # the bits of an answer that was judged; no call of a batch is made twice
            return None
        case Malformed(fault):
            verdict, why = "deviates", fault
        case Raised(error_class, message):
            first_line = message.partition("\n")[0]
            verdict, why, error = "refuses", f"{error_class}: {first_line}", (error_class, message)
        case Unavailable(reason):
            verdict, why = "refuses", f"not possible on this machine: {reason}"
        case Crashed(ending, _, _, reason):
            verdict, why, error = "crashes", f"{ending}: {reason}" if reason else ending, (ending, reason)
        case TimedOut(limit):
            verdict, why = "times_out", f"no answer within {limit:g} s"
        case _:
            assert_never(outcome)
    case = _case(call)
    entry = next((entry for entry in known if entry.matches(case) and entry.explains(verdict, error)), None)
    if verdict == "refuses" and not entry and error and error[0] != NotImplementedError.__name__:
        verdict = "raises"
    place = entry.place if entry else None
    return Kind(verdict, why, place, 1, call.extent, _plain(call.attributes))


def _difference(call: Call, in_backprop: np.ndarray[Any, Any]) -> str:
    """How a result differs from the reference; empty where it does not. The operands are exact in any order."""
    attributes = call.attributes
    operands = operands_of_shapes(attributes.filter, attributes.out_backprop, attributes.dtype)
    rows = operands.out_backprop.transpose(to_nhwc((0, 1, 2, 3), attributes.data_format))
    expected = fast(call.geometry, operands.filter.astype(np.float64), rows.astype(np.float64))
    wrong = in_backprop != expected.transpose(from_nhwc((0, 1, 2, 3), attributes.data_format))
    return f"{np.count_nonzero(wrong)} of {wrong.size} elements differ" if wrong.any() else ""


def _counted_as(kind: Kind | None) -> str:
    if kind is None:
        return "right"
    if kind.is_refusal:
        return "refused"
    return "known" if kind.deviation else "unexpected"


def _merged(one: Kind | None, other: Kind) -> Kind:
    """Both, shown by the smaller; of two equally small ones always by the same."""
    if one is None:
        return other
    smaller = min(one, other, key=_order)
    return replace(smaller, count=one.count + other.count)


def _order(kind: Kind) -> tuple[int, int, str]:
    """The smaller first, and of two the one that takes fewer words."""
    return kind.extent, len(kind.call), kind.call


def _smallest_first(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    return tuple(sorted(kinds, key=lambda kind: (*_order(kind), kind.key)))


def _plain(attributes: Attributes) -> dict[str, Any]:
    """As JSON has it, so that what is read back is equal."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(attributes).items()}


def _case(call: Call) -> Case:
    """The call as a case, for a known deviation to match on."""
    return Case(
        path=_PATH,
        name=call.part,
        attributes=call.attributes,
        geometry=call.geometry,
        expect=Expect.CONFORMS,
        data=(DataKind.WITNESS,),
        covers=(),
        tags=(),
        profile=Profile(),
        source=Source(_PATH, 1),
    )
