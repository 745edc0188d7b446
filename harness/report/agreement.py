"""Where the implementations of one run differ from each other, also where all are within bounds."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from harness.records import Result, Verdict
from harness.report.failure import Table

NAMED: Final = 3  # cases that a row names before it only counts them
COLUMNS: Final = ("cases", "differ in", "who agrees with whom", "for example")


def agreement(results: Iterable[Result]) -> Table:
    """A row for each way in which implementations fall apart, the most frequent first; nothing where they agree."""
    by_case: dict[str, dict[str, Result]] = defaultdict(dict)
    for result in results:
        if result.verdict is not Verdict.SKIPPED:
            by_case[result.case][result.implementation] = result
    ways: dict[tuple[str, str], list[str]] = defaultdict(list)
    for case, found in by_case.items():
        parties: dict[tuple[str, str], list[str]] = defaultdict(list)
        for implementation, result in found.items():
            parties[_outcome(result)].append(implementation)
        if len(parties) > 1:
            ways[_difference(set(parties)), _partition(parties)].append(case)
    rows = sorted(((len(cases), *way, _examples(cases)) for way, cases in ways.items()), reverse=True)
    total = sum(len(cases) for cases in ways.values())
    title = f"Agreement across implementations: they differ in {total:,} of {len(by_case):,} cases"
    return Table(title, COLUMNS, tuple((f"{count:,}", *words) for count, *words in rows))


def _outcome(result: Result) -> tuple[str, str]:
    """What a result came to: its kind, and what distinguishes it from others of its kind."""
    if result.error:
        return ("death" if result.error.signal else "error"), result.error.signal or result.error.error_class
    malformed = [check.note for check in result.checks if check.name == "structure"]
    if malformed or result.digest is None:
        return "shape or type", (malformed or [result.why])[0]
    return "bits", result.digest


def _difference(outcomes: set[tuple[str, str]]) -> str:
    kinds = {kind for kind, _ in outcomes}
    if kinds == {"error"}:
        return "class of error"
    return "value bits" if kinds == {"bits"} else "outcome"


def _partition(parties: dict[tuple[str, str], list[str]]) -> str:
    """The parties as `a = b | c (InvalidArgumentError)`."""
    words = []
    for (kind, detail), members in parties.items():
        said = "" if kind == "bits" else f" ({detail})"
        words.append(" = ".join(members) + said)
    return " | ".join(words)


def _examples(cases: list[str]) -> str:
    more = f" and {len(cases) - NAMED:,} more" if len(cases) > NAMED else ""
    return ", ".join(cases[:NAMED]) + more
