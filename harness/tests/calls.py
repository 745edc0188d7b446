"""Calls of the operator that several tests make, as a case file holds their values."""

from typing import Any, Final

CALL: dict[str, Any] = {
    "input_sizes": [2, 9, 8, 6],
    "filter": [3, 2, 3, 4],
    "strides": 1,
    "dilations": 1,
    "padding": "VALID",
    "data_format": "NHWC",
    "dtype": "float32",
}
LITERAL: dict[str, Any] = CALL | {
    "strides": [1, 1],
    "dilations": [],
    "out_backprop": [1],
    "filter": [],
    "input_sizes": [],
}
SMALL: Final[dict[str, Any]] = {
    "input_sizes": [2, 5, 4, 4],
    "filter": [3, 2, 2, 6],
    "strides": [2, 1],
    "padding": [[1, 0], [2, 1]],
}
# 4608 terms in the middle: more than the 256 that bfloat16 sums exactly.
MANY: Final[dict[str, Any]] = {"input_sizes": [1, 3, 3, 2], "filter": [3, 3, 2, 512], "padding": "SAME"}
