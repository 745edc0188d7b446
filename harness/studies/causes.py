"""From results that came to the same to conditions that tell them from all others, as a known deviation has them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from packaging.version import InvalidVersion, Version

from harness.facts import Facts
from harness.spec.case import Case
from harness.spec.conditions import DERIVED, ONEDNN

MOST_CONDITIONS: Final = 4  # more of them are a list of cases in other words
MOST_ALTERNATIVES: Final = 4
_KEYS: Final = ("expect", "data_format", *DERIVED, "padding", "dtype", ONEDNN)
_TELLING: Final = (
    "avx2",
    "avx512f",
    "avx512_bf16",
    "avx512_fp16",
    "amx_bf16",
    "amx_fp16",
    "f16c",
    "asimd",
    "bf16",
    "sve",
)


def conditions(members: Iterable[Case], others: Iterable[Case], facts: Facts) -> dict[str, Any] | None:
    """The fewest conditions that hold for all members and for none of the others; None where a few do not tell them.

    Greedy: the condition that leaves out most of what is still to be left out comes next.
    """
    inside = [_seen(case, facts) for case in members]
    outside = [_seen(case, facts) for case in others]
    found: dict[str, Any] = {}
    candidates = {
        key: values
        for key in _KEYS
        if len(values := tuple(dict.fromkeys(each[key] for each in inside))) <= MOST_ALTERNATIVES
    }
    while outside:
        best = min(candidates, key=lambda key: sum(each[key] in candidates[key] for each in outside), default=None)
        if best is None or all(each[best] in candidates[best] for each in outside) or len(found) == MOST_CONDITIONS:
            return None
        values = candidates.pop(best)
        found[best] = values[0] if len(values) == 1 else list(values)
        outside = [each for each in outside if each[best] in values]
    return {key: found[key] for key in _KEYS if key in found} or {"expect": inside[0]["expect"]}


def _seen(case: Case, facts: Facts) -> Mapping[str, Any]:
    features = case.features
    return features | {ONEDNN: facts.onednn.answer(case.attributes.dtype, case.attributes.padding)}


def telling_apart(here: Facts, there: Facts, cases: Sequence[Case]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is true of these cases here and not there: conditions on the call's way, and conditions on facts.

    The nearest cause comes first: what oneDNN does with the calls, then versions, then the machine, then its processor.
    """
    answers = {
        (
            here.onednn.answer(case.attributes.dtype, case.attributes.padding),
            there.onednn.answer(case.attributes.dtype, case.attributes.padding),
        )
        for case in cases
    }
    if len(answers) == 1 and (answer := answers.pop()) and answer[0] != answer[1]:
        return {ONEDNN: answer[0]}, {}
    for package in here.packages.keys() & there.packages.keys() - {"numpy", "ml_dtypes"}:
        if range_ := _range(here.packages[package], there.packages[package]):
            return {}, {package: range_}
    for word in ("system", "machine"):
        if getattr(here, word) != getattr(there, word):
            return {}, {word: getattr(here, word)}
    for feature in reversed(_TELLING):
        if (feature in here.features) != (feature in there.features):
            return {}, {"has" if feature in here.features else "lacks": feature}
    return {}, {}


def _range(here: str, there: str) -> str:
    try:
        own, other = Version(here), Version(there)
    except InvalidVersion:
        return ""
    return "" if own == other else f">={here}" if own > other else f"<{there}"
