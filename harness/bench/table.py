"""Times of layers as lines of text, and as JSON."""

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from operator import truediv
from statistics import median
from typing import Any, Final

from harness.bench.kernels import FAST, Timed
from harness.bench.timing import Ratio, ratio

_MILLION: Final = 1e6


@dataclass(frozen=True, slots=True)
class Setting:
    """What the times hold for."""

    dtype: str
    batch: int
    threads: int
    versions: Mapping[str, str]

    def __str__(self) -> str:
        """As in `float64, batch 8, 1 thread, processor time`."""
        threads = f"{self.threads} threads" if self.threads > 1 else "1 thread, processor time"
        return f"{self.dtype}, batch {self.batch}, {threads}"


def lines(found: Sequence[Timed], names: Sequence[str], setting: Setting) -> Iterator[str]:
    """A row a layer: how many times as long as `fast` the others take, with the quartiles of all rounds."""
    width = max(len(timed.layer.name) for timed in found)
    yield f"how many times as long as fast: {setting}"
    yield _row(width, "", "millions", names)
    for timed in found:
        figures = [str(_ratio(timed, name) or "-") for name in names]
        yield _row(width, timed.layer.name, f"{timed.layer.geometry.multiply_adds / _MILLION:,.1f}", figures)
    for name in names:
        yield from _summary(found, name)


def document(found: Sequence[Timed], setting: Setting) -> str:
    """All times as JSON."""
    layers = [_entry(timed) for timed in found]
    machine = {"machine": platform.machine(), "system": platform.system()}
    return json.dumps({**asdict(setting), **machine, "layers": layers}, indent=1)


def _entry(timed: Timed) -> dict[str, Any]:
    geometry = timed.layer.geometry
    return {
        "name": timed.layer.name,
        "multiply_adds": geometry.multiply_adds,
        "geometry": asdict(geometry),
        "seconds": timed.seconds,
        "missing": timed.missing,
    }


def _row(width: int, name: str, work: str, figures: Sequence[str]) -> str:
    return f"{name:{width}}  {work:>10}  {'  '.join(f'{figure:20}' for figure in figures)}".rstrip()


def _ratio(timed: Timed, name: str) -> Ratio | None:
    return ratio(timed.seconds[name], timed.seconds[FAST]) if name in timed.seconds else None


def _summary(found: Sequence[Timed], name: str) -> Iterator[str]:
    """The ratio of the sums of medians, the least ratio, and what has no time."""
    both = [timed for timed in found if name in timed.seconds]
    if both:
        sums = (sum(median(timed.seconds[each]) for timed in both) for each in (name, FAST))
        least, layer = min((ratio(t.seconds[name], t.seconds[FAST]).median, t.layer.name) for t in both)
        yield f"{name}: sum of medians {truediv(*sums):.2f}, least {least:.2f} ({layer})"
    if len(both) < len(found):
        reasons = dict.fromkeys(timed.missing[name] for timed in found if name in timed.missing)
        yield f"{name}: {len(found) - len(both)} of {len(found)} without a time: {'; '.join([*reasons][:3])}"
