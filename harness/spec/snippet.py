"""A call as text to take away: a program that stands alone, and a case file of one case."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from harness.spec.case import Attributes, Case, DataKind, seed_of
from harness.spec.geometry import Geometry

_NUMPY_NAMES: Final = {"half": "np.float16", "bool": "np.bool_"}


# The operator's own form; the lists are in the order of `data_format`, and `input_sizes` as `Program` spells it.
OPERATOR: Final = """\
in_backprop = {callee}(
    input_sizes={input_sizes},
    filter=filter,
    out_backprop=out_backprop,
    strides={strides},
    padding={padding!r},
    explicit_paddings={explicit_paddings},
    data_format={data_format!r},
    dilations={dilations},
)
"""


@dataclass(frozen=True, slots=True)
class Program:
    """How a program without the harness makes a call.

    `imports` are lines, `call` is a template of lines that bind `in_backprop`, from numpy arrays `filter` and
    `out_backprop`. In it are the attributes by their names, `callee`, and for a valid call N H W C R S P Q K G, the
    strides sh and sw, dilations dh and dw, pads pt pb pl pr and `input_shape` in the order of `data_format`.
    `input_sizes` is a template for that list, `shown` is what is printed, `environment` is set ahead of the imports.
    """

    imports: str
    callee: str = "kernel"
    call: str = OPERATOR
    input_sizes: str = "{}"
    shown: str = "in_backprop"
    bfloat16: str = "ml_dtypes.bfloat16"
    environment: Mapping[str, str] = field(default_factory=dict)


def snippet(case: Case, program: Program) -> str:
    """Python text that makes the case's normal operands from its seed and prints what the call returns."""
    return text_of_program(case.id, case.attributes, program, case.geometry, rejects=case.geometry is None)


def text_of_program(
    case_id: str, call: Attributes, program: Program, geometry: Geometry | None = None, *, rejects: bool
) -> str:
    """The same from what a record holds; `rejects` says that the call is invalid."""
    seed = seed_of(case_id.partition("::")[2], DataKind.NORMAL)
    imports, dtype = program.imports, _NUMPY_NAMES.get(call.dtype, f"np.{call.dtype}")
    if call.dtype == "bfloat16":
        dtype = program.bfloat16
        imports = f"import ml_dtypes\n{imports}" if dtype.startswith("ml_dtypes.") else imports
    integers = rejects or call.dtype == "int32"
    drawn = "np.float64" if call.dtype == "float64" else "np.float32"
    values = "" if integers else f"normal = np.random.default_rng(0).standard_normal(2**16, {drawn})\n"
    draw = "rng.integers(1, 4, {})" if integers else "normal[rng.integers(2**16, size={}, dtype=np.uint16)]"
    before = "".join(f"os.environ[{name!r}] = {value!r}\n" for name, value in program.environment.items())
    return f"""\
# {case_id}
{f"import os{chr(10)}{chr(10)}{before}{chr(10)}" if before else ""}import numpy as np
{imports}
rng = np.random.default_rng({seed})
{values}filter = np.asarray({draw.format(list(call.filter))}).astype({dtype})
out_backprop = np.asarray({draw.format(list(call.out_backprop))}).astype({dtype})
{program.call.format(**_names(call, program, geometry))}print({program.shown})
"""


def _names(call: Attributes, program: Program, geometry: Geometry | None) -> dict[str, object]:
    """What stands in the braces of `Program.call`."""
    attributes = {name: getattr(call, name) for name in Attributes.__dataclass_fields__}
    names = {name: list(value) if isinstance(value, tuple) else value for name, value in attributes.items()}
    names |= {"callee": program.callee, "input_sizes": program.input_sizes.format(list(call.input_sizes))}
    if geometry:
        height, width = geometry.height, geometry.width
        N, H, W, C = geometry.input_shape
        names |= {"N": N, "H": H, "W": W, "C": C, "K": geometry.K, "G": geometry.groups}
        names |= {"R": height.filter, "S": width.filter, "P": height.output, "Q": width.output}
        names |= {"sh": height.stride, "sw": width.stride, "dh": height.dilation, "dw": width.dilation}
        names |= {"pt": height.pad_before, "pb": height.pad_after, "pl": width.pad_before, "pr": width.pad_after}
        names["input_shape"] = [N, C, H, W] if call.data_format == "NCHW" else [N, H, W, C]
    return names


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
