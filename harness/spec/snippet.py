"""A call as text to take away: a stand-alone program for TensorFlow and numpy, and a case file of one case."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from harness.spec.case import Attributes, Case, DataKind, seed_of

_NUMPY_NAMES: Final = {"half": "np.float16", "bfloat16": "tf.bfloat16.as_numpy_dtype", "bool": "np.bool_"}


def snippet(
    case: Case,
    callee: str = "tf.raw_ops.Conv2DBackpropInput",
    environment: Mapping[str, str] = MappingProxyType({}),
    own: str = "",
) -> str:
    """Python text that makes the case's normal operands from its seed and prints what TensorFlow returns.

    `callee` is what is called, `environment` what is set before TensorFlow is imported. `own` are lines that import a
    callee which is not TensorFlow's, and takes numpy and lists.
    """
    return program(case.id, case.attributes, callee, environment, rejects=case.geometry is None, own=own)


def program(
    case_id: str,
    call: Attributes,
    callee: str = "tf.raw_ops.Conv2DBackpropInput",
    environment: Mapping[str, str] = MappingProxyType({}),
    *,
    rejects: bool,
    own: str = "",
) -> str:
    """The same from what a record holds; `rejects` says that the call is invalid."""
    seed = seed_of(case_id.partition("::")[2], DataKind.NORMAL)
    imports = "import numpy as np\n" + (own or "import tensorflow as tf\n")
    dtype = _NUMPY_NAMES.get(call.dtype, f"np.{call.dtype}")
    if own and call.dtype == "bfloat16":
        imports, dtype = f"import ml_dtypes\n{imports}", "ml_dtypes.bfloat16"
    input_sizes = str(list(call.input_sizes)) if own else f"tf.constant({list(call.input_sizes)}, tf.int32)"
    integers = rejects or call.dtype == "int32"
    drawn = "np.float64" if call.dtype == "float64" else "np.float32"
    values = "" if integers else f"normal = np.random.default_rng(0).standard_normal(2**16, {drawn})\n"
    draw = "rng.integers(1, 4, {})" if integers else "normal[rng.integers(2**16, size={}, dtype=np.uint16)]"
    before = "".join(f"os.environ[{name!r}] = {value!r}\n" for name, value in environment.items())
    return f"""\
# {case_id}
{f"import os{chr(10)}{chr(10)}{before}{chr(10)}" if before else ""}{imports}
rng = np.random.default_rng({seed})
{values}filter = np.asarray({draw.format(list(call.filter))}).astype({dtype})
out_backprop = np.asarray({draw.format(list(call.out_backprop))}).astype({dtype})
in_backprop = {callee}(
    input_sizes={input_sizes},
    filter=filter,
    out_backprop=out_backprop,
    strides={list(call.strides)},
    padding={call.padding!r},
    explicit_paddings={list(call.explicit_paddings)},
    data_format={call.data_format!r},
    dilations={list(call.dilations)},
)
print(in_backprop{"" if own else ".numpy()"})
"""


def case_file(case_id: str, call: Attributes, *, rejects: bool) -> str:
    """YAML of a file with that one call, every attribute written as TensorFlow gets it.

    The name loses what was multiplied out, so the operands are other ones.
    """
    name = case_id.partition("::")[2].partition("[")[0] or "case"
    keys: dict[str, str | tuple[int, ...]] = {
        "id": name,
        "input_sizes": call.input_sizes,
        "filter": call.filter,
        "out_backprop": call.out_backprop,
        "strides": call.strides,
        "padding": call.padding,
        "explicit_paddings": call.explicit_paddings,
        "data_format": call.data_format,
        "dilations": call.dilations,
        "dtype": call.dtype,
        "expect": "rejects" if rejects else "",
    }
    left_out = {"explicit_paddings": (), "expect": ""}  # what a file does not say where it does not apply
    lines = (f"{key}: {_yaml(value)}" for key, value in keys.items() if left_out.get(key, "kept") != value)
    return "op: Conv2DBackpropInput\ncases:\n  - " + "\n    ".join(lines) + "\n"


def _yaml(value: str | tuple[int, ...]) -> str:
    """A list, or a word; one that YAML could take for something else is quoted, as JSON quotes it."""
    if not isinstance(value, str):
        return str(list(value))
    plain = value.replace("_", "").replace("-", "").isalnum() and value[0].isalpha()
    return value if plain and value.lower() not in _NOT_WORDS else json.dumps(value)


_NOT_WORDS: Final = ("true", "false", "null")
