"""Alternatives timed by turns, so that what else the machine does meets all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from time import perf_counter
from typing import Final, TypeAlias

Clock: TypeAlias = Callable[[], float]
Seconds: TypeAlias = Sequence[float]  # of one alternative, one for each round

LEAST_ROUNDS: Final = 5


def by_turns(calls: Mapping[str, Callable[[], object]], seconds: float, clock: Clock) -> dict[str, Seconds]:
    """Time every call once a round, in rounds that go on for some seconds. Nothing is called ahead: warm up before."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    begun = perf_counter()
    rounds = 0
    while rounds < LEAST_ROUNDS or perf_counter() - begun < seconds:
        for name, call in calls.items():
            started = clock()
            call()
            taken[name].append(clock() - started)
        rounds += 1
    return dict(taken)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long one alternative takes as another: of all rounds the quartiles and the median."""

    low: float
    median: float
    high: float

    def __str__(self) -> str:
        """As in `1.42 (1.39..1.47)`."""
        return f"{self.median:.2f} ({self.low:.2f}..{self.high:.2f})"


def ratio(longer: Seconds, shorter: Seconds) -> Ratio:
    """The ratio of two alternatives, round by round."""
    low, middle, high = quantiles((a / b for a, b in zip(longer, shorter, strict=True)), n=4)
    return Ratio(low, middle, high)
