"""Whatever bits a kernel returns, the case gets a record, a diagnosis and a page: judging raises nothing."""

from dataclasses import replace
from typing import Any, Final

import ml_dtypes
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.hosts.calling import calls_of
from harness.hosts.host import Transcript
from harness.implementations import Implementation, Outcome, Returned
from harness.oracle.bounds import TYPES
from harness.oracle.evidence import Evidence
from harness.oracle.reference import expectations
from harness.records import Verdict, from_json
from harness.remote.frames import bytes_of
from harness.report.html import page
from harness.runner import run
from harness.spec.case import Case, DataKind, Profile
from harness.tests import results
from harness.tests.strategies import cases, examples, geometry_of

KINDS: Final = tuple(kind for kind in DataKind if kind is not DataKind.WRAP)
PROFILES: Final = (Profile(), Profile(rtol=0.0, atol=0.0, reason="nothing may differ"))


@st.composite
def returned(draw: st.DrawFn) -> tuple[Case, tuple[Outcome, ...]]:
    """A case and what a kernel returns of it: right values, with some of the type's extremes or any bits between."""
    case = draw(cases())
    kinds = (DataKind.WITNESS, DataKind.WRAP) if case.attributes.dtype == "int32" else KINDS
    case = replace(case, data=tuple(draw(st.sets(st.sampled_from(kinds), min_size=1))))
    if case.attributes.dtype != "int32":
        case = replace(case, profile=draw(st.sampled_from(PROFILES)))
    dtype = TYPES[case.attributes.dtype].dtype
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    share, strange = draw(st.sampled_from((0.0, 0.1, 0.5, 1.0))), _extremes(dtype)
    answers = []
    for kind, number in calls_of(case):
        with np.errstate(over="ignore", invalid="ignore"):
            value = expectations(case, geometry_of(case), kind)[number].in_backprop.astype(dtype, order="C")
        other = rng.choice(strange, value.shape)
        if draw(st.booleans()):
            bytes_of(other)[:] = rng.integers(0, 256, other.nbytes, np.uint8)
        answers.append(Returned(np.where(rng.random(value.shape) < share, other, value), 0.0))
    return case, tuple(answers)


def _extremes(dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    if dtype.kind == "i":
        return np.array([-(2**31), -1, 0, 1, 2**31 - 1], dtype)
    info = ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]  # it is np.finfo with bfloat16 added
    finite = [info.max, info.tiny, info.smallest_subnormal, info.eps]
    return np.array([*finite, *(-value for value in finite), 0.0, np.inf, -np.inf, np.nan], dtype)


@examples(300)
@given(returned())
def test_any_result_is_judged_recorded_and_shown(returned: tuple[Case, tuple[Outcome, ...]]) -> None:
    case, outcomes = returned
    implementation = Implementation("any", "any.py:kernel", "any.py:kernel")
    kept: list[Evidence] = []
    result = run(case, implementation, caller=lambda *_: Transcript(outcomes), keep=kept.append)
    assert result.verdict in {Verdict.CONFORMS, Verdict.DEVIATES}
    assert bool(kept) == bool(result.diagnosis) == (result.verdict is Verdict.DEVIATES)
    assert from_json(result.to_json()).to_json() == result.to_json()
    assert (case.id in page([results.run(result)])) == (not result.expected)  # what conforms is in a block of data
