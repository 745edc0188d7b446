"""What the page says of runs: sentences, rows and tables of text, without a word of HTML."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from harness.facts import OneDnn
from harness.records import Result, Verdict
from harness.records.run_folder import Header, Run
from harness.report.agreement import agreement
from harness.report.claims import unclaimed_table
from harness.report.clusters import Cluster, clusters
from harness.report.failure import VERDICTS, Failure, Table, failure_of, plain
from harness.report.history import history
from harness.report.versions import BASIS

State: TypeAlias = Literal["conforms", "nothing", "fails", "incomplete"]
NAMED: Final = 20  # ids that a sentence names before it only counts them
LITTLE: Final = 0.5  # with fewer of its terms exercised, or its elements reached by a term, equality proves little
UNEXPECTED, EXPECTED, KNOWN = "not as expected", "as expected", "known deviation"
WEAK, WARNED = "proves little", "warning"
_ARE: Final = ("are", "is")
LABELS: Final = (UNEXPECTED, EXPECTED, KNOWN, WEAK, WARNED, *VERDICTS.values())
FULL: Final = 20  # failures told in full where there is no script; a run that fails everywhere is read from its first


@dataclass(frozen=True, slots=True)
class Row:
    """One result on one line: `labels` are what a filter knows it by, `margin` is the largest of its checks."""

    run: str
    result: Result
    labels: tuple[str, ...]
    margin: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page says. `sentences` come first, and what is missing before anything that is there.

    `failures` are the first `FULL` of what was not expected; `clusters` have their members by their place in `rows`.
    """

    state: State
    sentences: tuple[str, ...]
    brief: tuple[str, ...]
    command: str
    notes: tuple[str, ...]
    totals: Table
    facts: Table
    failures: tuple[Failure, ...]
    known: Table
    unclaimed: Table
    agreement: Table
    history: Table
    exhaustion: Table
    clusters: tuple[Cluster, ...]
    runs: tuple[str, ...]
    rows: tuple[Row, ...]


def page_of(runs: Sequence[Run]) -> Page:
    """What there is to say of one or several runs."""
    names = [run.folder.name or "run" for run in runs]
    if len(set(names)) < len(names):
        names = [f"{place}. {name}" for place, name in enumerate(names, 1)]
    named = dict(zip(names, runs, strict=True))
    rows = tuple(_row(name, result) for name, run in named.items() for result in _in_order(run))
    results = [row.result for row in rows]
    unexpected = [result for result in results if not result.expected]
    notes = tuple(note for run in runs for note in run.header.notes)
    return Page(
        state=_state(runs, rows),
        sentences=_sentences(named, rows),
        brief=_brief(runs[-1].header) if runs else (),
        command=runs[-1].header.command if runs else "",
        notes=notes,
        totals=_totals(results),
        facts=_facts(named),
        failures=tuple(map(failure_of, unexpected[:FULL])),
        known=_known(results),
        unclaimed=unclaimed_table(results),
        agreement=agreement(runs[-1].results if runs else ()),  # as the matrix: of several runs the last one counts
        history=history(named),
        exhaustion=_exhaustion(runs),
        clusters=clusters(results),
        runs=tuple(named),
        rows=rows,
    )


def _state(runs: Sequence[Run], rows: Sequence[Row]) -> State:
    swept = [run.exhaustion for run in runs if run.exhaustion]
    if not all(run.complete for run in runs) or not all(each.complete for each in swept):
        return "incomplete"
    noted = any(run.header.notes for run in runs)
    if noted or any(not row.result.expected for row in rows) or any(each.unexpected for each in swept):
        return "fails"
    return "conforms" if swept or any(row.result.verdict is Verdict.CONFORMS for row in rows) else "nothing"


