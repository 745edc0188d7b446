"""A pytest plugin: numpy as it is on Apple Silicon, where longdouble has no more bits than float64."""

import numpy as np

np.longdouble = np.float64  # type: ignore[assignment]  # where it has more bits
