"""Where an implementation is called: its environment set, its callable loaded once, its errors caught."""

import os
from functools import lru_cache
from time import perf_counter

from harness.implementations import Implementation, Kernel, Outcome, Raised, Returned
from harness.implementations.resolve import load
from harness.oracle.operands import Operands
from harness.spec.case import Attributes

LONGEST_MESSAGE = 2_000


def call(implementation: Implementation, attributes: Attributes, operands: Operands) -> Outcome:
    """Call an implementation once, in this process."""
    started = perf_counter()
    try:
        kernel = _loaded(implementation.name, implementation.target, tuple(implementation.environment.items()))
        started = perf_counter()
        value = kernel(
            input_sizes=list(attributes.input_sizes),
            filter=operands.filter,
            out_backprop=operands.out_backprop,
            strides=list(attributes.strides),
            padding=attributes.padding,
            explicit_paddings=list(attributes.explicit_paddings),
            data_format=attributes.data_format,
            dilations=list(attributes.dilations),
        )
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a user's kernel raises is a finding, not our fault
        message = str(error).strip()[:LONGEST_MESSAGE]
        return Raised(type(error).__name__, message, perf_counter() - started)
    return Returned(value, perf_counter() - started)


@lru_cache(maxsize=32)
def _loaded(name: str, target: str, environment: tuple[tuple[str, str], ...]) -> Kernel:
    os.environ.update(environment)
    return load(Implementation(name, target, target))
