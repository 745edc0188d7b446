"""Entries for deviations that are new: everything but the reason, which a person writes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import yaml

from harness.facts import unplaced
from harness.spec.deviations import UNWRITTEN
from harness.studies.causes import conditions, telling_apart
from harness.studies.recordings import Recorded, Recording

SCHEMA_LINE: Final = "# yaml-language-server: $schema=../../harness/spec/deviations.schema.json\n"
FEW: Final = 3  # results that are named by their ids, unless a single condition says which they are
_PROPOSED: Final = ("deviates", "refuses", "crashes", "times_out")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One entry to be: for which implementation, which cases, where, and what happens to them."""

    implementation: str
    match: str | list[str] | dict[str, Any]
    verdict: str
    error_class: str = ""
    message: str = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""

    def text(self) -> str:
        """YAML of the entry."""
        when = {"when": dict(self.when)} if self.when else {}
        error = {"error": {"class": self.error_class, "message": self.message}} if self.error_class else {}
        entry = {"match": self.match, **when, "verdict": self.verdict, **error, "reason": f"{UNWRITTEN}: {self.why}"}
        return yaml.safe_dump([entry], sort_keys=False, width=110, allow_unicode=True)


def propose(recording: Recording) -> list[Proposal]:
    """Group what is not as expected by what happened, and say in conditions, or else in ids, what it happened to."""
    return [
        _proposal(recording, members)
        for members in _groups(result for result in recording.results if not result.expected)
    ]


def propose_between(before: Recording, after: Recording) -> list[Proposal]:
    """Entries for what comes to one thing in one recording and to another in the other, where neither is expected.

    Each says by which facts the one is told from the other.
    """
    return [
        replace(
            proposal, match=_with(proposal.match, call), when=when
        )
        for here, there in ((before, after), (after, before))
        for members in _groups(_differing(here, there))
        for proposal in [_proposal(here, members)]
        for call, when in [_telling(here, there, members)]
    ]  # fmt: skip


def _differing(here: Recording, there: Recording) -> Iterable[Recorded]:
    """Results of one that the other has otherwise, unless both are as expected by now."""
    others = {(result.case.id, result.implementation): result for result in there.results}
    for result in here.results:
        other = others.get((result.case.id, result.implementation))
        if other and _outcome(result) != _outcome(other) and not (result.expected and other.expected):
            yield result


def _telling(here: Recording, there: Recording, members: Sequence[Recorded]) -> tuple[dict[str, Any], dict[str, Any]]:
    name = members[0].implementation
    return telling_apart(here.facts_for(name), there.facts_for(name), [member.case for member in members])


def _with(match: str | list[str] | dict[str, Any], call: dict[str, Any]) -> str | list[str] | dict[str, Any]:
    if not call:
        return match
    return {**(match if isinstance(match, dict) else {"id": match}), **call}


def _groups(results: Iterable[Recorded]) -> list[list[Recorded]]:
    groups: dict[tuple[str, ...], list[Recorded]] = defaultdict(list)
    for result in results:
        if result.verdict in _PROPOSED:
            groups[result.implementation, *_outcome(result)].append(result)
    return [groups[outcome] for outcome in sorted(groups)]


def _outcome(result: Recorded) -> tuple[str, str, str]:
    error_class, message = result.error or ("", "")
    return str(result.verdict), error_class, message.partition("\n")[0][:100]


def _proposal(recording: Recording, members: Sequence[Recorded]) -> Proposal:
    first = members[0]
    alike = [result for result in recording.results if result.implementation == first.implementation]
    chosen = {id(member) for member in members}
    others = [result.case for result in alike if id(result) not in chosen]
    cases = [member.case for member in members]
    said = conditions(cases, others, recording.facts_for(first.implementation))
    by_conditions = said and (len(members) > FEW or len(said.keys() - {"expect"}) == 1)
    match: Any = said if by_conditions else _patterns(members, alike)
    return Proposal(first.implementation, match, *_outcome(first), why=first.why.partition("\n")[0])


def _patterns(members: Iterable[Recorded], alike: Iterable[Recorded]) -> str | list[str]:
    """Ids; where all of a case file's entry comes to the same, one pattern."""
    whole: dict[str, set[str]] = defaultdict(set)
    for result in alike:
        whole[_entry(result.case.id)].add(result.case.id)
    by_entry: dict[str, list[str]] = defaultdict(list)
    for result in members:
        by_entry[_entry(result.case.id)].append(result.case.id)
    patterns: list[str] = []
    for entry, cases in sorted(by_entry.items()):
        everything = whole[entry] == set(cases)
        patterns += [f"{entry}[*"] if everything and len(cases) > 1 else sorted(cases)
    return patterns[0] if len(patterns) == 1 else patterns


def _entry(case: str) -> str:
    return case.partition("[")[0]


def write_proposals(proposals: Iterable[Proposal], folder: Path) -> list[Path]:
    """Append the entries to each implementation's file; return the files that were written to."""
    written: dict[Path, None] = {}
    for proposal in proposals:
        file = folder / f"{unplaced(proposal.implementation)}.yaml"
        start = "" if file.exists() else SCHEMA_LINE
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"{start}\n{proposal.text()}")
        written[file] = None
    return list(written)
