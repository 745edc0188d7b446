"""Calls of other libraries as cases; `test_import_call_frameworks` holds them against the frameworks themselves."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from harness.errors import InvalidInputError
from harness.spec.casefile import CasePath, load
from harness.studies.importers.calls import calls_text, read_call
from harness.tests.processes import ROOT, harness

CUDNN: Final = (
    "cudnnSetTensor4dDescriptor(dx, CUDNN_TENSOR_NCHW, CUDNN_DATA_HALF, 2, 8, 16, 15);"
    "cudnnSetFilter4dDescriptor(w, CUDNN_DATA_HALF, CUDNN_TENSOR_NCHW, 16, 4, 3, 2);"
    "cudnnSetConvolution2dDescriptor(conv, 1, 0, 2, 1, 1, 3, CUDNN_CONVOLUTION, CUDNN_DATA_FLOAT);"
    "cudnnSetConvolutionGroupCount(conv, 2);"
)
TF_ON_ONEDNN: Final = """
import os
os.environ.update(TF_ENABLE_ONEDNN_OPTS="1", ONEDNN_VERBOSE="1", TF_CPP_MIN_LOG_LEVEL="2")
import tensorflow as tf
calls = [
    ([3, 2, 4, 6], [5, 4], 2, 1, "SAME"), ([3, 2, 2, 6], [9, 8], 1, 1, "SAME"), ([3, 2, 4, 6], [4, 4], 2, 1, "VALID"),
    ([3, 2, 4, 6], [5, 6], 1, 2, "VALID"), ([3, 2, 4, 6], [3, 3], 3, 2, "SAME")]
for filter, extents, stride, dilation, padding in calls:
    tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[2, 9, 8, 4], filter=tf.zeros(filter), out_backprop=tf.zeros([2, *extents, 6]),
        strides=[1, stride, stride, 1], dilations=[1, dilation, dilation, 1], padding=padding)
