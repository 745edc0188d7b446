"""What the processes of a run are, and which known deviations are awake in them."""

from typing import Final

import pytest

from harness.facts import Facts
from harness.hosts.measuring import Measuring
from harness.implementations import Implementation
from harness.pytest_plugin.plan import Plan
from harness.spec.deviations import KnownDeviation, awake


class KnownHere:
    """The known deviations of a plan, asked for by implementation; what its processes are is measured once."""

    def __init__(self, plan: Plan, measuring: Measuring) -> None:
        """Nothing is measured yet."""
        self.plan = plan
        self.measuring = measuring
        self.awake: dict[str, list[KnownDeviation]] = {}

    def facts(self) -> dict[str, Facts]:
        """What the processes of each implementation are. Raises UnfitError where one cannot say."""
        return {each.name: self.measuring.facts(each) for each in self.plan.implementations}

    def of(self, implementation: Implementation) -> list[KnownDeviation]:
        """The entries that are awake where it runs. Raises UnfitError as `facts` does."""
        name = implementation.name
        if name not in self.awake:
            self.awake[name] = awake(self.plan.deviations[name], self.measuring.facts(implementation))
        return self.awake[name]

    def dormant(self) -> int:
        """How many entries say nothing of the processes of this run."""
        implementations = self.plan.implementations
        every = {known.place for each in implementations for known in self.plan.deviations[each.name]}
        return len(every - {known.place for each in implementations for known in self.of(each)})


KNOWN: Final = pytest.StashKey[KnownHere]()
