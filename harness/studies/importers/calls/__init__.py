"""A call of another library as a case: the text is parsed, never run.

`pytorch`, `onnx`, `jax` have functions with the signatures of those libraries, which return what the call becomes;
`cudnn` and `onednn` read descriptors. `docs/coming-from.md` shows a call of each.
"""

import inspect
from collections.abc import Callable, Iterable
from textwrap import wrap
from typing import Any, Final

from harness.errors import InvalidInputError
from harness.spec.casetext import case_file_text
from harness.spec.schema import nearest
from harness.studies.importers import WIDTH
from harness.studies.importers.calls import cudnn, jax, onednn, onnx, pytorch
from harness.studies.importers.calls.converted import CallError, Converted
from harness.studies.importers.calls.syntax import Call, Name, parse

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = pytorch.FUNCTIONS | onnx.FUNCTIONS | jax.FUNCTIONS


def read_call(text: str) -> Converted:
    """What a call, or cuDNN's descriptors, or oneDNN's description of a problem becomes. Raises InvalidInputError."""
    try:
        if onednn.problem_in(text):
            return onednn.converted(text)
        calls = parse(text.replace("&", "") if "cudnn" in text else text)
        return cudnn.converted(calls) if any(map(cudnn.is_cudnn, calls)) else _apply(*calls)
    except CallError as error:
        raise InvalidInputError([f"{text}: {error}"]) from None


def _apply(call: Call, *others: Call) -> Converted:
    if others:
        raise CallError("one call at a time; only cuDNN's belong together")
    layer = call.of or call
    function = FUNCTIONS.get(layer.name.last)
    if function is None:
        raise CallError(f"{layer.name} is none of {', '.join(FUNCTIONS)}{nearest(layer.name.last, FUNCTIONS)}")
    found = _bound(function, layer)
    if isinstance(found, Converted):
        return found
    converted: Converted = _bound(found, call if call.of else Call(Name(""), (), {}))
    return converted


def _bound(function: Callable[..., Any], call: Call) -> Any:
    """The function called with the call's arguments; what does not fit its signature is said as Python says it."""
    try:
        given = inspect.signature(function).bind(*call.arguments, **call.keywords)
    except TypeError as error:
        raise CallError(str(error)) from None
    try:
        return function(*given.args, **given.kwargs)
    except (TypeError, ValueError, IndexError, AttributeError) as error:  # a name where a number belongs
        raise CallError(f"an argument is not the number or list that belongs there ({error})") from None


def calls_text(texts: Iterable[str]) -> str:
    """Text of a case file with a case for each call, the call above it. Raises InvalidInputError."""
    said: dict[tuple[Any, int], list[str]] = {}
    for text in texts:
        found = read_call(text)
        said.setdefault((found.layer, found.batch), []).extend([" ".join(text.split()), *found.notes])
    entries = [
        (layer.entry(batch) | {"id": _id(layer.id, batch)}, [line for each in comments for line in wrap(each, WIDTH)])
        for (layer, batch), comments in said.items()
    ]
    return case_file_text("Calls of other libraries.", {}, entries)


def _id(name: str, batch: int) -> str:
    return name if batch == 1 else f"{batch}x{name}"
