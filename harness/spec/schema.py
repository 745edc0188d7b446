"""What a case file may say: the pydantic models from which `case.schema.json` is generated.

The models check form only (names, types, spellings). What the numbers mean is `expand`'s and `geometry`'s.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.errors import Problem
from harness.spec.case import DataKind, Expect, Rule
from harness.spec.yaml12 import Document

DTYPES: Final = ("half", "bfloat16", "float32", "float64", "int32")
DATA_FORMATS: Final = ("NHWC", "NCHW")
PADDINGS: Final = ("SAME", "VALID", "EXPLICIT")

_INT: Final = {"type": "integer"}
_INTS: Final = {"type": "array", "items": _INT}
_PAIRS: Final = {"type": "array", "items": _INTS, "minItems": 2, "maxItems": 2}


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_ints(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_int, value))


def _is_pads(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_ints(pair) and len(pair) == 2 for pair in value)


def form(
    accepts: Callable[[object], bool], expected: str, *schemas: dict[str, Any], choices: tuple[str, ...] = ()
) -> tuple[object, ...]:
    """Check one short form with one message: pydantic's unions give one for every member."""

    def check(value: object) -> object:
        if not accepts(value):
            raise PydanticCustomError("form", "{value} is not {expected}", {"value": repr(value), "expected": expected})
        return value

    described = ({"enum": list(choices), "description": expected}, *schemas) if choices else schemas
    schema = {"anyOf": list(described)} if len(described) > 1 else described[0]
    return BeforeValidator(check), WithJsonSchema(schema | {"description": expected})


def _one_or_many(accepts: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: accepts(value) or (isinstance(value, list) and bool(value) and all(map(accepts, value)))


def _is_str(value: object) -> bool:
    return isinstance(value, str)


_STRING: Final = {"type": "string"}
Sizes = Annotated[Any, *form(_is_ints, "a list of integers such as [2, 9, 9, 3]", _INTS)]
Steps = Annotated[
    Any,
    *form(
        lambda value: _is_int(value) or _is_ints(value),
        "an integer, [height, width], or four integers in data_format's order",
        _INT,
        _INTS,
    ),
]
PaddingForm = Annotated[
    Any,
    *form(
        lambda value: _is_str(value) or _is_pads(value),
        "SAME, VALID, EXPLICIT or [[top, bottom], [left, right]]",
        _STRING,
        _PAIRS,
        choices=PADDINGS,
    ),
]
Format = Annotated[Any, *form(_is_str, "NHWC or NCHW", _STRING, choices=DATA_FORMATS)]
Formats = Annotated[
    Any,
    *form(
        _one_or_many(_is_str),
        "NHWC, NCHW or a list of them",
        _STRING,
        {"type": "array", "items": _STRING},
        choices=DATA_FORMATS,
    ),
]
Dtype = Annotated[Any, *form(_is_str, "a type's name", _STRING, choices=DTYPES)]
Dtypes = Annotated[
    Any,
    *form(
        _one_or_many(_is_str),
        "a type's name or a list of them",
        _STRING,
        {"type": "array", "items": _STRING},
        choices=DTYPES,
    ),
]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=100)]


class _Strict(BaseModel):
    """Nothing is converted and nothing unknown is let through."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ProfileForm(_Strict):
    """Demands other than the error bound; `rtol` and `atol` come together and with a reason."""

    float32_accumulator: bool = False
    rtol: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    atol: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    reason: Annotated[str, Field(min_length=10)] | None = None


class Stimulus(_Strict):
    """What a case and the file's defaults may both say."""

    description: str | None = None
    covers: list[Annotated[Rule, Field(strict=False)]] | None = None
    input_sizes: Sizes | None = None
    filter: Sizes | None = None
    out_backprop: Sizes | None = None
    strides: Steps | None = None
    padding: PaddingForm | None = None
    explicit_paddings: Sizes | None = None
    dilations: Steps | None = None
    data_format: Formats | None = None
    dtype: Dtypes | None = None
    data: list[Annotated[DataKind, Field(strict=False)]] | None = Field(None, min_length=1)
    tags: list[Id] | None = None
    profile: ProfileForm | None = None


class Matrix(_Strict):
    """Values to multiply out: a list for each key."""

    input_sizes: Annotated[list[Sizes], Field(min_length=1)] | None = None
    filter: Annotated[list[Sizes], Field(min_length=1)] | None = None
    out_backprop: Annotated[list[Sizes], Field(min_length=1)] | None = None
    strides: Annotated[list[Steps], Field(min_length=1)] | None = None
    padding: Annotated[list[PaddingForm], Field(min_length=1)] | None = None
    explicit_paddings: Annotated[list[Sizes], Field(min_length=1)] | None = None
    dilations: Annotated[list[Steps], Field(min_length=1)] | None = None
    data_format: Annotated[list[Format], Field(min_length=1)] | None = None
    dtype: Annotated[list[Dtype], Field(min_length=1)] | None = None


class Exclusion(_Strict):
    """One combination that is left out: it must equal all the values given."""

    input_sizes: Sizes | None = None
    filter: Sizes | None = None
    out_backprop: Sizes | None = None
    strides: Steps | None = None
    padding: PaddingForm | None = None
    explicit_paddings: Sizes | None = None
    dilations: Steps | None = None
    data_format: Format | None = None
    dtype: Dtype | None = None


class Entry(Stimulus):
    """One case before it is multiplied out."""

    id: Id
    expect: Annotated[Expect, Field(strict=False)] = Expect.CONFORMS
    matrix: Matrix | None = None
    exclude: list[Exclusion] | None = None


class CaseFile(_Strict):
    """A case file."""

    op: Literal["Conv2DBackpropInput"]
    description: str | None = None
    defaults: Stimulus = Stimulus()
    cases: Annotated[list[Entry], Field(min_length=1)]


def nearest_name(word: object, choices: Iterable[object]) -> str | None:
    """The choice that a misspelt word most likely means, if any is near."""
    options = {str(choice).lower(): str(choice) for choice in choices}
    found = get_close_matches(str(word).lower(), options, n=1, cutoff=0.5)
    return options[found[0]] if found else None


def nearest(word: object, choices: Iterable[object]) -> str:
    """`; did you mean 'strides'?`, or nothing where no spelling is near."""
    name = nearest_name(word, choices)
    return f"; did you mean {name!r}?" if name else ""


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
                message = f"unknown key {name!r}{nearest(name, _fields_at(model, path[:-1], inner))}"
            case "missing":
                message = f"missing key {name!r}"
            case "enum" | "literal_error":
                expected = finding["ctx"]["expected"]
                choices = [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]
                message = f"{finding['input']!r} is not one of {expected}{nearest(finding['input'], choices)}"
            case "string_pattern_mismatch":
                message = f"{finding['input']!r}: only letters, digits, '.', '_' and '-' are used here"
            case "model_type" | "dict_type":
                message = f"a mapping is needed here, not {finding['input']!r:.60}"
            case "too_short":
                message = f"{name} must not be empty"
            case "form":
                message = f"{name}: {finding['msg']}" if isinstance(name, str) else finding["msg"]
            case _:
                text = finding["msg"].removeprefix("Value error, ")
                text = text[:1].lower() + text[1:]
                message = f"{name}: {text}, not {finding['input']!r:.60}" if isinstance(name, str) and name else text
        problems.append(Problem(file, line, column, message))
    return problems


def case_schema() -> str:
    """Text of `case.schema.json`, for editors."""
    schema = CaseFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2) + "\n"


SCHEMA_FILE: Final = Path(__file__).with_name("case.schema.json")
