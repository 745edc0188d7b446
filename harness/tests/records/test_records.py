"""Records: strict JSON there and back, and lines that are no records."""

import json
import math
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records import FORMAT, Check, Element, ErrorReport, Result, Verdict, from_json
from harness.tests.strategies import examples

INF: Final = math.inf
NAN: Final = math.nan
CHECK: Final = Check(
    "accuracy", "wide", "fail", note="a note", margin=INF, limit=7.5, mismatched=2, total=12, untouched=1, vacuous=3,
    max_abs=INF, max_rel=0.25, max_ulp=1e300, exercised=0.04, certificate=1.0, accumulator="storage",
    histogram=(1, 2, 3), maps={"errors": {"rows": [1, 2], "largest": -INF}},
    worst=(
        Element((0, 1, 2, 3), 1.5, INF, INF, 0.0, 0.0, 5e-324),
        Element((0, 0, 0, 1), 2**31 - 1, -(2**31), 4294967295.0, 2.0, 1.0, 0.0),
    ),
)  # fmt: skip
WHOLE: Final = Result(
    case="file.yaml::a[half]", implementation="tf-eager", verdict=Verdict.DEVIATES, expected=False,
    reproduce="harness run 'file.yaml::a[half]' -i tf-eager", why="wrong values",
    deviation={"place": "tf.yaml:3", "reason": "x", "link": None},
    attributes={"strides": [1, 2, 2, 1], "padding": "SAME"}, geometry={"N": 1, "height": {"input": 5}},
    expect="conforms", covers=("C1", "C16"), tags=("large",), source={"file": "file.yaml", "line": 7},
    checks=(CHECK, Check("witness", "witness", "pass")),
    error=ErrorReport("ValueError", "a message", "SIGABRT", ("one line", "another")),
    seconds={"reference": 0.25, "total": 1.0}, diagnosis="transposed", digest="0123abcd", ran="a kernel",
    detects=12,
)  # fmt: skip
LEAST: Final = Result("file.yaml::a", "mine", Verdict.CONFORMS, expected=True, reproduce="harness run x")


