"""The search: draw, run, shrink what is new, count what is not."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Final

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from harness.hosts.host import Caller
from harness.implementations import Implementation
from harness.records import Result, Verdict
from harness.runner import run
from harness.spec.case import Case
from harness.spec.schema import DTYPES
from harness.studies.fuzz.call import Call, in_scope
from harness.studies.fuzz.drawing import LARGEST_RESULT, LARGEST_WORK, broken_calls, calls
from harness.studies.fuzz.finding import Finding, Signature
from harness.studies.fuzz.known import Known, signature_of

BATCH: Final = 400  # examples that one seed of hypothesis's draws
SHRINKING_LIMIT: Final = 60.0  # seconds for one finding
LAST_SHRINKING: Final = 5.0  # seconds, where the search is over
_SOUND: Final = (Verdict.CONFORMS, Verdict.SKIPPED)


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop, and what to draw: `calls` is valid, invalid or both; `every_dtype` runs each in all five types."""

    seed: int = 0
    seconds: float = 60.0
    examples: int | None = None
    valid: bool = True
    invalid: bool = True
    every_dtype: bool = False


@dataclass(slots=True)
class Tally:
    """What came of the search so far. `counts` are by implementation and verdict, of drawn cases alone."""

    drawn: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    findings: dict[Signature, Finding] = field(default_factory=dict)

    @property
    def distinct(self) -> list[Finding]:
        """Findings, each once: several signatures may have shrunk to the same."""
        return list({finding.number: finding for finding in self.findings.values()}.values())


class _FoundError(Exception):
    """Tells hypothesis that an example is interesting."""


class _Enough(BaseException):
    """Ends a search from within hypothesis, which would take an Exception for a finding."""


class Search:
    """One search. `tally` is complete at any time, and every finding is on disk as soon as it is one."""

    def __init__(
        self,
        implementations: Sequence[Implementation],
        known: Mapping[str, Known],
        caller: Caller,
        limits: Limits,
        out: Path,
    ) -> None:
        """Nothing is run yet. `out` is made with the first finding."""
        self.implementations = implementations
        self.known = known
        self.caller = caller
        self.limits = limits
        self.out = out
        self.tally = Tally()
        self._numbers = count(1)
        self._shrinking: Finding | None = None
        self._until = monotonic() + limits.seconds
        self._shrink_until = 0.0

    def __iter__(self) -> Iterator[Tally]:
        """Search until the limits are reached; the tally comes by after each batch, for a progress line."""
        batch = 0
        while not self._over():
            self._search_batch(batch)
            batch += 1
            yield self.tally

    def _over(self) -> bool:
        examples = self.limits.examples
        return monotonic() > self._until or (examples is not None and self.tally.drawn >= examples)

    def _search_batch(self, number: int) -> None:
        """One run of hypothesis: it ends with its examples, or with the first that is new, shrunk."""
        settings = hypothesis.settings(
            max_examples=BATCH,
            phases=(Phase.generate, Phase.shrink),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
        )
        attempt = hypothesis.given(_strategy(self.limits))(self._attempt)
        try:
            hypothesis.seed(self.limits.seed * 1_000_003 + number)(settings(attempt))()
        except _FoundError:
            if self._shrinking:
                self._shrinking.shrunk = True
        except (HypothesisException, _Enough):
            pass  # hypothesis says so where an example did not do the same again: it stays as it was found
        finally:
            self._settle()

    def _attempt(self, call: Call) -> None:
        if monotonic() > self._shrink_until if self._shrinking else self._over():
            raise _Enough
        if self._still_there(call, self._shrinking) if self._shrinking else self._is_new(call):
            raise _FoundError  # at one place only: hypothesis tells failures apart by the line

    def _is_new(self, call: Call) -> bool:
        """Run a drawn call on all implementations; write up the first thing that is new."""
        for case in _cases(call, every_dtype=self.limits.every_dtype):
            self.tally.drawn += 1
            results = self._results(case, self.implementations)
            for implementation, result in zip(self.implementations, results, strict=True):
                self.tally.counts[implementation.name, result.verdict] += 1
                if result.verdict in _SOUND and result.expected:
                    continue
                if self.known[implementation.name].explains(case, result):
                    self.tally.known[implementation.name] += 1
                    continue
                if result.unclaimed:
                    self.tally.unsupported[implementation.name] += 1
                    continue
                signature = signature_of(case, result)
                if signature in self.tally.findings:
                    self.tally.findings[signature].times += 1
                    continue
                finding = Finding(next(self._numbers), signature, implementation, case, results, self.out)
                self.tally.findings[signature] = self._shrinking = finding
                finding.write()
                now = monotonic()
                self._shrink_until = min(now + SHRINKING_LIMIT, max(self._until, now + LAST_SHRINKING))
                return True
        return False

    def _still_there(self, call: Call, finding: Finding) -> bool:
        """Run what might be smaller, on the one implementation.

        A valid call may lose features on the way, but must not turn into what is known.
        """
        known = self.known[finding.implementation.name]
        for case in _cases(call, every_dtype=self.limits.every_dtype):
            result = self._results(case, [finding.implementation])[0]
            signature = signature_of(case, result)
            if case.geometry and finding.case.geometry and not known.explains(case, result):
                signature = replace(signature, flaw=finding.signature.flaw)
            if signature == finding.signature:
                finding.case, finding.results = case, [result]
                return True
        return False

    def _settle(self) -> None:
        """Write what the shrinking came to, with what the other implementations make of it, or count it as a double."""
        finding, self._shrinking = self._shrinking, None
        if finding is None:
            return
        least = signature_of(finding.case, finding.result)
        first = self.tally.findings.setdefault(least, finding)
        if first is not finding:
            self.tally.findings[finding.signature] = first
            first.times += finding.times
            finding.remove()
            return
        others = [each for each in self.implementations if each is not finding.implementation]
        finding.results = [finding.result, *self._results(finding.case, others)]
        finding.write()

    def _results(self, case: Case, implementations: Sequence[Implementation]) -> list[Result]:
        return [run(case, each, budget=0, caller=self.caller) for each in implementations]


def _strategy(limits: Limits) -> st.SearchStrategy[Call]:
    return st.one_of(*([calls()] if limits.valid else []), *([broken_calls()] if limits.invalid else []))


def _cases(call: Call, *, every_dtype: bool) -> Iterator[Case]:
    """The call as a case, or in every type; one that is out of scope is left out."""
    calls_ = [call.changed(dtype=dtype, data=_kinds(dtype)) for dtype in DTYPES] if every_dtype else [call]
    return (case for each in calls_ if in_scope(case := each.case(), LARGEST_WORK, LARGEST_RESULT))


def _kinds(dtype: str) -> tuple[str, str]:
    return ("witness", "wrap" if dtype == "int32" else "normal")
