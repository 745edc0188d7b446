"""What changed from one result of a case to another: of two runs, or of two environments."""

import math
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from harness.records import Result, Verdict


class Change(StrEnum):
    """What a result of the second run is against the first one's; the first three are for the worse."""

    DEVIATING = "broken"
    MISSING = "missing"
    UNEXPECTED = "newly unexpected"
    CONFORMING = "mended"
    VERDICT = "other verdict"
    ERROR = "changed error"
    MARGIN = "changed margin"
    BITS = "changed bits"
    SLOWER = "slower"
    NEW = "new"


WORSE: Final = frozenset({Change.DEVIATING, Change.MISSING, Change.UNEXPECTED})
MORE: Final = 1.25  # a margin that moves by less, or by less than SMALL, is the noise of another order of summation
SMALL: Final = 0.05
TWICE: Final = 2.0  # a call is slower that takes twice as long, and LONGER seconds more: anything less is the machine
LONGER: Final = 0.1
# Times, addresses, places of files, and the numbers by which a framework tells its functions apart.
_CHANGING: Final = re.compile(
    r"\d{4}-\d\d-\d\d[ T][\d:.]+|\b\d\d:\d\d:[\d.]+|0x[0-9a-fA-F]+|(?:/[\w.+-]+)+/"
    r"|__inference_\w+?_\d+|_\d+(?=>)|:\d+\]"
)
_HARM: Final = (
    Verdict.CONFORMS,
    Verdict.SKIPPED,
    Verdict.REFUSES,
    Verdict.DEVIATES,
    Verdict.TIMES_OUT,
    Verdict.CRASHES,
)


def _comes_and_goes(result: Result) -> bool:
    return bool(result.expected and result.deviation and result.deviation.get("intermittent"))


def changes_of_both(before: Result, after: Result) -> Iterator[Change]:
    """What changed from one result to another of the same case; nothing where an entry says that it comes and goes."""
    if before.expected and after.expected and (_comes_and_goes(before) or _comes_and_goes(after)):
        return
    if before.verdict is not after.verdict:
        if after.verdict is Verdict.CONFORMS:
            yield Change.CONFORMING
        else:
            worse = _HARM.index(after.verdict) > _HARM.index(before.verdict)
            yield Change.DEVIATING if worse else Change.VERDICT
    elif before.expected and not after.expected:
        yield Change.UNEXPECTED
    if said(before) != said(after) and before.verdict is after.verdict:
        yield Change.ERROR
    if _moved(_margin(before), _margin(after)):
        yield Change.MARGIN
    if before.digest and after.digest and before.digest != after.digest:
        yield Change.BITS
    old, new = (result.seconds.get("implementation", 0.0) for result in (before, after))
    if new > TWICE * old and new > old + LONGER:
        yield Change.SLOWER


def said(result: Result) -> tuple[str, str] | None:
    """The class of an error and its first line, without what differs from run to run."""
    error = result.error
    return (error.error_class, _CHANGING.sub("", error.message.partition("\n")[0])) if error else None


def _margin(result: Result) -> float | None:
    return max((check.margin for check in result.checks if check.margin is not None), default=None)


def _moved(before: float | None, after: float | None) -> bool:
    if before is None or after is None or before == after:
        return False
    if not (math.isfinite(before) and math.isfinite(after)):
        return str(before) != str(after)
    low, high = sorted((before, after))
    return high > MORE * low and high - low > SMALL
