"""The schemas that editors read: generated, shipped as generated, and of the same mind as the models."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.spec import deviations, schema
from harness.spec.case import Attributes, DataKind, Expect, Rule
from harness.spec.deviations import deviations_schema
from harness.spec.schema import DTYPES, Entry, Exclusion, Matrix, Stimulus, case_schema, nearest

SCHEMA: dict[str, Any] = json.loads(case_schema())


def property_of(form: str, key: str) -> dict[str, Any]:
    """What the schema says of one key, `null` aside."""
    found: dict[str, Any] = SCHEMA["$defs"][form]["properties"][key]
    options = [option for option in found.get("anyOf", []) if option != {"type": "null"}]
    return options[0] if len(options) == 1 else found


def options_of(form: str, key: str) -> list[dict[str, Any]]:
    """The short forms of one key."""
    found: list[dict[str, Any]] = property_of(form, key).get("anyOf", [])
    return [option for option in found if option != {"type": "null"}]


@pytest.mark.parametrize(
    ("file", "text"),
    [(schema.SCHEMA_FILE, case_schema()), (deviations.SCHEMA_FILE, deviations_schema())],
    ids=["case", "deviations"],
)
def test_the_shipped_schema_is_the_generated_one(file: Path, text: str) -> None:
    assert file.read_text(encoding="utf-8") == text
    assert text.endswith("}\n")
    assert json.loads(text)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_schemas_lie_beside_the_models() -> None:
    folder = Path(schema.__file__).parent
    assert (folder / "case.schema.json").samefile(schema.SCHEMA_FILE)
    assert (folder / "deviations.schema.json").samefile(deviations.SCHEMA_FILE)


def test_a_case_file_has_an_operator_and_cases() -> None:
    assert SCHEMA["required"] == ["op", "cases"]
    assert SCHEMA["additionalProperties"] is False
    assert set(SCHEMA["properties"]) == {"op", "description", "defaults", "cases"}
    assert SCHEMA["properties"]["op"]["const"] == "Conv2DBackpropInput"
    assert SCHEMA["properties"]["cases"]["minItems"] == 1


@pytest.mark.parametrize("form", ["Entry", "Stimulus", "Matrix", "Exclusion", "ProfileForm"])
def test_nothing_unknown_is_let_through(form: str) -> None:
    assert SCHEMA["$defs"][form]["additionalProperties"] is False


def test_a_case_needs_an_id_alone() -> None:
    assert SCHEMA["$defs"]["Entry"]["required"] == ["id"]
    assert SCHEMA["$defs"]["Entry"]["properties"]["id"]["pattern"] == "^[A-Za-z0-9._-]+$"


def test_words_are_listed_for_completion() -> None:
    assert SCHEMA["$defs"]["DataKind"]["enum"] == list(DataKind)
    assert SCHEMA["$defs"]["Expect"]["enum"] == list(Expect)
    assert SCHEMA["$defs"]["Rule"]["enum"] == list(Rule)
    assert options_of("Entry", "dtype")[0]["enum"] == list(DTYPES)
    assert options_of("Entry", "data_format")[0]["enum"] == ["NHWC", "NCHW"]
    assert options_of("Entry", "padding")[0]["enum"] == ["SAME", "VALID", "EXPLICIT"]


def test_short_forms_are_described() -> None:
    assert {option["type"] for option in options_of("Entry", "strides")} == {"integer", "array"}
    pairs = options_of("Entry", "padding")[-1]
    assert (pairs["type"], pairs["minItems"], pairs["maxItems"]) == ("array", 2, 2)
    assert property_of("Entry", "input_sizes") == {
        "type": "array", "items": {"type": "integer"}, "description": "a list of integers such as [2, 9, 9, 3]",
    }  # fmt: skip
    assert options_of("Entry", "dtype")[-1]["type"] == "array"


def test_what_tensorflow_gets_can_be_said_everywhere() -> None:
    attributes = set(Attributes.__dataclass_fields__)
    for form in (Stimulus, Entry, Matrix, Exclusion):
        assert attributes <= set(form.model_fields)
    assert attributes == set(Matrix.model_fields) == set(Exclusion.model_fields)


def test_a_deviation_needs_what_when_and_why() -> None:
    found = json.loads(deviations_schema())
    entry = found["$defs"]["Entry"]
    assert found["type"] == "array"
    assert set(entry["required"]) == {"match", "verdict", "reason"}
    assert entry["additionalProperties"] is False
    assert entry["properties"]["verdict"]["enum"] == ["deviates", "refuses", "crashes", "times_out"]
    assert set(found["$defs"]["ErrorPattern"]["properties"]) == {"class", "message"}


@pytest.mark.parametrize(
    ("word", "choices", "hint"),
    [
        ("stride", ["strides", "padding"], "; did you mean 'strides'?"),
        ("STRIDES", ["strides"], "; did you mean 'strides'?"),
        ("same", ["SAME", "VALID"], "; did you mean 'SAME'?"), ("valid", ["SAME", "VALID"], "; did you mean 'VALID'?"),
        ("xyzzy", ["strides", "padding"], ""), ("", ["strides"], ""),
        (5, ["5x"], "; did you mean '5x'?"), ("a", [], ""),
    ],
)  # fmt: skip
def test_the_nearest_spelling_is_offered(word: object, choices: list[str], hint: str) -> None:
    assert nearest(word, choices) == hint