def _exhaustion(runs: Sequence[Run]) -> Table:
    """What each sweep of every geometry came to, and the smallest of each kind that is not right."""
    columns = ("implementation", "verdict", "geometries", "what happened to the smallest", "the smallest", "reproduce")
    rows = tuple(
        (swept.implementation, kind.verdict.replace("_", " ") + " (known)" * bool(kind.deviation),
         f"{kind.count:,}", kind.why, kind.call, swept.reproduce(kind, run.folder))
        for run in runs if run.exhaustion
        for swept in run.exhaustion.swept
        for kind in (*swept.found, *swept.refusals)
    )  # fmt: skip
    return Table("Every geometry of one axis", columns, rows)


def _in_order(run: Run) -> list[Result]:
    """Results of one case beside each other, all as they were collected: workers send them in no order."""
    cases: dict[str, int] = {}
    implementations: dict[str, int] = {}
    collected = (name.rpartition("::") for name in run.header.collected)
    asked = ((result.case, "", result.implementation) for result in run.results)
    for case, _, implementation in (*collected, *asked):
        cases.setdefault(case, len(cases))
        implementations.setdefault(implementation, len(implementations))
    return sorted(run.results, key=lambda result: (cases[result.case], implementations[result.implementation]))


def _sentences(runs: dict[str, Run], rows: Sequence[Row]) -> tuple[str, ...]:
    swept = [sentence for run in runs.values() if run.exhaustion for sentence in run.exhaustion.sentences()]
    if swept and not rows:
        return tuple(swept)
    several = len(runs) > 1
    cut = ((f" ({name})" * several, run) for name, run in runs.items() if not run.complete)
    missing = [f"Incomplete{name}: {_what_is_missing(run)}" for name, run in cut]
    noted = any(run.header.notes for run in runs.values())  # each says what no record could, and none is good news
    came = f"results{f' in {len(runs)} runs' * several}{' so far' * bool(missing)}"
    lead = "" if missing else _lead(rows, noted=noted)
    return (*missing, f"{lead}{_outcome(rows, came)}{', but see the notes' * noted}", *_remarks(rows), *swept)


def _lead(rows: Sequence[Row], *, noted: bool) -> str:
    """The verdict in a word or two; what does not conform in a known way conforms to nothing either."""
    if any(not row.result.expected for row in rows):
        return "Does not conform: "
    if noted or not rows:
        return ""
    if not any(row.result.verdict is Verdict.CONFORMS for row in rows):
        return "Nothing conforms: "
    known = any(KNOWN in row.labels for row in rows)
    return f"Conforms{', known deviations aside' * known}: "


def _outcome(rows: Sequence[Row], came: str) -> str:
    total, unexpected = len(rows), sum(not row.result.expected for row in rows)
    if not total:
        return f"There are no {came}"
    if unexpected:
        return f"{unexpected:,} of {total:,} {came} {_ARE[unexpected == 1]} not as expected"
    return f"{total:,} of {total:,} {came} {_ARE[total == 1]} as expected"


def _brief(header: Header) -> tuple[str, ...]:
    """Where, when and how long, in a line."""
    told = [
        *(part for name in header.environments for part in _environment(header.environments[name])),
        _threads(header.threads),
        header.started.replace("T", " ").replace("+00:00", " UTC"),
        _took(header),
    ]
    return tuple(dict.fromkeys(filter(None, told)))  # environments share a processor


def _environment(values: Mapping[str, Any]) -> list[str]:
    """Versions, the processor, and with which types oneDNN computes."""
    versions = [f"{name} {text}" for name, text in values.get("packages", {}).items() if name not in BASIS]
    processes = values.get("implementations", {})
    takes = {name: OneDnn(**own["onednn"]).takes for name, own in processes.items() if own.get("onednn")}
    types = dict.fromkeys(dtype for own in takes.values() for dtype in own)
    onednn = f"oneDNN computes {', '.join(types)}" if types else "oneDNN off" if takes else ""
    return [*(versions or [f"Python {values.get('python', '?')}"]), values.get("processor", ""), onednn]