def strict(line: str) -> dict[str, Any]:
    """Parse as strict JSON: a bare NaN or Infinity is refused."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    record: dict[str, Any] = json.loads(line, parse_constant=refuse)
    return record


@pytest.mark.parametrize("result", [WHOLE, LEAST], ids=["whole", "least"])
def test_a_record_is_read_as_it_was_written(result: Result) -> None:
    assert from_json(result.to_json()) == result


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_read_as_it_was_written(verdict: Verdict) -> None:
    result = Result("x", "y", verdict, expected=False, reproduce="z")
    assert from_json(result.to_json()).verdict is verdict


def test_verdicts_are_spelled_as_readers_know_them() -> None:
    assert list(Verdict) == ["conforms", "deviates", "refuses", "crashes", "times_out", "skipped"]


def test_a_check_that_says_nothing_more_has_counted_nothing() -> None:
    check = Check("witness", "witness", "pass")
    assert (check.mismatched, check.total, check.untouched, check.vacuous, check.worst) == (0, 0, 0, 0, ())
    assert (LEAST.expect, LEAST.why) == ("conforms", "")


def test_types_come_back_as_they_were() -> None:
    back = from_json(WHOLE.to_json())
    assert isinstance(back.checks, tuple)
    assert isinstance(back.checks[0], Check)
    assert isinstance(back.checks[0].worst[0], Element)
    assert isinstance(back.checks[0].worst[0].index, tuple)
    assert isinstance(back.checks[0].histogram, tuple)
    assert isinstance(back.error, ErrorReport)
    assert isinstance(back.covers, tuple)
    assert back.expected is False
    assert isinstance(back.checks[0].worst[1].actual, int)
    assert isinstance(back.checks[0].worst[0].actual, float)


def test_a_record_has_the_keys_that_readers_rely_on() -> None:
    record = strict(WHOLE.to_json())
    assert set(record) == {
        "format", "case", "implementation", "verdict", "expected", "reproduce", "why", "deviation", "attributes",
        "geometry", "expect", "covers", "tags", "source", "checks", "error", "seconds", "diagnosis", "digest", "ran",
        "evidence", "detects", "environment", "unclaimed",
    }  # fmt: skip
    assert record["format"] == FORMAT
    assert (record["verdict"], record["expected"]) == ("deviates", False)
    assert record["error"] == {
        "class": "ValueError", "message": "a message", "signal": "SIGABRT", "stderr": ["one line", "another"],
    }  # fmt: skip
    assert set(record["checks"][0]) == {
        "name", "data", "status", "note", "margin", "limit", "mismatched", "total", "untouched", "vacuous",
        "non_finite", "unreached", "max_abs", "max_rel", "max_ulp", "exercised",
        "certificate", "accumulator", "bias", "rms", "histogram", "maps", "worst",
    }  # fmt: skip
    assert set(record["checks"][0]["worst"][0]) == {"index", "expected", "actual", "abs", "rel", "ulp", "bound"}


def test_what_is_not_known_is_null() -> None:
    record = strict(LEAST.to_json())
    assert all(record[key] is None for key in ("deviation", "geometry", "error", "diagnosis", "digest", "ran"))
    assert (record["checks"], record["covers"], record["attributes"]) == ([], [], {})
    assert from_json(LEAST.to_json()).error is None


def test_json_is_strict() -> None:
    element = strict(WHOLE.to_json())["checks"][0]["worst"][0]
    assert (element["actual"], element["bound"]) == ("Infinity", 5e-324)
    check = strict(WHOLE.to_json())["checks"][0]
    assert (check["margin"], check["maps"]["errors"]["largest"]) == ("Infinity", "-Infinity")


@pytest.mark.parametrize(("value", "word"), [(NAN, "NaN"), (INF, "Infinity"), (-INF, "-Infinity")])
def test_numbers_that_are_not_finite_are_words(value: float, word: str) -> None:
    check = Check("a", "b", "fail", margin=value, worst=(Element((0,), value, value, value, value, value, value),))
    line = Result(
        "x", "y", Verdict.DEVIATES, expected=True, reproduce="z", checks=(check,), seconds={"t": value}
    ).to_json()
    record = strict(line)
    assert record["checks"][0]["margin"] == record["seconds"]["t"] == word
    assert {key: number for key, number in record["checks"][0]["worst"][0].items() if number != word} == {"index": [0]}
    back = from_json(line)
    numbers = [
        back.checks[0].margin,
        back.seconds["t"],
        back.checks[0].worst[0].expected,
        back.checks[0].worst[0].bound,
    ]
    assert [str(number) for number in numbers] == [str(value)] * 4


def test_numbers_in_lists_come_back_as_numbers() -> None:
    check = Check("a", "b", "fail", maps={"rows": [1.0, INF, [-INF]]})
    (back,) = from_json(
        Result("x", "y", Verdict.DEVIATES, expected=True, reproduce="z", checks=(check,)).to_json()
    ).checks
    assert back.maps == {"rows": [1.0, INF, [-INF]]}


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_words_that_look_like_numbers_stay_words(word: str) -> None:
    result = Result(
        word, word, Verdict.REFUSES, expected=True, reproduce=word, why=word, tags=(word,), source={"file": word},
        attributes={"padding": word}, geometry={"height": {"name": word}}, deviation={"reason": word},
        checks=(Check(word, word, "pass", note=word),), error=ErrorReport(word, word, None, (word,)), diagnosis=word,
    )  # fmt: skip
    assert from_json(result.to_json()) == result


def test_a_record_is_one_line() -> None:
    result = Result("x", "y", Verdict.REFUSES, expected=True, reproduce="a\nb\r\n", why="\x0b\x0c\x1e")
    line = result.to_json()
    assert "\n" not in line
    assert "\r" not in line
    assert from_json(line) == result


def test_text_stays_readable() -> None:
    result = Result("x", "y", Verdict.REFUSES, expected=True, reproduce="é ∑ 漢 😀")
    assert "é ∑ 漢 😀" in result.to_json()
    assert from_json(result.to_json()) == result


def test_a_record_can_be_written_as_utf_8_whatever_a_message_holds() -> None:
    result = Result("x", "y", Verdict.REFUSES, expected=True, reproduce="z", error=ErrorReport("E", "file \udcff.txt"))
    line = result.to_json().encode("utf-8").decode("utf-8")
    assert from_json(line).error is not None


def test_unknown_keys_are_those_of_a_newer_writer() -> None:
    record = strict(WHOLE.to_json())
    record["new"] = 1
    record["checks"][0]["new"] = {"a": [1]}
    record["checks"][0]["worst"][0]["new"] = "x"
    record["error"]["new"] = []
    assert from_json(json.dumps(record)) == WHOLE


def test_keys_with_defaults_may_be_missing() -> None:
    record = strict(LEAST.to_json())
    for key in ("why", "tags", "seconds", "ran"):
        del record[key]
    assert from_json(json.dumps(record)) == LEAST


def test_a_torn_line_is_no_record_wherever_it_is_torn() -> None:
    line = WHOLE.to_json()
    for end in range(len(line)):
        with pytest.raises(ValueError, match=r"char|whole|format"):
            from_json(line[:end])


@pytest.mark.parametrize(
    "line", ["", "12", "null", "[]", '"format"', "{}", '{"format":3}', '{"format":"1"}', '{"format":null}', "not json"]
)
def test_what_is_of_another_format_is_no_record(line: str) -> None:
    with pytest.raises(ValueError, match=r"format 1 or 2|Expecting|JSON"):
        from_json(line)


def test_a_record_of_another_format_is_refused_though_it_is_whole() -> None:
    record = strict(WHOLE.to_json()) | {"format": 3}
    with pytest.raises(ValueError, match=r"^not a record of format 1 or 2$"):
        from_json(json.dumps(record))


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("case"), lambda record: record.pop("verdict"), lambda record: record.pop("checks"),
        lambda record: record.pop("error"), lambda record: record.pop("expected"),
        lambda record: record.update(verdict="perhaps"), lambda record: record.update(checks=[5]),
        lambda record: record.update(checks=None), lambda record: record.update(checks=[{}]),
        lambda record: record.update(error="text"), lambda record: record.update(error={"message": "x"}),
        lambda record: record["checks"][0].pop("name"), lambda record: record["checks"][0].pop("worst"),
        lambda record: record["checks"][0]["worst"][0].pop("index"),
        lambda record: record["checks"][0].update(worst=[5]),
    ],
)  # fmt: skip
def test_a_record_that_lacks_what_it_needs_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    record = strict(WHOLE.to_json())
    change(record)
    with pytest.raises(ValueError, match=r"not a whole record|perhaps"):
        from_json(json.dumps(record))


@examples(150)
@given(
    st.builds(
        Element,
        index=st.lists(st.integers(0, 9), max_size=4).map(tuple),
        expected=st.floats(allow_nan=False) | st.integers(-(2**31), 2**31 - 1),
        actual=st.floats(allow_nan=False) | st.integers(-(2**31), 2**31 - 1),
        abs=st.floats(allow_nan=False), rel=st.floats(allow_nan=False),
        ulp=st.floats(allow_nan=False), bound=st.floats(allow_nan=False),
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="NI"), max_size=20),
)  # fmt: skip
def test_every_number_and_text_is_read_to_the_last_bit(element: Element, text: str) -> None:
    check = Check("accuracy", "normal", "fail", note=text, worst=(element, element))
    result = Result(text, "y", Verdict.DEVIATES, expected=True, reproduce=text, checks=(check,))
    line = result.to_json()
    strict(line)
    assert from_json(line) == result
    assert from_json(line).to_json() == line
