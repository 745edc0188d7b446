"""Frameworks are files with a header: found, read without being run, and nobody else knows their names."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InvalidInputError
from harness.hosts.fork_server import kind_of
from harness.hosts.host import call_in_process
from harness.implementations import Implementation
from harness.implementations.frameworks import DEFAULT, NAMED, PROBLEMS, header_of
from harness.implementations.resolve import check_installed, resolve
from harness.records import Verdict
from harness.remote.loading import load
from harness.runner import run
from harness.spec.snippet import OPERATOR, text_of_program
from harness.tests.cases import HEAD, cases_of, write
from harness.tests.processes import ROOT
from harness.tests.strategies import make_case

EINSUM = ROOT / "harness/tests/einsum_framework.py"
LOUD = "raise SystemExit('ran')\nFRAMEWORK = {'package': 'numpy', 'paths': {'loud': {'callable': 'kernel'}}}\n"
CASES = (
    HEAD + "cases:\n  - id: grid\n    input_sizes: [1, 6, 7, 2]\n    filter: [3, 2, 2, 3]\n    matrix:\n"
    "      strides: [1, [2, 3]]\n      dilations: [1, 2]\n      padding: [VALID, SAME, [[3, 1], [0, 4]]]\n"
    "      data_format: [NHWC, NCHW]\n"
)


def test_a_framework_is_one_file(tmp_path: Path) -> None:
    (found,) = resolve([str(EINSUM)])
    assert (found.name, found.needs, found.known_as) == ("numpy-einsum", "numpy", "numpy-einsum")
    assert [resolve([f"{EINSUM}:{name}"])[0].target for name in ("numpy-einsum", "backward")] == [found.target] * 2
    for case in cases_of(tmp_path, CASES):
        result = run(case, found, caller=call_in_process)
        assert result.verdict is Verdict.CONFORMS, f"{case.id}: {result.why}"


def test_what_a_file_does_not_claim_is_skipped(tmp_path: Path) -> None:
    (found,) = resolve([f"mine={EINSUM}:numpy-einsum"])
    text = HEAD + "cases: [{id: half, input_sizes: [1, 2, 2, 1], filter: [1, 1, 1, 1], dtype: half, padding: SAME}]\n"
    (half,) = cases_of(tmp_path, text)
    result = run(half, found, caller=call_in_process)
    assert (result.verdict, result.expected, result.unclaimed) == ("skipped", True, "does not support dtype half")


def test_reading_a_header_does_not_run_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, LOUD, "loud.py")
    (found,) = resolve([str(file)])
    assert (found.name, found.given) == ("loud", f"{file}:loud")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("{'paths': {'a': {'callable': 'f', 'sumary': ''}}}", "paths.a.sumary: Unexpected keyword argument"),
        ("{'package': 'numpy'}", "paths: Field required"),
        ("{'paths': {'a': {'callable': 'f', 'supports': {'colour': 1}}}}", "paths.a.supports: no condition colour"),
        ("{'paths': dict()}", "malformed node"),
    ],
)
def test_what_is_wrong_with_a_header_is_a_sentence(header: str, message: str, tmp_path: Path) -> None:
    file = write(tmp_path, f"FRAMEWORK = {header}\n", "wrong.py")
    with pytest.raises(InvalidInputError) as caught:
        resolve([str(file)])
    (line,) = caught.value.lines
    assert message in line


def test_an_installed_package_adds_frameworks_without_being_imported(tmp_path: Path) -> None:
    package = tmp_path / "others"
    package.mkdir()
    write(package, "raise SystemExit('ran')\n", "__init__.py")
    write(package, LOUD, "loud.py")
    installed = tmp_path / "others-1.dist-info"
    installed.mkdir()
    write(installed, "[harness.implementations]\nloud = others.loud\n", "entry_points.txt")
    write(installed, "Name: others\nVersion: 1\n", "METADATA")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "implementations"],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "\nloud " in done.stdout, done.stderr


def test_without_the_package_a_line_says_what_to_install() -> None:
    missing = [Implementation(name, "m:f", name, needs="nosuch", install="'.[nosuch]'") for name in ("a", "b")]
    with pytest.raises(InvalidInputError) as caught:
        check_installed([*missing, NAMED["local-fast"]])
    assert caught.value.lines == ("a, b need nosuch, which is not installed: pip install '.[nosuch]'",)


def test_a_folder_called_as_a_framework_is_never_that_framework(tmp_path: Path) -> None:
    """Adapters kept in folders of such names must not stand in for what is not installed."""
    for name in ("jax", "torch", "beside"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "VALUE = 1\n", "__init__.py")
    imports = "def imported(name):\n    return __import__(name).__file__\n"
    kernel: Any = load(resolve([f"{write(tmp_path, imports, 'kernel.py')}:imported"])[0].target)
    assert kernel("beside") == str(tmp_path / "beside/__init__.py")
    assert str(tmp_path) not in sys.path
    for name in ("jax", "torch"):
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            with pytest.raises(ModuleNotFoundError):
                kernel(name)


def test_every_framework_of_ours_has_a_sound_header() -> None:
    assert PROBLEMS == ()
    assert {"tf-eager", "jax-vjp", "torch-backward", "onnxruntime", "tflite", "local-fast", "correct"} <= NAMED.keys()
    assert all(name.startswith("tf-") for name in DEFAULT)
    assert header_of(ROOT / "harness/implementations/resolve.py") is None


def test_two_frameworks_never_share_a_process() -> None:
    kinds = {kind_of(each): each.needs for each in NAMED.values()}
    assert all(kinds[kind_of(each)] == each.needs for each in NAMED.values())


@pytest.mark.parametrize("data_format", ["NHWC", "NCHW"])
@pytest.mark.parametrize(
    "name", [name for name, each in NAMED.items() if each.program and each.program.call != OPERATOR]
)
def test_a_program_in_a_frameworks_own_words_is_python(name: str, data_format: str) -> None:
    case = make_case(input_sizes=[2, 4, 5, 4], filter=[3, 2, 2, 6], padding="SAME", data_format=data_format)
    program = NAMED[name].program
    assert program
    text = text_of_program(case.id, case.attributes, program, case.geometry, rejects=False)
    ast.parse(text)
    assert "harness" not in text


# The operator is TensorFlow's, so that prose speaks of it; and two commands of one framework's are called after it.
WORDS = re.compile(r"tensorflow|\b(tf[-._]|TF_|jax|torch|onnxruntime)")
NAMED_ON_PURPOSE = {
    "spec/deviations.py": "the old spelling of `when: {tensorflow: ...}`, in files of users",
    "studies/recordings.py": "files that were recorded before facts named their framework",
    "studies/importers": "networks, and calls, as a framework spells them",
    "cli/imports.py": "the same",
    "records/run_folder.py": "format 1 had the variable of one framework",
}


def test_nothing_but_its_own_folder_names_a_framework() -> None:
    found = []
    for file in sorted((ROOT / "harness").rglob("*.py")):
        place = file.relative_to(ROOT / "harness").as_posix()
        own = place.startswith(("tests/", "implementations/tensorflow/"))
        if own or header_is_there(file) or any(place.startswith(each) for each in NAMED_ON_PURPOSE):
            continue
        found += [f"{place}:{line}: {text}" for line, text in words_of(file) if WORDS.search(text)]
    assert found == []


def header_is_there(file: Path) -> bool:
    return file.parent.name == "implementations" and header_of(file) is not None


def words_of(file: Path) -> list[tuple[int, str]]:
    """Strings and names of a module; docstrings are prose."""
    tree = ast.parse(file.read_bytes())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented) and node.body]
    prose = {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}
    found = [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]
    modules = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return found + [(node.lineno, node.module or "") for node in modules]
