"""What calls become computes what the frameworks compute: the call as written, on the operands of the case.

Operands are small integers, so that results are equal. `harness.tests.frameworks` says when these tests run.
"""

import json
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from harness.errors import InvalidInputError
from harness.oracle.kernels import fast
from harness.spec.case import Case
from harness.spec.casefile import CasePath, load
from harness.studies.importers.calls import calls_text
from harness.tests.frameworks import interpreter_with

PROGRAM: Final = Path(__file__).parents[1] / "framework_calls.py"
SAME: Final = ("SAME_UPPER", "SAME_LOWER", "VALID")


def torch_calls() -> Iterator[str]:
    x = "(zeros((2, 4, 5, 6)))"
    for kernel, stride, padding, extra, dilation in product((1, 2, 3), (1, 2, 3), (0, 1, 2), (0, 1, 2), (1, 2)):
        if extra < max(stride, dilation) and 2 * padding < (kernel - 1) * dilation + 1 + 4 * stride:
            options = f"stride={stride}, padding={padding}, output_padding={extra}, dilation={dilation}, bias=False"
            yield f"torch.nn.ConvTranspose2d(4, 6, {kernel}, {options}){x}"
    yield f"torch.nn.ConvTranspose2d(4, 6, (3, 2), (2, 3), (1, 0), (1, 2), 2, False, (1, 2)){x}"
    yield "torch.nn.ConvTranspose2d(4, 6, 3, 2, 1, bias=False)(zeros((2, 4, 5, 6)), output_size=(10, 11))"
    yield "F.conv_transpose2d(zeros((1, 4, 3, 3)), zeros((4, 3, 3, 2)), stride=(2, 1), padding=1, groups=2)"
    yield "torch.conv_transpose2d(zeros((1, 4, 3, 3)), zeros((4, 3, 3, 2)), None, 2, 0, 1, 2)"
    for stride, padding, dilation in product((1, 2, 3), (0, 1, 2), (1, 2)):
        options = f"stride={stride}, padding={padding}, dilation={dilation}, groups=2, bias=False"
        yield f"torch.nn.Conv2d(4, 6, (3, 2), {options})(zeros((2, 4, 7, 8)))"
    yield "torch.nn.Conv2d(4, 6, (4, 3), padding='same', dilation=2, bias=False)(zeros((2, 4, 9, 8)))"
    yield "F.conv2d(zeros((2, 4, 7, 8)), zeros((6, 2, 3, 3)), None, 2, 'valid', 1, 2)"
    yield "torch.nn.grad.conv2d_input((2, 4, 7, 8), zeros((6, 2, 3, 2)), zeros((2, 6, 4, 5)), (2, 2), (1, 1), 1, 2)"


def jax_calls() -> Iterator[str]:
    for kernel, stride, padding, dilation in product((1, 2, 3, 4), (1, 2, 3), ("SAME", "VALID"), (1, 2)):
        options = f"({stride}, {stride}), {padding!r}, rhs_dilation=({dilation}, {dilation})"
        yield f"lax.conv_transpose(zeros((2, 4, 5, 3)), zeros(({kernel}, {kernel}, 3, 2)), {options})"
    rest = "zeros((3, 2, 2, 3)), (2, 1), 'SAME', transpose_kernel=True"
    yield f"jax.lax.conv_transpose(zeros((2, 4, 5, 3)), {rest})"
    pads = "zeros((3, 2, 3, 2)), (2, 1), ((1, 2), (0, 1))"
    yield f"jax.lax.conv_transpose(zeros((2, 4, 5, 3)), {pads})"
    yield f"jax.lax.conv_transpose(zeros((2, 4, 5, 3)), {pads}, use_consistent_padding=True)"
    letters = "dimension_numbers=('NHWC', 'HWIO', 'NHWC')"
    for before, after, stride in product((0, 1, 2), (0, 1, 3), (2, 3)):
        options = (
            f"(1, 1), (({before}, {after}), (1, 1)), lhs_dilation=({stride}, 2), {letters}, feature_group_count=2)"
        )
        yield f"lax.conv_general_dilated(zeros((2, 4, 5, 4)), zeros((3, 2, 2, 6)), {options}"
        options = f"({stride}, 2), (({before}, {after}), (1, 1)), rhs_dilation=(1, 2), feature_group_count=2)"
        yield f"lax.conv_general_dilated(zeros((2, 4, 9, 8)), zeros((6, 2, 3, 2)), {options}"
    yield f"lax.conv_general_dilated(zeros((2, 9, 8, 4)), zeros((3, 2, 4, 6)), (2, 3), 'SAME', {letters})"


def onnx_calls() -> Iterator[str]:
    operands = "(2, 4, 5, 6), (4, 3, {0}, {0}), group=2"
    for kernel, stride, dilation in product((1, 2, 3, 4), (1, 2, 3), (1, 2)):
        said = f"ConvTranspose({operands.format(kernel)}, strides=[{stride}, {stride}], dilations=[{dilation}, 1]"
        yield from (f"{said}, auto_pad='{auto_pad}')" for auto_pad in SAME)
        for pads, extra in product(([0, 0, 0, 0], [1, 0, 0, 1], [1, 1, 1, 1]), (0, 1)):
            if extra < stride and kernel > 1:
                yield f"{said}, pads={pads}, output_padding=[{extra}, 0])"
        yield f"{said}, output_shape=[{5 * stride}, {6 * stride}])"
        yield f"{said}, output_shape=[{5 * stride}, {6 * stride}], auto_pad='SAME_UPPER')"


CALLS: Final = {"torch": torch_calls, "jax": jax_calls, "onnxruntime": onnx_calls}


def converted(text: str, file: Path) -> Case | None:
    """The case, or None where there is none: what comes out is cut or extended as no convolution's gradient is."""
    try:
        file.write_text(calls_text([text]), encoding="utf-8")
    except InvalidInputError as error:
        assert any(why in str(error) for why in ("(C3)", "(C12)", "disagree")), error  # noqa: PT017 -- others are mistakes
        return None
    (case,) = load([CasePath(file.name, file)])
    return case


@pytest.mark.parametrize("framework", CALLS)
def test_a_call_computes_what_its_case_does(framework: str, tmp_path: Path) -> None:
    python = interpreter_with(framework)
    rng = np.random.default_rng(10)
    texts = list(CALLS[framework]())
    cases = [(text, case) for text in texts if (case := converted(text, tmp_path / "case.yaml"))]
    assert len(cases) > 0.7 * len(texts)
    expected = []
    for number, (_, case) in enumerate(cases):
        geometry = case.geometry
        assert geometry
        shapes = geometry.filter_shape, geometry.output_shape
        filter, out_backprop = (rng.integers(-4, 5, shape).astype(np.float32) for shape in shapes)
        np.savez(tmp_path / f"{number}.npz", filter=filter, out_backprop=out_backprop)
        expected.append(fast(geometry, filter.astype(np.float64), out_backprop.astype(np.float64)))
    calls = [[text, case.geometry.groups] for text, case in cases if case.geometry]
    (tmp_path / "calls.json").write_text(json.dumps(calls))
    done = subprocess.run([python, PROGRAM, framework, tmp_path], capture_output=True, text=True, check=False)  # noqa: S603 -- our own program
    assert done.returncode == 0, done.stderr[-2000:]
    wrong = [
        text
        for number, (text, _) in enumerate(cases)
        if not np.array_equal(np.load(tmp_path / f"{number}.npy"), expected[number])
    ]
    assert wrong == [], "\n".join(wrong)
