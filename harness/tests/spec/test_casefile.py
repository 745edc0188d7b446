"""Case files: the contract's example, ids, and the order of cases."""

import hashlib
from pathlib import Path
from typing import Final

from harness.spec.case import DataKind, Expect
from harness.spec.casefile import CasePath, load, read_file
from harness.tests.cases import case_file, entry, load_text, names

EXAMPLE: Final = """\
op: Conv2DBackpropInput
description: Strides smaller than, equal to and larger than the filter.
defaults: {padding: VALID, dtype: [float32, float64]}
cases:
  - id: post
    covers: [C1]
    input_sizes: [2, 9, 9, 3]
    filter: [3, 3, 3, 4]
    strides: 2                      # or [2, 1] for height and width, or [1, 2, 1, 1]
  - id: grid
    covers: [C3, C5]
    input_sizes: [1, 8, 7, 2]
    filter: [3, 2, 2, 3]
    matrix: {strides: [1, 2, [3, 1]], padding: [SAME, VALID, [[1, 2], [0, 1]]], dilations: [1, 2]}
    exclude: [{strides: 2, dilations: 2}]
  - id: zero-stride
    covers: [C11]
    input_sizes: [1, 4, 4, 1]
    filter: [2, 2, 1, 1]
    out_backprop: [1, 3, 3, 1]      # only needed where the geometry cannot tell
    strides: [1, 0, 0, 1]
    expect: rejects
"""


def test_the_example_expands_to_its_ids(tmp_path: Path) -> None:
    found, problems = load_text(tmp_path, EXAMPLE, "strides.yaml")
    assert problems == []
    grid = [
        f"grid[strides:{strides}-padding:{padding}-dilations:{dilations}-{dtype}]"
        for strides in ("1", "2", "3x1")
        for padding in ("SAME", "VALID", "1+2x0+1")
        for dilations in ("1", "2")
        for dtype in ("float32", "float64")
        if (strides, dilations) != ("2", "2")
    ]
    expected = ["post[float32]", "post[float64]", *grid, "zero-stride[float32]", "zero-stride[float64]"]
    assert len(expected) == 34
    assert [case.id for case in found] == [f"strides.yaml::{name}" for name in expected]
    assert "strides.yaml::grid[strides:3x1-padding:1+2x0+1-dilations:2-float32]" in [case.id for case in found]


def test_the_example_says_what_its_cases_are(tmp_path: Path) -> None:
    found = {case.name: case for case in load_text(tmp_path, EXAMPLE, "strides.yaml")[0]}
    post = found["post[float64]"]
    assert post.attributes.out_backprop == (2, 4, 4, 4)
    assert post.attributes.strides == (1, 2, 2, 1)
    assert (post.expect, post.covers, post.source.line) == (Expect.CONFORMS, ("C1",), 5)
    assert post.data == (DataKind.WITNESS, DataKind.NORMAL)
    grid = found["grid[strides:3x1-padding:1+2x0+1-dilations:2-float32]"]
    assert grid.attributes.explicit_paddings == (0, 0, 1, 2, 0, 1, 0, 0)
    assert (grid.source.line, grid.covers) == (10, ("C3", "C5"))
    rejected = found["zero-stride[float32]"]
    assert (rejected.expect, rejected.geometry, rejected.attributes.strides) == (Expect.REJECTS, None, (1, 0, 0, 1))
    assert rejected.source.line == 16
    assert (tmp_path / "strides.yaml").samefile(rejected.source.file)


def test_ids_do_not_depend_on_the_order_of_the_file(tmp_path: Path) -> None:
    one = case_file(entry("matrix: {strides: [1, 2], dilations: [1, 2], dtype: [half, int32]}"), entry(name="b"))
    other = case_file(entry(name="b"), entry("matrix: {dtype: [int32, half], dilations: [2, 1], strides: [2, 1]}"))
    found, again = (load_text(tmp_path, text)[0] for text in (one, other))
    assert set(names(found)) == set(names(again))
    by_name = {case.name: case for case in again}
    assert all(case.attributes == by_name[case.name].attributes for case in found)
    assert all(case.seed(DataKind.NORMAL) == by_name[case.name].seed(DataKind.NORMAL) for case in found)


def test_the_path_in_the_id_is_the_one_it_was_given(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(case_file(entry()))
    (found,), _ = read_file(CasePath("folder/other.yaml", file))
    assert found.id == "folder/other.yaml::a"


def test_ids_that_begin_alike_are_not_the_same(tmp_path: Path) -> None:
    found, problems = load_text(tmp_path, case_file(entry(), entry(name="A"), entry(name="a.1"), entry(name="a-1_")))
    assert problems == []
    assert names(found) == ["a", "A", "a.1", "a-1_"]


def test_cases_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    paths = []
    for name in ("z", "a"):
        (tmp_path / f"{name}.yaml").write_text(case_file(entry(name="second"), entry(name="first")))
        paths.append(CasePath(f"{name}.yaml", tmp_path / f"{name}.yaml"))
    assert [case.id for case in load(paths)] == ["z.yaml::second", "z.yaml::first", "a.yaml::second", "a.yaml::first"]


def test_a_seed_is_made_from_the_name_the_kind_and_the_draw(tmp_path: Path) -> None:
    (case,), _ = load_text(tmp_path, case_file(entry("matrix: {strides: [2]}")))
    digest = hashlib.sha256(b"a[strides:2]/wide/3").digest()
    assert case.seed(DataKind.WIDE, 3) == int.from_bytes(digest[:4], "big")
