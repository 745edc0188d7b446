"""What is new about an environment, in one sentence."""

from pathlib import Path
from typing import Final

import pytest

from harness.errors import InvalidInputError
from harness.facts import Answer, Facts, OneDnn
from harness.spec.described import FILE, novelty, read_described
from harness.spec.selection import CASES
from harness.tests.processes import ROOT

SHIPPED: Final = read_described(ROOT / CASES / FILE)


def facts(version: str, *takes: str, machine: str = "x86_64", answer: Answer = "takes") -> Facts:
    answers = {dtype: {"SAME": answer} for dtype in takes}
    packages = {"tensorflow": version}
    return Facts(system="linux", machine=machine, packages=packages, onednn=OneDnn(answers=answers))


@pytest.mark.parametrize(
    ("processes", "said"),
    [
        ([facts("2.21.0", "float32")], ""),
        ([facts("2.21.0"), facts("2.21.0", "float32", "bfloat16", "half")], ""),
        ([facts("2.21.0")], ""),
        ([Facts(python="3.13.0")], ""),
        ([facts("2.22.0", "float32")], "tensorflow 2.22.0. The nearest one is 'TensorFlow 2.21, AVX2'."),
        ([facts("2.20.0", "float32")], "oneDNN takes float32. The nearest one is 'TensorFlow 2.20"),
        (
            [facts("2.21.0", "float32", machine="aarch64")],
            "machine aarch64. The nearest one is 'TensorFlow 2.21, AVX2'.",
        ),
        ([facts("2.21.0", "half", answer="refuses")], "oneDNN takes nothing and refuses half. The nearest one is"),
    ],
)
def test_what_is_new_is_said_beside_the_nearest_that_is_not(processes: list[Facts], said: str) -> None:
    sentence = novelty(processes, SHIPPED)
    assert sentence.startswith(f"This environment is not described yet: {said}") if said else not sentence


def test_where_nothing_is_described_nothing_is_new(tmp_path: Path) -> None:
    assert read_described(tmp_path / "none.yaml") == []
    assert novelty([facts("2.21.0")], []) == ""


def test_a_mistake_is_said_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text("- {name: a, when: {tensorflow: new}, how: run}\n- {nam: b}\n", encoding="utf-8")
    with pytest.raises(InvalidInputError) as raised:
        read_described(file)
    assert raised.value.lines[0].startswith("environments.yaml:1:19: when: tensorflow: a version range looks like")
    assert "environments.yaml:2:4: unknown key 'nam'; did you mean 'name'?" in raised.value.lines
