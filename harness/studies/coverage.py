"""What a set of cases covers: the rules that it cites, and the pairs and triples of classes that it brings together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

from harness.spec.case import Case, Rule
from harness.studies import size_tables
from harness.studies.classes import AXES, Combination, classes_of, is_possible, rows

SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Reached:
    """Combinations of so many classes: how many are covered, how many cannot be, and which are left uncovered."""

    strength: int
    covered: int
    impossible: int
    uncovered: tuple[tuple[tuple[str, str], ...], ...]

    @property
    def total(self) -> int:
        """All that some case can have."""
        return self.covered + len(self.uncovered)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What some cases cover. `rules` counts the cases that cite each rule, `invalid` those that expect a rejection.

    `sizes` says what size classes are together with: how much is covered of how much.
    """

    cases: int
    invalid: int
    rules: dict[str, int]
    classes: Reached
    pairs: Reached
    triples: Reached
    sizes: tuple[tuple[str, int, int], ...]


def measure(cases: Sequence[Case]) -> Coverage:
    """Coverage of cases: each row of them brings its classes together, two by two and three by three."""
    cited = Counter(rule for case in cases for rule in set(case.covers))
    found = {classes_of(row) for case in cases for row in rows(case)}
    return Coverage(
        cases=len(cases),
        invalid=sum(case.geometry is None for case in cases),
        rules={rule.value: cited[rule.value] for rule in Rule},
        classes=_reached(found, 1),
        pairs=_reached(found, 2),
        triples=_reached(found, 3),
        sizes=_sizes(cases),
    )


def _sizes(cases: Sequence[Case]) -> tuple[tuple[str, int, int], ...]:
    """Of what goes together with a size class: its name, how much some case has, and how much there is."""
    found = size_tables.reached((case.attributes, case.geometry) for case in cases if case.geometry)
    names = ("sizes with a level", "sizes with two levels", "sizes with a size")
    return tuple(zip(names, found.counts(), size_tables.possible().counts(), strict=True))


def _reached(found: Iterable[tuple[str, ...]], strength: int) -> Reached:
    covered = impossible = 0
    uncovered: list[tuple[tuple[str, str], ...]] = []
    for places in combinations(range(len(AXES)), strength):
        names = [tuple(AXES)[place] for place in places]
        seen = {tuple(classes[place] for place in places) for classes in found}
        covered += len(seen)
        for classes in product(*(AXES[name] for name in names)):
            if classes in seen:
                continue
            combination = tuple(zip(names, classes, strict=True))
            if is_possible(Combination(combination)):
                uncovered.append(combination)
            else:
                impossible += 1
    return Reached(strength, covered, impossible, tuple(uncovered))


def coverage_lines(coverage: Coverage, *, everything: bool = False) -> list[str]:
    """The rules, the counts, and what is left uncovered: all of it, or the first of each strength."""
    cited = [f"{rule} {count:,}" for rule, count in coverage.rules.items() if count]
    missing = [rule for rule, count in coverage.rules.items() if not count]
    lines = [
        f"{coverage.cases:,} cases, {coverage.invalid:,} of them expect a rejection",
        f"rules, and the cases that cover them: {', '.join(cited) or 'none'}",
        *([f"rules that no case covers: {', '.join(missing)}"] if missing else []),
    ]
    for name, reached in (("classes", coverage.classes), ("pairs", coverage.pairs), ("triples", coverage.triples)):
        share = reached.covered / reached.total if reached.total else 1.0
        lines.append(
            f"{name}: {reached.covered:,} of {reached.total:,} covered ({share:.1%}), {reached.impossible:,} impossible"
        )
        shown = reached.uncovered if everything else reached.uncovered[:SHOWN]
        lines += [f"  uncovered: {_said(combination)}" for combination in shown]
        if rest := len(reached.uncovered) - len(shown):
            lines.append(f"  and {rest:,} more: --all names them")
    return [
        *lines,
        *(
            f"{name}: {covered:,} of {total:,} covered ({covered / total:.1%})"
            for name, covered, total in coverage.sizes
        ),
    ]


def _said(combination: Iterable[tuple[str, str]]) -> str:
    return " + ".join(f"{axis}: {name}" for axis, name in combination)