"""


def entry(text: str) -> dict[str, Any]:
    """The keys of the one case that a call becomes, its id left out."""
    (found,) = yaml.safe_load(calls_text([text]))["cases"]
    return {key: value for key, value in found.items() if key != "id"}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("torch.nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1)",
         {"input_sizes": [1, 16, 16, 8], "filter": [3, 3, 8, 16], "strides": 2, "padding": [[1, 1], [1, 1]]}),
        ("up = torch.nn.ConvTranspose2d(16, 8, 4, 2, 1, groups=4)(torch.randn(3, 16, 5, 7, dtype=torch.bfloat16))",
         {"input_sizes": [3, 10, 14, 8], "filter": [4, 4, 2, 16], "strides": 2, "padding": "SAME",
          "dtype": "bfloat16"}),
        ("nn.Conv2d(8, 16, 3, padding=1, dtype=torch.float64)(torch.empty(8, 9, 9))",
         {"input_sizes": [1, 9, 9, 8], "filter": [3, 3, 8, 16], "padding": "SAME", "dtype": "float64"}),
        ("make_node('ConvTranspose', [(1, 4, 5, 6), (4, 3, 3, 3)], ['Y'], pads=[0, 1, 2, 1], strides=[2, 1])",
         {"input_sizes": [1, 9, 6, 3], "filter": [3, 3, 3, 4], "strides": [2, 1], "padding": [[0, 2], [1, 1]]}),
        ("Conv((1, 4, 6, 6), (8, 2, 3, 3), group=2, strides=[2, 2], auto_pad='SAME_LOWER')",
         {"input_sizes": [1, 6, 6, 4], "filter": [3, 3, 2, 8], "strides": 2, "padding": [[1, 0], [1, 0]]}),
        ("jax.lax.conv_transpose(jnp.zeros((1, 4, 4, 16)), jnp.zeros((3, 3, 16, 8)), (2, 2), 'SAME')",
         {"input_sizes": [1, 8, 8, 8], "filter": [3, 3, 8, 16], "strides": 2, "padding": "SAME"}),
        ("lax.conv_general_dilated(x, (6, 2, 3, 3), (1, 1), 'VALID', feature_group_count=2)",
         {"input_sizes": [1, 8, 8, 4], "filter": [3, 3, 2, 6], "padding": "VALID"}),
        (CUDNN, {"input_sizes": [2, 16, 15, 8], "filter": [3, 2, 4, 16], "strides": [2, 1], "dilations": [1, 3],
                 "padding": [[1, 1], [0, 0]], "dtype": "half"}),
        ("benchdnn --conv --dir=BWD_D --dt=bf16 g2mb1ic8ih16oc16oh8kh3sh2ph1",
         {"input_sizes": [1, 16, 16, 8], "filter": [3, 3, 4, 16], "strides": 2, "padding": [[1, 1], [1, 1]],
          "dtype": "bfloat16"}),
        ("--deconv ic16ih8oc8kh3dh1", {"input_sizes": [2, 12, 12, 8], "filter": [3, 3, 8, 16], "dilations": 2,
                                       "padding": "VALID"}),
        ("onednn_verbose,v1,primitive,exec,cpu,deconvolution,conv:any,forward_training,src:f32:a:blocked::f0,,alg:deconvolution_direct,g2mb2_ic16oc8_ih8oh16kh3sh2dh0ph1_iw8ow15kw3sw2dw0pw1,19.21",
         {"input_sizes": [2, 16, 15, 8], "filter": [3, 3, 4, 16], "strides": 2, "padding": [[1, 1], [1, 1]]}),
    ],
)  # fmt: skip
def test_a_call_becomes_a_case(text: str, keys: dict[str, Any], tmp_path: Path) -> None:
    assert entry(text) == keys
    file = tmp_path / "case.yaml"
    file.write_text(calls_text([text]), encoding="utf-8")
    (case,) = load([CasePath("case.yaml", file)])
    assert case.geometry == read_call(text).layer.geometry(keys["input_sizes"][0])


def test_what_was_taken_for_granted_stands_above_the_case() -> None:
    text = calls_text(["ConvTranspose2d(4, 4, 1)", "Conv2d(4, 4, 1)(zeros(1, 4, 2, 2))", CUDNN])
    assert "  # The call does not say the shape of input: (1, 4, 8, 8) is taken.\n  - id: 8x8x4-1x1x4-valid\n" in text
    assert "  # The case is this convolution's gradient with respect to its input.\n  - id: 2x2x4-1x1x4-valid\n" in text
    assert "  # CUDNN_CONVOLUTION: the case's filter is turned by 180 degrees.\n  - id: 2x16x15x8-" in text


def test_the_same_call_twice_is_one_case_and_another_batch_is_another() -> None:
    one, two = "conv_transpose2d((1, 4, 3, 3), (4, 2, 2, 2))", "conv_transpose2d((2, 4, 3, 3), (4, 2, 2, 2))"
    cases = yaml.safe_load(calls_text([one, two, f"F.{one}"]))["cases"]
    assert [case["id"] for case in cases] == ["4x4x2-2x2x4-valid", "2x4x4x2-2x2x4-valid"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("torch.nn.ConvTranspose2d(16, 8)", "missing a required argument: 'kernel_size'"),
        ("torch.nn.ConvTranspose2d(16, 8, 3, strides=2)", "got an unexpected keyword argument 'strides'"),
        ("torch.nn.ConvTranspose2d(16, 8, k)", "kernel_size is a number or two, not k"),
        ("torch.nn.ConvTranspose2d(c, 8, 3)", "an argument is not the number or list that belongs there ("),
        ("torch.nn.ConvTranspose2d(16, 8, 3)(torch.zeros(1, 4, 5, 5))", "input has 4 channels where 16 are expected"),
        ("torch.nn.ConvTranspose2d(16, 8, 3, groups=3)", "3 groups do not divide 6 and 16 channels (C8)"),
        ("torch.nn.ConvTranspose2d(16, 8, 3, dilation=4, stride=2, output_padding=3)",
         "a convolution of the result would have more than 8 windows (C3)"),
        ("torch.nn.Conv2d(4, 4, 3, padding_mode='circular')", "the operator pads with zeros only"),
        ("torch.nn.ConvTranpose2d(16, 8, 3)", "; did you mean 'ConvTranspose2d'?"),
        ("F.conv_transpose2d(x, w)", "weight has to be a shape of 4 numbers, or a call that says it, such as zeros"),
        ("torch.nn.grad.conv2d_input((1, 4, 5, 5), (6, 4, 3, 3), (1, 6, 4, 4))",
         "grad_output has the shape (1, 6, 4, 4); by C3 it must be (1, 6, 3, 3)"),
        ("make_node('MaxPool', ['X'], ['Y'])", "'MaxPool' is none of ConvTranspose, Conv"),
        ("ConvTranspose((1, 4, 5, 6), (4, 3, 1, 1), strides=[2, 2], auto_pad='SAME_UPPER')", "write output_shape"),
        ("lax.conv_general_dilated(x, (6, 2, 3, 3), (2, 2), ((0, 0), (0, 0)), lhs_dilation=(2, 2))",
         "neither a convolution nor the gradient of one"),
        ("lax.conv_transpose((1, 4, 4, 2), (1, 1, 2, 2), (1, 1), ((1, 0), (0, 0)))", "no padding is negative"),
        ("cudnnSetConvolutionGroupCount(conv, 2)", "missing: cudnnSetTensor4dDescriptor(dxDesc, "),
        (CUDNN.replace("16, 15", "h, w"), "not all numbers: cudnnSetTensor4dDescriptor("),
        ("--deconv --dir=BWD_D ic16ih8oc8kh3", "a convolution, not the operator"),
        ("--conv mb2_ic16oc8ih8", "missing in mb2_ic16oc8ih8: kh"),
        ("ConvTranspose2d(", "not a call as Python writes one: '(' was never closed"),
        ("3 + 4", "not a call, such as torch.nn.ConvTranspose2d(16, 8, 3, stride=2)"),
        ("ConvTranspose2d(*sizes)", "* and ** do not say what is passed"),
    ],
)  # fmt: skip
def test_a_call_that_is_no_case_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        read_call(text)
    (line,) = error.value.lines
    assert said in line


def test_nothing_of_a_call_is_run(tmp_path: Path) -> None:
    made = tmp_path / "made"
    done = harness("import", "call", f"Conv2d(4, 4, open({str(made)!r}, 'w').write('x'))")
    assert done.returncode == 4
    assert not made.exists()


def test_the_command_writes_a_case_file(tmp_path: Path) -> None:
    out = tmp_path / "folder" / "calls.yaml"
    assert harness("import", "call", "ConvTranspose2d(4, 4, 2, 2)", CUDNN, "--out", out).returncode == 0
    assert harness("validate", out).stdout == "2 cases in 1 file: no problems\n"


def test_what_onednn_says_of_a_call_becomes_that_call() -> None:
    """float32 is what TensorFlow's oneDNN takes on every processor; where the build has none it prints nothing."""
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-c", TF_ON_ONEDNN], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if ",exec," in line and ",convolution," in line]
    if not lines:
        pytest.skip("this build of TensorFlow has no oneDNN")
    geometries = [read_call(line).layer.geometry(2) for line in lines]
    assert [(each.groups, each.filter_shape, each.output_shape) for each in geometries] == [
        (1, (3, 2, 4, 6), (2, 5, 4, 6)), (2, (3, 2, 2, 6), (2, 9, 8, 6)), (1, (3, 2, 4, 6), (2, 4, 4, 6)),
        (1, (3, 2, 4, 6), (2, 5, 6, 6)), (1, (3, 2, 4, 6), (2, 3, 3, 6)),
    ]  # fmt: skip
    rows, columns = geometries[4].height, geometries[4].width
    assert (rows.stride, rows.dilation, rows.pad_before, columns.pad_before) == (3, 2, 1, 0)
