"""What sweeps of all geometries found."""

from harness.records.exhaustion import (
    Kind,
    Part,
    Swept,
)

CALL = {
    "input_sizes": [2, 3, 2, 2],
    "filter": [2, 1, 2, 3],
    "out_backprop": [2, 1, 2, 3],
    "strides": [1, 3, 1, 1],
    "padding": "VALID",
    "explicit_paddings": [],
    "data_format": "NHWC",
    "dilations": [1, 2, 1, 1],
    "dtype": "float32",
}
WRONG = Kind("deviates", "3 of 24 elements differ", None, 4, 9, CALL)
REFUSED = Kind("refuses", "NotImplementedError: no", None, 1200, 8, CALL)
SWEPT = Swept("mine", "mine.py:f", Part(2000, 800, 1200), Part(3, 3), Part(2, 2), kinds=(REFUSED,))
