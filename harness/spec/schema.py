"""What a case file may say: the pydantic models from which `case.schema.json` is generated.

The models check form only (names, types, spellings). What the numbers mean is `expand`'s and `geometry`'s.
"""

import json
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from harness.spec.case import Algorithm, DataKind, Expect, Profile, Rule

DTYPES: Final = ("half", "bfloat16", "float32", "float64", "int32")
DATA_FORMATS: Final = ("NHWC", "NCHW")
PADDINGS: Final = ("SAME", "VALID", "EXPLICIT")

_NEAR: Final = 0.65  # difflib's ratio; int8 and int32 have 0.67, tolerances and covers 0.5
_BEGINNING: Final = 3  # letters from which the beginning of a word says which is meant
_INT: Final = {"type": "integer"}
_INTS: Final = {"type": "array", "items": _INT}
_PAIRS: Final = {"type": "array", "items": _INTS, "minItems": 2, "maxItems": 2}


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_ints(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_int, value))


def _is_pads(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_ints(pair) and len(pair) == 2 for pair in value)


def _too_large(value: object) -> dict[str, Any] | None:
    """The first number in a value that 64 bits do not hold, and the limit, if there is one."""
    if isinstance(value, list):
        return next(filter(None, map(_too_large, value)), None)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return {"large": str(value), "limit": "2**63 - 1" if value > 0 else "-2**63"}
    return None


def shown(value: object) -> str:
    """A value as it stands in a file: null, true and false as YAML has them, else as Python does."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case dict():
            return f"{{{', '.join(f'{key!r}: {shown(inner)}' for key, inner in value.items())}}}"
        case _:
            return repr(value)


def form(
    accepts: Callable[[object], bool], expected: str, *schemas: dict[str, Any], choices: tuple[str, ...] = ()
) -> tuple[object, ...]:
    """Check one short form with one message: pydantic's unions give one for every member."""

    def check(value: object) -> object:
        if not accepts(value):
            raise PydanticCustomError(
                "form", "{value} is not {expected}", {"value": shown(value), "expected": expected}
            )
        if large := _too_large(value):
            raise PydanticCustomError("form", "{large} is too large: the limit is {limit}", large)
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
FloatType = Literal["half", "bfloat16", "float32", "float64"]
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
    algorithm: Annotated[Algorithm, Field(strict=False)] | None = None
    rounding: Literal["nearest", "truncation"] = "nearest"
    flushes: list[FloatType] | None = None

    def profile(self) -> tuple[Profile, str]:
        """The profile, and what is wrong with it."""
        given = [value is not None for value in (self.rtol, self.atol, self.reason)]
        if any(given) and not all(given):
            return Profile(), "profile: rtol and atol come together, and with a reason"
        flushes = None if self.flushes is None else tuple(self.flushes)
        said = (self.float32_accumulator, self.rtol, self.atol, self.reason, self.algorithm, self.rounding, flushes)
        return Profile(*said), ""


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
    """The choice that a misspelt word most likely means, if any is near or begins with it."""
    options = {str(choice).lower(): str(choice) for choice in choices}
    said = str(word).lower()
    longer = [option for option in options if len(said) >= _BEGINNING and option.startswith(said)]
    found = get_close_matches(said, options, n=1, cutoff=_NEAR) or longer
    return options[found[0]] if found else None


def nearest(word: object, choices: Iterable[object]) -> str:
    """`; did you mean 'strides'?`, or nothing where no spelling is near."""
    name = nearest_name(word, choices)
    return f"; did you mean {name!r}?" if name else ""


def _without_null(schema: Any) -> Any:
    """The same without the null that stands for a key left out: a file must not say it."""
    if isinstance(schema, list):
        return [_without_null(each) for each in schema if each != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    return {key: _without_null(each) for key, each in schema.items() if (key, each) != ("default", None)}


def case_schema() -> str:
    """Text of `case.schema.json`, for editors."""
    schema = _without_null(CaseFile.model_json_schema())
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2) + "\n"


SCHEMA_FILE: Final = Path(__file__).with_name("case.schema.json")
