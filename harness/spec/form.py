"""The form of a case file, and what is left to judge where there are mistakes in it.

What is wrong is taken out and the rest is kept, so that one mistake hides no other. What the rest would be judged by
without it is unsure, so that no mistake is said twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from harness.errors import Problem
from harness.spec.findings import problems_of_form
from harness.spec.foreign import WORDS
from harness.spec.schema import CaseFile, Entry, Exclusion, Matrix, Stimulus, nearest_name
from harness.spec.yaml12 import Document, Path

_Part: TypeAlias = tuple[dict[str, Any], frozenset[str]]  # sound keys with their values, and the unsure ones
_MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Form:
    """The sound part of a file: entries by their place, the defaults, and the keys of each entry that are unsure."""

    entries: dict[int, Entry]
    defaults: Stimulus
    unsure: Mapping[int, frozenset[str]] = field(default_factory=dict)


def check_form(document: Document, file: str) -> tuple[Form | None, list[Problem]]:
    """The sound part of a file, None where it has no cases at all, and what is wrong with its form."""
    value = document.value
    if value is None:
        return None, []
    problems: list[Problem] = []
    faults: set[Path] = set()
    whole = None
    try:
        whole = CaseFile.model_validate(value)
    except ValidationError as error:
        problems = problems_of_form(error, document, file, CaseFile)
        faults = {tuple(finding["loc"]) for finding in error.errors(include_url=False)}
    nulls = [path for path in _nulls(value) if not any(path[: len(fault)] == fault for fault in faults)]
    problems += [
        Problem(file, *document.mark(path), f"{path[-1]}: null is no value; leave the key out for its default")
        for path in nulls
    ]
    if whole and not nulls:
        return Form(dict(enumerate(whole.cases)), whole.defaults), problems
    if not isinstance(value, dict) or ("cases",) in faults:
        return None, problems
    return _sound(value, {*faults, *nulls}), problems


def _nulls(value: object, path: Path = ()) -> Iterator[Path]:
    """Where a key has null for its value; a null in a list is the list's mistake."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if inner is None:
                yield (*path, key)
            else:
                yield from _nulls(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nulls(inner, (*path, index))


def _sound(value: dict[str, Any], faults: set[Path]) -> Form:
    _, unsure = _part(value, faults, CaseFile)
    if "defaults" in unsure and not isinstance(value.get("defaults"), dict):
        defaults: dict[str, Any] = {}
        unsure_defaults = frozenset(Stimulus.model_fields)
    else:
        defaults, unsure_defaults = _part(value.get("defaults", {}), _below(faults, "defaults"), Stimulus)
    entries: dict[int, Entry] = {}
    unsure_of: dict[int, frozenset[str]] = {}
    for index, said in enumerate(value["cases"]):
        if ("cases", index) in faults:
            continue
        own, unsure_own = _entry(said, _below(faults, "cases", index))
        entries[index] = Entry.model_validate({"id": f"case-{index}"} | own)
        unsure_of[index] = unsure_own | (unsure_defaults - own.keys() - own.get("matrix", {}).keys())
    return Form(entries, Stimulus.model_validate(defaults), unsure_of)


def _below(faults: Iterable[Path], *place: str | int) -> set[Path]:
    """Faults at a place or within it, as seen from there."""
    return {fault[len(place) :] for fault in faults if fault[: len(place)] == place}


def _part(value: Mapping[str, Any], faults: set[Path], model: type[BaseModel]) -> _Part:
    """The keys of a mapping that are sound, and those that are wrong, or meant by a wrong one and not said."""
    wrong = {str(fault[0]) for fault in faults if fault}
    sound = {key: inner for key, inner in value.items() if key not in wrong}
    meant = {WORDS[key].key if key in WORDS else nearest_name(key, model.model_fields) or key for key in wrong}
    meant |= model.model_fields.keys() if _MERGE in wrong else set()
    return sound, frozenset(meant - sound.keys())


def _entry(value: dict[str, Any], faults: set[Path]) -> _Part:
    """One case: in `matrix` and in `exclude` a mistake leaves the other keys as they are."""
    inner = {fault for fault in faults if len(fault) > 1 and fault[0] in ("matrix", "exclude")}
    own, unsure = _part(value, faults - inner, Entry)
    if "matrix" in own:
        own["matrix"], unsure_matrix = _part(own["matrix"], _below(inner, "matrix"), Matrix)
        unsure |= unsure_matrix
    elif "matrix" in unsure:
        unsure |= Matrix.model_fields.keys() - own.keys()
    if "exclude" in own and any(fault[0] == "exclude" for fault in inner):
        unsure |= {"exclude"}
        # Without what is wrong an exclusion leaves out more: nothing is said of a combination it may have meant.
        own["exclude"] = [
            {} if ("exclude", index) in inner else _part(said, _below(inner, "exclude", index), Exclusion)[0]
            for index, said in enumerate(own["exclude"])
        ]
    elif "exclude" in unsure and "exclude" not in own:
        unsure |= Matrix.model_fields.keys()
    if "expect" in unsure:
        unsure |= Entry.model_fields.keys()
    return own, unsure
