"""Known deviations: data with teeth. Each entry has a reason, must match a case, and must still deviate."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from harness.errors import InvalidInputError, Problem
from harness.facts import Facts
from harness.spec import yaml12
from harness.spec.case import Case
from harness.spec.conditions import fits, holds, wherever, wrong_with_match, wrong_with_when
from harness.spec.findings import problems_of_form
from harness.spec.schema import form

FOLDER: Final = "known_deviations"
UNWRITTEN: Final = "TODO"  # how a proposed reason begins
NOT_SUPPORTED: Final = NotImplementedError.__name__
ANYWHERE: Final = Facts()


def _is_match(value: object) -> bool:
    patterns = value if isinstance(value, list) else [value]
    return isinstance(value, dict) or (bool(patterns) and all(isinstance(pattern, str) for pattern in patterns))


Kind: TypeAlias = Literal["values", "non-finite", "shape"]
MATCH: Final = form(
    _is_match,
    "an id pattern, a list of them, or a mapping of conditions",
    {"type": "string"},
    {"type": "array", "items": {"type": "string"}},
    {"type": "object"},
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ErrorPattern(_Strict):
    """The class of an error and a part of its message."""

    class_: Annotated[str, Field(alias="class", min_length=1)]
    message: str = ""


def _was_written(text: object) -> object:
    if isinstance(text, str) and text.startswith(UNWRITTEN):
        raise ValueError("a person has to write the reason")
    return text


class Wrong(_Strict):
    """What is wrong with the result of a valid call, where and how far; beyond that nothing is excused.

    `values` may be `values`, `non-finite` (NaN or an infinity where there must be none, or none where there must be
    one), `shape`, or a list of them. `where` is `unreached` if only elements are wrong that no term reaches: gaps,
    padding. `share` is the largest part of the elements that is, `margin` the largest error over its limit.
    """

    values: Kind | Annotated[list[Kind], Field(min_length=1)]
    where: Literal["anywhere", "unreached"] = "anywhere"
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    margin: Annotated[float, Field(gt=1)] | None = None

    def covers(self, fault: "Fault") -> bool:
        """Whether a fault is no other, nowhere else and no larger than what is said."""
        kinds = self.values if isinstance(self.values, list) else [self.values]
        near = self.margin is None or fault.margin <= self.margin
        here = fault.unreached or self.where == "anywhere"
        return fault.what in kinds and here and near and fault.share <= self.share


@dataclass(frozen=True, slots=True)
class Fault:
    """What one failed check of a result comes to."""

    what: str
    share: float = 1.0
    margin: float = 0.0
    unreached: bool = False


class Entry(_Strict):
    """One deviation. `match` is an id pattern in which only `*` is special, a list of them, or conditions."""

    match: Annotated[Any, *MATCH]
    verdict: Literal["deviates", "refuses", "crashes", "times_out"]
    error: ErrorPattern | None = None
    reason: Annotated[str, Field(min_length=20), BeforeValidator(_was_written)]
    link: str | None = None
    when: dict[str, Any] = {}
    tensorflow: str | None = None  # the old spelling of when: {tensorflow: ...}
    intermittent: bool = False
    wrong: Wrong | None = None

    @field_validator("match")
    @classmethod
    def _conditions_exist(cls, match: Any) -> Any:
        if isinstance(match, dict) and (wrong := wrong_with_match(match)):
            raise ValueError(wrong)
        return match

    @field_validator("when")
    @classmethod
    def _facts_exist(cls, when: dict[str, Any]) -> dict[str, Any]:
        if wrong := wrong_with_when(when):
            raise ValueError(wrong)
        return when

    @field_validator("link")
    @classmethod
    def _is_a_link(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(r"https://\S+", text):
            raise ValueError("a link begins with https:// and has no spaces")
        return text

    @field_validator("tensorflow")
    @classmethod
    def _is_a_range(cls, text: str | None) -> str | None:
        if text and (wrong := wrong_with_when({"tensorflow": text})):
            raise ValueError(wrong.removeprefix("tensorflow: "))
        return text

    def holds(self, facts: Facts) -> bool:
        """Whether it says anything of a process with these facts; where it does not it is dormant."""
        return holds(self.when | ({"tensorflow": self.tensorflow} if self.tensorflow else {}), facts)


_ENTRIES: Final = TypeAdapter(list[Entry])


@dataclass(frozen=True, slots=True, eq=False)
class KnownDeviation:
    """An entry, or one pattern of an entry that lists several, and where it is written; `facts` are the process's."""

    entry: Entry
    match: str | Mapping[str, Any]
    place: str
    facts: Facts = ANYWHERE

    def fits(self, features: Mapping[str, object], ran: str | None = None) -> bool | None:
        """Whether the entry speaks of a case with these `features`; None where it may, and nobody can know."""
        return fits(self.match, features, self.facts, ran)

    def matches(self, case: Case) -> bool:
        """Whether the entry speaks, or may speak, of this case here."""
        return self.fits(case.features) is not False

    def speaks_of(self, case: Case) -> bool:
        """Whether the entry speaks of this case in any environment."""
        return fits(wherever(self.match), case.features, self.facts, None) is not False

    def explains(self, verdict: str, error: tuple[str, str] | None, faults: Iterable[Fault] = ()) -> bool:
        """Whether the entry says what happened: the verdict, and the error's class and a part of its message.

        `faults` are those of the failed checks, where they are known: none may be beyond what the entry says is wrong.
        """
        if verdict != self.entry.verdict:
            return False
        if self.entry.wrong and not all(self.entry.wrong.covers(fault) for fault in faults):
            return False
        pattern = self.entry.error
        if pattern is None:
            return True
        return error is not None and error[0] == pattern.class_ and pattern.message in error[1]

    def shown(self) -> dict[str, Any]:
        """What a record says of it."""
        said = {"place": self.place, "reason": self.entry.reason, "link": self.entry.link}
        return said | ({"intermittent": True} if self.entry.intermittent else {})


