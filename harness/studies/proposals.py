"""Entries for deviations that are new: everything but the reason, which a person writes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from harness.records import Result, Verdict
from harness.spec.deviations import UNWRITTEN

SCHEMA_LINE: Final = "# yaml-language-server: $schema=../../harness/spec/deviations.schema.json\n"
_PROPOSED: Final = (Verdict.DEVIATES, Verdict.REFUSES, Verdict.CRASHES, Verdict.TIMES_OUT)


@dataclass(frozen=True, slots=True, order=True)
class Proposal:
    """One entry to be: for which implementation, which cases, and what happens to them."""

    implementation: str
    matches: tuple[str, ...]
    verdict: str
    error_class: str = ""
    message: str = ""
    why: str = field(default="", compare=False)

    def text(self) -> str:
        """YAML of the entry."""
        error = {"error": {"class": self.error_class, "message": self.message}} if self.error_class else {}
        match = self.matches[0] if len(self.matches) == 1 else list(self.matches)
        entry = {"match": match, "verdict": self.verdict, **error, "reason": f"{UNWRITTEN}: {self.why}"}
        return yaml.safe_dump([entry], sort_keys=False, width=110, allow_unicode=True)


def propose(results: Sequence[Result]) -> list[Proposal]:
    """Group what is not as expected by what happened; a case file's entry that does so as a whole is one pattern."""
    whole: dict[tuple[str, str], set[str]] = defaultdict(set)
    groups: dict[Proposal, list[Result]] = defaultdict(list)
    for result in results:
        whole[result.implementation, _entry(result.case)].add(result.case)
        if not result.expected and result.verdict in _PROPOSED:
            groups[_group(result)].append(result)
    return sorted(
        Proposal(
            group.implementation, _patterns(members, whole), group.verdict, group.error_class, group.message,
            why=members[0].why.splitlines()[0] if members[0].why else "",
        )
        for group, members in groups.items()
    )  # fmt: skip


def _group(result: Result) -> Proposal:
    error = result.error
    message = error.message.splitlines()[0][:100] if error and error.message else ""
    return Proposal(result.implementation, (), str(result.verdict), error.error_class if error else "", message)


def _entry(case: str) -> str:
    return case.partition("[")[0]


def _patterns(members: Iterable[Result], whole: dict[tuple[str, str], set[str]]) -> tuple[str, ...]:
    by_entry: dict[str, list[str]] = defaultdict(list)
    implementation = ""
    for result in members:
        implementation = result.implementation
        by_entry[_entry(result.case)].append(result.case)
    patterns: list[str] = []
    for entry, cases in sorted(by_entry.items()):
        everything = whole[implementation, entry] == set(cases)
        patterns += [f"{entry}[*"] if everything and len(cases) > 1 else sorted(cases)
    return tuple(patterns)


def write_proposals(proposals: Iterable[Proposal], folder: Path) -> list[Path]:
    """Append the entries to each implementation's file; return the files that were written to."""
    written: dict[Path, None] = {}
    for proposal in proposals:
        file = folder / f"{proposal.implementation}.yaml"
        start = "" if file.exists() else SCHEMA_LINE
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"{start}\n{proposal.text()}")
        written[file] = None
    return list(written)
