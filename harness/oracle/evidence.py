"""One call of a failing case, kept as arrays: what it was given, what it had to return, what it returned."""

import io
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from zipfile import BadZipFile

import numpy as np

from harness.oracle.bounds import TYPES

Array: TypeAlias = np.ndarray[Any, Any]

MOST_BYTES: Final = 2**22  # of the arrays of one call; a larger case is made again from its seed
_CARRIERS: Final = {"bfloat16": "uint16"}  # numpy's files know no bfloat16: its bits are kept


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """`expected` and `actual` are in the case's layout, `actual` is None where the call returned no array.

    `attributes` are those of the call, as the record has them; `kind` and `draw` say which of the case's operands.
    """

    case: str
    implementation: str
    kind: str
    draw: int
    attributes: dict[str, Any]
    filter: Array
    out_backprop: Array
    expected: Array
    actual: Array | None = None

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return self.expected.nbytes + sum(array.nbytes for array in self._arrays().values())

    def to_bytes(self) -> bytes:
        """Write an `.npz`: the arrays by their names, bfloat16 as uint16, and the rest as JSON under `about`."""
        about = {name: getattr(self, name) for name in ("case", "implementation", "kind", "draw", "attributes")}
        carrier = _CARRIERS.get(self.attributes["dtype"])
        carried: dict[str, Array] = {
            name: array.view(carrier) if carrier else array for name, array in self._arrays().items()
        }
        carried["expected"] = self.expected.astype(np.float64) if self.expected.dtype.kind == "f" else self.expected
        carried["about"] = np.array(json.dumps(about))
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **carried)
        return file.getvalue()

    def _arrays(self) -> dict[str, Array]:
        arrays = {"filter": self.filter, "out_backprop": self.out_backprop}
        return arrays if self.actual is None else arrays | {"actual": self.actual}


@lru_cache(maxsize=2)
def read_evidence(file: Path) -> Evidence:
    """Read an `.npz` that `to_bytes` wrote; its arrays are read-only.

    Raises OSError where it cannot be read, ValueError where it is something else.
    """
    try:
        with np.load(file, allow_pickle=False) as kept:
            about = json.loads(str(kept["about"]))
            dtype = TYPES[about["attributes"]["dtype"]].dtype
            arrays = {name: kept[name] for name in kept.files if name != "about"}
    except (KeyError, TypeError, BadZipFile) as error:
        raise ValueError(f"not the evidence of a case: {error}") from None
    for name, array in arrays.items():
        if about["attributes"]["dtype"] in _CARRIERS and name != "expected":
            arrays[name] = array.view(dtype)
        arrays[name].flags.writeable = False
    return Evidence(**about, **arrays)
