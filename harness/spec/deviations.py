"""Known deviations: data with teeth. Each entry has a reason, must match a case, and must still deviate."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from harness.errors import InvalidInputError, Problem
from harness.spec import yaml12
from harness.spec.attributes import canonical
from harness.spec.case import Attributes, Case
from harness.spec.findings import problems_of_form
from harness.spec.schema import form

FOLDER: Final = "known_deviations"
UNWRITTEN: Final = "TODO"  # how a proposed reason begins
DERIVED: Final = ("dilated", "grouped", "empty", "no_input_channels", "no_output_strided", "padded_beyond_filter")
CONDITIONS: Final = ("id", *Attributes.__dataclass_fields__, "expect", *DERIVED)


def _is_match(value: object) -> bool:
    patterns = value if isinstance(value, list) else [value]
    return isinstance(value, dict) or (bool(patterns) and all(isinstance(pattern, str) for pattern in patterns))


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


class Entry(_Strict):
    """One deviation. `match` is an id pattern in which only `*` is special, a list of them, or conditions."""

    match: Annotated[Any, *MATCH]
    verdict: Literal["deviates", "refuses", "crashes", "times_out"]
    error: ErrorPattern | None = None
    reason: Annotated[str, Field(min_length=20), BeforeValidator(_was_written)]
    link: str | None = None
    tensorflow: str | None = None
    intermittent: bool = False

    @field_validator("match")
    @classmethod
    def _conditions_exist(cls, match: Any) -> Any:
        if isinstance(match, dict) and (unknown := match.keys() - set(CONDITIONS)):
            raise ValueError(f"no condition {', '.join(sorted(unknown))}; there are {', '.join(CONDITIONS)}")
        return match

    @field_validator("link")
    @classmethod
    def _is_a_link(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(r"https://\S+", text):
            raise ValueError("a link begins with https:// and has no spaces")
        return text

    @field_validator("tensorflow")
    @classmethod
    def _is_a_range(cls, text: str | None) -> str | None:
        try:
            SpecifierSet(text or "")
        except InvalidSpecifier:
            raise ValueError("a version range looks like '>=2.16,<2.22'") from None
        return text


_ENTRIES: Final = TypeAdapter(list[Entry])


@dataclass(frozen=True, slots=True, eq=False)
class KnownDeviation:
    """An entry, or one pattern of an entry that lists several, and where it is written."""

    entry: Entry
    match: str | Mapping[str, Any]
    place: str

    def matches(self, case: Case) -> bool:
        """Whether the entry speaks of this case."""
        if isinstance(self.match, str):
            return _fits(self.match, case.id)
        features = case.features
        return all(
            any(_fits(str(pattern), case.id) for pattern in (condition if isinstance(condition, list) else [condition]))
            if key == "id"
            else _holds(key, condition, features)
            for key, condition in self.match.items()
        )

    def explains(self, verdict: str, error: tuple[str, str] | None) -> bool:
        """Whether the entry says what happened: the verdict, and the error's class and a part of its message."""
        if verdict != self.entry.verdict:
            return False
        pattern = self.entry.error
        if pattern is None:
            return True
        return error is not None and error[0] == pattern.class_ and pattern.message in error[1]

    def shown(self) -> dict[str, str | None]:
        """What a record says of it."""
        return {"place": self.place, "reason": self.entry.reason, "link": self.entry.link}


def _fits(pattern: str, text: str) -> bool:
    """Whether a pattern means a text."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Only `*` is special, since ids are full of brackets. Kept: every case is held against every pattern."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))))


def _holds(key: str, condition: object, features: Mapping[str, object]) -> bool:
    """Whether a feature has the value, or one of the values where the condition is a list of alternatives."""
    data_format = str(features["data_format"])
    flat = ("strides", "dilations", "input_sizes", "filter", "out_backprop", "explicit_paddings")
    is_one = not isinstance(condition, list) or (key in flat and not any(isinstance(item, list) for item in condition))
    alternatives = [condition] if is_one else list(condition)  # type: ignore[call-overload]
    value = features[key]
    if key in flat and isinstance(value, tuple):
        value = list(value)
    return any(_equal(key, item, value, data_format) for item in alternatives)


def _equal(key: str, said: object, value: object, data_format: str) -> bool:
    try:
        return canonical(key, said, data_format) == canonical(key, value, data_format)
    except (TypeError, ValueError):  # a form that the key cannot have: equal only to the letter
        return said == value


def read_deviations(file: Path, tensorflow: str) -> list[KnownDeviation]:
    """Entries of one file that apply to this TensorFlow version; none where there is no such file.

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
            sorted(problems_of_form(error, document, shown, Entry, {"error": ErrorPattern}))
        ) from None
    return [
        KnownDeviation(entry, match, f"{shown}:{document.mark((index,))[0]}")
        for index, entry in enumerate(entries)
        for match in (entry.match if isinstance(entry.match, list) else [entry.match])
        if SpecifierSet(entry.tensorflow or "").contains(tensorflow, prereleases=True)
    ]


def check_deviations(folder: Path) -> list[Problem]:
    """What is wrong with the files of a folder of known deviations."""
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            read_deviations(file, "0")
        except InvalidInputError as error:
            problems += [problem for problem in error.findings if isinstance(problem, Problem)]
    return problems


def deviations_schema() -> str:
    """Text of `deviations.schema.json`, for editors."""
    schema = _ENTRIES.json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2) + "\n"


SCHEMA_FILE: Final = Path(__file__).with_name("deviations.schema.json")
