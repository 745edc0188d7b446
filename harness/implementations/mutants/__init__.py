"""Kernels that are wrong on purpose, each in one way that a person gets wrong: they show what the cases can find.

All of them are one correct kernel with one of its steps exchanged. `mutant:NAME` after `-i` names one. Those that are
wrong as blocked kernels are come from a generator, `blocks`.
"""

from typing import Final

from harness.implementations.mutants import arithmetic, blocks, dropped, filters, memory, pads, strides
from harness.implementations.mutants.blocks import Blocked
from harness.implementations.mutants.mutant import Mutant

FRAMEWORK = {
    "paths": {
        "correct": {
            "callable": "kernel:CORRECT",
            "summary": "what the mutants depart from: sums of half and bfloat16 in float32",
        },
    },
}
MUTANTS: Final[dict[str, Mutant]] = {
    mutant.name: mutant for group in (filters, strides, pads, dropped, memory, arithmetic) for mutant in group.MUTANTS
}


def __getattr__(name: str) -> Mutant | Blocked:
    """A mutant by its name, as the target of an implementation spells it."""
    if name in MUTANTS:
        return MUTANTS[name]
    if blocked := blocks.named(name):
        return blocked
    raise AttributeError(name)
