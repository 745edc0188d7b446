"""What a case opens on: all there is of it, its maps, and text to copy."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import numpy as np
from playwright.sync_api import Browser, expect

from harness.implementations.arguments import call_of_case
from harness.implementations.mutants import MUTANTS
from harness.oracle.evidence import Evidence
from harness.oracle.kernels import fast
from harness.oracle.operands import make_operands
from harness.records import Verdict
from harness.report.html import page as page_text
from harness.spec.case import DataKind
from harness.tests.browser.reader import Reader
from harness.tests.browser.samples import FAILING, case, of
from harness.tests.results import run
from harness.tests.strategies import geometry_of


def test_a_case_opens_on_all_there_is(reader: Reader) -> None:
    page = reader.open_case("strided", "tf-xla")
    text = page.locator("dialog.case").inner_text()
    for part in (
        *(
            "This case is known to detect 7 mutants.",
            "deviates",
            "unexpected",
            "Shifted by one column.",
            "3 of 112",
            "17.5",
            "refuses",
            "no strides",
            "[1,4,8,2]",
        ),
        *("harness run 'file.yaml::strided' -i tf-xla", "op: Conv2DBackpropInput", "tf.raw_ops.Conv2DBackpropInput("),
    ):
        assert part in text
    page.get_by_role("link", name="tf-eager", exact=True).click()
    expect(page.locator("dialog.case .body")).to_contain_text("Known: Does not.")


def test_maps_are_drawn_where_there_are_some(reader: Reader) -> None:
    page = reader.open_case("strided", "tf-xla")
    assert page.locator("figure .cell").count() == 6 + 2 + 2
    assert page.locator("figure .ring").count() == 2 + 1 + 1
    page.locator("figure .cell").nth(5).hover()
    assert page.locator("figure output").first.inner_text() == "h 4 to 7, w 6 to 8: 1.5 of the limit"
    assert "Where the error lies" not in reader.open_case("plain", "tf-xla").locator("dialog.case").inner_text()


def test_copying(browser: Browser, written: Path) -> None:
    made = Reader(browser, written, permissions=["clipboard-read", "clipboard-write"])
    page = made.open_case("plain", "tf-eager")
    for what, start in (("Command", "harness run"), ("YAML", "op: Conv2D"), ("Program", "# file.yaml::plain")):
        page.get_by_role("button", name=f"Copy {what}").click()
        expect(page.locator("#announcer")).to_have_text(f"{what} copied")
        assert page.evaluate("navigator.clipboard.readText()").startswith(start)
    made.close()


def test_a_case_steps_through_its_own_call(browser: Browser, written: Path) -> None:
    made = Reader(browser, written, reduced_motion="reduce")
    page = made.open_case("strided", "tf-xla")
    page.get_by_text("Step through this case").click()
    played = page.locator("details.play")
    expect(played.locator(".failure")).to_contain_text("tf-xla returned 3.5 at h 4, w 8, c 2, where 2.5 is right.")
    expect(played.locator(".called")).to_contain_text("Height 8, filter 3, stride 2")
    chosen = played.locator(".plane button[aria-pressed=true]")
    expect(chosen).to_have_attribute("aria-label", re.compile("^in_backprop h 4, w 8, c 2: "))
    played.get_by_role("button", name="Before the first iteration").click()
    played_as = "d=2&pad=SAME&h=8.3.2.1.0.1&w=9.2.2.1.0.1&ch=3.4.1&form=scatter&step=0"
    expect(page).to_have_url(re.compile(re.escape(f"strided%3A%3Atf-xla&play={quote(played_as)}") + "$"))
    again = Reader(browser, written)
    opened = again.open(page.evaluate("location.hash"))
    expect(opened.locator("details.play .count")).to_have_text("0 of 1440")
    opened.get_by_role("button", name="Next", exact=True).first.click()  # of the results
    expect(opened.locator("#case-title")).to_have_text("file.yaml::uneven")
    assert "play=" not in opened.evaluate("location.hash")
    assert opened.locator("details.play[open]").count() == 0
    assert made.complaints == again.complaints == []
    made.close()
    again.close()


def test_a_mistake_that_the_diagnosis_names_stands_beside_the_sum(browser: Browser, tmp_path: Path) -> None:
    wrong = of(case("ignored"), "mine", checks=FAILING, verdict=Verdict.DEVIATES, expected=False,
               diagnosis="identical to: padding ignored / pads exchanged before/after")  # fmt: skip
    large = of(case("large", input_sizes=[1, 224, 224, 64], filter=[7, 7, 64, 128], strides=2), "mine")
    empty = of(case("empty", input_sizes=[0, 4, 4, 3], filter=[1, 1, 3, 0]), "mine")
    file = tmp_path / "index.html"
    file.write_text(page_text([run(wrong, large, empty)]), encoding="utf-8")
    made = Reader(browser, file)
    page = made.open_case("ignored", "mine")
    page.get_by_text("Step through this case").click()
    assert "padding ignored" in page.locator(".sums .wrong").inner_text()
    page = made.open_case("large", "mine")
    page.get_by_text("Step through this case").click()
    told = page.locator(".story > .told").first.inner_text()
    assert told == (
        "To fit: a height of 224 is shown as 16; a width of 224 is shown as 16; "
        "64 input and 128 output channels are shown as 4 and 4."
    )
    page = made.open_case("empty", "mine")
    assert page.locator("details.play").count() == 0
    assert made.complaints == []
    made.close()


def test_a_wrong_result_is_stepped_through_with_its_own_numbers(browser: Browser, tmp_path: Path) -> None:
    """What the kernel returned is what the mistake that the diagnosis names sums, product by product."""
    clamped = case("clamped", input_sizes=[1, 4, 4, 1], filter=[3, 2, 1, 2], padding="SAME")
    kernel, operands = MUTANTS["pads-clamped"], make_operands(clamped, DataKind.WITNESS)[0]
    geometry = geometry_of(clamped)
    actual = kernel.steps.compute(call_of_case(clamped, geometry, operands))
    expected = fast(geometry, operands.filter, operands.out_backprop)
    attributes = json.loads(json.dumps(asdict(clamped.attributes)))
    arrays = (operands.filter, operands.out_backprop, expected, actual)
    kept = Evidence(clamped.id, "mine", "witness", 0, attributes, *arrays)
    (tmp_path / "kept.npz").write_bytes(kept.to_bytes())
    wrong = of(clamped, "mine", checks=FAILING, verdict=Verdict.DEVIATES, expected=False, evidence="kept.npz",
               diagnosis=f"identical to: {kernel.mistake}")  # fmt: skip
    file = tmp_path / "index.html"
    file.write_text(page_text([run(wrong, folder=str(tmp_path))]), encoding="utf-8")
    made = Reader(browser, file)
    page = made.open_case("clamped", "mine")
    page.get_by_text("Step through this case").click()
    place = np.unravel_index(np.abs(actual - expected).argmax(), actual.shape)
    returned, right = int(actual[place]), int(expected[place])
    assert returned != right
    assert (
        f"mine returned {returned} at h {place[1]}, w {place[2]}, where {right} is right"
        in page.locator(".failure").inner_text()
    )
    totals = [int(text[2:].replace("\N{MINUS SIGN}", "-")) for text in page.locator(".sums .total").all_inner_texts()]
    assert totals == [right, right, right, returned]
    page.get_by_role("button", name="Stride 2", exact=True).click()
    expect(page.locator(".failure")).to_be_hidden()  # it is of another call
    assert made.complaints == []
    made.close()
