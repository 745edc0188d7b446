"""The page: what it says, what it says first, and that nothing in a record can become markup."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.facts import OneDnn
from harness.records import Check, ErrorReport, Verdict
from harness.records.run_folder import HEADER, RESULTS, Run, read_run
from harness.report.failure import visible
from harness.report.html import page
from harness.report.scripts import script
from harness.report.view import FULL, NAMED, page_of
from harness.tests.markup import Markup, unpacked
from harness.tests.results import ACCURACY, CALL, EVIL, KNOWN, WITNESS, WRONG, environments, failing, result, run


@pytest.mark.parametrize(
    ("runs", "state", "sentence"),
    [
        ([run(result(), result("b"))], "conforms", "Conforms: 2 of 2 results are as expected"),
        ([run(result())], "conforms", "Conforms: 1 of 1 results is as expected"),
        ([run(result(), failing())], "fails", "Does not conform: 1 of 2 results is not as expected"),
        ([run(result(), failing(), failing("c"))], "fails", "Does not conform: 2 of 3 results are not as expected"),
        (
            [run(result()), run(failing(), folder="now")],
            "fails",
            "Does not conform: 1 of 2 results in 2 runs is not as expected",
        ),
        ([run(result(verdict=Verdict.SKIPPED))], "nothing", "Nothing conforms: 1 of 1 results is as expected"),
        ([run(result(), notes=("x",))], "fails", "1 of 1 results is as expected, but see the notes"),
        ([run()], "nothing", "There are no results"),
        (
            [run(result(), result("b", verdict=Verdict.REFUSES, deviation={"reason": "known"}))],
            "conforms",
            "Conforms, known deviations aside: 2 of 2 results are as expected",
        ),
    ],
)
def test_first_line_is_the_verdict(runs: list[Run], state: str, sentence: str) -> None:
    """A run of nothing is no success, and a run of skipped cases is no conformance."""
    view = page_of(runs)
    assert (view.state, view.sentences[0]) == (state, sentence)
    assert sentence in Markup(page(runs)).of["h1"]


def test_incomplete_run_is_named_first() -> None:
    missing = tuple(f"a.yaml::gone-{number}::tf-eager" for number in range(NAMED + 5))
    cut = run(result("a.yaml::there"), collected=("a.yaml::there::tf-eager", *missing))
    first, second, *_ = page_of([cut]).sentences
    assert page_of([cut]).state == "incomplete"
    assert first.startswith(
        "Incomplete: 25 of 26 collected results are missing: a.yaml::gone-0::tf-eager, a.yaml::gone-1"
    )
    assert first.endswith("a.yaml::gone-19::tf-eager and 5 more")
    assert second == "1 of 1 results so far is as expected"
    assert first in Markup(page([cut])).of["h1"]


def test_interrupted_run_without_a_missing_result_is_incomplete() -> None:
    assert page_of([run(result(), complete=False)]).sentences[0] == "Incomplete: the run was not ended in order"


def test_one_incomplete_run_of_several_is_named() -> None:
    first, *others = page_of([run(result()), run(result(), folder="now", complete=False)]).sentences
    assert first == "Incomplete (now): the run was not ended in order"
    assert others == ["2 of 2 results in 2 runs so far are as expected"]


def test_torn_run_says_so(tmp_path: Path) -> None:
    (tmp_path / HEADER).write_text('{"format": 1, "complete": true, "collected": []}')
    (tmp_path / RESULTS).write_text(f"{result().to_json()}\n" + failing().to_json()[:99])
    torn = read_run(tmp_path)
    assert page_of([torn]).sentences[0] == "Incomplete: the last record was cut off and is left out"
    assert len(page_of([torn]).rows) == 1


def test_runs_of_one_name_stay_apart() -> None:
    view = page_of([run(result(), folder="x/then"), run(failing(), folder="y/then")])
    assert view.facts.columns == ("", "1. then", "2. then")
    assert [row.run for row in view.rows] == ["1. then", "2. then"]


def test_totals_count_known_deviations() -> None:
    refused: dict[str, Any] = {"verdict": Verdict.REFUSES, "checks": (), "deviation": KNOWN}
    results = (result(), result("b", **refused), failing(), result(implementation="mine", **refused))
    totals = page_of([run(*results)]).totals
    assert totals.columns[:5] == ("implementation", "results", "conforms", "deviates", "refuses")
    assert totals.rows == (
        ("tf-eager", "3", "1", "1", "1 (1 known)", "0", "0", "0", "1"),
        ("mine", "1", "0", "0", "1 (1 known)", "0", "0", "0", "0"),
        ("all", "4", "1", "1", "2 (2 known)", "0", "0", "0", "1"),
    )


def test_known_deviations_are_counted_and_linked_once() -> None:
    refused = result("b", verdict=Verdict.REFUSES, deviation=KNOWN)
    both = run(refused, replace(refused, case="c"), failing(verdict=Verdict.CONFORMS, deviation=KNOWN))
    assert page_of([both]).known.rows == (
        ("known_deviations/x.yaml:3", "Does not.", "https://example.org/1", "2", "1"),
    )
    assert list(Markup(page([both])).attributes("href")).count("https://example.org/1") == 1


@pytest.mark.parametrize(
    ("checks", "proves_little"),
    [
        ((WITNESS, ACCURACY), False),
        ((replace(WITNESS, exercised=0.04),), True),
        ((WITNESS, replace(ACCURACY, vacuous=1)), True),
        ((WITNESS, replace(ACCURACY, untouched=57)), True),
        ((WITNESS, replace(ACCURACY, untouched=56)), False),
        ((replace(WITNESS, total=0),), True),
        ((), False),
    ],
)
def test_equality_that_proves_little_is_visible(checks: tuple[Check, ...], proves_little: bool) -> None:  # noqa: FBT001
    conforming = run(result(checks=checks))
    assert ("proves little" in page_of([conforming]).rows[0].labels) is proves_little
    assert ("1 proving little" in " ".join(page_of([conforming]).sentences)) is proves_little


def test_row_has_the_worst_of_all_checks() -> None:
    assert page_of([run(result(checks=(WITNESS, ACCURACY, replace(ACCURACY, margin=0.2))))]).rows[0].margin == 0.307


def test_results_stand_as_they_were_collected_those_of_a_case_together() -> None:
    """Workers send them in no order."""
    collected = ("b::tf-eager", "b::tf-xla", "a::tf-eager", "a::tf-xla", "b::tf-onednn", "a::tf-onednn")
    sent = [collected[place].split("::") for place in (4, 1, 3, 0, 5, 2)]
    rows = page_of([run(*(result(*names) for names in sent), collected=collected)]).rows
    assert [(row.result.case, row.result.implementation) for row in rows] == [
        ("b", "tf-eager"), ("b", "tf-xla"), ("b", "tf-onednn"), ("a", "tf-eager"), ("a", "tf-xla"), ("a", "tf-onednn"),
    ]  # fmt: skip


def test_margin_that_is_no_number_is_the_worst() -> None:
    """NaN compares with nothing, and must not hide behind a small margin."""
    (row,) = page_of([run(result(checks=(replace(WITNESS, margin=math.nan), ACCURACY)))]).rows
    assert str(row.margin) == "nan"


def test_nothing_from_outside_becomes_markup() -> None:
    """Every string of a run, as bad as it comes: no element or attribute is made of it, and all of it is shown."""
    plain, evil = page([_with("text")]), page([_with(EVIL)])
    markup = Markup(evil)
    assert [tag for tag, _ in markup.elements] == [tag for tag, _ in Markup(plain).elements]
    assert not list(markup.attributes("onerror", "src"))
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&\\u202egpj.exe\\x00\\ud800" in markup.text
    for text in (evil, *(str(markup.block(name)) for name in ("list", "cases-0", "results-0"))):
        assert not set("\u202e\x00\ud800") & set(text)


TAKES = OneDnn("v3.7", "AVX2", {"float32": {"SAME": "takes"}}, {"float32": "brgconv:avx2"})
LEAVES = OneDnn("v3.7", "AVX2", {"float32": {"SAME": "leaves"}})


def _with(text: str) -> Run:
    """A run in which every string from outside is the text."""
    entry = {"place": text, "reason": text, "link": text}
    check = replace(WRONG, name=text, data=text, note=text, accumulator=text)
    known = {"why": text, "tags": (text,), "diagnosis": text, "source": {"file": text}, "attributes": {text: text}}
    error = ErrorReport(text, text, text, (text,))
    bad = failing(text, implementation=text, reproduce=text, checks=(check,), error=error, deviation=entry, **known)
    where = environments(packages={text: text}, processor=text, features=(text,), variables={text: text})
    header = {"environments": where, "command": text, "notes": (text,), "options": {text: text}}
    return run(bad, folder="one", collected=(text,), **header)


def test_ids_read_from_left_to_right() -> None:
    text = page([run(result("a.yaml::אבג"), failing("a.yaml::דה"))])
    assert '<h3><bdi dir="ltr">tf-eager deviates on a.yaml::דה: it differs</bdi></h3>' in text


def test_visible() -> None:
    assert visible("a\tb\nc") == "a\tb\nc"
    assert visible("é \u202e \x07 \u200b") == "é \\u202e \\x07 \\u200b"


def test_page_is_one_file_that_loads_nothing() -> None:
    """No address in it is fetched: anchors in the page, and the links of known deviations for a reader to follow."""
    text = page([run(result(deviation=KNOWN), failing(deviation=KNOWN | {"link": "javascript:alert(1)"}))])
    markup = Markup(text)
    assert not list(markup.attributes("src", "srcset", "action", "poster", "data"))
    loaded = [value for value in markup.attributes("href") if not value.startswith("#")]
    assert loaded == ["data:,", "https://example.org/1"]
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", text)
    assert "default-src 'none'" in text


def test_failures_need_no_script() -> None:
    text = Markup(page([run(failing(error=ErrorReport("OddError", "odd", "SIGSEGV")))])).text
    assert "tf-eager deviates on a.yaml::bad: it differs" in text
    for part in ("2.0250721510869849", "6.04e-07", "OddError", "SIGSEGV"):
        assert part in text
    assert "harness run 'a.yaml::bad' -i tf-eager" in text


def test_a_page_without_script_says_how_many_failures_it_leaves_out() -> None:
    text = page([run(*[failing(f"a.yaml::bad-{number}") for number in range(FULL + 3)])])
    assert text.count("<article>") == FULL
    assert "And 3 more" in text


def test_totals_lead_to_what_they_count() -> None:
    hrefs = set(Markup(page([run(result(), failing())])).attributes("href"))
    assert {"#q=implementation%3A%22tf-eager%22%20verdict%3Adeviates", "#q=is%3Anot-as-expected", "#q="} <= hrefs


def test_the_list_has_every_result() -> None:
    refused = result("b", verdict=Verdict.REFUSES, deviation=KNOWN, error=ErrorReport("OddError", "odd", "SIGSEGV"))
    block = Markup(page([run(result(), failing(), refused)])).block("list")
    assert block["counts"] == {"cases": 3, "results": 3, "chunk": 1000}
    columns = {name: unpacked(column, 3) for name, column in block["results"].items()}
    assert columns["verdict"] == ["conforms", "deviates", "refuses"]
    assert columns["is"] == ["as-expected conforms", "not-as-expected deviates", "as-expected known-deviation refuses"]
    assert columns["margin"] == [0.307, 1429000.0, 0.307]
    assert (columns["error"][2], columns["signal"][2], columns["why"][1]) == ("OddError", "SIGSEGV", "it differs")
    assert columns["cluster"] == [None, 0, 1]
    assert unpacked(block["cases"]["id"], 3) == ["a.yaml::post[float32]", "a.yaml::bad", "b"]


def test_details_hold_what_a_case_opens_on() -> None:
    markup = Markup(page([run(failing(deviation=KNOWN, diagnosis="Shifted."))]))
    (details,) = unpacked(markup.block("results-0"), 1)
    (check,) = details["checks"]
    assert (check["name"], check["margin"], check["mismatched"]) == ("accuracy", 1429000.0, 1)
    assert check["worst"][0]["index"] == [0, 5, 7, 2]
    assert check["worst"][0]["cells"][1:3] == ["2.0250721510869845", "2.0250721510869849"]
    assert (details["reproduce"], details["deviation"]) == ("harness run 'a.yaml::bad' -i tf-eager", KNOWN)
    (case,) = unpacked(markup.block("cases-0"), 1)
    assert {"name": "dtype", "value": "float32"} in case["attributes"]


def test_one_id_of_two_runs_may_be_two_cases() -> None:
    strided = result(attributes=CALL | {"strides": (1, 3, 3, 1)})
    block = Markup(page([run(result()), run(result(), folder="same"), run(strided, folder="other")])).block("list")
    assert block["results"]["case"] == [0, 0, 1]
    assert unpacked(block["cases"]["strides"], 2) == ["2", "3"]


def test_the_script_has_every_module_once_and_no_import() -> None:
    text = script("panels/20-matrix.js", "modules/main.js")
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)
    assert text.count("const loadModel = ") == 1
    assert text.index("const unpack = ") < text.index("const loadModel = ")


def test_page_says_where_and_how() -> None:
    header: dict[str, Any] = {
        "environments": environments(
            packages={"tensorflow": "2.21.0"}, processor="AMD EPYC", onednn=TAKES, variables={"TF_ENABLE": "1"}
        ),
        "threads": {"cores": 2},
        "started": "2026-11-22T17:45:51+00:00",
        "notes": ("x.yaml:3 matches no case",),
    }
    text = Markup(page([run(result(), **header)])).text
    for part in (
        "2.21.0",
        "AMD EPYC",
        "float32 by brgconv:avx2",
        "TF_ENABLE=1",
        "cores 2",
        "17:45:51",
        "harness run a.yaml",
        "not finished",
    ):
        assert part in text
    assert "x.yaml:3 matches no case" in text


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ({"environments": environments(packages={"tensorflow": "2.21.0"})}, "tensorflow 2.21.0"),
        ({"threads": {"workers": 2, "each": 1}}, "2 workers of 1 thread"),
        ({"threads": {"workers": 1, "each": 8}}, "1 worker of 8 threads"),
        ({"threads": {"cores": 3}}, "cores 3"),
        ({"environments": environments(onednn=TAKES)}, "oneDNN computes float32"),
        ({"environments": environments(onednn=LEAVES)}, "oneDNN off"),
        ({"environments": environments(python="3.13.1")}, "Python 3.13.1"),
        ({"started": "2026-11-22T20:30:39+00:00"}, "2026-11-22 20:30:39 UTC"),
        ({"started": "2026-11-22T20:30:39+00:00", "finished": "2026-11-22T20:34:13+00:00"}, "took 3 min 34 s"),
        ({"started": "2026-11-22T20:30:39+00:00", "finished": "2026-11-22T20:30:51+00:00"}, "took 12 s"),
        ({"started": "2026-11-22T20:30:39+00:00"}, "not finished"),
    ],
)
def test_a_line_below_the_verdict_says_where_and_when(header: dict[str, Any], told: str) -> None:
    assert told in page_of([run(result(), **header)]).brief


def test_time_that_nobody_can_read_is_left_out() -> None:
    assert page_of([run(result(), started="yesterday", finished="today")]).brief == ("yesterday",)
