"""Makes calls of PyTorch, JAX and ONNX Runtime as they are written, on given operands. Needs numpy and the framework.

python framework_calls.py FRAMEWORK FOLDER: `calls.json` is a list of [text, groups]; `0.npz`, `1.npz`, ... hold the
harness's `filter` [R S C/G K] and `out_backprop` [N P Q K]. Writes the gradient or the result as `N H W C` to
`0.npy`, ... In a text, `zeros(...)` stands for the operands, in the order in which they are asked for.
"""

import ast
import json
import sys
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


class Operands:
    """Called where the text says zeros(...): hands out the next operand, which must have the shape that is said."""

    def __init__(self, *arrays: Any) -> None:
        self.arrays = list(arrays)

    def __call__(self, *shape: Any) -> Any:
        shape = shape[0] if isinstance(shape[0], tuple) else shape
        array = self.arrays.pop(0)
        assert tuple(array.shape) == tuple(shape), (array.shape, shape)
        return array


def _first_shape(tree: ast.AST) -> Any:
    tuples = [node for node in ast.walk(tree) if isinstance(node, ast.Tuple) and len(node.elts) == 4]
    return ast.literal_eval(min(tuples, key=lambda node: node.col_offset))


def torch_call(text: str, groups: int, filter: Array, out_backprop: Array) -> Array:
    import torch

    weight = torch.tensor(filter.transpose(3, 2, 0, 1).copy())
    dy = torch.tensor(out_backprop.transpose(0, 3, 1, 2).copy())
    tree: Any = ast.parse(text, mode="eval").body
    forward = "onv2d(" in text
    x = torch.zeros(_first_shape(tree), requires_grad=True) if forward else dy
    names = {"torch": torch, "F": torch.nn.functional}
    if isinstance(tree.func, ast.Call):
        layer = eval(ast.unparse(tree.func), names)
        layer.weight.data = weight
        y = eval(
            f"layer({', '.join(map(ast.unparse, [*tree.args, *tree.keywords]))})",
            names | {"layer": layer, "zeros": Operands(x)},
        )
    else:
        operands = (weight, dy) if "conv2d_input" in text else (x, weight)
        y = eval(text, names | {"zeros": Operands(*operands)})
    if forward:
        y.backward(dy)
        y = x.grad
    result: Array = y.detach().numpy().transpose(0, 2, 3, 1)
    return result


def _rotated(filter: Array, groups: int) -> Array:
    """[R S K/G C]: what a convolution of the dilated out_backprop is given (C15)."""
    parts = np.split(filter[::-1, ::-1], groups, axis=3)
    return np.concatenate([part.swapaxes(2, 3) for part in parts], axis=3)


def jax_call(text: str, groups: int, filter: Array, out_backprop: Array) -> Array:
    import jax

    names = {"jax": jax, "lax": jax.lax, "True": True}
    first = "NCHW" in text or ("general_dilated" in text and "NHWC" not in text)
    to, back = ((0, 3, 1, 2), (0, 2, 3, 1)) if first else ((0, 1, 2, 3), (0, 1, 2, 3))
    dy = out_backprop.transpose(to)
    forward = "general_dilated" in text and "lhs_dilation" not in text
    rhs = filter if forward or "transpose_kernel=True" in text else _rotated(filter, groups)
    rhs = rhs.transpose(3, 2, 0, 1) if first else rhs
    if not forward:
        return np.asarray(eval(text, names | {"zeros": Operands(dy, rhs)})).transpose(back)
    x = np.zeros(_first_shape(ast.parse(text)), np.float32)
    _, vjp = jax.vjp(lambda x: eval(text, names | {"zeros": Operands(x, rhs)}), x)
    return np.asarray(vjp(dy)[0]).transpose(back)


def onnxruntime_call(text: str, groups: int, filter: Array, out_backprop: Array) -> Array:
    import onnx
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    tree: Any = ast.parse(text, mode="eval").body
    attributes = {each.arg: ast.literal_eval(each.value) for each in tree.keywords}
    node = onnx.helper.make_node("ConvTranspose", ["X", "W"], ["Y"], **attributes)
    feeds = {
        "X": np.ascontiguousarray(out_backprop.transpose(0, 3, 1, 2)),
        "W": np.ascontiguousarray(filter.transpose(3, 2, 0, 1)),
    }
    values = [onnx.helper.make_tensor_value_info(name, 1, list(array.shape)) for name, array in feeds.items()]
    result = onnx.helper.make_tensor_value_info("Y", 1, None)
    graph = onnx.helper.make_graph([node], "graph", values, [result])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 11)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    dx: Array = session.run(None, feeds)[0]
    return dx.transpose(0, 2, 3, 1)


def main() -> None:
    framework, folder = sys.argv[1], Path(sys.argv[2])
    call = {"torch": torch_call, "jax": jax_call, "onnxruntime": onnxruntime_call}[framework]
    for number, (text, groups) in enumerate(json.loads((folder / "calls.json").read_text())):
        operands = np.load(folder / f"{number}.npz")
        try:
            np.save(folder / f"{number}.npy", call(text, groups, operands["filter"], operands["out_backprop"]))
        except Exception as error:
            raise RuntimeError(text) from error


if __name__ == "__main__":
    main()
