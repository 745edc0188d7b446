"""The forms of the kernel `fast`, each at shapes that it would not be chosen for, and in small blocks."""

import importlib
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.oracle.bounds import TYPES
from harness.oracle.kernels import fast
from harness.spec.geometry import Geometry
from harness.spec.schema import DTYPES
from harness.tests.strategies import by_definition, examples, geometries, geometry_of, make_case

Array = np.ndarray[Any, Any]
MIB: Final = 2**20
# The package's name is also that of its function, which hides it from an import statement.
PACKAGE, BY_TAPS, BY_COLUMNS = (
    importlib.import_module(f"harness.oracle.kernels.fast{name}") for name in ("", ".by_taps", ".by_columns")
)
FORMS: Final[dict[str, Callable[[Geometry, Array, Array], Array]]] = {
    "by_taps": BY_TAPS.by_taps,
    "by_columns": BY_COLUMNS.by_columns,
}


@pytest.fixture(params=[1, 7, 40, 2**17])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many elements are computed together."""
    for module in (BY_TAPS, BY_COLUMNS):
        monkeypatch.setattr(module, "_BLOCK", request.param)
    monkeypatch.setattr(BY_TAPS, "_ROWS", 1)
    return int(request.param)


def integers(geometry: Geometry, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.integers(-9, 10, geometry.filter_shape), rng.integers(-9, 10, geometry.output_shape)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("form", FORMS)
@examples(100)
@given(geometry=geometries(), seed=st.integers(0, 2**32))
def test_each_form_is_the_definition(form: str, geometry: Geometry, seed: int) -> None:
    if not geometry.multiply_adds:
        return
    filter, dy = integers(geometry, seed)
    expected = by_definition(geometry, filter, dy)
    assert FORMS[form](geometry, filter, dy).tolist() == expected.tolist()


SHAPES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "pointwise": ("product", {"input_sizes": [2, 3, 3, 4], "filter": [1, 1, 4, 5]}),
    "pointwise, grouped": ("product", {"input_sizes": [2, 3, 3, 4], "filter": [1, 1, 2, 6]}),
    "pointwise, depthwise": ("product", {"input_sizes": [2, 3, 3, 20], "filter": [1, 1, 1, 20]}),
    "pointwise, two outputs a channel": ("product", {"input_sizes": [2, 3, 3, 4], "filter": [1, 1, 1, 8]}),
    "pointwise, one output a group": ("product", {"input_sizes": [2, 3, 3, 6], "filter": [1, 1, 2, 3]}),
    "strided": ("by_taps", {"input_sizes": [2, 5, 5, 4], "filter": [1, 1, 4, 5], "strides": 2}),
    "many channels": ("by_taps", {"input_sizes": [1, 5, 5, 17], "filter": [5, 4, 17, 2]}),
    "depthwise": ("by_taps", {"input_sizes": [1, 5, 5, 16], "filter": [3, 3, 1, 16]}),
    "more channels than taps": ("by_taps", {"input_sizes": [1, 5, 5, 5], "filter": [2, 2, 5, 3]}),
    "one channel of many groups": ("by_columns", {"input_sizes": [1, 5, 5, 16], "filter": [3, 3, 1, 32]}),
    "few channels": ("by_columns", {"input_sizes": [2, 9, 9, 3], "filter": [7, 7, 3, 4], "strides": 2}),
    "few channels of a group": ("by_columns", {"input_sizes": [1, 5, 5, 32], "filter": [3, 3, 4, 8]}),
    "long filter, short input": (
        "by_columns",
        {"input_sizes": [1, 2, 3, 2], "filter": [9, 8, 2, 3], "padding": "SAME", "dilations": [2, 1]},
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_has_its_form(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    form, values = SHAPES[shape]
    geometry = geometry_of(make_case(**values))
    filter, dy = integers(geometry, 1)
    called: list[str] = []

    def noted(name: str, own: Callable[..., Array]) -> Callable[..., Array]:
        def calling(*operands: Any) -> Array:
            called.append(name)
            return own(*operands)

        return calling

    for name in ("product", "by_taps", "by_columns"):
        monkeypatch.setattr(PACKAGE, name, noted(name, getattr(PACKAGE, name)))
    assert fast(geometry, filter, dy).tolist() == by_definition(geometry, filter, dy).tolist()
    assert called == [form]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_right_in_each_type(shape: str, dtype: str) -> None:
    """`local-fast` computes in the operands' own: factors of -1, 0 and 1, so that no sum rounds."""
    geometry = geometry_of(make_case(**SHAPES[shape][1]))
    filter, dy = (np.sign(array) for array in integers(geometry, 2))
    result = fast(geometry, *(array.astype(TYPES[dtype].dtype) for array in (filter, dy)))
    assert result.astype(np.int64).tolist() == by_definition(geometry, filter, dy).tolist()


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"input_sizes": [2, 128, 128, 512], "filter": [1, 1, 512, 1]}, id="pointwise"),
        pytest.param({"input_sizes": [2, 128, 128, 512], "filter": [2, 2, 512, 1], "strides": 2}, id="many channels"),
        pytest.param({"input_sizes": [1, 1, 300_000, 64], "filter": [1, 3, 64, 1]}, id="a long row"),
        pytest.param({"input_sizes": [1, 600_000, 1, 16], "filter": [3, 3, 1, 32], "padding": "SAME"}, id="groups"),
        pytest.param({"input_sizes": [20, 512, 512, 3], "filter": [3, 3, 3, 2]}, id="few channels"),
        pytest.param({"input_sizes": [1, 3000, 3000, 2], "filter": [3, 3, 2, 1]}, id="large planes"),
        pytest.param(
            {"input_sizes": [1, 2, 70_000, 3], "filter": [2, 3, 3, 64], "dilations": [1, 30_000]}, id="dilated"
        ),
    ],
)
def test_no_more_is_held_than_it_says(values: dict[str, Any]) -> None:
    geometry = geometry_of(make_case(**values))
    filter, dy = np.ones(geometry.filter_shape), np.ones(geometry.output_shape)
    tracemalloc.start()
    try:
        in_backprop = fast(geometry, filter, dy)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - in_backprop.nbytes <= 64 * MIB
