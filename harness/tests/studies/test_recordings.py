"""Recorded results held against today's entries: the other processors and versions, without running anything."""

import gzip
import json
from pathlib import Path
from typing import Any, Final

import pytest

from harness.errors import InvalidInputError
from harness.spec.case import Case
from harness.spec.casefile import load
from harness.spec.deviations import FOLDER
from harness.spec.selection import CASES, case_paths
from harness.studies.recordings import Checked, check_recording, read_recording
from harness.tests.processes import EXAMPLES, ROOT, harness, header

AVX2: Final = {"tensorflow": "2.21.0", "has": ["avx2"], "onednn_takes": ["float32"]}
BF16: Final = AVX2 | {"has": ["avx2", "avx512f"], "onednn_takes": ["float32", "bfloat16"]}
FP16: Final = BF16 | {"onednn_takes": ["float32", "bfloat16", "half"]}
LIMITED: Final = BF16 | {"onednn_takes": ["float32"], "onednn_refuses": ["half"]}
NHWC_ONLY: Final = ["InvalidArgumentError", "Conv2DCustomBackpropInputOp only supports NHWC."]
LAYOUT: Final = "conv2d_backprop_input/layout.yaml::types[NCHW-{}]"
GAPS: Final = "conv2d_backprop_input/data-kinds.yaml::special-in-gaps[{}]"
SPECIAL: Final = "conv2d_backprop_input/data-kinds.yaml::special[bfloat16]"
NO_PRIMITIVE: Final = ["AbortedError", "message: could not create a primitive descriptor for the convolution"]
NEGATIVE: Final = "conv2d_backprop_input/invalid.yaml::input-sizes-negative[input_sizes:-1x5x6x2]"
DIFFERS: Final = "conv2d_backprop_input/invalid.yaml::batch-differs"
OLD_STAMP: Final = "2026-11-27 02:09:56.901078: F tensorflow/core/kernels/mkl/mkl_conv_grad_input_ops.cc:578] Non-OK"


@pytest.fixture(scope="module")
def today() -> dict[str, Case]:
    return {case.id: case for case in load(case_paths(ROOT / CASES, ROOT))}


def call_of(case: Case) -> dict[str, Any]:
    geometry = case.geometry
    axes = ("height", "width")
    shown = geometry and {name: getattr(geometry, name) for name in ("N", "C", "K", "groups")} | {
        axis: {name: getattr(getattr(geometry, axis), name) for name in getattr(geometry, axis).__dataclass_fields__}
        for axis in axes
    }
    attributes = {name: getattr(case.attributes, name) for name in case.attributes.__dataclass_fields__}
    return {"case": case.id, "expect": case.expect, "attributes": attributes, "geometry": shown}


def checked(
    folder: Path, facts: dict[str, Any], calls: list[Any], results: list[Any], today: dict[str, Case]
) -> Checked:
    """Write a recording, gzipped, read it and hold it against the files that are shipped."""
    file = folder / "run.ndjson.gz"
    file.write_bytes(gzip.compress("\n".join(json.dumps(line) for line in [facts, *calls, *results]).encode()))
    return check_recording(read_recording(file), today.values(), ROOT / CASES)


