"""What a mutant is: the correct kernel with one mistake in it, and what is known of the mistake."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.implementations.mutants.kernel import Array, Steps
from harness.spec.case import FLOAT_TYPES


@dataclass(frozen=True, slots=True)
class Mutant:
    """A kernel that is wrong in one way.

    `mistake` is what a diagnosis calls it. `indexing` says that products go to the wrong place or are not the right
    ones, so that equality on integers must find it. `equivalent` has, for each type on which no result can be told
    from a right one, the proof in one line.
    """

    name: str
    mistake: str
    steps: Steps
    indexing: bool = True
    equivalent: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, **arguments: Any) -> Array:
        """Compute a wrong `in_backprop` from the arguments of the operator. Raises ValueError as the correct one."""
        return self.steps(**arguments)


def for_floats(proof: str) -> dict[str, str]:
    """One proof for the four float types."""
    return dict.fromkeys(FLOAT_TYPES, proof)
