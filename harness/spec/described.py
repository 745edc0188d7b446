"""Environments in which every shipped case is as expected: `cases/environments.yaml`, and what is new about another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from harness.errors import InvalidInputError, Problem
from harness.facts import Facts
from harness.spec import yaml12
from harness.spec.conditions import holds, wrong_with_when
from harness.spec.findings import problems_of_form

FILE: Final = "environments.yaml"


class Described(BaseModel):
    """One environment. `onednn` has the types that its oneDNN takes, where that is on; `how` says how it is known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: Annotated[str, Field(min_length=1)]
    when: dict[str, Any]
    onednn: list[str] = []
    how: Annotated[str, Field(min_length=1)]

    @field_validator("when")
    @classmethod
    def _facts_exist(cls, when: dict[str, Any]) -> dict[str, Any]:
        if wrong := wrong_with_when(when):
            raise ValueError(wrong)
        return when


_ENTRIES: Final = TypeAdapter(list[Described])


def read_described(file: Path) -> list[Described]:
    """The environments of a file; none where there is none. Raises InvalidInputError with all that is wrong with it."""
    if not file.exists():
        return []
    document = yaml12.read(file.read_bytes(), file.name)
    if document.problems:
        raise InvalidInputError(document.problems)
    try:
        return _ENTRIES.validate_python(document.value)
    except ValidationError as error:
        problems: list[Problem] = sorted(problems_of_form(error, document, file.name, Described))
        raise InvalidInputError(problems) from None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What of the processes of a run tells environments apart."""

    facts: tuple[Facts, ...]

    @property
    def takes(self) -> frozenset[str]:
        return frozenset(dtype for facts in self.facts for dtype in facts.onednn.takes)

    @property
    def refuses(self) -> frozenset[str]:
        return frozenset(
            dtype for facts in self.facts for dtype, by in facts.onednn.answers.items() if "refuses" in by.values()
        )

    def differs(self, described: Described) -> list[str]:
        """The conditions of a described environment that do not hold here."""
        wrong = [
            key for key, said in described.when.items() if not all(holds({key: said}, facts) for facts in self.facts)
        ]
        other = self.takes and self.takes != frozenset(described.onednn)
        return [*wrong, *(["onednn"] if other or self.refuses else [])]

    def shown(self, key: str) -> str:
        if key == "onednn":
            types = f"takes {', '.join(sorted(self.takes)) or 'nothing'}"
            return f"oneDNN {types}" + (f" and refuses {', '.join(sorted(self.refuses))}" if self.refuses else "")
        facts = self.facts[0]
        return f"{key} {getattr(facts, key, None) or facts.version(key) or 'missing'}"


def novelty(facts: Iterable[Facts], described: Sequence[Described]) -> str:
    """What about the processes of a run is new, as a sentence; empty where all of it is described.

    Processes without a framework that a described environment names are not asked: a kernel of one's own.
    """
    names = {key for each in described for key in each.when}
    groups: dict[frozenset[str], list[Facts]] = {}
    for each in facts:
        groups.setdefault(frozenset(names & each.packages.keys()), []).append(each)
    return " ".join(filter(None, (_novelty(frameworks, own, described) for frameworks, own in groups.items())))


def _novelty(frameworks: frozenset[str], facts: Sequence[Facts], described: Sequence[Described]) -> str:
    """The same of processes that have the same frameworks, of which nothing is new where they have none."""
    seen = _Seen(tuple(facts))
    differences = {each.name: seen.differs(each) for each in described if frameworks & each.when.keys()}
    if not differences:
        return ""
    # Of two that differ in one thing, the one with other types under oneDNN is nearer than another version.
    nearest = min(differences, key=lambda name: (len(differences[name]), differences[name] != ["onednn"]))
    if not differences[nearest]:
        return ""
    new = ", ".join(map(seen.shown, differences[nearest]))
    return f"This environment is not described yet: {new}. The nearest one is {nearest!r}."
