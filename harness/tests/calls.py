"""Calls of the operator that several tests make, as a case file holds their values."""

from typing import Any, Final

from harness.studies.fuzz.call import Call

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

# As fuzzing draws them.
DRAWN: Final = Call(
    input_sizes=(1, 4, 4, 2), filter=(3, 3, 2, 1), out_backprop=(1, 2, 2, 1), strides=(1, 1, 1, 1), padding="VALID",
    explicit_paddings=(), data_format="NHWC", dilations=(1, 1, 1, 1), dtype="float32", data=("witness", "normal"),
)  # fmt: skip
