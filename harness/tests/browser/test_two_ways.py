"""The playground as a reader uses it: every step in every form, the address, the keyboard, and readers of all kinds."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from harness.oracle.kernels import KERNELS
from harness.report.playground import playground
from harness.report.scripts import joined
from harness.spec.geometry import Axis, Geometry
from harness.tests import browser as browsers
from harness.tests.browser.reader import Reader

Walk: TypeAlias = Iterator[tuple[tuple[int, int, int, int, int], tuple[int, int, int]] | None]
ONE: Final = Axis(1, 1, 1, 1, 0, 0, 1)
# Calls as the address has them, and what they are.
CALLS: Final = {
    "d=1&pad=VALID&h=5.3.1.1.0.0": Geometry(1, 1, 1, 1, Axis(5, 3, 1, 1, 0, 0, 3), ONE),
    "d=1&pad=SAME&h=6.3.2.1.0.0": Geometry(1, 1, 1, 1, Axis(6, 3, 2, 1, 0, 1, 3), ONE),
    "d=1&pad=VALID&h=7.2.3.1.0.0": Geometry(1, 1, 1, 1, Axis(7, 2, 3, 1, 0, 0, 2), ONE),
    "d=1&pad=EXPLICIT&h=4.2.1.2.3.1": Geometry(1, 1, 1, 1, Axis(4, 2, 1, 2, 3, 1, 6), ONE),
    "d=1&pad=VALID&h=3.2.1.1.0.0&ch=2.4.2": Geometry(1, 2, 4, 2, Axis(3, 2, 1, 1, 0, 0, 2), ONE),
    "d=2&pad=SAME&h=3.2.2.1.0.0&w=4.3.1.1.0.0": Geometry(
        1, 1, 1, 1, Axis(3, 2, 2, 1, 0, 1, 2), Axis(4, 3, 1, 1, 1, 1, 4)
    ),
}
FORMS: Final = {"scatter": "scatter_loops", "gather": "gather_loops", "rotated": "rotated_filter"}
# All that a step shows: the result, and in each view the taps and the sources that are marked as the pair.
STEPS: Final = """() => {
    const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent);
    const shown = () => ({
        result: Object.fromEntries([...document.querySelectorAll("button[aria-label^='in_backprop']")]
            .map((one) => one.getAttribute("aria-label").replace("in_backprop ", "").split(": "))),
        table: texts(".tile.pair small:last-child"),
        gather: texts(".view-gather .pair small"),
        rotated: texts(".view-rotated .labelled:first-child .pair small:first-of-type"),
        count: document.querySelector(".count").textContent,
    });
    const press = (label) => document.querySelector(`button[title="${label}"]`).click();
    press("Before the first iteration");
    const total = Number(document.querySelector(".stepper input").max);
    const steps = [];
    for (let step = 0; step < total; step += 1) { press("One iteration on"); steps.push(shown()); }
    const back = [];
    for (let step = 0; step < total; step += 1) { back.unshift(shown()); press("One iteration back"); }
    return [steps, back];
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("ways") / "two-ways.html"
    written.write_text(playground(), encoding="utf-8")
    return written


