"""The stand-alone program of a case: run here, with somebody else in TensorFlow's place."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from harness.implementations.frameworks import OPERATOR_PROGRAM
from harness.oracle.operands import make_operands
from harness.spec.attributes import ANY_DTYPE
from harness.spec.case import Case, DataKind
from harness.spec.casefile import CasePath, load
from harness.spec.snippet import case_file, snippet
from harness.tests.strategies import make_case

SMALL: dict[str, Any] = {
    "input_sizes": [2, 5, 4, 4],
    "filter": [3, 2, 2, 6],
    "strides": [2, 1],
    "padding": [[1, 0], [0, 2]],
}


def called(case: Case, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the snippet; what it calls the operator with, by name."""
    calls: list[dict[str, Any]] = []

    def operator(**arguments: Any) -> Any:
        calls.append(arguments)
        return SimpleNamespace(numpy=lambda: "printed")

    tensorflow: Any = ModuleType("tensorflow")
    tensorflow.raw_ops = SimpleNamespace(Conv2DBackpropInput=operator)
    tensorflow.int32 = "int32"
    tensorflow.bfloat16 = SimpleNamespace(as_numpy_dtype=ml_dtypes.bfloat16)
    tensorflow.constant = lambda values, dtype: (values, dtype)
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    exec(compile(snippet(case, OPERATOR_PROGRAM), "snippet", "exec"), {})  # noqa: S102
    (arguments,) = calls
    return arguments


@pytest.mark.parametrize("dtype", ["half", "bfloat16", "float32", "float64"])
def test_the_snippet_makes_the_normal_operands_of_the_case(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case("a name", **SMALL, dtype=dtype)
    arguments = called(case, monkeypatch)
    (operands,) = make_operands(case, DataKind.NORMAL)
    for name in ("filter", "out_backprop"):
        assert arguments[name].dtype == getattr(operands, name).dtype
        assert arguments[name].tobytes() == getattr(operands, name).tobytes()


def test_the_snippet_calls_with_what_the_case_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = called(make_case(**SMALL), monkeypatch)
    assert {name: value for name, value in arguments.items() if name not in ("filter", "out_backprop")} == {
        "input_sizes": ([2, 5, 4, 4], "int32"),
        "strides": [1, 2, 1, 1],
        "padding": "EXPLICIT",
        "explicit_paddings": [0, 0, 1, 0, 0, 2, 0, 0],
        "data_format": "NHWC",
        "dilations": [1, 1, 1, 1],
    }
    assert capsys.readouterr().out == "printed\n"


def test_the_snippet_keeps_the_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(input_sizes=[2, 4, 5, 4], filter=[3, 2, 2, 6], data_format="NCHW", padding="SAME")
    arguments = called(case, monkeypatch)
    assert arguments["data_format"] == "NCHW"
    assert arguments["out_backprop"].shape == (2, 6, 5, 4)
    assert arguments["explicit_paddings"] == []


@pytest.mark.parametrize("dtype", ANY_DTYPE)
def test_the_snippet_of_a_call_to_be_rejected_makes_its_operands(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(
        input_sizes=[1, -4], filter=[], out_backprop=[0, 3], strides=[1, 0], dilations=[], padding="FULL", dtype=dtype,
        expect="rejects",
    )  # fmt: skip
    arguments = called(case, monkeypatch)
    (operands,) = make_operands(case, DataKind.NORMAL)
    for name in ("filter", "out_backprop"):
        assert arguments[name].dtype == getattr(operands, name).dtype
        assert arguments[name].shape == getattr(operands, name).shape
        assert arguments[name].tobytes() == getattr(operands, name).tobytes()
    assert arguments["input_sizes"] == ([1, -4], "int32")
    assert (arguments["strides"], arguments["dilations"], arguments["padding"]) == ([1, 0], [], "FULL")


def test_the_snippet_of_an_int32_case_has_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = called(make_case(**SMALL, dtype="int32"), monkeypatch)
    for name in ("filter", "out_backprop"):
        assert arguments[name].dtype == np.int32
        assert set(np.unique(arguments[name])) == {1, 2, 3}


@pytest.mark.parametrize(
    "contains", [lambda text: "harness" not in text, lambda text: text.startswith("# file.yaml::a name\n")]
)
def test_the_snippet_stands_alone_and_says_whose_it_is(contains: Callable[[str], bool]) -> None:
    assert contains(snippet(make_case("a name", **SMALL), OPERATOR_PROGRAM))


@pytest.mark.parametrize(
    "call",
    [
        SMALL,
        {"input_sizes": [2, 4, 5, 4], "filter": [3, 2, 2, 6], "data_format": "NCHW", "dtype": "half"},
        {"input_sizes": [6, 6], "out_backprop": [1, 4, 4, 4], "filter": [3, 3, 2, 4], "dtype": "int32"},
        {
            "input_sizes": [1, -4], "filter": [], "out_backprop": [0, 3], "strides": [1, 0], "dilations": [],
            "padding": "no such: padding", "data_format": "NULL", "dtype": "bool", "expect": "rejects",
        },
    ],
)  # fmt: skip
def test_a_case_written_as_a_file_is_the_same_call(call: dict[str, Any], tmp_path: Path) -> None:
    case = make_case("grid[strides:2]", **call)
    file = tmp_path / "case.yaml"
    file.write_text(case_file(case.id, case.attributes, rejects=case.geometry is None), encoding="utf-8")
    (read,) = load([CasePath("case.yaml", file)])
    assert (read.name, read.attributes, read.geometry) == ("grid", case.attributes, case.geometry)
