"""Since when: over environments in the order of their versions, where results became others, and what differs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from harness.records import Result, Verdict
from harness.records.run_folder import Run
from harness.report.difference import Change, changes_of_both, said
from harness.report.failure import VERDICTS, Table
from harness.report.versions import BASIS, in_order

NAMED: Final = 3  # cases that a row names before it only counts them
COLUMNS: Final = ("implementation", "since", "before", "what differs", "results", "for example")
_TOLD: Final = frozenset(Change) - {Change.SLOWER, Change.NEW, Change.MISSING}


@dataclass(frozen=True, slots=True)
class Stage:
    """One environment of one run: what it is called, its order, and its results by case and implementation."""

    name: str
    order: tuple[Any, ...]
    results: Mapping[tuple[str, str], Result]


def stages(runs: Mapping[str, Run]) -> list[Stage]:
    """Environments of all runs, the oldest version of their framework first; of one version, as they were given."""
    found: list[Stage] = []
    for run_name, run in runs.items():
        by_environment: dict[str, dict[tuple[str, str], Result]] = defaultdict(dict)
        for result in run.results:
            if result.verdict is not Verdict.SKIPPED:
                base = result.implementation.removesuffix(f"[{result.environment}]")
                by_environment[result.environment][result.case, base] = result
        for environment, results in by_environment.items():
            packages = run.header.environments.get(environment, {}).get("packages", {})
            several = len(by_environment) > 1
            name = environment if several and len(runs) == 1 else f"{run_name} ({environment})" if several else run_name
            versions = [f"{package} {text}" for package, text in packages.items() if package not in BASIS]
            shown = f"{name}: {', '.join(versions)}" if versions else name
            found.append(Stage(shown, in_order(packages), results))
    return sorted(found, key=lambda stage: stage.order)


def history(runs: Mapping[str, Run]) -> Table:
    """A row for each way in which results became others from one environment to the next; none where there is one."""
    ways: dict[tuple[str, ...], list[str]] = defaultdict(list)
    ordered = stages(runs)
    for case, implementation in dict.fromkeys(key for stage in ordered for key in stage.results):
        for before, after, differs in _steps(ordered, (case, implementation)):
            ways[implementation, after, before, differs].append(case)
    rows = tuple((*way, f"{len(cases):,}", _examples(cases)) for way, cases in sorted(ways.items(), key=_weight))
    title = "Since when" if rows or len(ordered) > 1 else ""
    return Table(title, COLUMNS, rows)


def _steps(ordered: Sequence[Stage], key: tuple[str, str]) -> Iterator[tuple[str, str, str]]:
    """Where one case on one implementation became another result: names of both environments, and what differs."""
    having = [(stage.name, stage.results[key]) for stage in ordered if key in stage.results]
    for (before, old), (after, new) in pairwise(having):
        changes = [change for change in changes_of_both(old, new) if change in _TOLD]
        if changes:
            yield before, after, _differs(old, new, changes)


def _differs(old: Result, new: Result, changes: Sequence[Change]) -> str:
    if old.verdict is not new.verdict:
        return f"{VERDICTS[old.verdict]}, then {_outcome(new)}"
    if Change.ERROR in changes:
        return f"{_outcome(old)}, then {_outcome(new)}"
    return ", ".join(changes)


def _outcome(result: Result) -> str:
    error = said(result)
    return (
        f"{VERDICTS[result.verdict]} ({error[0]})"
        if error and result.verdict is not Verdict.CONFORMS
        else VERDICTS[result.verdict]
    )


def _weight(way: tuple[tuple[str, ...], list[str]]) -> tuple[Any, ...]:
    (implementation, after, _, differs), cases = way
    return implementation, after, differs in ("changed bits", "changed margin, changed bits"), -len(cases), differs


def _examples(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - NAMED:,} more" if len(cases) > NAMED else ""
    return ", ".join(cases[:NAMED]) + more
