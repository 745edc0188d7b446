"""What a process's TensorFlow is, and what its oneDNN does with calls: measured by making them.

For each type and padding one NHWC call is made without strides, dilations and groups, which every path accepts, and
oneDNN's own line says whether it ran. No known deviation speaks of such a call, so nothing is assumed. What the source
says (mkl_util.h, IsDataTypeSupportedByOneDNNOnThisCPU) is not asked: it looks at the processor, not at oneDNN's limits.
"""

import ctypes
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import tensorflow as tf

TYPES: Final = ("float32", "float64", "half", "bfloat16", "int32")
_PADDINGS: Final = {"VALID": 2, "SAME": 4, "EXPLICIT": 2}  # and the output extent of a 3x3 filter on 4x4
# Variables that change what is computed.
_VARIABLES: Final = re.compile(r"TF_(ENABLE|DISABLE|NUM|CPP|XLA|FORCE|CUDNN|DETERMINISTIC|USE|GPU)_")
_VERSION: Final = re.compile(r"oneDNN (v[\d.]+)")
_ISA: Final = re.compile(r"info,cpu,isa:(.*)")


def facts() -> dict[str, Any]:
    """Version and build, a GPU if there is one, and oneDNN's answers, in the form of `harness.facts`.

    Runs operations, and switches oneDNN's lines on: it is for a process that does nothing else.
    """
    return {
        "packages": {"tensorflow": tf.version.VERSION},
        "builds": {"tensorflow": tf.version.GIT_VERSION},
        "variables": {name: value for name, value in sorted(os.environ.items()) if _VARIABLES.match(name)},
        "onednn": _onednn(),
        "device": _device(),
    }


def _onednn() -> dict[str, Any]:
    os.environ["ONEDNN_VERBOSE"] = "1"
    answers: dict[str, dict[str, str]] = {}
    kernels: dict[str, str] = {}
    said = ""
    for dtype in TYPES:
        answers[dtype] = {}
        for padding in _PADDINGS:
            refused, lines = _printed(lambda d=dtype, p=padding: _refuses(d, p))  # type: ignore[misc]
            said += lines
            ran = kernels_in(lines)
            answers[dtype][padding] = "refuses" if refused else "takes" if ran else "leaves"
            if ran:
                kernels.setdefault(dtype, ran)
    version, isa = _VERSION.search(said), _ISA.search(said)
    return {
        "version": version[1] if version else "",
        "isa": isa[1] if isa else "",
        "answers": answers,
        "kernels": kernels,
    }


def kernels_in(text: str) -> str:
    """The kernels of the convolutions that oneDNN's lines say it executed, as in `brg_conv_bwd:avx2`."""
    names = set()
    for line in text.splitlines():
        fields = line.split(",")
        if fields[0] == "onednn_verbose" and "exec" in fields and "convolution" in fields[:-1]:
            names.add(fields[fields.index("convolution") + 1])
    return ", ".join(sorted(names))


def _refuses(dtype: str, padding: str) -> bool:
    try:
        with tf.device("/CPU:0"):
            extent = _PADDINGS[padding]
            tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.constant([1, 4, 4, 1]),
                filter=tf.ones([3, 3, 1, 1], dtype),
                out_backprop=tf.ones([1, extent, extent, 1], dtype),
                strides=[1, 1, 1, 1],
                padding=padding,
                explicit_paddings=[0] * 8 if padding == "EXPLICIT" else [],
            )
    except Exception:  # noqa: BLE001 -- whatever it raises, it refuses
        return True
    return False


def _printed(call: Callable[[], bool]) -> tuple[bool, str]:
    """What a call returns, and what was written to standard output meanwhile, by C as well."""
    with tempfile.TemporaryFile() as file, _standard_output_to(file):
        returned = call()
        ctypes.CDLL(None).fflush(None)
        file.seek(0)
        return returned, file.read().decode(errors="replace")


@contextmanager
def _standard_output_to(file: BinaryIO) -> Iterator[None]:
    kept = os.dup(1)
    os.dup2(file.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _device() -> dict[str, str] | None:
    devices = tf.config.list_physical_devices("GPU")
    if not devices:
        return None
    details = tf.config.experimental.get_device_details(devices[0])
    capability = details.get("compute_capability", ())
    driver = Path("/proc/driver/nvidia/version")
    version = re.search(r"\b(\d{3,}(?:\.\d+)+)\b", driver.read_text(encoding="utf-8")) if driver.exists() else None
    return {
        "name": str(details.get("device_name", devices[0].name)),
        "compute_capability": ".".join(map(str, capability)),
        "driver": version[1] if version else "",
    }
