"""What did not conform, grouped by what it looks like: `37 results: tf-xla, EXPLICIT, stride 1, last column`."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from harness.records import Check, Result, Verdict
from harness.report.features import features_of

Signature: TypeAlias = tuple[bool, str, Verdict, str]
SHOWN: Final = 200  # characters of a message; its numbers differ from case to case
_NUMBERS: Final = re.compile(r"\[[-\d, ]*\]|(?<![\w.-])-?(?!0\b)\d+(\.\d+)?(e[-+]?\d+)?\b")
_COUNT: Final = re.compile(r": [\d,]+ of [\d,]+ elements( differ[^;]*)?")  # how a diagnosis ends
_SAID: Final[dict[str, str | dict[str, str]]] = {
    "dtype": "{}",
    "padding": "{}",
    "layout": {"NCHW": "NCHW"},
    "strides": "strides {}",
    "dilation": {"larger": "dilated"},
    "grouped": {"yes": "grouped"},
    "empty": {"yes": "empty"},
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Results with one signature, of every implementation that does so in the same cases.

    `shared` is what all these cases have in common and not every case of the run has.
    """

    expected: bool
    implementations: tuple[str, ...]
    verdict: Verdict
    looks: str
    shared: tuple[str, ...]
    members: tuple[int, ...]


def clusters(results: Sequence[Result], among: Collection[int] | None = None) -> tuple[Cluster, ...]:
    """Groups of what did not conform or was not expected, what is not expected first, then the largest first.

    `members` are places in `results`, those of `among` where it is given.
    """
    groups: dict[Signature, list[int]] = defaultdict(list)
    for place, result in enumerate(results):
        if among is not None and place not in among:
            continue
        if result.verdict is Verdict.SKIPPED or (result.verdict is Verdict.CONFORMS and result.expected):
            continue
        groups[result.expected, result.implementation, result.verdict, _looks(result)].append(place)
    known = {result.case: result for result in results} if groups else {}
    told = {case: _told(features_of(result)) for case, result in known.items()}
    universal = _common(list(told.values()))
    found: dict[tuple[Any, ...], Cluster] = {}
    for (expected, implementation, verdict, looks), places in groups.items():
        cases = tuple(sorted({results[place].case for place in places}))
        alike = found.get((expected, verdict, looks, cases))
        names = (*(alike.implementations if alike else ()), implementation)
        members = (*(alike.members if alike else ()), *places)
        shared = alike.shared if alike else _distinctive([told[case] for case in cases], universal)
        found[expected, verdict, looks, cases] = Cluster(expected, names, verdict, looks, shared, members)
    return tuple(sorted(found.values(), key=lambda cluster: (cluster.expected, -len(cluster.members))))


def _told(features: Mapping[str, str]) -> dict[str, str]:
    said = {}
    for key, form in _SAID.items():
        if value := features.get(key):
            said[key] = form.format(value) if isinstance(form, str) else form.get(value, "")
    return {key: word for key, word in said.items() if word}


def _distinctive(cases: list[dict[str, str]], universal: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(word for key, word in _common(cases).items() if universal.get(key) != word)


def _common(cases: list[dict[str, str]]) -> dict[str, str]:
    first, *others = cases or [{}]
    return {key: word for key, word in first.items() if all(case.get(key) == word for case in others)}


def _looks(result: Result) -> str:
    """What a result looks like, without the numbers that are the case's own."""
    failed = next((check for check in result.checks if check.status == "fail"), None)
    if result.diagnosis:
        text = _COUNT.sub("", result.diagnosis)
    elif result.error:
        text = f"{result.error.error_class}: {result.error.message}"
    elif failed and failed.name != "structure":
        text = f"{failed.name}: {_where(failed, result)}"
    else:
        text = result.why
    return _NUMBERS.sub("…", text.partition("\n")[0]).replace("….", "…")[:SHOWN].strip(" :")


def _where(check: Check, result: Result) -> str:
    """Where the elements lie that differ; of more than the record names, only where the worst are."""
    if check.mismatched == check.total:
        return "every element differs"
    geometry, worst = result.geometry, [element.index for element in check.worst]
    if not geometry or not worst:
        return "elements differ"
    nchw = result.attributes.get("data_format") == "NCHW"
    rows, columns = ({index[axis] for index in worst} for axis in ((2, 3) if nchw else (1, 2)))
    places = [
        *_edge(rows, geometry["height"]["input"] - 1, "row"),
        *_edge(columns, geometry["width"]["input"] - 1, "column"),
    ]
    lead = "" if check.mismatched <= len(worst) else "worst in the "
    counted = "one element differs" if check.mismatched == 1 else "some elements differ"
    return f"{counted}, {lead}{' and '.join(places)}" if places else counted


def _edge(found: set[int], last: int, name: str) -> list[str]:
    if len(found) != 1 or not last:
        return []
    return {0: [f"first {name}"], last: [f"last {name}"]}.get(next(iter(found)), [])
