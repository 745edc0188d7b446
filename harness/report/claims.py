"""What implementations do not claim: counted apart, with the reasons that they give."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from harness.records import Result
from harness.report.failure import VERDICTS, Table

SHOWN: Final = 3  # reasons of one implementation on a terminal; the page has all
_LISTS: Final = re.compile(r"\[[-\d., ]*\]")
_NUMBERS: Final = re.compile(r"(?<![\w.])-?\d+(?:[.,]\d+)*")


def unclaimed_table(results: Iterable[Result]) -> Table:
    """Each reason with the number of results; those that differ in numbers alone are one."""
    counts = Counter(
        (each.implementation, VERDICTS[each.verdict], reason_of(each)) for each in results if each.unclaimed
    )
    rows = tuple((*key, f"{count:,}") for key, count in counts.most_common())
    return Table("Not claimed", ("implementation", "verdict", "reason", "results"), rows)


def unclaimed_line(name: str, results: Iterable[Result]) -> str:
    """What one implementation does not claim, in a line; empty where it claims all."""
    counts = Counter(reason_of(each) for each in results if each.unclaimed)
    if not counts:
        return ""
    said = [f"{reason} ({count:,})" for reason, count in counts.most_common(SHOWN)]
    more = [f"and {len(counts) - SHOWN:,} more reasons"] if len(counts) > SHOWN else []
    return f"{name} does not claim {counts.total():,}: {'; '.join([*said, *more])}"


def reason_of(result: Result) -> str:
    """Why a result is not claimed, without the numbers of its call where these are many."""
    text = result.unclaimed
    return text if result.verdict == "skipped" else _NUMBERS.sub("#", _LISTS.sub("[...]", text))
