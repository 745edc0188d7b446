from pathlib import Path

import pytest

from harness.implementations import Implementation
from harness.implementations.resolve import resolve
from harness.oracle import kernels as kernels_module
from harness.oracle.kernels import KERNELS, ReferenceKernel
from harness.oracle.reference import kernel_agreement
from harness.records import Verdict
from harness.runner import run
from harness.spec.case import Case
from harness.spec.deviations import KnownDeviation, read_deviations
from harness.tests.cases import PLAIN, REJECTS, cases_of, write

KERNEL_FILE = Path(__file__).with_name("example_kernels.py")


def example(name: str) -> Implementation:
    return resolve([f"{name}={KERNEL_FILE}:{name}"])[0]


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    return cases_of(tmp_path, PLAIN)


def known(folder: Path, text: str) -> list[KnownDeviation]:
    return read_deviations(write(folder, text, "known_deviations/x.yaml"))


def test_a_right_kernel_conforms_on_every_type(cases: list[Case]) -> None:
    results = [run(case, example("right")) for case in cases]
    assert {result.verdict for result in results} == {Verdict.CONFORMS}
    assert all(result.expected for result in results)
    assert len(results) == 7


def test_a_valid_case_has_a_witness_and_an_accuracy_check_and_holds_the_kernels_together(cases: list[Case]) -> None:
    result = run(cases[0], example("right"))
    assert [(check.name, check.data) for check in result.checks] == [
        ("witness", "witness"),
        ("accuracy", "normal"),
        ("kernels", "witness"),
    ]
    assert result.checks[0].certificate is not None
    assert 0 < result.checks[0].certificate <= 1
    assert result.checks[0].exercised == 1
    assert result.digest
    assert result.seconds["total"] >= result.seconds["implementation"] > 0


def test_int32_has_a_wrap_run_instead_of_an_accuracy_run(cases: list[Case]) -> None:
    result = run(cases[-1], example("right"))
    assert [check.name for check in result.checks] == ["witness", "wrap", "kernels"]


def test_one_element_off_deviates_in_both_runs_and_is_named(cases: list[Case]) -> None:
    result = run(cases[0], example("one_element_off"))
    assert result.verdict is Verdict.DEVIATES
    assert not result.expected
    witness, accuracy, _ = result.checks
    for check in (witness, accuracy):
        assert check.status == "fail"
        assert check.mismatched == 1
        assert [element.index for element in check.worst] == [(0, 2, 2, 0)]
        assert check.worst[0].actual == pytest.approx(check.worst[0].expected * 1.001, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("returns_none", "returned NoneType, not an array of numpy"),
        ("returns_wrong_type", "returned type float64, not float32"),
        ("returns_wrong_shape", "returned shape [40], not [1, 5, 4, 2]"),
        ("returns_objects", "returned type object, not float32"),
    ],
)
def test_a_result_of_the_wrong_form_deviates(cases: list[Case], name: str, why: str) -> None:
    result = run(cases[0], example(name))
    assert result.verdict is Verdict.DEVIATES
    assert why in result.why
    assert result.checks[0].name == "structure"


@pytest.mark.parametrize(
    ("name", "error_class"),
    [("refuses", "NotImplementedError"), ("exits", "SystemExit"), ("writes_to_operands", "ValueError")],
)
def test_whatever_a_kernel_raises_is_a_refusal_with_its_class(cases: list[Case], name: str, error_class: str) -> None:
    result = run(cases[0], example(name))
    assert result.verdict is Verdict.REFUSES
    assert result.expected is (name == "refuses")  # which says that it does not support the call
    assert result.error is not None
    assert result.error.error_class == error_class
    assert error_class in result.why


def test_a_kernel_that_cannot_be_imported_refuses(cases: list[Case], tmp_path: Path) -> None:
    file = write(tmp_path, "import no_such_module\nkernel = None\n", "broken.py")
    result = run(cases[0], resolve([f"{file}:kernel"])[0])
    assert result.verdict is Verdict.REFUSES
    assert result.error is not None
    assert result.error.error_class == "ModuleNotFoundError"


def test_an_invalid_call_must_be_rejected(tmp_path: Path) -> None:
    (case,) = cases_of(tmp_path, REJECTS)
    assert run(case, example("right")).verdict is Verdict.CONFORMS
    accepted = run(case, example("accepts_everything"))
    assert (accepted.verdict, accepted.why) == (
        Verdict.DEVIATES,
        "accepted an invalid input: returned [1, 4, 4, 1] of float32",
    )


REFUSAL = """\
- match: {padding: SAME}
  verdict: refuses
  error: {class: NotImplementedError, message: not today}
  reason: it is not supported on purpose today
"""


def test_a_known_deviation_is_expected_and_named(cases: list[Case], tmp_path: Path) -> None:
    result = run(cases[0], example("refuses"), known(tmp_path, REFUSAL))
    assert result.expected
    assert result.deviation is not None
    assert result.deviation["place"] == "known_deviations/x.yaml:1"


def test_a_known_deviation_that_no_longer_deviates_is_a_failure(cases: list[Case], tmp_path: Path) -> None:
    result = run(cases[0], example("right"), known(tmp_path, REFUSAL))
    assert result.verdict is Verdict.CONFORMS
    assert not result.expected
    assert "known_deviations/x.yaml:1 says it refuses, but it conforms" in result.why


def test_an_intermittent_deviation_may_conform(cases: list[Case], tmp_path: Path) -> None:
    assert run(cases[0], example("right"), known(tmp_path, REFUSAL + "  intermittent: true\n")).expected


def test_a_deviation_with_another_error_explains_nothing(cases: list[Case], tmp_path: Path) -> None:
    other = known(tmp_path, REFUSAL.replace("not today", "not tomorrow"))
    assert not run(cases[0], example("refuses"), other, strict=True).expected
    assert run(cases[0], example("refuses"), known(tmp_path, REFUSAL), strict=True).expected


def test_reference_kernels_that_disagree_are_the_harness_s_fault(
    cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = ReferenceKernel(lambda geometry, weights, dy: KERNELS["fast"].compute(geometry, weights[::-1], dy))
    monkeypatch.setitem(kernels_module.KERNELS, "scatter_loops", wrong)
    kernel_agreement.cache_clear()
    result = run(cases[0], example("right"))
    kernel_agreement.cache_clear()
    assert result.verdict is Verdict.CONFORMS
    assert not result.expected
    assert "the harness is wrong here" in result.why
    assert "scatter_loops" in result.why


def test_kernels_over_the_budget_are_recorded_as_left_out(cases: list[Case]) -> None:
    kernels = run(cases[0], example("right"), budget=10).checks[-1]
    assert kernels.note == "left out: scatter_loops, gather_loops (720 multiply-adds, budget 10)"
    nothing = run(cases[0], example("right"), budget=0).checks[-1]
    assert "rotated_filter" in nothing.note


def test_the_line_that_reproduces_is_quoted_for_a_shell(cases: list[Case]) -> None:
    result = run(cases[1], example("right"), where="cases/x.yaml::strided[strides:2]")
    assert result.reproduce == f"harness run 'cases/x.yaml::strided[strides:2]' -i right={KERNEL_FILE}:right"
