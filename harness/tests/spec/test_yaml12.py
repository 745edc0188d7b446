"""YAML text to plain values: the scalars of YAML 1.2, the places of values, and files that are meant to hurt."""

import json
import math
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.spec import yaml12
from harness.spec.yaml12 import DEEPEST_NESTING, LARGEST_DOCUMENT, LONGEST_NUMBER, read
from harness.tests.strategies import examples

BOMB: Final = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)


def value_of(text: str) -> Any:
    document = read(text.encode(), "x.yaml")
    assert not document.problems
    return document.value


def problems_of(content: str | bytes) -> list[str]:
    document = read(content.encode() if isinstance(content, str) else content, "x.yaml")
    return [str(problem) for problem in document.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(word, None) for word in ("~", "null", "Null", "NULL")],
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        *[(word, word) for word in ("NO", "no", "Yes", "on", "off", "y", "n", "nULL", "tRUE", "None", "SAME")],
        ("0", 0),
        ("10", 10),
        ("010", 10),
        ("-7", -7),
        ("+7", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("00", 0),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("0o8", "0o8"),
        ("0xG", "0xG"),
        ("-0x1", "-0x1"),
        ("12:30", "12:30"),
        ("1e-5", 1e-5),
        ("1E5", 1e5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.5e+3", -1500.0),
        ("+.5", 0.5),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("+.INF", math.inf),
        (".Inf", math.inf),
        ("inf", "inf"),
        ("nan", "nan"),
        ("NaN", "NaN"),
        (".", "."),
        ("e5", "e5"),
        ("1e", "1e"),
        ("-", None),
        ("2001-01-01", "2001-01-01"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("<<", "<<"),
        ("'10'", "10"),
        ('"true"', "true"),
        ("''", ""),
        ("'~'", "~"),
        ("|\n  10", "10"),
        (">\n  no\n", "no\n"),
    ],
)
def test_a_plain_scalar_is_read_by_the_core_schema(text: str, value: object) -> None:
    found = value_of(f"a: {text}" if text != "-" else "a:")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_nan_is_a_float(text: str) -> None:
    assert math.isnan(value_of(text))


def test_numbers_too_long_for_python_are_read_without_raising() -> None:
    assert value_of("9" * LONGEST_NUMBER) == int("9" * LONGEST_NUMBER)
    assert not isinstance(value_of("9" * 5_000), int)
    assert value_of("0x" + "f" * 5_000) == "0x" + "f" * 5_000
    assert value_of("1e999999999") == math.inf


def test_collections_nest_and_keys_stay_as_they_are_written() -> None:
    assert value_of("{1: [a, {b: 2}], 010: {}, ~: [], true: x}") == {
        "1": ["a", {"b": 2}],
        "010": {},
        "~": [],
        "true": "x",
    }


def test_aliases_are_written_out() -> None:
    assert value_of("a: &x [1, 2]\nb: *x\nc: [*x, *x]") == {"a": [1, 2], "b": [1, 2], "c": [[1, 2], [1, 2]]}


def test_merge_keys_are_not_used() -> None:
    assert value_of("a: &x {b: 1}\nc: {<<: *x}") == {"a": {"b": 1}, "c": {"<<": {"b": 1}}}


def test_places_count_from_one() -> None:
    document = read(b"first: 1\nlist:\n  - [x, yy]\n  - key:  value\n", "x.yaml")
    assert document.values == {
        (): (1, 1),
        ("first",): (1, 8),
        ("list",): (3, 3),
        ("list", 0): (3, 5),
        ("list", 0, 0): (3, 6),
        ("list", 0, 1): (3, 9),
        ("list", 1): (4, 5),
        ("list", 1, "key"): (4, 11),
    }
    assert document.keys == {("first",): (1, 1), ("list",): (2, 1), ("list", 1, "key"): (4, 5)}


def test_columns_count_characters_and_not_bytes() -> None:
    assert read("ключ: [é, x]".encode(), "x.yaml").values["ключ", 1] == (1, 11)


@pytest.mark.parametrize("loader", [yaml.BaseLoader, getattr(yaml, "CBaseLoader", yaml.BaseLoader)])
def test_the_library_in_c_and_the_one_in_python_agree(loader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "_Loader", loader)
    document = read(b"a: NO\nb: [010, '010', &x 1e-5, *x]\nc: {d: ~, e: x}\nf: |\n  10\n", "x.yaml")
    assert document.problems == []
    assert document.value == {"a": "NO", "b": [10, "010", 1e-5, 1e-5], "c": {"d": None, "e": "x"}, "f": "10\n"}
    assert document.values["b", 2] == document.values["b", 3] == (2, 17)
    assert document.values["c", "e"] == (3, 14)
    assert document.keys["c", "e"] == (3, 11)
    assert problems_of("[" * 1_000) == ["x.yaml:1:41: nested more than 40 deep"]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    document = read(b"\xef\xbb\xbfop: x", "x.yaml")
    assert document.value == {"op": "x"}
    assert document.problems == []


@pytest.mark.parametrize(
    ("path", "mark"),
    [((), (1, 1)), (("a",), (1, 4)), (("a", "b"), (1, 8)), (("a", "b", 5, "c"), (1, 8)), (("none", "x"), (1, 1))],
)
def test_the_mark_of_what_is_missing_is_that_of_what_is_around_it(path: yaml12.Path, mark: yaml12.Mark) -> None:
    assert read(b"a: {b: [1]}", "x.yaml").mark(path) == mark


def test_the_mark_of_nothing_is_the_beginning() -> None:
    assert yaml12.Document().mark(("a", 1)) == (1, 1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "1:1: the file is empty"),
        ("# nothing but this\n", "1:1: the file is empty"),
        ("a: 1\nb: 2\na: 3\n", "3:1: duplicate key 'a'"),
        ("x: [{a: 1, a: 2}]", "1:12: duplicate key 'a'"),
        ("a: 1\n'a': 2", "2:1: duplicate key 'a'"),
        ("? [a]\n: 1", "1:3: a key must be a plain word"),
        ("{{a: 1}: 2}", "1:2: a key must be a plain word"),
        ("a: !foo 1", "1:4: tag '!foo': tags are not used here"),
        ("a: !!int '1'", "1:4: tag 'tag:yaml.org,2002:int': tags are not used here"),
        (b"a: 1\nb: \xff\xfe\n", "2:1: not UTF-8: invalid start byte"),
        (b"\xff\xfea\0", "1:1: not UTF-8: invalid start byte"),
        (b"a: \xc3", "1:1: not UTF-8: unexpected end of data"),
        ("a: &a [*a]", "1:1: aliases expand this file to more than 500,000 values"),
        ("&a {b: {c: *a}}", "1:1: aliases expand this file to more than 500,000 values"),
        (BOMB, "1:1: aliases expand this file to more than 500,000 values"),
        ("[" * 100_000, "1:41: nested more than 40 deep"),
        ("[" * 100_000 + "]" * 100_000, "1:41: nested more than 40 deep"),
        ("{a: " * 100_000, "1:161: nested more than 40 deep"),
        ("- " * 100_000, "1:81: nested more than 40 deep"),
        ("? " * 100_000, "1:81: nested more than 40 deep"),
    ],
)
def test_a_mistake_is_said_with_its_place(content: str | bytes, problem: str) -> None:
    assert problems_of(content) == [f"x.yaml:{problem}"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a: [1\nb: 2\n", 2),
        ("a: 'x", 1),
        ("a: 1\nb: *x", 2),
        ("a: 1\n---\nb: 2\n", 2),
        (b"a: \0", 1),
        ("a: 1\n b: 2", 2),
        ("a: &x 1\nb: &x 2", 2),
        ('"\\ud800"', 1),
        ("%YAML 3.0\n---\na", 1),
    ],
)
def test_what_is_not_yaml_or_more_than_one_document_is_said_with_its_line(content: str | bytes, line: int) -> None:
    """The words are those of the YAML library."""
    (problem,) = problems_of(content)
    assert problem.startswith(f"x.yaml:{line}:")
    assert ": not YAML: " in problem


