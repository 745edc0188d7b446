"""Whether what came of a drawn case is known: by the conditions of an entry, or by the likeness of a case it names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.records import Result
from harness.spec.case import NON_FINITE_KINDS, Case
from harness.spec.deviations import KnownDeviation
from harness.studies.fuzz.call import flaw_of
from harness.studies.fuzz.finding import Signature

NON_FINITE: Final = "non-finite values"
_NUMBERS: Final = re.compile(r"\[[^\]]*\]|0x[0-9a-f]+|-?\d+([.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Known:
    """Entries of one implementation, each with the likenesses of the shipped cases that it speaks of."""

    entries: tuple[tuple[KnownDeviation, frozenset[str]], ...] = ()

    @classmethod
    def of(cls, entries: Sequence[KnownDeviation], cases: Sequence[Case]) -> "Known":
        """Entries that name cases by their ids speak of drawn cases that are like those."""
        return cls(tuple((entry, _likenesses(entry, cases)) for entry in entries))

    def explains(self, case: Case, result: Result) -> bool:
        """Whether some entry says that this comes of such a case.

        An entry whose error has a message is about that message, whatever the case: it names a line of TensorFlow.
        """
        error = (result.error.error_class, result.error.message) if result.error else None
        return any(
            entry.explains(result.verdict, error)
            and (_has_message(entry) or entry.matches(case) or _likeness(case, result) in alike)
            for entry, alike in self.entries
        )


def _likenesses(entry: KnownDeviation, cases: Sequence[Case]) -> frozenset[str]:
    named = [case for case in cases if _by_id(entry) and entry.matches(case)]
    return frozenset(NON_FINITE if NON_FINITE_KINDS.intersection(case.data) else flaw_of(case) for case in named)


def _likeness(case: Case, result: Result) -> str:
    failed = next((check for check in result.checks if check.status == "fail"), None)
    return NON_FINITE if failed and failed.data in NON_FINITE_KINDS else flaw_of(case)


def _by_id(entry: KnownDeviation) -> bool:
    return isinstance(entry.match, str) or "id" in entry.match


def _has_message(entry: KnownDeviation) -> bool:
    return entry.entry.error is not None and bool(entry.entry.error.message)


def signature_of(case: Case, result: Result) -> Signature:
    """What makes this result one of a kind."""
    failed = next((check for check in result.checks if check.status == "fail"), None)
    if result.error:
        line = result.error.message.splitlines()[0] if result.error.message else ""
        what = f"{result.error.error_class}: {_NUMBERS.sub('#', line)}"
    elif failed:
        what = failed.name
    else:
        what = ""
    return Signature(result.implementation, str(result.verdict), what, _likeness(case, result))
