"""Kernels for sweeps: one that is right for every geometry, and some with a defect at a known place."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np

from harness.implementations.local import local_fast
from harness.tests import example_kernels

Array = np.ndarray[Any, Any]
MARK = "HARNESS_TEST_MARK"  # names a file that says that something happened already


def right(*, input_sizes: list[int], out_backprop: Array, filter: Array, **call: Any) -> Array:
    """The example, which leaves empty inputs to its caller."""
    if 0 in input_sizes:
        return np.zeros(input_sizes, filter.dtype)
    return example_kernels.right(input_sizes=input_sizes, out_backprop=out_backprop, filter=filter, **call)


def wrong_beyond_filter(**call: Any) -> Array:
    """One element is off where the stride along the width exceeds the filter and something is padded on the right."""
    result = right(**call)
    if call["strides"][2] > call["filter"].shape[1] and call["explicit_paddings"][5:6] > [0] and result.size:
        result.flat[-1] += 1
    return result


def wrong_for_three_by_three(**call: Any) -> Array:
    """One element is off for every filter of three rows or more on three columns or more."""
    result = right(**call)
    if min(call["filter"].shape[:2]) >= 3 and result.size:
        result.flat[0] += 1
    return result


def wrong_in_groups_of_four(**call: Any) -> Array:
    """The last channel is off where four channels or more make a group, and there are several."""
    result = local_fast(**call)
    channels = call["input_sizes"][1 if call["data_format"] == "NCHW" else 3]
    if 4 <= call["filter"].shape[2] < channels:
        result.flat[-1] += 1
    return result


def refuses(**_: Any) -> Array:
    """Knows nothing."""
    raise NotImplementedError("anything")


def undilated(**call: Any) -> Array:
    """Knows no dilations, and says so; an input of three rows is too much for it, which it does not say well."""
    if max(call["dilations"]) > 1:
        raise NotImplementedError("dilations")
    if call["input_sizes"][1] == 3:
        raise IndexError("row 3")
    return right(**call)


def _is_the_one(call: Any) -> bool:
    extents = (*call["input_sizes"][1:3], *call["filter"].shape[:2], *call["strides"][1:3])
    return extents == (2, 3, 2, 1, 2, 1) and call["padding"] == "VALID"


def aborts_at_one(**call: Any) -> Array:
    """Ends the process at the one."""
    if _is_the_one(call):
        os.abort()
    return right(**call)


def hangs_at_one(**call: Any) -> Array:
    """Never comes back from the one."""
    if _is_the_one(call):
        threading.Event().wait()
    return right(**call)


def aborts_once(**call: Any) -> Array:
    """Ends the process at the one, the first time that it is asked."""
    mark = Path(os.environ[MARK])
    if _is_the_one(call) and not mark.exists():
        mark.touch()
        os.abort()
    return right(**call)


def interrupts_once(**call: Any) -> Array:
    """Presses Ctrl-C at the one, the first time that it is asked, and does not answer."""
    mark = Path(os.environ[MARK])
    if _is_the_one(call) and not mark.exists():
        mark.touch()
        os.kill(int(os.environ["HARNESS_PARENT"]), signal.SIGINT)
        threading.Event().wait()
    return right(**call)


def aborts(**_: Any) -> Array:
    """Ends the process every time."""
    os.abort()
