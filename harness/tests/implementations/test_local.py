from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from harness.hosts.host import call_in_process
from harness.implementations.arguments import call_from
from harness.implementations.frameworks import DEFAULT
from harness.implementations.local import local_fast, local_gemm_col2im
from harness.implementations.resolve import BUILT_IN
from harness.oracle.bounds import TYPES
from harness.records import Verdict
from harness.runner import run
from harness.spec.case import Case
from harness.tests.strategies import cases, examples, make_case

SOUND: dict[str, Any] = {
    "input_sizes": [1, 5, 6, 4],
    "filter": np.ones((3, 2, 2, 6), np.float32),
    "out_backprop": np.ones((1, 3, 5, 6), np.float32),
    "strides": [1, 1, 1, 1],
    "padding": "VALID",
    "explicit_paddings": [],
    "data_format": "NHWC",
    "dilations": [1, 1, 1, 1],
}


@pytest.mark.parametrize("name", ["local-fast", "local-gemm-col2im"])
@given(case=cases())
@examples(60)
def test_every_type_conforms_in_its_own_arithmetic(name: str, case: Case) -> None:
    assert name not in DEFAULT
    result = run(case, BUILT_IN[name], caller=call_in_process)
    assert result.verdict is Verdict.CONFORMS, result.why


@pytest.mark.parametrize("kernel", [local_fast, local_gemm_col2im])
def test_sums_are_kept_in_the_type_of_the_operands(kernel: Callable[..., Any]) -> None:
    terms = 3000  # beyond 2048 half has no odd numbers, and 2048 + 1 is 2048
    arguments = SOUND | {
        "input_sizes": [1, 1, terms, 1],
        "filter": np.ones((1, terms, 1, 1), np.float16),
        "out_backprop": np.ones((1, 1, 1, 1), np.float16),
    }
    assert kernel(**arguments).dtype == np.float16
    arguments["input_sizes"], arguments["out_backprop"] = [1, 1, 1, 1], np.ones((1, 1, terms, 1), np.float16)
    arguments |= {"padding": "EXPLICIT", "explicit_paddings": [0, 0, 0, 0, terms - 1, terms - 1, 0, 0]}
    assert kernel(**arguments).item() == 2048


def test_padding_that_cannot_be_held_is_not_supported() -> None:
    far = {
        "padding": "EXPLICIT",
        "explicit_paddings": [0, 0, 10**6, 0, 0, 10**6, 0, 0],
        "strides": [1, 10**6, 10**6, 1],
    }
    arguments = SOUND | far | {"out_backprop": np.ones((1, 2, 2, 6), np.float32)}
    assert local_fast(**arguments).shape == (1, 5, 6, 4)
    with pytest.raises(NotImplementedError, match="elements to hold the padding"):
        local_gemm_col2im(**arguments)


def test_int32_wraps() -> None:
    arguments = SOUND | {
        "filter": np.full((3, 2, 2, 6), 2**30, np.int32),
        "out_backprop": np.ones((1, 3, 5, 6), np.int32),
    }
    assert local_fast(**arguments)[0, 0, 0, 0] == 3 * 2**30 - 2**32


def test_a_sound_call_has_a_geometry_and_operands_without_a_layout() -> None:
    call = call_from(
        **SOUND
        | {"data_format": "NCHW", "input_sizes": [1, 4, 5, 6], "out_backprop": np.ones((1, 6, 3, 5), np.float32)}
    )
    case = make_case(input_sizes=[1, 5, 6, 4], filter=[3, 2, 2, 6])
    assert call.geometry == case.geometry
    assert call.geometry.groups == 2
    assert call.out_backprop.shape == (1, 3, 5, 6)
    assert call.in_layout(np.zeros((1, 5, 6, 4))).shape == (1, 4, 5, 6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strides": [1, 1]}, "C11: strides"),
        ({"dilations": [1, 2**31, 1, 1]}, "C11: dilations"),
        ({"explicit_paddings": [0] * 8}, "C12"),
        ({"padding": "EXPLICIT"}, "C12"),
        ({"filter": np.ones((3, 2, 2, 6), np.float64)}, "C9"),
        ({"filter": np.ones((3, 2), np.float32)}, "filter takes 4 extents"),
        ({"out_backprop": np.ones((1, 2, 5, 6), np.float32)}, "C3"),
        ({"data_format": "nhwc"}, "data_format"),
        ({"filter": np.ones((3, 2, 3, 6), np.float32)}, "C8"),
    ],
)  # fmt: skip
def test_what_is_invalid_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call_from(**SOUND | wrong)


def test_the_types_are_the_operators() -> None:
    for numeric in TYPES.values():
        operands = {name: np.ones(SOUND[name].shape, numeric.dtype) for name in ("filter", "out_backprop")}
        assert local_gemm_col2im(**SOUND | operands).dtype == numeric.dtype
