"""The conditions of a known deviation: on the call, on what oneDNN does with it, on the kernel that ran, on facts."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from harness.facts import ANSWERS, Device, Facts
from harness.spec.attributes import canonical
from harness.spec.case import Attributes

DERIVED: Final = (
    "dilated",
    "grouped",
    "empty",
    "pointwise",
    "no_images",
    "no_input_channels",
    "no_input_positions",
    "no_output_channels",
    "no_output_positions",
    "no_output_strided",
    "padded_beyond_filter",
    "one_element",
    "two_element_input_sizes",
)
ONEDNN: Final = "onednn"
RAN: Final = "ran"
OF_ENVIRONMENTS: Final = (ONEDNN, RAN)
CONDITIONS: Final = ("id", *Attributes.__dataclass_fields__, "expect", "data", *DERIVED, *OF_ENVIRONMENTS)
_LISTS: Final = ("strides", "dilations", "input_sizes", "filter", "out_backprop", "explicit_paddings")
_WORDS: Final = ("system", "machine", "processor")
_FEATURES: Final = ("has", "lacks")
_DEVICE: Final = tuple(Device.__dataclass_fields__)


def fits(match: str | Mapping[str, Any], features: Mapping[str, object], facts: Facts, ran: str | None) -> bool | None:
    """Whether a call, its `Case.features` given, is meant; None where what would tell is not known.

    That is so of `ran` where the kernel did not say its name, and of `data` where a recording did not keep it.
    """
    if isinstance(match, str):
        return is_like(match, str(features["id"]))
    answers = [_holds(key, condition, features, facts, ran) for key, condition in match.items()]
    return False if False in answers else None if None in answers else True


def wherever(match: str | Mapping[str, Any]) -> str | Mapping[str, Any]:
    """The same without conditions that hold in one environment and not in another."""
    return match if isinstance(match, str) else {k: v for k, v in match.items() if k not in OF_ENVIRONMENTS}


def _holds(key: str, condition: object, features: Mapping[str, object], facts: Facts, ran: str | None) -> bool | None:
    match key:
        case "id":
            return any(is_like(str(pattern), str(features["id"])) for pattern in _alternatives(condition))
        case "onednn":
            answer = facts.onednn.answer(str(features["dtype"]), str(features["padding"]))
            return answer in _alternatives(condition)
        case "ran":
            return None if ran is None else any(is_like(str(pattern), ran) for pattern in _alternatives(condition))
        case "data":
            kinds = features["data"]
            return any(kind in kinds for kind in _alternatives(condition)) if isinstance(kinds, tuple) else None
        case _:
            return _has(key, condition, features)


def _alternatives(condition: object) -> list[object]:
    return condition if isinstance(condition, list) else [condition]


def is_like(pattern: str, text: str) -> bool:
    """Whether a pattern means a text."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Only `*` is special, since ids are full of brackets. Kept: every case is held against every pattern."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))))


def _has(key: str, condition: object, features: Mapping[str, object]) -> bool:
    """Whether a feature has the value, or one of the values where the condition is a list of alternatives."""
    data_format = str(features["data_format"])
    is_one = not isinstance(condition, list) or (
        key in _LISTS and not any(isinstance(item, list) for item in condition)
    )
    alternatives = [condition] if is_one else list(condition)  # type: ignore[call-overload]
    value = features[key]
    if key in _LISTS and isinstance(value, tuple):
        value = list(value)
    return any(_equal(key, item, value, data_format) for item in alternatives)


def _equal(key: str, said: object, value: object, data_format: str) -> bool:
    try:
        return canonical(key, said, data_format) == canonical(key, value, data_format)
    except (TypeError, ValueError):  # a form that the key cannot have: equal only to the letter
        return said == value


def wrong_with_match(match: Mapping[str, Any]) -> str:
    """What is wrong with conditions on calls, as a sentence; empty where nothing is."""
    if unknown := match.keys() - set(CONDITIONS):
        return f"no condition {', '.join(sorted(unknown))}; there are {', '.join(CONDITIONS)}"
    said = _alternatives(match.get(ONEDNN, []))
    if strange := [str(answer) for answer in said if answer not in ANSWERS]:
        return f"onednn: {', '.join(strange)}: it {', '.join(ANSWERS[:-1])} or {ANSWERS[-1]} a call"
    return ""


def holds(when: Mapping[str, Any], facts: Facts) -> bool:
    """Whether conditions on facts hold: versions, words, features of the processor, variables, a device."""
    return all(_true(key, condition, facts) for key, condition in when.items())


def _true(key: str, condition: Any, facts: Facts) -> bool:
    match key:
        case "has":
            return set(facts.features).issuperset(_alternatives(condition))
        case "lacks":
            return set(facts.features).isdisjoint(_alternatives(condition))
        case "variables":
            return all(is_like(str(said), facts.variables.get(name, "")) for name, said in condition.items())
        case "device":
            device = facts.device
            return device is not None and all(_on_device(device, name, said) for name, said in condition.items())
        case "system" | "machine" | "processor":
            return any(is_like(str(pattern), getattr(facts, key)) for pattern in _alternatives(condition))
        case _:
            version = facts.version(key)
            return version is not None and _in_range(version, str(condition))


def _on_device(device: Device, name: str, said: object) -> bool:
    value = getattr(device, name)
    return is_like(str(said), value) if name == "name" else bool(value) and _in_range(value, str(said))


def _in_range(version: str, range_: str) -> bool:
    return SpecifierSet(range_).contains(version, prereleases=True)


def wrong_with_when(when: Mapping[str, Any]) -> str:
    """What is wrong with conditions on facts, as a sentence; empty where nothing is."""
    for key, condition in when.items():
        if key == "device":
            if not isinstance(condition, dict) or (condition.keys() - set(_DEVICE)):
                return f"device: a mapping of {', '.join(_DEVICE)}"
        elif key == "variables":
            if not isinstance(condition, dict) or not all(isinstance(said, str) for said in condition.values()):
                return "variables: a mapping of names to patterns"
        elif key in _WORDS + _FEATURES:
            if not all(isinstance(word, str) for word in _alternatives(condition)):
                return f"{key}: a word, or a list of them"
        elif not _is_range(condition):
            return f"{key}: a version range looks like '>=2.16,<2.22'"
    return ""


def _is_range(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(SpecifierSet(text) or not text)
    except InvalidSpecifier:
        return False
