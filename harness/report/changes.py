"""Two runs held against each other, made for the question whether the next TensorFlow changes anything."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from harness.records import Result, Verdict
from harness.records.run_folder import Run, run_id
from harness.report.clusters import clusters
from harness.report.difference import WORSE, Change, changes_of_both
from harness.report.failure import Table
from harness.report.view import Page, State, facts_told, page_of

TOLD: Final = (  # by name, and in this order
    Change.DEVIATING, Change.MISSING, Change.UNEXPECTED, Change.CONFORMING, Change.VERDICT, Change.ERROR, Change.NEW,
)  # fmt: skip
NAMED: Final = 60  # results that the terminal names of each kind


@dataclass(frozen=True, slots=True)
class Difference:
    """One case on one implementation in two runs; `after` is None where it is missing, `before` where it is new."""

    name: str
    before: Result | None
    after: Result | None
    changes: tuple[Change, ...]

    @property
    def worse(self) -> bool:
        """Whether any of the changes is for the worse."""
        return not WORSE.isdisjoint(self.changes)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that changed from one run to another, in the order of the second one; what is missing comes last."""

    before: Run
    after: Run
    compared: int
    differences: tuple[Difference, ...]

    @property
    def worse(self) -> bool:
        """Whether anything changed for the worse."""
        return any(difference.worse for difference in self.differences)


def compare_runs(before: Run, after: Run) -> Comparison:
    """Hold the results of two runs against each other, by case and implementation."""
    old = {run_id(result): result for result in before.results}
    new = {run_id(result): result for result in after.results}
    pairs: list[tuple[str, Result | None, Result | None]] = [(name, old.get(name), new[name]) for name in new]
    pairs += [(name, result, None) for name, result in old.items() if name not in new]
    found = (Difference(name, a, b, tuple(_changes(a, b))) for name, a, b in pairs)
    common = sum(name in old for name in new)
    return Comparison(before, after, common, tuple(difference for difference in found if difference.changes))


def _changes(before: Result | None, after: Result | None) -> Iterator[Change]:
    if before is None:
        yield Change.NEW
    elif after is None or (after.verdict is Verdict.SKIPPED and before.verdict is not Verdict.SKIPPED):
        yield Change.MISSING
    else:
        yield from changes_of_both(before, after)


def sentence(comparison: Comparison) -> str:
    """The verdict on the second run, in one sentence."""
    counts = Counter(change for difference in comparison.differences for change in difference.changes)
    told = [f"{counts[change]:,} {change}" for change in Change if counts[change]]
    worse = [f"{counts[change]:,} {change}" for change in Change if counts[change] and change in WORSE]
    if told and not comparison.compared:
        return f"Nothing to compare: the runs have no result in common ({', '.join(told)})"
    compared = f"{comparison.compared:,} results compared"
    if worse:
        return f"Worse: {', '.join(worse)} ({compared})"
    return f"Nothing got worse: {', '.join(told)} ({compared})" if told else f"Nothing changed ({compared})"


def changes_table(comparison: Comparison) -> Table:
    """Changes by implementation."""
    groups: dict[str, Counter[Change]] = {}
    for difference in comparison.differences:
        either = difference.after or difference.before
        groups.setdefault(either.implementation if either else "", Counter()).update(difference.changes)
    total = Counter(change for difference in comparison.differences for change in difference.changes)
    used = [change for change in Change if total[change]]
    rows = [(name, *(f"{counts[change]:,}" for change in used)) for name, counts in groups.items()]
    rows.append(("all", *(f"{total[change]:,}" for change in used)))
    return Table("Changes", ("implementation", *used), tuple(rows) if used else ())


def comparison_lines(comparison: Comparison) -> list[str]:
    """The comparison as plain text: what differs about the environments, the verdict, then what changed, by name."""
    lines = [*facts_changed(comparison), sentence(comparison)]
    for change in TOLD:
        of_kind = [difference for difference in comparison.differences if change in difference.changes]
        lines += [f"{change}: {_told(difference)}" for difference in of_kind[:NAMED]]
        left_out = len(of_kind) - NAMED
        lines += [f"{change}: and {left_out:,} more"] if left_out > 0 else []
    return lines


def _told(difference: Difference) -> str:
    after = difference.after
    return f"{difference.name}: {after.why}" if after and after.why else difference.name


def view_of_comparison(comparison: Comparison) -> tuple[Page, dict[int, str]]:
    """The page of both runs, with what changed on top, and the changes of its rows by their place."""
    view = page_of([comparison.before, comparison.after])
    first, second = view.runs
    changed = {(run_id(d.after), second) if d.after else (d.name, first): d for d in comparison.differences}
    found = {
        place: difference
        for place, row in enumerate(view.rows)
        if (difference := changed.get((run_id(row.result), row.run)))
    }
    worse = {place for place, difference in found.items() if difference.worse}
    incomplete = [text for text in view.sentences if text.startswith("Incomplete")]
    state: State = "fails" if comparison.worse else "incomplete" if incomplete else "conforms"
    page = replace(
        view,
        state=state,
        sentences=(
            sentence(comparison),
            *incomplete,
            f"{first} against {second}: {'; '.join(facts_changed(comparison)) or 'the same facts'}",
        ),
        totals=changes_table(comparison),
        clusters=clusters([row.result for row in view.rows], worse),
    )
    return page, {place: " ".join(c.replace(" ", "-") for c in found[place].changes) for place in found}


def facts_changed(comparison: Comparison) -> list[str]:
    """What is not the same where the two runs were made, a line each."""
    old, new = (facts_told(run.header) for run in (comparison.before, comparison.after))
    return [
        f"{name}: {old.get(name, 'none')}, then {new.get(name, 'none')}"
        for name in old | new
        if old.get(name) != new.get(name)
    ]