@pytest.mark.parametrize(("text", "place"), [("a:\n\t- 1", "2:1"), ("a:\n  b: 1\n  \tc: 2", "3:3")])
def test_a_tab_is_called_one_and_placed(text: str, place: str) -> None:
    assert problems_of(text) == [f"x.yaml:{place}: a tab: YAML is indented with spaces"]


def test_a_file_that_is_long_without_aliases_is_called_long() -> None:
    lines = "- [x, x, x, x]\n" * (LARGEST_DOCUMENT // 5)  # 5 values each, and one for the list of lines
    assert problems_of(lines) == ["x.yaml:100000:13: more than 500,000 values up to here: make several files"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a: !foo [1]", "1:4: tag '!foo': tags are not used here"),
        ("a: !!map {b: 1}", "1:4: tag 'tag:yaml.org,2002:map': tags are not used here"),
        ("a: !!str 010", "1:4: tag 'tag:yaml.org,2002:str': tags are not used here"),
    ],
)
def test_a_tag_is_a_mistake_on_collections_and_strings_too(content: str, problem: str) -> None:
    assert problems_of(content) == [f"x.yaml:{problem}"]


def test_all_mistakes_of_a_file_are_said() -> None:
    assert sorted(problems_of("a: !x 1\na: 2\nb: {c: !y 1, c: 2}\n? [d]\n: 3\n")) == [
        "x.yaml:1:4: tag '!x': tags are not used here",
        "x.yaml:2:1: duplicate key 'a'",
        "x.yaml:3:14: duplicate key 'c'",
        "x.yaml:3:8: tag '!y': tags are not used here",
        "x.yaml:4:3: a key must be a plain word",
    ]


