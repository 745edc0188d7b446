"""From the built wheel, in an empty environment and a folder of one's own, without TensorFlow."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from harness.tests.documents import read
from harness.tests.processes import ROOT

KERNEL = """\
import numpy as np


def pointwise(*, filter, out_backprop, strides, **attributes):
    if filter.shape[:2] != (1, 1) or strides != [1, 1, 1, 1]:
        raise NotImplementedError("a 1x1 filter at stride 1")
    return (out_backprop @ filter[0, 0].T).astype(filter.dtype)
"""


def done(*command: object, cwd: Path) -> "subprocess.CompletedProcess[str]":
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "PYTHONPATH"))}
    return subprocess.run(  # noqa: S603 -- our own commands
        list(map(str, command)), cwd=cwd, env=inherited, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with what README names, and no more."""
    folder = tmp_path_factory.mktemp("wheel")
    (rest,) = re.findall(r"^pip install (numpy .*)$", read("README.md"), re.MULTILINE)
    pip: list[Any] = [folder / "env" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    left_out = shutil.ignore_patterns(".*", "build", "node_modules", "reports", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, folder / "source", ignore=left_out)
    for command in (
        [sys.executable, "-m", "venv", folder / "env"],
        [*pip, "install", "--constraint", ROOT / ".ci" / "constraints.txt", *rest.split()],
        [*pip, "wheel", "--no-deps", "--wheel-dir", folder, folder / "source"],
    ):
        made = done(*command, cwd=folder)
        assert made.returncode == 0, made.stderr
    (wheel,) = folder.glob("*.whl")
    assert done(*pip, "install", "--no-deps", wheel, cwd=folder).returncode == 0
    return folder / "env" / "bin"


def test_a_wheel_has_every_case_and_no_test(installed: Path) -> None:
    (wheel,) = installed.parents[1].glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name.removeprefix("harness/shipped/") for name in names if name.startswith("harness/shipped/cases/")}
    assert shipped == {file.relative_to(ROOT).as_posix() for file in (ROOT / "cases").rglob("*") if file.is_file()}
    assert not [name for name in names if "/tests/" in name]


def test_a_kernel_is_judged_where_one_stands(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(KERNEL, encoding="utf-8")
    run = done(installed / "harness", "run", "types.yaml::pointwise", "-i", "mine.py:pointwise", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "mine.py:pointwise: 5 conforms" in run.stdout
    assert f"report: {tmp_path / 'reports'}/" in run.stdout
    assert (tmp_path / "reports" / "latest" / "index.html").exists()


def test_the_other_commands_find_the_cases_too(installed: Path, tmp_path: Path) -> None:
    shown = done(installed / "harness", "show", "types.yaml::pointwise", cwd=tmp_path)
    assert "conv2d_backprop_input/types.yaml::pointwise[half]" in shown.stdout
    assert "pairs: " in done(installed / "harness", "coverage", cwd=tmp_path).stdout
    assert "not installed" in done(installed / "harness", "implementations", cwd=tmp_path).stdout