def _threads(threads: dict[str, int]) -> str:
    workers, each = threads.get("workers"), threads.get("each")
    if not workers or not each:
        return ", ".join(f"{name} {number}" for name, number in threads.items())
    return f"{workers} worker{'s' * (workers > 1)} of {each} thread{'s' * (each > 1)}"


def _took(header: Header) -> str:
    try:
        seconds = round(
            (datetime.fromisoformat(header.finished or "") - datetime.fromisoformat(header.started)).total_seconds()
        )
    except (TypeError, ValueError):
        return "" if header.finished else "not finished"
    minutes, rest = divmod(seconds, 60)
    return f"took {minutes} min {rest} s" if minutes else f"took {rest} s"


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
    unclaimed = sum(bool(row.result.unclaimed) for row in rows)
    parts += [f"{unclaimed:,} not claimed"] if unclaimed else []
    return (f"Of all {len(rows):,} results: {', '.join(parts)}",) if parts else ()


def _row(run: str, result: Result) -> Row:
    checks = result.checks
    exercised = min((check.exercised for check in checks if check.exercised is not None), default=1.0)
    reached = min((1 - check.untouched / check.total for check in checks if check.total), default=0.0)
    vacuous = any(check.vacuous for check in checks)
    return Row(
        run=run,
        result=result,
        labels=_labels(result, weak=bool(checks) and (vacuous or min(exercised, reached) < LITTLE)),
        margin=max((c.margin for c in checks if c.margin is not None), key=lambda m: (math.isnan(m), m), default=None),
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
    facts |= {"harness": header.harness, "threads": plain(header.threads)} | facts_told(header)
    facts |= {f"{name}: declares": plain(said) for name, said in header.declared.items()}
    facts["peak memory"] = f"{header.peak_memory / 2**30:.1f} GiB" if header.peak_memory else ""
    return {name: text for name, text in (facts | {"options": plain(header.options)}).items() if text}


def facts_told(header: Header) -> dict[str, str]:
    """The facts of each environment of a run, by the words of a table."""
    told: dict[str, str] = {}
    for name, values in header.environments.items():
        prefix = f"{name}: " if len(header.environments) > 1 else ""
        told |= {f"{prefix}{key}": text for key, text in _environment_told(values).items()}
    return told


def _environment_told(values: Mapping[str, Any]) -> dict[str, str]:
    """One environment's facts, those of the processes of each implementation behind its name."""
    told = {key: plain(values[key]) for key in ("python", "system", "machine", "processor") if values.get(key)}
    told |= {name: plain(text) for name, text in values.get("packages", {}).items()}
    told |= {f"{name} build": plain(text) for name, text in values.get("builds", {}).items()}
    told |= {"processor features": " ".join(values.get("features", ()))}
    if values.get("cores"):
        told |= {"cores": plain(values["cores"]), "memory": f"{values['memory'] / 2**30:.1f} GiB"}
    for name, own in values.get("implementations", {}).items():
        told |= {f"{name}: variables": " ".join(f"{key}={text}" for key, text in own.get("variables", {}).items())}
        if own.get("onednn"):
            onednn = OneDnn(**own["onednn"])
            kernels = ", ".join(f"{dtype} by {kernel}" for dtype, kernel in onednn.kernels.items())
            told |= {f"{name}: oneDNN": f"{onednn.version} on {onednn.isa}: {kernels or 'takes nothing'}"}
        if own.get("device"):
            told |= {f"{name}: device": " ".join(own["device"].values())}
    return told


def _known(results: Iterable[Result]) -> Table:
    """Each known deviation with the number of results it explains, and of those that no longer deviate."""
    counts: dict[tuple[str, ...], Counter[bool]] = {}
    for result in results:
        if result.deviation:
            entry = tuple(plain(result.deviation.get(key)) for key in ("place", "reason", "link"))
            counts.setdefault(entry, Counter())[result.expected] += 1
    rows = tuple((*entry, f"{count[True]:,}", f"{count[False]:,}") for entry, count in sorted(counts.items()))
    return Table("Known deviations", ("place", "reason", "link", "results", "no longer deviate"), rows)
