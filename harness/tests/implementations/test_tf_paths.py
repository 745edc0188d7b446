"""Every path of TensorFlow, really called, in its host."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.hosts.host import Hosts
from harness.hosts.memory import memory_free
from harness.implementations.frameworks import DEFAULT
from harness.implementations.resolve import BUILT_IN, resolve
from harness.records import Verdict
from harness.report.show import NVIDIA_DRIVER
from harness.runner import run
from harness.spec.case import Algorithm, Profile
from harness.tests.cases import HEAD, cases_of
from harness.tests.processes import EXAMPLES

CASES = HEAD + (
    "defaults: {filter: [3, 2, 2, 3]}\n"
    "cases:\n"
    "  - {id: same, input_sizes: [1, 5, 4, 2], strides: [2, 1], padding: SAME}\n"
    "  - {id: explicit, input_sizes: [1, 5, 4, 2], padding: [[1, 2], [0, 1]]}\n"
    "  - {id: two, input_sizes: [5, 4], out_backprop: [2, 3, 3, 3], padding: VALID}\n"
    "  - {id: whole, input_sizes: [1, 5, 4, 2], padding: SAME, dtype: int32}\n"
    "  - {id: dilated, input_sizes: [1, 7, 6, 2], padding: VALID, dilations: 2}\n"
    "  - id: invalid\n"
    "    input_sizes: [1, 5, 4, 2]\n"
    "    out_backprop: [1, 9, 9, 3]\n"
    "    matrix: {padding: [SAME, EXPLICIT], explicit_paddings: [[0, 0, 1, 0, 0, 0, 0, 0]]}\n"
    "    expect: rejects\n"
)
# tf.nn has no way to say explicit paddings under SAME.
SAID_OTHERWISE = {"invalid[padding:SAME-explicit_paddings:0x0x1x0x0x0x0x0]": "NotImplementedError"}
DILATED = {"dilated": "InvalidArgumentError"}
REFUSED = {
    "tf-xla": {"two": "InvalidArgumentError"},
    "tf-gradient": {"whole": "NotImplementedError", **DILATED, **SAID_OTHERWISE},
    "tf-transpose": DILATED | SAID_OTHERWISE,
    "tf-onednn": {},
    "tf-onednn-graph": {},
}


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    found = Hosts(timeout=120, memory_limit=memory_free())
    yield found
    found.close()


@pytest.mark.parametrize("name", DEFAULT)
def test_a_path_conforms_or_refuses_cleanly(name: str, hosts: Hosts, tmp_path: Path) -> None:
    found = {case.name: run(case, BUILT_IN[name], caller=hosts) for case in cases_of(tmp_path, CASES)}
    refused = REFUSED.get(name, DILATED)
    for case, result in found.items():
        wanted = Verdict.REFUSES if case in refused else Verdict.CONFORMS
        assert result.verdict is wanted, f"{case}: {result.why}"
        if case in refused:
            assert result.error is not None
            assert result.error.error_class == refused[case]
            assert "function_node" not in result.error.message
            assert "Graph execution error" not in result.error.message


@pytest.mark.parametrize("name", [name for name in BUILT_IN if BUILT_IN[name].device])
def test_without_a_gpu_its_paths_are_skipped_with_that_reason(name: str, hosts: Hosts, tmp_path: Path) -> None:
    for case in cases_of(tmp_path, CASES):
        result = run(case, BUILT_IN[name], caller=hosts)
        if NVIDIA_DRIVER.exists():
            assert result.verdict in {Verdict.CONFORMS, Verdict.REFUSES}, f"{case.name}: {result.why}"
        else:
            assert (result.verdict, result.expected) == (Verdict.SKIPPED, True)
            assert result.why == "TensorFlow sees no GPU"


def test_a_profile_of_fewer_bits_is_held_to_that_many(tmp_path: Path) -> None:
    """TF32 rounds float32 operands to 11 bits: too coarse for float32, right for what it claims to be."""
    case, *_ = cases_of(tmp_path, CASES)
    rounding = resolve([f"rounding={EXAMPLES}:rounds_operands_to_11_bits"])[0]
    claimed = replace(rounding, profile=Profile(algorithm=Algorithm.TF32))
    assert run(case, rounding).verdict is Verdict.DEVIATES
    result = run(case, claimed)
    assert result.verdict is Verdict.CONFORMS
    accuracy = next(check for check in result.checks if check.name == "accuracy")
    assert accuracy.margin is not None
    assert 0.01 < accuracy.margin < 1


def test_the_record_says_that_onednn_really_ran(hosts: Hosts, tmp_path: Path) -> None:
    case, *_ = cases_of(tmp_path, CASES)
    assert (run(case, BUILT_IN["tf-onednn"], caller=hosts).ran or "").startswith("oneDNN ")
    assert run(case, BUILT_IN["tf-eager"], caller=hosts).ran is None
