"""One entry of a case file to its cases: lists and the matrix multiplied out, ids made, problems placed."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final, TypeAlias

from harness.errors import Problem
from harness.spec.attributes import AttributesError, call_of, canonical, canonical_dtype
from harness.spec.case import LONG_SUMS, Case, DataKind, Expect, Profile, Source, kinds_of
from harness.spec.form import Form
from harness.spec.schema import DTYPES, Entry, Exclusion
from harness.spec.yaml12 import Document, Mark

# The order in which ids name what was multiplied out, whatever the order in the file.
AXES: Final = (
    "input_sizes",
    "filter",
    "out_backprop",
    "strides",
    "padding",
    "explicit_paddings",
    "dilations",
    "data_format",
    "dtype",
)
_Found: TypeAlias = list[tuple[str, str]]  # keys of the case file, and what is wrong there
BARE: Final = ("data_format", "dtype")  # their values say what they are
MOST_CASES: Final = 20_000
_FALLBACK: Final = {"strides": 1, "dilations": 1, "data_format": "NHWC", "dtype": "float32"}
_LITERAL_FALLBACK: Final = _FALLBACK | {"strides": [1, 1, 1, 1], "dilations": [1, 1, 1, 1]}


def label(key: str, value: Any) -> str:
    """What the id says of one value: `strides:3x1`, `padding:1+2x0+1`, `NCHW`, `float32`."""
    if isinstance(value, list):
        text = "x".join("+".join(map(str, item)) if isinstance(item, list) else str(item) for item in value) or "empty"
    else:
        text = canonical_dtype(str(value)) if key == "dtype" else str(value)
    text = re.sub(r"[^A-Za-z0-9+./-]", "_", text)
    return text if key in BARE else f"{key}:{text}"


@dataclass(frozen=True, slots=True)
class _Scope:
    """One entry and the file around it."""

    entry: Entry
    index: int
    defaults: Mapping[str, Any]
    unsure: frozenset[str]
    document: Document
    path: str
    file: str

    @property
    def own(self) -> dict[str, Any]:
        return _said(self.entry)

    @property
    def values(self) -> dict[str, Any]:
        literal = self.entry.expect is Expect.REJECTS
        return {**(_LITERAL_FALLBACK if literal else _FALLBACK), **self.defaults, **self.own}

    def alternatives(self) -> dict[str, list[Any]]:
        """What is multiplied out, in the order of AXES."""
        lists = {key: values for key in BARE if isinstance(values := self.values[key], list)}
        lists |= _said(self.entry.matrix) if self.entry.matrix else {}
        return {key: lists[key] for key in AXES if key in lists}

    def mark(self, key: str) -> Mark:
        """Where `key` is said: in the case, its matrix, the defaults, or else the case as a whole."""
        case = ("cases", self.index)
        for path in ((*case, key), (*case, "matrix", key), ("defaults", key), case):
            if path in self.document.values:
                return self.document.values[path]
        return (1, 1)

    def problem(self, key: str, message: str) -> Problem:
        name = "" if "id" in self.unsure else f"{self.entry.id}: "
        return Problem(self.file, *self.mark(key), f"{name}{message}")


def _said(form: Any) -> dict[str, Any]:
    return {key: value for key in form.model_fields_set if (value := getattr(form, key)) is not None}


class _Exclusions:
    """The combinations to leave out, each of which must leave out something."""

    def __init__(
        self, said: Iterable[Exclusion], alternatives: dict[str, list[Any]], base: str, unsure: frozenset[str]
    ) -> None:
        self.base = base
        self.found: _Found = []
        self.meanings: list[dict[str, object]] = []
        self.used: list[bool] = []
        for excluded in map(_said, said):
            unknown = sorted(excluded.keys() - alternatives.keys() - unsure)
            if unknown:
                self.found.append(("exclude", f"exclude names {', '.join(unknown)}, which is not multiplied out"))
            # What cannot be compared is taken as equal: a combination that may have been meant is left out.
            judged = {key: value for key, value in excluded.items() if key in alternatives.keys() - unsure}
            self.meanings.append(_meaning(judged, base))
            self.used.append(bool(unknown))

    def cover(self, combination: dict[str, Any]) -> bool:
        if not self.meanings:
            return False
        meaning = _meaning(combination, self.base)
        hits = [excluded.items() <= meaning.items() for excluded in self.meanings]
        self.used = [before or hit for before, hit in zip(self.used, hits, strict=True)]
        return any(hits)

    def dead(self) -> _Found:
        return [
            ("exclude", f"exclude: entry {number} matches no combination")
            for number, used in enumerate(self.used, 1)
            if not used
        ]


def _meaning(values: Mapping[str, Any], base: str) -> dict[str, object]:
    """Values in forms that can be compared; one that has no meaning is compared as it stands."""
    meanings: dict[str, object] = {}
    for key, value in values.items():
        try:
            meanings[key] = canonical(key, value, base)
        except ValueError:
            meanings[key] = tuple(value) if isinstance(value, list) else value
    return meanings


def _profile(scope: _Scope) -> tuple[Profile, _Found]:
    form = scope.values.get("profile")
    if form is None or "profile" in scope.unsure:
        return Profile(), []
    profile, wrong = form.profile()
    return profile, [("profile", wrong)] if wrong else []


def _data(scope: _Scope, dtype: str) -> tuple[tuple[DataKind, ...], _Found]:
    """Kinds of operands to run: what the file says and the type can hold."""
    said = scope.values.get("data")
    possible = kinds_of(dtype)
    default = (DataKind.WITNESS, DataKind.WRAP if dtype == "int32" else DataKind.NORMAL)
    chosen = tuple(dict.fromkeys(kind for kind in said if kind in possible)) if said else default
    if chosen or dtype not in DTYPES or not scope.unsure.isdisjoint(("data", "dtype", "expect")):
        return chosen, []
    return (), [("data", f"data: {dtype} has none of {', '.join(said or ())}; it has {', '.join(sorted(possible))}")]


def _clashes(scope: _Scope, alternatives: dict[str, list[Any]]) -> _Found:
    """Keys that say two things where they may say one."""
    given = _said(scope.entry.matrix) if scope.entry.matrix else {}
    found = [(key, f"{key} is given twice: in the case and in its matrix") for key in given if key in scope.own]
    if scope.entry.expect is Expect.REJECTS and len(alternatives.get("data_format", ())) > 1:
        found.append(("data_format", "a case that expects a rejection names one data_format"))
    return found


def _one_case(
    scope: _Scope, values: Mapping[str, Any], base: str, name: str, profile: Profile
) -> tuple[Case | None, _Found]:
    """The case that one combination makes, or what is wrong with it."""
    literal = scope.entry.expect is Expect.REJECTS
    data, found = ((DataKind.NORMAL,), []) if literal else _data(scope, canonical_dtype(values["dtype"]))
    try:
        attributes, geometry = call_of(values, base, scope.entry.expect, scope.unsure.intersection(AXES))
    except AttributesError as error:
        return None, error.found + found
    if found:
        return None, found
    if geometry and not scope.values.get("data") and geometry.most_terms >= LONG_SUMS.get(attributes.dtype, math.inf):
        data = (*data, DataKind.POSITIVE)
    return Case(
        path=scope.path,
        name=name,
        attributes=attributes,
        geometry=geometry,
        expect=scope.entry.expect,
        data=data,
        covers=tuple(map(str, values.get("covers") or ())),
        tags=tuple(values.get("tags") or ()),
        profile=profile,
        source=Source(scope.file, scope.mark("")[0]),
    ), []


def _expand_entry(scope: _Scope) -> tuple[list[Case], list[Problem]]:
    alternatives = scope.alternatives()
    clashes = _clashes(scope, alternatives)
    base = alternatives.get("data_format", [scope.values["data_format"]])[0]
    profile, wrong = _profile(scope)
    exclusions = _Exclusions(scope.entry.exclude or (), alternatives, base, scope.unsure)
    scope = replace(scope, unsure=scope.unsure.union(key for key, _ in clashes))
    found = Counter([*clashes, *wrong, *exclusions.found])
    if (count := math.prod(map(len, alternatives.values()))) > MOST_CASES:
        found["matrix", f"{count:,} combinations; the most is {MOST_CASES:,}"] = 1
        return [], _placed(scope, found)
    cases: list[Case] = []
    left = 0
    for values in product(*alternatives.values()):
        combination = dict(zip(alternatives, values, strict=True))
        if exclusions.cover(combination):
            continue
        left += 1
        labels = "-".join(label(key, value) for key, value in combination.items())
        name = f"{scope.entry.id}[{labels}]" if labels else scope.entry.id
        case, wrong = _one_case(scope, scope.values | combination, base, name, profile)
        cases += [case] if case else []
        found.update(dict.fromkeys(wrong, 1))
    found.update(exclusions.dead())
    if not left and not found and not scope.unsure:
        found["exclude", "exclude leaves no combination"] = 1
    return cases, _placed(scope, found)


def _placed(scope: _Scope, found: Counter[tuple[str, str]]) -> list[Problem]:
    return [
        scope.problem(key, message + (f" (in {times} combinations)" if times > 1 else ""))
        for (key, message), times in found.items()
    ]


def expand(form: Form, document: Document, path: str, file: str) -> tuple[list[Case], list[Problem]]:
    """Cases of one file, and what is wrong with them. `path` goes into the ids, `file` into the problems."""
    cases: dict[str, Case] = {}
    problems: list[Problem] = []
    said = _said(form.defaults)
    for index, entry in form.entries.items():
        scope = _Scope(entry, index, said, form.unsure.get(index, frozenset()), document, path, file)
        found, wrong = _expand_entry(scope)
        problems += wrong
        for case in found:
            first = cases.setdefault(case.name, case)
            if first is not case and first.source == case.source:
                problems.append(scope.problem("matrix", f"two combinations are both called {case.name!r}"))
    return list(cases.values()), problems
