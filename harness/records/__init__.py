"""What is known of one case on one implementation, and its one JSON line.

The record alone crosses a boundary: worker to controller, run to page, one run to the next.
"""

import json
import math
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from sys import intern
from typing import Any, Final, Literal, TypeAlias, TypeVar

from harness.facts import HERE

FORMAT: Final = 2
FORMATS: Final = (1, 2)  # that can be read
T = TypeVar("T")
Number: TypeAlias = int | float
Status: TypeAlias = Literal["pass", "warn", "fail"]


class Verdict(StrEnum):
    """What an implementation did with a case."""

    CONFORMS = "conforms"
    DEVIATES = "deviates"
    REFUSES = "refuses"
    CRASHES = "crashes"
    TIMES_OUT = "times_out"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Element:
    """One element of `in_backprop`. `index` is in the layout of the call; `bound` is the largest `abs` that passes."""

    index: tuple[int, ...]
    expected: Number
    actual: Number
    abs: float
    rel: float
    ulp: float
    bound: float


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of a result with the reference.

    `name` says what was run (`witness`, `wrap`, `accuracy`, `kernels`, `structure`), `data` with which operands.
    `margin` is the largest error over its limit (at most 1 passes), `limit` the limit at that element in units of
    u*B. `mismatched` counts the elements beyond their limit, `non_finite` those of them that are not finite where they
    must be, or are where they must not, `unreached` those that no term but zeros reaches. `untouched` counts the
    elements that no term reaches, `vacuous` those whose bound a result of 0 is within. `exercised` is the share of
    terms that witness operands exercise, and `certificate` what B cannot pass over the largest it may be.
    `bias` is the mean error in units of u*B, below 0 where it is towards zero, and `rms` the root mean square.
    """

    name: str
    data: str
    status: Status
    note: str = ""
    margin: float | None = None
    limit: float | None = None
    mismatched: int = 0
    non_finite: int = 0
    unreached: int = 0
    total: int = 0
    untouched: int = 0
    vacuous: int = 0
    max_abs: float | None = None
    max_rel: float | None = None
    max_ulp: float | None = None
    exercised: float | None = None
    certificate: float | None = None
    accumulator: str | None = None
    bias: float | None = None
    rms: float | None = None
    histogram: tuple[int, ...] | None = None
    maps: dict[str, Any] | None = None
    worst: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """What was raised, or what ended the process."""

    error_class: str
    message: str
    signal: str | None = None
    stderr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One case on one implementation in one environment, which `run.json` has the facts of.

    `digest` is a hash of the result's bits, `ran` the kernel that really ran where it can be known, `unclaimed` says
    why the implementation does not claim the call, `evidence` names the file with the failing call's arrays, relative
    to the run folder.
    """

    case: str
    implementation: str
    verdict: Verdict
    expected: bool
    reproduce: str
    environment: str = HERE
    why: str = ""
    deviation: dict[str, Any] | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    geometry: dict[str, Any] | None = None
    expect: str = "conforms"
    covers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    source: dict[str, Any] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    error: ErrorReport | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    diagnosis: str | None = None
    digest: str | None = None
    ran: str | None = None
    unclaimed: str = ""
    detects: int | None = None
    evidence: str | None = None

    def to_json(self) -> str:
        """One line of strict JSON: NaN and infinities are the strings NaN, Infinity and -Infinity."""
        record = {"format": FORMAT} | _strict(self)
        if self.error:
            record["error"]["class"] = record["error"].pop("error_class")
        line = json.dumps(record, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        return line.encode("utf-8", "backslashreplace").decode("utf-8")  # a lone surrogate becomes its JSON escape


def from_json(line: str) -> Result:
    """Read one record; unknown keys are ignored, so that a newer writer of the same format is understood.

    Raises ValueError where the line is torn or of another format.
    """
    record = json.loads(line)
    if not isinstance(record, dict) or record.get("format") not in FORMATS:
        raise ValueError(f"not a record of format {' or '.join(map(str, FORMATS))}")
    try:
        checks = tuple(
            _known(Check, check | {"worst": tuple(_known(Element, worst) for worst in check["worst"])})
            for check in record["checks"]
        )
        error = record["error"]
        read = {
            "verdict": Verdict(record["verdict"]),
            "checks": checks,
            "error": _known(ErrorReport, error | {"error_class": error["class"]}) if error else None,
        }
        return _known(Result, record | read)
    except (AttributeError, KeyError, TypeError) as missing:
        raise ValueError(f"not a whole record: {missing}") from None


_SPELLED: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_NAMES: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_WORDS: Final = ("attributes", "geometry", "source", "deviation")  # mappings whose strings are words


def _known(form: type[T], values: dict[str, Any]) -> T:
    """Fill a dataclass from a mapping; the names of non-finite numbers are numbers where a number belongs."""
    wanted = _numeric(form)  # type: ignore[arg-type]  # a class is hashable
    read = {name: value for name, value in values.items() if name in wanted}
    for name, value in read.items():
        kind = type(value)
        if kind is list:
            read[name] = tuple(value)
        elif kind is dict and wanted[name]:
            read[name] = _numbers(value)
        elif kind is str:
            read[name] = _numbers(value) if wanted[name] else intern(value)  # most words are in every record
    return form(**read)


@cache
def _numeric(form: type) -> dict[str, bool]:
    """The fields of a dataclass, and whether a number belongs there."""
    return {
        field.name: field.name not in _WORDS and any(word in str(field.type) for word in ("float", "Number", "dict"))
        for field in fields(form)
    }


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return _NAMES.get(value, value) if isinstance(value, str) else value


def _strict(value: Any) -> Any:
    """Plain values for JSON, in one pass: `asdict` would copy everything a second time."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _SPELLED[str(value)]
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    return {name: _strict(getattr(value, name)) for name in value.__dataclass_fields__}
