"""What an implementation does not claim: declared beside it, skipped or refused as expected, counted apart."""

from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.hosts.host import call_in_process
from harness.implementations import UNDECLARED, Declared, Implementation
from harness.implementations.declared import declared_of, unclaimed
from harness.implementations.resolve import resolve
from harness.records import Result
from harness.report.claims import unclaimed_line, unclaimed_table
from harness.runner import run
from harness.spec.case import Case
from harness.tests.cases import write
from harness.tests.strategies import make_case

VALID = make_case(input_sizes=[1, 4, 4, 1], filter=[2, 2, 1, 1], padding="SAME")
INVALID = make_case(
    input_sizes=[1, 4, 4, 1], filter=[2, 2, 1, 1], out_backprop=[1, 9, 9, 1], strides=[1, 1, 1, 1],
    dilations=[1, 1, 1, 1], padding="SAME", expect="rejects",
)  # fmt: skip


def test_it_is_read_from_the_text(tmp_path: Path) -> None:
    text = (
        "conformance = {'validates': False, 'supports': {'dtype': ['float32']}}\n"
        "def a(**call): ...\ndef b(**call): ...\n"
        "a.supports = {'dilated': False}\na.profile = {'algorithm': 'fft'}\na.other = print\n"
        "a.contiguous = True\nb.flushes = ('float32',)\nraise SystemExit('ran')\n"
    )
    file = write(tmp_path, text, "kernels.py")
    assert declared_of(file, "a") == Declared(
        validates=False, supports={"dilated": False}, profile={"algorithm": "fft"}, contiguous=True
    )
    (b,) = resolve([f"{file}:b"])
    assert b.declared == Declared(validates=False, supports={"dtype": ["float32"]}, flushes=("float32",))
    assert b.declared.said() == {"validates": False, "supports": {"dtype": ["float32"]}, "flushes": ("float32",)}
    assert UNDECLARED.said() == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conformance = {'valid': False}", "nothing to declare: valid"),
        ("conformance = {'validates': 'perhaps'}", "validates: Input should be a valid boolean"),
        ("f.supports = {'colour': 1}", "supports: no condition colour"),
        ("f.supports = {'dtype': [x]}", "must be written out"),
    ],
)
def test_what_cannot_be_declared_is_said_before_anything_runs(text: str, message: str, tmp_path: Path) -> None:
    file = write(tmp_path, f"def f(**call): ...\n{text}\n", "kernel.py")
    with pytest.raises(InvalidInputError) as caught:
        resolve([f"{file}:f"])
    assert message in caught.value.lines[0]


@pytest.mark.parametrize(
    ("case", "supports", "reason"),
    [
        (VALID, {"dtype": ["float32", "half"]}, ""),
        (VALID, {"dtype": "half"}, "does not support dtype float32"),
        (VALID, {"padding": ["VALID"]}, "does not support padding SAME"),
        (make_case(input_sizes=[1, 5, 5, 1], filter=[2, 2, 1, 1], dilations=2), {"dilated": False},
         "does not support dilated"),
        (INVALID, {"data_format": "NCHW"}, "does not support data_format NHWC"),
        (INVALID, {"padding": "SAME"}, ""),
        (make_case(input_sizes=[1], filter=[], out_backprop=[], strides=[], dilations=[], padding="NO", dtype="int8",
                   expect="rejects"),
         {"dtype": ["float32"], "padding": ["SAME"]}, ""),
    ],
)  # fmt: skip
def test_conditions_say_what_is_claimed(case: Case, supports: dict[str, object], reason: str) -> None:
    assert unclaimed(case, Declared(supports=supports)) == reason


def came(case: Case, body: str, tmp_path: Path, *, strict: bool = False) -> Result:
    (implementation,) = resolve([f"k={write(tmp_path, body, f'kernel_{len(body)}.py')}:f"])
    return run(case, implementation, caller=call_in_process, strict=strict)


def test_a_kernel_that_does_not_validate_is_not_called_to_reject(tmp_path: Path) -> None:
    body = "def f(**call):\n    raise SystemExit('called')\nf.validates = False\n"
    result = came(INVALID, body, tmp_path)
    assert (result.verdict, result.expected, result.unclaimed) == ("skipped", True, "does not validate")
    assert came(VALID, body, tmp_path).error


@pytest.mark.parametrize("case", [VALID, INVALID])
def test_not_implemented_is_a_refusal_as_expected_unless_strict(case: Case, tmp_path: Path) -> None:
    body = "def f(**call):\n    raise NotImplementedError('7 of these\\nand more')\n"
    result = came(case, body, tmp_path)
    assert (result.verdict, result.expected, result.unclaimed) == ("refuses", True, "7 of these")
    strict = came(case, body, tmp_path, strict=True)
    assert (strict.verdict, strict.expected) == ("refuses", False)
    assert strict.reproduce.endswith("--strict")


def test_other_exceptions_reject(tmp_path: Path) -> None:
    body = "def f(**call):\n    raise ValueError('no')\n"
    assert came(INVALID, body, tmp_path).verdict == "conforms"
    refused = came(VALID, body, tmp_path)
    assert (refused.verdict, refused.expected, refused.unclaimed) == ("refuses", False, "")


def test_reasons_are_counted_apart() -> None:
    def result(verdict: str, unclaimed: str) -> Result:
        return Result("c", "k", verdict, expected=True, reproduce="", unclaimed=unclaimed)  # type: ignore[arg-type]

    results = [
        result("refuses", "pads 3, 4 in float0"),
        result("refuses", "pads 1, 2 in float0"),
        result("conforms", ""),
    ]
    results += [result("skipped", f"does not support dtype {n}") for n in ("int32", "half", "float64")]
    table = unclaimed_table(results)
    assert table.rows[0] == ("k", "refuses", "pads #, # in float0", "2")
    assert len(table.rows) == 4
    line = unclaimed_line("k", results)
    assert line.startswith("k does not claim 5: pads #, # in float0 (2); does not support dtype int32 (1); ")
    assert line.endswith("; and 1 more reasons")
    assert unclaimed_line("k", results[2:3]) == ""


def test_it_is_in_the_implementation_of_a_module_too() -> None:
    assert resolve(["harness.tests.example_kernels:refuses"])[0].declared == UNDECLARED
    assert Implementation("a", "b:c", "a").declared == UNDECLARED
