"""What pydantic finds wrong, in the words and at the places of the file."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel, ValidationError

from harness.errors import Problem
from harness.spec.foreign import WORDS, pairs_instead_of
from harness.spec.schema import Entry, Exclusion, Matrix, ProfileForm, Stimulus, nearest, shown
from harness.spec.yaml12 import Document


def _fields_at(model: type[BaseModel], path: tuple[str | int, ...], inner: Mapping[str, type[BaseModel]]) -> list[str]:
    """Names that the mapping at `path` may hold; `inner` are further models by their keys."""
    models: dict[str, type[BaseModel]] = {
        "cases": Entry,
        "defaults": Stimulus,
        "matrix": Matrix,
        "exclude": Exclusion,
        "profile": ProfileForm,
        **inner,
    }
    for step in path:
        model = models.get(step, model) if isinstance(step, str) else model
    return list(model.model_fields)


def _instead(name: str, fields: list[str]) -> str:
    """What to write instead of a key that is not known: where a case is meant, other libraries' words are."""
    word = WORDS.get(name) if "input_sizes" in fields else None
    return f": {word.instead}" if word else nearest(name, fields)


def problems_of_form(
    error: ValidationError,
    document: Document,
    file: str,
    model: type[BaseModel],
    inner: Mapping[str, type[BaseModel]] = MappingProxyType({}),
) -> list[Problem]:
    """Say pydantic's findings in the words and at the places of the file."""
    problems = []
    for finding in error.errors(include_url=False):
        path = tuple(finding["loc"])
        line, column = document.mark(path)
        name = next((step for step in reversed(path) if isinstance(step, str)), "")
        match finding["type"]:
            case "extra_forbidden":
                line, column = document.keys.get(path, (line, column))
                message = f"unknown key {name!r}{_instead(name, _fields_at(model, path[:-1], inner))}"
            case "missing":
                message = f"missing key {name!r}"
            case "enum" | "literal_error":
                expected = finding["ctx"]["expected"]
                choices = [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]
                message = f"{shown(finding['input'])} is not one of {expected}{nearest(finding['input'], choices)}"
                if len(choices) == 1:
                    message = f"{shown(finding['input'])} is not {expected}, the only {name} there is"
            case "string_pattern_mismatch":
                message = f"{finding['input']!r}: only letters, digits, '.', '_' and '-' are used here"
            case "model_type" | "dict_type":
                message = f"a mapping is needed here, not {shown(finding['input']):.60}"
            case "too_short":
                message = f"{name} must not be empty"
            case "form":
                pairs = pairs_instead_of(finding["input"]) if name == "padding" else ""
                message = f"{name}: {finding['msg']}{pairs}" if isinstance(name, str) else finding["msg"]
            case _:
                text = finding["msg"].removeprefix("Value error, ")
                text = text[:1].lower() + text[1:]
                message = (
                    f"{name}: {text}, not {shown(finding['input']):.60}" if isinstance(name, str) and name else text
                )
        problems.append(Problem(file, line, column, message))
    return problems