def awake(known: Iterable[KnownDeviation], facts: Facts) -> list[KnownDeviation]:
    """Those whose `when` holds in a process with these facts; the others are dormant."""
    return [replace(each, facts=facts) for each in known if each.entry.holds(facts)]


@dataclass(frozen=True, slots=True)
class Expectation:
    """Whether a verdict was to be expected, the entry that says so (or is stale), and one line of why."""

    expected: bool
    known: KnownDeviation | None = None
    why: str = ""


def held_against(
    known: Iterable[KnownDeviation],
    case: Case,
    verdict: str,
    error: tuple[str, str] | None,
    ran: str | None = None,
    faults: Sequence[Fault] = (),
    *,
    strict: bool = False,
) -> Expectation:
    """Hold a verdict against the entries that are awake where it came about.

    A call that is refused as not supported needs no entry, unless `strict`.

    What cannot be known (the kernel that ran, the operands of a recording) may excuse, and makes no entry stale.
    """
    features = case.features
    applying = [(entry, fit) for entry in known if (fit := entry.fits(features, ran)) is not False]
    match verdict:
        case "conforms":
            stale = next((entry for entry, fit in applying if fit and not entry.entry.intermittent), None)
            why = f"{stale.place} says it {stale.entry.verdict}, but it conforms" if stale else ""
            return Expectation(stale is None, stale, why)
        case "skipped":
            return Expectation(expected=True)
        case _:
            explained = next((entry for entry, _ in applying if entry.explains(verdict, error, faults)), None)
            unsupported = not strict and verdict == "refuses" and error is not None and error[0] == NOT_SUPPORTED
            return Expectation(explained is not None or unsupported, explained)


def read_deviations(file: Path) -> list[KnownDeviation]:
    """Entries of one file, dormant ones too; none where there is no such file.

    Raises InvalidInputError with every problem of the file.
    """
    if not file.exists():
        return []
    shown = f"{file.parent.name}/{file.name}"
    try:
        document = yaml12.read(file.read_bytes(), shown)
    except OSError as error:
        raise InvalidInputError([Problem(shown, 0, 0, f"cannot be read: {error.strerror}")]) from None
    if document.problems:
        raise InvalidInputError(document.problems)
    try:
        entries = _ENTRIES.validate_python(document.value)
    except ValidationError as error:
        raise InvalidInputError(
            sorted(problems_of_form(error, document, shown, Entry, {"error": ErrorPattern, "wrong": Wrong}))
        ) from None
    return [
        KnownDeviation(entry, match, f"{shown}:{document.mark((index,))[0]}")
        for index, entry in enumerate(entries)
        for match in _each(entry.match)
    ]


def _each(match: Any) -> list[Any]:
    """A match for each id pattern of an entry: none of them may hide behind another."""
    match match:
        case list():
            return match
        case {"id": list(patterns), **others}:
            return [{"id": pattern, **others} for pattern in patterns]
        case _:
            return [match]


def check_deviations(folder: Path) -> list[Problem]:
    """What is wrong with the files of a folder of known deviations."""
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            read_deviations(file)
        except InvalidInputError as error:
            problems += [problem for problem in error.findings if isinstance(problem, Problem)]
    return problems


def hints(folder: Path) -> list[str]:
    """Where the files of a folder say in an old way what they could say in today's."""
    known = [each for file in sorted(folder.glob("*.yaml")) for each in read_deviations(file)]
    old = {each.place: each.entry.tensorflow for each in known if each.entry.tensorflow}
    return [
        f"{place}: write when: {{tensorflow: {range_!r}}} for tensorflow: {range_!r}" for place, range_ in old.items()
    ]


def deviations_schema() -> str:
    """Text of `deviations.schema.json`, for editors."""
    schema = _ENTRIES.json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2) + "\n"


SCHEMA_FILE: Final = Path(__file__).with_name("deviations.schema.json")
