"""The text of a call, read by Python's parser and never run: names, literals, and shapes in place of arrays."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.errors import InvalidInputError

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A name for something that the text does not say, such as `x` or `torch.float16`."""

    text: str

    def __str__(self) -> str:
        """The name as it was written."""
        return self.text

    @property
    def last(self) -> str:
        """`float16` of `torch.float16`."""
        return self.text.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Call:
    """A call, its arguments as Python values, Names and Calls. `of` is the call whose result is called, if one is."""

    name: Name
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    of: "Call | None" = None


def parse(text: str) -> list[Call]:
    """The calls of a text, one or several apart by `;` or lines. Raises InvalidInputError for what is none."""
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = getattr(error, "msg", None) or str(error)
        raise InvalidInputError([f"{text}: not a call as Python writes one: {said}"]) from None
    calls = [_value(statement.value) for statement in body if isinstance(statement, ast.Expr | ast.Assign)]
    if not calls or len(calls) != len(body) or not all(isinstance(call, Call) for call in calls):
        raise InvalidInputError([f"{text}: not a call, such as torch.nn.ConvTranspose2d(16, 8, 3, stride=2)"])
    return calls


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Call(func=ast.Call() as inner):
            return Call(Name(""), *_arguments(node), _value(inner))
        case ast.Call(func=ast.Name() | ast.Attribute() as function):
            return Call(_value(function), *_arguments(node))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return tuple(map(_value, elements))
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return -value
        case _:
            return Name(ast.unparse(node))


def _arguments(node: ast.Call) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
        raise InvalidInputError([f"{ast.unparse(node)}: * and ** do not say what is passed"])
    return tuple(map(_value, node.args)), {each.arg: _value(each.value) for each in node.keywords if each.arg}


def shape_of(array: object) -> Shape | None:
    """The shape `(1, 16, 8, 8)`, or that of `torch.zeros(1, 16, 8, 8)`; None where the text does not say it."""
    match array:
        case tuple() if all(type(extent) is int for extent in array):
            return array
        case Call(arguments=extents) if extents and all(type(extent) is int for extent in extents):
            return extents
        case Call(arguments=arguments, keywords=keywords):
            shapes = map(shape_of, (*arguments, *keywords.values()))
            return next((shape for shape in shapes if shape is not None), None)
        case _:
            return None


def dtype_of(*values: object) -> str:
    """The type's name in the first value that says one, as `dtype=torch.float16` in a call; else float32."""
    inner = ((*each.keywords.values(), *each.arguments) if isinstance(each, Call) else (each,) for each in values)
    words = (word.last if isinstance(word, Name) else word for each in inner for word in each)
    return next((TYPES[word] for word in words if isinstance(word, str) and word in TYPES), "float32")


TYPES = {
    "half": "half", "float16": "half", "FLOAT16": "half", "f16": "half", "CUDNN_DATA_HALF": "half",
    "bfloat16": "bfloat16", "BFLOAT16": "bfloat16", "bf16": "bfloat16", "CUDNN_DATA_BFLOAT16": "bfloat16",
    "float": "float32", "float32": "float32", "FLOAT": "float32", "f32": "float32", "CUDNN_DATA_FLOAT": "float32",
    "double": "float64", "float64": "float64", "DOUBLE": "float64", "f64": "float64", "CUDNN_DATA_DOUBLE": "float64",
    "int": "int32", "int32": "int32", "INT32": "int32", "s32": "int32", "CUDNN_DATA_INT32": "int32",
}  # fmt: skip
