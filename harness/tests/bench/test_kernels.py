"""`harness bench`: who is timed, how often, and what is said of it; no time is held against another."""

import json
from itertools import count
from pathlib import Path
from time import perf_counter

import pytest

from harness.bench import timing
from harness.bench.kernels import timed
from harness.bench.layers import layers_of
from harness.bench.timing import LEAST_ROUNDS, Ratio, by_turns, ratio
from harness.tests.processes import EXAMPLES, OFF, RIGHT, ROOT, harness

CASES = """
op: Conv2DBackpropInput
cases:
  - {id: few, input_sizes: [1, 9, 8, 3], filter: [3, 3, 3, 4], strides: 2, padding: SAME}
  - {id: same, input_sizes: [5, 9, 8, 3], filter: [3, 3, 3, 4], strides: 2, padding: SAME}
  - {id: grouped, input_sizes: [1, 5, 5, 4], filter: [2, 2, 2, 6], padding: [[2, 0], [1, 1]], dilations: [1, 2]}
  - {id: empty, input_sizes: [1, 5, 5, 4], filter: [2, 2, 4, 0], padding: VALID}
"""
LINES = '{"H":5,"W":5,"C":4,"K":6,"R":1,"S":1,"stride":[2,2]}\n'


@pytest.fixture
def shapes(tmp_path: Path) -> list[str]:
    """Cases and JSON lines: three shapes, one of them twice and one with nothing to do."""
    cases, lines = tmp_path / "cases.yaml", tmp_path / "lines.jsonl"
    cases.write_text(CASES, encoding="utf-8")
    lines.write_text(LINES, encoding="utf-8")
    return [str(cases), str(lines)]


def test_calls_are_made_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    ticks = count()
    monkeypatch.setattr(timing, "perf_counter", lambda: 4 * next(ticks))
    calls = {"a": lambda: called.append("a"), "b": lambda: called.append("b")}
    taken = by_turns(calls, seconds=100, clock=lambda: next(ticks))
    rounds = len(taken["a"])
    assert rounds > LEAST_ROUNDS
    assert called == ["a", "b"] * rounds
    assert taken == {"a": [1] * rounds, "b": [1] * rounds}


def test_a_slow_call_is_made_a_few_times_nevertheless() -> None:
    assert len(by_turns({"a": lambda: None}, seconds=1e-9, clock=perf_counter)["a"]) == LEAST_ROUNDS


def test_ratios_are_those_of_rounds() -> None:
    found = ratio([2.0, 8.0, 3.0, 40.0, 5.0], [1.0, 2.0, 1.0, 8.0, 1.0])
    assert found == Ratio(2.5, 4.0, 5.0)
    assert str(found) == "4.00 (2.50..5.00)"


def test_shapes_are_distinct_and_have_work(shapes: list[str]) -> None:
    layers = layers_of(shapes, ROOT, batch=2)
    assert [layer.name for layer in layers] == ["few", "grouped", "5x5x4-1x1x6-s2-valid"]
    assert {layer.geometry.N for layer in layers} == {2}
    most = max(layer.geometry.multiply_adds for layer in layers)
    assert len(layers_of(shapes, ROOT, 2, most_multiply_adds=most - 1)) == 2


def test_a_kernel_that_is_wrong_or_refuses_is_not_timed(shapes: list[str]) -> None:
    def refuses(**_: object) -> None:
        raise NotImplementedError("not today\nnor tomorrow")

    def wrong(**_: object) -> None:
        return None

    (found, *_) = timed(layers_of(shapes, ROOT, 1), {"refuses": refuses, "wrong": wrong}, "float32", 1e-9, perf_counter)  # type: ignore[dict-item]  # kernels that return nothing
    assert set(found.seconds) == {"fast", "product"}
    assert found.missing == {"refuses": "NotImplementedError: not today", "wrong": "returned something else"}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_table_and_all_times(dtype: str, shapes: list[str], tmp_path: Path) -> None:
    file = tmp_path / "times.json"
    options = ("--dtype", dtype, "--seconds", "0.001", "--batch", "2", "--threads", "2", "--json", file)
    done = harness("bench", "kernels", *shapes, "-i", RIGHT, "-i", OFF, *options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    title, columns, *rows = done.stdout.splitlines()
    assert title == f"how many times as long as fast: {dtype}, batch 2, 2 threads"
    assert columns.split() == ["millions", "product", "right", "off"]
    assert [row.split()[0] for row in rows] == [
        *("few", "grouped", "5x5x4-1x1x6-s2-valid", "product:", "right:", "right:", "off:"),
    ]
    assert rows[0].split()[-1] == "-"
    refused = "NotImplementedError: NHWC with four input_sizes and without groups"
    assert rows[-2] == f"right: 1 of 3 without a time: {refused}"
    assert rows[-1] == f"off: 3 of 3 without a time: returned something else; {refused}"
    found = json.loads(file.read_text(encoding="utf-8"))
    assert (found["dtype"], found["batch"], found["threads"]) == (dtype, 2, 2)
    assert [layer["name"] for layer in found["layers"]] == ["few", "grouped", "5x5x4-1x1x6-s2-valid"]
    for layer in found["layers"]:
        own = set() if layer["name"] == "grouped" else {"right"}
        assert set(layer["seconds"]) == {"fast", "product"} | own
        assert {len(seconds) >= LEAST_ROUNDS for seconds in layer["seconds"].values()} == {True}


def test_environments_that_contradict_each_other_are_wrong_usage(shapes: list[str]) -> None:
    done = harness("bench", "kernels", *shapes, "-i", "tf-eager", "-i", "tf-onednn")
    assert done.returncode == 4
    assert "TF_ENABLE_ONEDNN_OPTS" in done.stderr


def test_no_shape_is_nothing_matched(shapes: list[str]) -> None:
    done = harness("bench", "kernels", *shapes, "-i", f"{EXAMPLES}:right", "--most-multiply-adds", "1")
    assert (done.returncode, done.stdout) == (5, "")