@pytest.fixture
def reader(browser: Browser, file: Path) -> Iterator[Reader]:
    made = Reader(browser, file, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield made
    made.close()
    assert made.complaints == []
    assert {url for url in made.requests if not url.startswith(file.as_uri())} <= {"data:,"}


def walked(geometry: Geometry, form: str) -> Walk:
    """Every iteration of a form as its loops run: (p, q, k, r, s) and (h, w, c), or None where nothing is added."""
    y, x = geometry.height, geometry.width
    C, K = geometry.C // geometry.groups, geometry.K // geometry.groups
    if form == "scatter":
        for p, q, k, r, s, c in np.ndindex(y.output, x.output, geometry.K, y.filter, x.filter, C):
            h, w = p * y.stride + r * y.dilation - y.pad_before, q * x.stride + s * x.dilation - x.pad_before
            there = 0 <= h < y.input and 0 <= w < x.input
            yield ((p, q, k, r, s), (h, w, k // K * C + c)) if there else None
        return
    for h, w, c, t, v, k in np.ndindex(y.input, x.input, geometry.C, y.filter, x.filter, K):
        r, s = (t, v) if form == "gather" else (y.filter - 1 - t, x.filter - 1 - v)
        p, p_rest = divmod(h + y.pad_before - r * y.dilation, y.stride)
        q, q_rest = divmod(w + x.pad_before - s * x.dilation, x.stride)
        there = not (p_rest or q_rest) and 0 <= p < y.output and 0 <= q < x.output
        yield ((p, q, c // C * K + k, r, s), (h, w, c)) if there else None


def operands(page: Page, geometry: Geometry) -> tuple[Any, Any]:
    """The numbers that the page uses, told by its sums: each product is read where the loops make it."""
    script = f"""geometry => {{ {joined("play/numbers.js")}
        const own = operandsOf(geometry, null);
        const over = (extents, read, index = []) => index.length === extents.length ? read(...index)
            : Array.from({{ length: extents[index.length] }}, (_, at) => over(extents, read, [...index, at]));
        const {{ height, width, C, K, groups }} = geometry;
        return [over([height.filter, width.filter, C / groups, K], own.filter),
            over([height.output, width.output, K], own.out_backprop)];
    }}"""
    filter, out_backprop = page.evaluate(script, asdict(geometry))
    return np.array(filter, np.int64), np.array([out_backprop], np.int64)


@pytest.mark.parametrize("address", CALLS)
@pytest.mark.parametrize("form", FORMS)
def test_every_step_of_every_form(reader: Reader, address: str, form: str) -> None:
    geometry = CALLS[address]
    page = reader.open(f"#{address}&form={form}")
    filter, out_backprop = operands(page, geometry)
    flat = address.startswith("d=1")
    forwards, back = page.evaluate(STEPS)
    sums = np.zeros(geometry.input_shape[1:], np.int64)
    steps = list(walked(geometry, form))
    assert len(steps) == len(forwards)
    for number, (step, shown, again) in enumerate(zip(steps, forwards, back, strict=True), 1):
        assert shown["count"] == f"{number} of {len(steps)}"
        if step:
            (p, q, k, r, s), (h, w, c) = step
            sums[h, w, c] += filter[r, s, c % (geometry.C // geometry.groups), k] * out_backprop[0, p, q, k]
            tap = f"r {r}" if flat else f"{r},{s}"
            assert shown["gather"] == [tap, f"p {p}" if flat else f"{p},{q}"]
            assert shown["rotated"] == [tap]
            assert shown["table"] == ([tap] if flat else [])
        else:
            assert shown["gather"] == shown["rotated"] == shown["table"] == []
        told = {key: int(value.replace("\N{MINUS SIGN}", "-")) for key, value in shown["result"].items()}
        assert list(told.values()) == in_order(sums, told)
        assert again["result"] == shown["result"]
    expected = KERNELS[FORMS[form]].compute(geometry, filter, out_backprop)
    assert np.array_equal(sums, expected[0])


def in_order(sums: Any, told: dict[str, int]) -> list[int]:
    """Elements in the order in which the page names them, as in `h 1, w 2, c 0`."""
    values = []
    for name in told:
        place = {axis: int(number) for axis, number in (part.split(" ") for part in name.split(", "))}
        values.append(int(sums[place["h"], place.get("w", 0), place.get("c", 0)]))
    assert len(values) == sums.size
    return values


def test_pointing_shows_taps_and_where_an_element_scatters(reader: Reader) -> None:
    page = reader.open("#d=1&pad=VALID&h=6.3.2.1.0.0")
    page.get_by_role("button", name="in_backprop h 3: 20").hover()
    assert page.locator(".tile.of-element").all_inner_texts() == ["5\n20\nr 1"]
    page.get_by_role("button", name="in_backprop h 2: 102").click()
    assert page.locator(".tile.of-element").all_inner_texts() == ["3\n100\nr 2", "4\n2\nr 0"]
    assert page.locator(".lines line").count() == 2
    assert page.locator(".sums .total").all_inner_texts() == ["= 102"] * 3
    orders = [column.locator(".chip").all_inner_texts() for column in page.locator(".sums section").all()]
    assert orders == [["3", "4"], ["4", "3"], ["3", "4"]]  # gather goes the other way, the rotated filter does not
    page.get_by_role("row", name="p 1").get_by_role("button").click()
    expect(page).to_have_url(re.compile("look=from.1.0.0"))
    assert "p 1" in page.locator("tr.chosen").inner_text()


def test_a_product_that_is_pointed_at_is_marked_in_all_views(reader: Reader) -> None:
    page = reader.open("#d=1&pad=VALID&h=5.3.1.1.0.0&look=at.2.0.0")
    page.locator(".sums section").first.locator("li").nth(1).hover()
    assert page.locator(".tile.pair").inner_text() == "5\n20\nr 1"
    assert page.locator(".sums li.pair .chip").all_inner_texts() == ["5", "5", "5"]
    assert page.locator(".lines line.pair").count() == 1
    page.locator("h1").hover()
    assert page.locator(".tile.pair").count() == 0


def test_reordering_scatter_into_gather(reader: Reader) -> None:
    page = reader.open()
    rows = page.locator(".chips p")
    assert [row.split("\n")[0] for row in rows.all_inner_texts()] == ["p 0", "p 1", "p 2"]
    page.get_by_role("button", name="Reorder scatter into gather").click()
    assert [" ".join(row.split()) for row in rows.all_inner_texts()][2] == "h 2 7 3 5 20 3 100 = 123"
    assert page.evaluate("document.getAnimations().length") == 0  # the reader asked for no motion
    page.get_by_role("button", name="Back to the order of the loops").click()
    assert rows.count() == 3


def test_with_motion_the_products_move(browser: Browser, file: Path) -> None:
    made = Reader(browser, file, reduced_motion="no-preference")
    page = made.open()
    moving = page.evaluate(
        """() => { document.querySelector("[aria-pressed=false]:is(button):not(.place)").click();
        return document.getAnimations().length; }"""
    )
    assert moving == 9
    made.close()


def test_the_address_holds_everything(reader: Reader) -> None:
    page = reader.open()
    page.get_by_role("button", name="Stride 2", exact=True).click()
    page.get_by_label("dilation (height)", exact=True).fill("2")
    page.get_by_role("radio", name="Gather").check()
    page.get_by_role("button", name="Before the first iteration").click()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Show a mistake beside").select_option("no-rotation")
    address = "#d=1&pad=VALID&h=6.3.2.2.0.0&ch=1.1.1&form=gather&step=1&mistake=no-rotation"
    expect(page).to_have_url(re.compile(re.escape(address)))
    text = page.locator("main").inner_text()
    reader.open("#d=1")
    assert reader.open(address).locator("main").inner_text() == text
    page.evaluate("location.hash = 'd=1&h=4.2'")
    expect(page.locator(".called")).to_contain_text("Height 4, filter 2")


@pytest.mark.parametrize(
    "address", ["#d=9&h=999.x.-3&ch=..&form=no&step=99999999999&look=at.99.0.0&mistake=<b>", "#%%%", "#h"]
)
def test_any_address_is_something_to_see(reader: Reader, address: str) -> None:
    assert reader.open(address).locator(".sums .total").count() >= 3


def test_what_cannot_be_is_said(reader: Reader) -> None:
    page = reader.open("#d=1&pad=VALID&h=2.7.1.1.0.0")
    expect(page.locator(".problem")).to_have_text("C3: a filter that spans 7 does not fit a height of 2 under VALID.")
    assert not page.locator(".walk").is_visible()
    page.get_by_label("input (height)", exact=True).fill("9")
    assert page.locator(".walk").is_visible()
    page.get_by_label("groups", exact=True).fill("2")
    expect(page.locator(".problem")).to_have_text("C8: 2 groups must divide 1 input and 1 output channels.")


def test_the_keyboard_is_enough(reader: Reader) -> None:
    page = reader.open()
    page.get_by_label("Iteration", exact=True).focus()
    page.keyboard.press("Home")
    expect(page.locator(".count")).to_have_text("0 of 9")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".now")).to_have_text("Iteration 1: in_backprop[0] += filter[0] · out_backprop[0] = 1 · 1 = 1.")
    page.keyboard.press("End")
    page.get_by_label("Scatter: the seven loops").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Gather")).to_be_checked()
    page.get_by_role("button", name="in_backprop h 3: 230").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="in_backprop h 3: 230")).to_be_focused()
    assert page.locator(".sums .total").first.inner_text() == "= 230"


def test_arrows_go_from_place_to_place(reader: Reader) -> None:
    page = reader.open("#d=2&pad=VALID&h=3.2.1.1.0.0&w=3.2.1.1.0.0&look=at.0.0.0")
    page.get_by_role("button", name="in_backprop h 0, w 0: 1", exact=True).focus()
    for key in ("ArrowUp", "ArrowLeft", "ArrowDown", "ArrowRight", "Enter"):  # the first two lead nowhere
        page.keyboard.press(key)
    centre = page.get_by_role("button", name="in_backprop h 1, w 1: 1234")
    expect(centre).to_be_focused()
    expect(centre).to_have_attribute("aria-pressed", "true")
    assert page.locator(".plane button[tabindex='0']").count() == 2


def test_playing_goes_to_the_end_and_stops(reader: Reader) -> None:
    page = reader.open("#d=1&pad=VALID&h=2.1.1.1.0.0&step=0")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".count")).to_have_text("2 of 2")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_mistake_stands_beside_the_sum(reader: Reader) -> None:
    page = reader.open("#d=1&pad=VALID&h=5.3.1.1.0.0&look=at.0.0.0&mistake=no-rotation")
    assert page.locator(".sums .total").all_inner_texts() == ["= 1", "= 1", "= 1", "= 100"]


@pytest.mark.parametrize(
    ("scheme", "width", "address"),
    [
        ("light", 1280, ""),
        ("dark", 390, "#d=1&pad=SAME&h=9.3.2.2.0.0&ch=2.4.2&form=gather&step=20&mistake=no-rotation"),
        ("light", 390, "#d=2&pad=SAME&h=6.3.2.1.0.0&w=9.3.2.1.0.0&form=rotated&step=40"),
        ("dark", 1280, "#d=2&pad=EXPLICIT&h=4.2.1.1.2.1&w=5.3.1.2.0.2&ch=2.2.1&form=scatter&step=5"),
    ],
)
def test_it_is_accessible(browser: Browser, file: Path, scheme: Any, width: int, address: str) -> None:
    axe = browsers.axe()
    made = Reader(browser, file, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = made.open(address)
    page.evaluate(axe)
    options = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}"
    found = page.evaluate(f"axe.run(document, {options})")
    assert [
        (one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in found["violations"]
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    made.close()