@pytest.mark.parametrize(
    ("facts", "case", "result", "expected"),
    [
        # bfloat16 in NCHW: where oneDNN leaves it, the default kernel refuses it; where it takes it, that would be new.
        (AVX2, LAYOUT.format("bfloat16"), {"verdict": "refuses", "error": NHWC_ONLY}, True),
        (AVX2, LAYOUT.format("bfloat16"), {"verdict": "conforms"}, False),
        (BF16, LAYOUT.format("bfloat16"), {"verdict": "refuses", "error": NHWC_ONLY}, False),
        (BF16, LAYOUT.format("bfloat16"), {"verdict": "conforms"}, True),
        # The same of half.
        (BF16, LAYOUT.format("half"), {"verdict": "refuses", "error": NHWC_ONLY}, True),
        (FP16, LAYOUT.format("half"), {"verdict": "refuses", "error": NHWC_ONLY}, False),
        (FP16, LAYOUT.format("half"), {"verdict": "conforms"}, True),
        # A kernel for strides that fills gaps with NaN, by its name; where the name was not kept, either may be.
        (FP16, GAPS.format("float32"), {"verdict": "deviates", "ran": "oneDNN brgconv_strided:avx512_core"}, True),
        (FP16, GAPS.format("float32"), {"verdict": "conforms", "ran": "oneDNN brgconv_strided:avx512_core"}, False),
        (FP16, GAPS.format("half"), {"verdict": "conforms", "ran": "oneDNN brgconv_strided:avx10_1_512"}, True),
        (FP16, GAPS.format("half"), {"verdict": "deviates", "ran": "oneDNN brgconv_strided:avx10_1_512"}, False),
        (AVX2, GAPS.format("float32"), {"verdict": "deviates"}, True),
        (AVX2, GAPS.format("float32"), {"verdict": "conforms"}, True),
        (AVX2, GAPS.format("bfloat16"), {"verdict": "deviates"}, False),
        # Kernels for AMX's tiles fill blocks up with zeros; the plain ones do not.
        (FP16, SPECIAL, {"verdict": "deviates", "ran": "oneDNN brg_conv_bwd:avx10_1_512_amx+brg_conv_fwd"}, True),
        (FP16, SPECIAL, {"verdict": "deviates", "ran": "oneDNN brg_conv_bwd:avx512_core_bf16+brg_conv_fwd"}, False),
        (LIMITED, LAYOUT.format("half"), {"verdict": "refuses", "error": NO_PRIMITIVE}, True),
        (LIMITED, LAYOUT.format("half"), {"verdict": "conforms"}, False),
        # Versions: a batch of -1 ends the process up to 2.20, whose log has another form, and passes for valid later.
        (FP16, NEGATIVE, {"verdict": "deviates"}, True),
        (FP16 | {"tensorflow": "2.20.0"}, NEGATIVE, {"verdict": "deviates"}, False),
        (FP16 | {"tensorflow": "2.20.0"}, NEGATIVE,
         {"verdict": "crashes", "error": ["SIGABRT", "Status"], "stderr": [OLD_STAMP, "Status: INVALID"]}, True),
        (AVX2 | {"tensorflow": "2.18.1"}, DIFFERS,
         {"verdict": "crashes", "error": ["SIGILL", "could not create a primitive descriptor"]}, True),
        (AVX2, DIFFERS,
         {"verdict": "crashes", "error": ["SIGILL", "could not create a primitive descriptor"]}, False),
    ],
)  # fmt: skip
def test_a_result_is_expected_where_its_cause_holds(
    facts: dict[str, Any], case: str, result: dict[str, Any], *, expected: bool, today: dict[str, Case], tmp_path: Path
) -> None:
    line = {"case": case, "implementation": "tf-onednn", **result}
    done = checked(tmp_path, facts, [call_of(today[case])], [line], today)
    assert (done.compared, done.status()) == (1, int(not expected)), done.lines()


def test_an_id_that_is_another_calls_by_now_is_counted_apart(today: dict[str, Case], tmp_path: Path) -> None:
    name = LAYOUT.format("half")
    other = call_of(today[LAYOUT.format("float32")]) | {"case": name}
    done = checked(
        tmp_path, BF16, [other], [{"case": name, "implementation": "tf-onednn", "verdict": "deviates"}], today
    )
    assert (done.compared, done.moved, done.status()) == (0, {name}, 5)
    assert "1 ids stand for another call by now: judged by their calls, counted apart" in done.lines()


def test_a_call_whose_id_is_gone_is_judged_by_its_attributes(today: dict[str, Case], tmp_path: Path) -> None:
    gone = call_of(today[LAYOUT.format("half")]) | {"case": "conv2d_backprop_input/gone.yaml::row-001"}
    results = [
        {"case": gone["case"], "implementation": name, "verdict": "refuses", "error": NHWC_ONLY}
        for name in ("tf-eager", "tf-onednn", "tf-xla")
    ]
    done = checked(tmp_path, BF16, [gone], results, today)
    assert [result.implementation for result, _ in done.unexpected] == ["tf-xla"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Expecting"), ("5", "argument of type 'int'"), ('{"case": "a"}', "'attributes'"),
        ('{"case": "a::b", "verdict": "conforms"}', "'a::b'"),
    ],
)  # fmt: skip
def test_what_is_no_recording_is_said_with_its_line(line: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "run.ndjson"
    file.write_text(f"{json.dumps(BF16)}\n{line}\n", encoding="utf-8")
    with pytest.raises(InvalidInputError) as raised:
        read_recording(file)
    assert str(raised.value).startswith(f"{file}:2: neither facts nor a call nor a result: ")
    assert said in str(raised.value)


def test_a_run_folder_is_checked_with_its_own_facts(tmp_path: Path) -> None:
    harness("run", "types.yaml::pointwise", "-i", f"mine={EXAMPLES}:right", "--out", tmp_path / "run")
    assert header(tmp_path / "run")["environments"]["here"]["implementations"].keys() == {"mine"}
    done = harness("deviations", "--check", tmp_path / "run")
    assert (done.returncode, done.stdout) == (0, "5 of 5 recorded results are as expected\n")
    assert not (ROOT / CASES / FOLDER / "mine.yaml").exists()


def test_checking_and_writing_are_two_things(tmp_path: Path) -> None:
    done = harness("deviations", "--check", "--update", tmp_path)
    assert (done.returncode, done.stderr) == (
        4,
        "Invalid value: --check reads, --update and --pack write: name one of them\n",
    )
