"""What is known, what makes a finding one of a kind, and what is written of it."""

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.implementations import Implementation
from harness.implementations.resolve import BUILT_IN, resolve
from harness.records import Check, ErrorReport, Result, Verdict
from harness.spec.case import Case, DataKind
from harness.spec.deviations import read_deviations
from harness.studies.fuzz.call import flaw_of
from harness.studies.fuzz.finding import Finding, Signature
from harness.studies.fuzz.known import Known, signature_of
from harness.tests.calls import DRAWN
from harness.tests.cases import write
from harness.tests.processes import EXAMPLES, ROOT


def result(case: Case, verdict: Verdict, check: Check | None = None, error: ErrorReport | None = None) -> Result:
    checks = (check,) if check else ()
    return Result(case.id, "tf-xla", verdict, expected=False, reproduce="", why="", checks=checks, error=error)


def test_an_entry_that_names_a_case_knows_what_is_like_it(tmp_path: Path) -> None:
    file = tmp_path / "tf-xla.yaml"
    file.write_text(
        "- match: 'found.yaml::*'\n  verdict: deviates\n  reason: The rows that are missing are made up.\n"
        "- match: nosuch\n  verdict: crashes\n  error: {class: SIGABRT, message: tensor_format.h}\n"
        "  reason: A list is indexed before its length is checked.\n"
    )
    named, alike, other = (
        DRAWN.changed(out_backprop=(1, 2, 2, K)).case() if K else DRAWN.changed(strides=(1, 0, 1, 1)).case()
        for K in (2, 3, 0)
    )
    known = Known.of(read_deviations(file), [named])
    assert known.explains(alike, result(alike, Verdict.DEVIATES)) is True
    assert Known.of(read_deviations(file)[1:], [named]).explains(alike, result(alike, Verdict.DEVIATES)) is False
    moved = [Case(**{**{k: getattr(other, k) for k in Case.__dataclass_fields__}, "path": "elsewhere.yaml"})]
    assert known.explains(moved[0], result(moved[0], Verdict.DEVIATES)) is False
    assert known.explains(alike, result(alike, Verdict.REFUSES)) is False
    crash = ErrorReport("SIGABRT", "F tensor_format.h:441] Check failed", "SIGABRT")
    assert known.explains(moved[0], result(moved[0], Verdict.CRASHES, error=crash)) is True
    assert known.explains(moved[0], result(moved[0], Verdict.CRASHES, error=ErrorReport("SIGABRT", "?"))) is False


def test_signatures_forget_numbers_and_keep_the_rest() -> None:
    case = DRAWN.case()
    one, two = (ErrorReport("ValueError", f"got {n} of [1,2,{n}]") for n in (3, 17))
    assert signature_of(case, result(case, Verdict.REFUSES, error=one)) == signature_of(
        case, result(case, Verdict.REFUSES, error=two)
    )
    finite, special = (Check("accuracy", kind, "fail") for kind in (DataKind.NORMAL, DataKind.SPECIAL))
    found = {signature_of(case, result(case, Verdict.DEVIATES, check)) for check in (finite, special)}
    assert len(found) == 2
    dilated = DRAWN.changed(dilations=(1, 2, 2, 1), input_sizes=(1, 6, 6, 2)).case()
    assert flaw_of(dilated) == "dilated"


@pytest.mark.parametrize(("name", "words"), [("tf-xla", "jit_compile=True"), ("tf-onednn", "'1'"), ("tf-eager", "'0'")])
def test_the_program_takes_the_path_it_is_about(name: str, words: str, tmp_path: Path) -> None:
    case = DRAWN.case()
    found = Finding(
        1, Signature(name, "deviates", "", ""), BUILT_IN[name], case, [result(case, Verdict.DEVIATES)], tmp_path
    )
    assert words in found.program()
    ast.parse(found.program())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["k={kernels}:right", "correct", "mutant:no-rotation"])
def test_the_program_calls_ones_own_kernel(name: str, dtype: str, tmp_path: Path) -> None:
    case = DRAWN.changed(dtype=dtype).case()
    (implementation,) = resolve([name.format(kernels=EXAMPLES)])
    signature = Signature(implementation.name, "deviates", "", "")
    came = replace(result(case, Verdict.DEVIATES), implementation=implementation.name)
    found = Finding(1, signature, implementation, case, [came], tmp_path)
    program = write(tmp_path, found.program(), "program.py")
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, program], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[[[[")
    assert "tensorflow" not in found.program()


@pytest.mark.parametrize("given", ["{folder}/own.py:kernel", "own_module:kernel"])
def test_the_program_runs_anywhere(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only where the kernel lies, which imports what lies beside it."""
    folder = tmp_path / "kernels"
    folder.mkdir()
    for name in ("own.py", "own_module.py"):
        write(folder, "from beside import kernel\n", name)
    write(folder, "def kernel(**call):\n    return call['padding']\n", "beside.py")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    case = DRAWN.case()
    (implementation,) = resolve([given.format(folder=folder)])
    signature = Signature(implementation.name, "deviates", "", "")
    program = Finding(1, signature, implementation, case, [result(case, Verdict.DEVIATES)], tmp_path).program()
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, write(tmp_path, program, "program.py")],
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{case.attributes.padding}\n", done.stderr


def test_the_text_speaks_of_the_case_that_it_shows(tmp_path: Path) -> None:
    """And not of the one that was found first."""
    case = DRAWN.changed(input_sizes=(4, 4)).case()
    signature = Signature("k", "deviates", "witness", "dilated, grouped, EXPLICIT")
    came = replace(result(case, Verdict.DEVIATES), implementation="k")
    found = Finding(1, signature, Implementation("k", "k.py:k", "k.py:k"), case, [came], tmp_path)
    text = found.report("")
    geometry = case.geometry
    assert geometry
    assert f"`in_backprop` of shape {list(geometry.input_shape)} as" in text
    assert "(two elements)" in text
    assert "dilated" not in text
