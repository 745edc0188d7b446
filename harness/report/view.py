"""What the page says of runs: sentences, rows and tables of text, without a word of HTML."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from harness.records import Result, Verdict
from harness.report.agreement import agreement
from harness.report.failure import VERDICTS, Failure, Table, failure_of, plain, share
from harness.report.run_folder import Run

State: TypeAlias = Literal["conforms", "nothing", "fails", "incomplete"]
NAMED: Final = 20  # ids that a sentence names before it only counts them
LITTLE: Final = 0.5  # with fewer of its terms exercised, or its elements reached by a term, equality proves little
UNEXPECTED, EXPECTED, KNOWN = "not as expected", "as expected", "known deviation"
WEAK, WARNED = "proves little", "warning"
_ARE: Final = ("are", "is")
LABELS: Final = (UNEXPECTED, EXPECTED, KNOWN, WEAK, WARNED, *VERDICTS.values())
COLUMNS: Final = ("exercised", "untouched", "vacuous", "dtype", "strides", "padding", "seconds")


@dataclass(frozen=True, slots=True)
class Row:
    """One result on one line: `labels` are what a filter knows it by, `cells` the texts under `COLUMNS`.

    `result` is the whole record, so that a panel may show what no column does.
    """

    run: str
    result: Result
    labels: tuple[str, ...]
    margin: float | None
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page says. `sentences` come first, and what is missing before anything that is there."""

    state: State
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    totals: Table
    facts: Table
    failures: tuple[Failure, ...]
    known: Table
    agreement: Table
    rows: tuple[Row, ...]


def page_of(runs: Sequence[Run]) -> Page:
    """What there is to say of one or several runs."""
    names = [run.folder.name or "run" for run in runs]
    if len(set(names)) < len(names):
        names = [f"{place}. {name}" for place, name in enumerate(names, 1)]
    named = dict(zip(names, runs, strict=True))
    rows = tuple(_row(name, result) for name, run in named.items() for result in run.results)
    results = [row.result for row in rows]
    failures = tuple(failure_of(result) for result in results if not result.expected)
    notes = tuple(note for run in runs for note in run.header.notes)
    fine: State = "conforms" if any(result.verdict is Verdict.CONFORMS for result in results) else "nothing"
    return Page(
        state="incomplete" if not all(run.complete for run in runs) else "fails" if failures or notes else fine,
        sentences=_sentences(named, rows),
        notes=notes,
        totals=_totals(results),
        facts=_facts(named),
        failures=failures,
        known=_known(results),
        agreement=agreement(runs[0].results if runs else ()),
        rows=rows,
    )


def _sentences(runs: dict[str, Run], rows: Sequence[Row]) -> tuple[str, ...]:
    several = len(runs) > 1
    cut = ((f" ({name})" * several, run) for name, run in runs.items() if not run.complete)
    missing = [f"Incomplete{name}: {_what_is_missing(run)}" for name, run in cut]
    came = f"results{f' in {len(runs)} runs' * several}{' so far' * bool(missing)}"
    total, unexpected = len(rows), sum(not row.result.expected for row in rows)
    if not total:
        outcome = f"There are no {came}"
    elif unexpected:
        outcome = f"{unexpected:,} of {total:,} {came} {_ARE[unexpected == 1]} not as expected"
    else:
        lead = "Conforms" if any(row.result.verdict is Verdict.CONFORMS for row in rows) else "Nothing conforms"
        noted = any(run.header.notes for run in runs.values())  # each says what no record could, and none is good news
        sentence = f"{total:,} of {total:,} {came} {_ARE[total == 1]} as expected"
        outcome = f"{f'{lead}: ' * (not missing and not noted)}{sentence}{', but see the notes' * noted}"
    return (*missing, outcome, *_remarks(rows))


def _what_is_missing(run: Run) -> str:
    missing, count = run.missing, len(run.missing)
    causes = ["the last record was cut off and is left out"] if run.torn else []
    if missing:
        more = f" and {count - NAMED:,} more" if count > NAMED else ""
        counted = f"{count:,} of {len(run.header.collected):,} collected results {_ARE[count == 1]} missing"
        causes.append(f"{counted}: {', '.join(missing[:NAMED])}{more}")
    return "; ".join(causes) or "the run was not ended in order"


