"""Other libraries' words for what a case says, and what to write instead of each.

`docs/coming-from.md` translates whole calls.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Word:
    """What to write instead of a word, and the key of a case that then says it; none where it is to be left out."""

    instead: str
    key: str = ""


_RESULT: Final = "write the extents of what comes out as input_sizes"
_GROUPS: Final = Word("write the filter's third extent as C/G (C8)", "filter")
_OUTPUT_SHAPE: Final = Word(f"{_RESULT} (C10, C15)", "input_sizes")
_FILTER: Final = Word("write filter: [height, width, C/G, K], with K the channels of out_backprop", "filter")
_DILATIONS: Final = Word("write dilations, where 1 is none (oneDNN counts from 0)", "dilations")
_LAYOUT: Final = Word("write data_format: NHWC or NCHW; the filter stays [height, width, C/G, K] (C7)", "data_format")
_PADS: Final = Word("write padding: [[top, bottom], [left, right]]; ONNX has [top, left, bottom, right]", "padding")
_ODD_FIRST: Final = "write [[top, bottom], [left, right]], each odd pixel before and not after"

WORDS: Final = {
    "output_padding": Word(f"{_RESULT}, the output padding included (C10)", "input_sizes"),
    "output_shape": _OUTPUT_SHAPE,
    "output_size": _OUTPUT_SHAPE,
    "input_shape": _OUTPUT_SHAPE,
    "groups": _GROUPS,
    "group": _GROUPS,
    "feature_group_count": _GROUPS,
    "kernel_size": _FILTER,
    "kernel_shape": _FILTER,
    "kernel": _FILTER,
    "weight": _FILTER,
    "auto_pad": Word(f"write padding: SAME for SAME_UPPER; for SAME_LOWER {_ODD_FIRST} (C4)", "padding"),
    "pads": _PADS,
    "pad": _PADS,
    "padding_mode": Word("leave it out: what is padded is zero"),
    "dilation_rate": _DILATIONS,
    "rhs_dilation": _DILATIONS,
    "lhs_dilation": Word("write it as strides, as in the convolution that this is the transpose of (C15)", "strides"),
    "window_strides": Word("write strides", "strides"),
    "dimension_numbers": _LAYOUT,
    "layout": _LAYOUT,
    "transpose_kernel": Word("leave it out: filter is [height, width, C/G, K], as with transpose_kernel=True"),
    "grad_output": Word("write its shape as out_backprop", "out_backprop"),
}
_VALUES: Final = {
    "SAME_UPPER": "write SAME",
    "SAME_LOWER": f"{_ODD_FIRST} (C4)",
    "NOTSET": "write [[top, bottom], [left, right]]",
    "channels_last": "write NHWC",
    "channels_first": "write NCHW",
}


def instead_of_value(value: object) -> str:
    """`; write SAME`, or nothing where the value is no library's word."""
    instead = _VALUES.get(value) if isinstance(value, str) else None
    return f"; {instead}" if instead else ""


def pairs_instead_of(padding: object) -> str:
    """`; write [[1, 1], [2, 2]]` for one number, a number for each direction, or four in ONNX's order; else nothing."""
    match padding:
        case bool():
            return ""
        case int(both):
            pairs = [[both, both], [both, both]]
        case [int(rows), int(columns)]:
            pairs = [[rows, rows], [columns, columns]]
        case [int(top), int(left), int(bottom), int(right)]:
            pairs = [[top, bottom], [left, right]]
        case _:
            return ""
    return f"; write {pairs}" + (
        ", if that was ONNX's order" if isinstance(padding, list) and len(padding) == 4 else ""
    )
