"""Pages of other than one plain run: two runs, a sweep, and strings that mean harm."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from harness.records import ErrorReport, Verdict
from harness.records.exhaustion import Exhaustion, Part
from harness.report.changes import compare_runs
from harness.report.html import page as page_text
from harness.report.html import page_of_comparison
from harness.tests.browser.reader import Reader, shown
from harness.tests.browser.samples import FAILING, PASSING, case, of, results
from harness.tests.results import EVIL, run
from harness.tests.sweeps import REFUSED, SWEPT, WRONG


def test_two_runs_open_on_what_changed(browser: Browser, tmp_path: Path) -> None:
    before = run(*(replace(one, verdict=Verdict.CONFORMS, expected=True, checks=PASSING) for one in results()))
    file = tmp_path / "diff.html"
    file.write_text(page_of_comparison(compare_runs(before, run(*results(), folder="now"))), encoding="utf-8")
    made = Reader(browser, file)
    page = made.open()
    assert page.input_value("#search") == "change:*"
    assert shown(page) == ["strided tf-xla", "uneven tf-xla", "strided tf-eager", "plain tf-xla"]
    page.get_by_role("row").filter(has_text="strided").first.click()
    page.locator("#case-title").wait_for()
    assert page.locator(".beside tbody tr").count() == 4
    assert "broken, changed margin since the other run" in page.locator("dialog.case").inner_text()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear").click()
    assert page.locator("#found").inner_text() == "12 results"
    assert made.complaints == []
    made.close()


def test_a_sweep_without_results_is_a_page_too(browser: Browser, tmp_path: Path) -> None:
    """What `harness exhaust` leaves: its sentence is the verdict, and a list of nothing is no error."""
    swept = replace(SWEPT, kinds=(WRONG, REFUSED), height=Part(2000, 796, 1200, 0, 4))
    file = tmp_path / "index.html"
    file.write_text(
        page_text([replace(run(), exhaustion=Exhaustion(swept=(swept,), finished="now"))]), encoding="utf-8"
    )
    made = Reader(browser, file)
    page = made.open()
    assert "not right for 4 of the geometries of one axis up to input 8" in page.locator("h1").inner_text()
    table = page.locator("#exhaustion").inner_text()
    assert "harness run then/counter-examples.yaml::" in table
    assert "NotImplementedError: no" in table
    assert page.locator("#found").inner_text() == "0 results"
    assert made.complaints == []
    made.close()


def test_features_are_read_in_words_on_a_telephone(browser: Browser, tmp_path: Path) -> None:
    many = [of(case("plain"), f"implementation-{number}") for number in range(8)]
    file = tmp_path / "index.html"
    file.write_text(page_text([run(*many)]), encoding="utf-8")
    made = Reader(browser, file, viewport={"width": 390, "height": 900})
    heads = made.open().locator(".matrix tbody th")
    boxes = [heads.nth(place).bounding_box() for place in range(heads.count())]
    assert boxes
    assert max(box["height"] for box in boxes if box) < 80
    made.close()


def test_hostile_strings_are_only_shown(browser: Browser, tmp_path: Path) -> None:
    entry = {"place": EVIL, "reason": EVIL, "link": EVIL}
    checks = tuple(replace(check, name=EVIL, data=EVIL, note=EVIL) for check in FAILING)
    known: dict[str, Any] = {
        "why": EVIL,
        "deviation": entry,
        "diagnosis": EVIL,
        "ran": EVIL,
        "checks": checks,
        "tags": (EVIL,),
    }
    evil = replace(
        of(case("plain"), EVIL), case=f"{EVIL}::{EVIL}", error=ErrorReport(EVIL, EVIL, EVIL, (EVIL,)), **known
    )
    bad = replace(evil, implementation="other", verdict=Verdict.DEVIATES, expected=False, reproduce=EVIL)
    file = tmp_path / "index.html"
    file.write_text(page_text([run(evil, bad, command=EVIL)]), encoding="utf-8")
    made = Reader(browser, file)
    page = made.open()
    page.locator("#row-0").click()
    page.locator("#case-title").wait_for()
    assert page.locator("#case-title").inner_text() == (
        "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\\u202egpj.exe\\x00\\ud800::"
        "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\\u202egpj.exe\\x00\\ud800"
    )
    assert not page.locator("img").count()
    assert page.locator("script:not([type])").count() == 1
    assert made.complaints == []
    made.close()