def _remarks(rows: Sequence[Row]) -> tuple[str, ...]:
    """What is easily taken for a pass, counted."""
    counts = Counter(label for row in rows for label in row.labels)
    said = {KNOWN: "known to deviate", "skipped": "skipped", WARNED: "with a warning", WEAK: "proving little"}
    parts = [f"{counts[label]:,} {words}" for label, words in said.items() if counts[label]]
    return (f"Of all {len(rows):,} results: {', '.join(parts)}",) if parts else ()


def _row(run: str, result: Result) -> Row:
    attributes, checks = result.attributes, result.checks
    exercised = min((check.exercised for check in checks if check.exercised is not None), default=None)
    untouched = max((check.untouched / check.total for check in checks if check.total), default=None)
    vacuous = sum(check.vacuous for check in checks)
    reached = (1.0 if exercised is None else exercised, 0.0 if untouched is None else 1 - untouched)
    explicit = attributes.get("explicit_paddings") if attributes.get("padding") == "EXPLICIT" else None
    return Row(
        run=run,
        result=result,
        labels=_labels(result, weak=bool(checks) and (vacuous > 0 or min(reached) < LITTLE)),
        margin=max((c.margin for c in checks if c.margin is not None), key=lambda m: (math.isnan(m), m), default=None),
        cells=(
            *(share(exercised), share(untouched), f"{vacuous:,}" if checks else ""),
            plain(attributes.get("dtype")),
            plain(attributes.get("strides")).replace(" ", ""),
            plain(explicit or attributes.get("padding")).replace(" ", ""),
            plain(result.seconds.get("total")),
        ),
    )


def _labels(result: Result, *, weak: bool) -> tuple[str, ...]:
    held = {
        VERDICTS[result.verdict]: True,
        UNEXPECTED: not result.expected,
        EXPECTED: result.expected,
        KNOWN: result.expected and result.deviation is not None,
        WARNED: any(check.status == "warn" for check in result.checks),
        WEAK: weak and result.verdict is Verdict.CONFORMS,
    }
    return tuple(label for label in LABELS if held.get(label))


def _totals(results: Sequence[Result]) -> Table:
    """Results by implementation and verdict, and how many of them are known deviations."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.implementation, []).append(result)
    columns = ("implementation", "results", *VERDICTS.values(), UNEXPECTED)
    rows = [(name, *_counted(group)) for name, group in groups.items()]
    return Table("Totals", columns, (*rows, ("all", *_counted(results))))


def _counted(results: Sequence[Result]) -> Iterator[str]:
    counts = Counter(result.verdict for result in results)
    known = Counter(result.verdict for result in results if result.expected and result.deviation)
    yield f"{len(results):,}"
    yield from (f"{counts[v]:,}" + f" ({known[v]:,} known)" * bool(known[v]) for v in Verdict)
    yield f"{sum(not result.expected for result in results):,}"


def _facts(runs: dict[str, Run]) -> Table:
    """Where and how each run was made, one column a run."""
    told = [_told(run) for run in runs.values()]
    names = dict.fromkeys(name for facts in told for name in facts)
    rows = tuple((name, *(facts.get(name, "") for facts in told)) for name in names)
    return Table("Where and how", ("", *runs), rows)


def _told(run: Run) -> dict[str, str]:
    header = run.header
    facts = {"command": header.command, "started": header.started, "finished": header.finished or "not finished"}
    facts |= {name: plain(version) for name, version in header.versions.items()}
    facts |= {"processor": header.processor, "threads": plain(header.threads), "oneDNN": plain(header.onednn)}
    return {name: text for name, text in (facts | {"options": plain(header.options)}).items() if text}


def _known(results: Iterable[Result]) -> Table:
    """Each known deviation with the number of results it explains, and of those that no longer deviate."""
    counts: dict[tuple[str, ...], Counter[bool]] = {}
    for result in results:
        if result.deviation:
            entry = tuple(plain(result.deviation.get(key)) for key in ("place", "reason", "link"))
            counts.setdefault(entry, Counter())[result.expected] += 1
    rows = tuple((*entry, f"{count[True]:,}", f"{count[False]:,}") for entry, count in sorted(counts.items()))
    return Table("Known deviations", ("place", "reason", "link", "results", "no longer deviate"), rows)