def test_a_file_that_is_no_yaml_has_no_value() -> None:
    for content in (b"a: [", b"\xff", b"[" * 1_000, b"&a [*a]", b""):
        assert read(content, "x.yaml").value is None


def test_the_value_of_a_file_with_mistakes_is_kept() -> None:
    """So that what is wrong with the form is said as well."""
    assert read(b"a: !x 1\na: 2", "x.yaml").value == {"a": 2}


def test_nesting_up_to_the_limit_is_read() -> None:
    deep = "[" * DEEPEST_NESTING + "]" * DEEPEST_NESTING
    assert problems_of(deep) == []
    assert problems_of(f"[{deep}]") == ["x.yaml:1:41: nested more than 40 deep"]
    assert problems_of("[" + "[[]]," * 100 + "]") == []


def test_as_many_values_as_allowed_are_read() -> None:
    items = LARGEST_DOCUMENT // 1000
    inner = "&a [" + ",".join("1" * (items - 1)) + "]"  # 500 values with its own
    assert problems_of("[" + inner + ",*a" * 998 + "]") == []  # 999 * 500 + 1
    assert len(problems_of("[" + inner + ",*a" * 1000 + "]")) == 1


def test_a_chain_of_aliases_does_not_exhaust_the_stack() -> None:
    chain = "- &a0 [x]\n" + "".join(f"- &a{level} [*a{level - 1}]\n" for level in range(1, 600))
    document = read(chain.encode(), "x.yaml")
    assert len(document.problems) <= 1


@examples(300)
@given(st.binary(max_size=60) | st.text("[]{}:,-?&*!|>'\"%@`#ab01 \n\t~.", max_size=60).map(str.encode))
def test_nothing_that_a_file_holds_raises(content: bytes) -> None:
    document = read(content, "x.yaml")
    assert document.value is not None or document.problems or content.strip()
    assert all(problem.file == "x.yaml" and problem.line >= 1 and problem.column >= 1 for problem in document.problems)


_PLAIN: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("abcdefxyz.-_ 0123456789", max_size=8)
)


@examples(150)
@given(
    st.recursive(
        _PLAIN,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=4),
    )
)
def test_json_is_yaml(value: object) -> None:
    """Written as JSON, every plain value is read back as it is."""
    document = read(json.dumps(value).encode(), "x.yaml")
    assert document.problems == []
    assert document.value == value
