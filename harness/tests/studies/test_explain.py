"""`harness explain`: the products of an element against the definition, the drawing, and what is wrong input."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidInputError, NothingMatchedError
from harness.implementations.arguments import Call
from harness.implementations.mutants import MUTANTS
from harness.oracle.evidence import Evidence
from harness.oracle.kernels.scatter_loops import scatter_loops
from harness.oracle.operands import make_operands
from harness.report.playground import playground
from harness.spec.case import Case, DataKind
from harness.studies.explain import explain, explain_page
from harness.studies.explain.axis import HEIGHT, drawing, dropped, extents, reached
from harness.studies.explain.choice import named_case, with_settings
from harness.studies.explain.lines import explanation
from harness.studies.explain.page import failing
from harness.studies.explain.terms import running, terms_of
from harness.tests.processes import ROOT, harness
from harness.tests.results import EVIL
from harness.tests.strategies import cases, examples, geometry_of, make_case, one_axis, terms

POST = "strides.yaml::post[float32]"


@examples(150)
@given(cases(), st.integers(0, 2**31))
def test_the_terms_are_those_of_the_definition_and_every_form_sums_them(case: Case, seed: int) -> None:
    geometry = geometry_of(case)
    rng = np.random.default_rng(seed)
    filter, out_backprop = (rng.integers(-9, 10, shape) for shape in (geometry.filter_shape, geometry.output_shape))
    expected = scatter_loops(geometry, filter, out_backprop)
    for element, wanted in terms(geometry).items():
        n, _, _, c = element
        found = terms_of(geometry, element, filter, out_backprop)  # type: ignore[arg-type]  # four indices
        indices = [((t.r, t.s, c % (geometry.C // geometry.groups), t.k), (n, t.p, t.q, t.k)) for t in found]
        assert sorted(indices) == sorted(wanted)
        assert [source for _, source in indices] == sorted(source for _, source in indices)  # as the loops run
        assert running(found, "scatter") == running(found, "rotated")  # in step, as the text says
        for form in ("scatter", "gather"):
            assert [total for place, total in running(found, form) if place == len(found)] in (
                [expected[element]],
                [] if not found else None,
            )
        taps = [(t.r, t.s, t.k) for t in found]
        assert [place for place, _ in running(found, "gather")] == [sorted(taps).index(tap) + 1 for tap in taps]


def test_a_drawing() -> None:
    axis = one_axis("SAME", input=5, filter=3, stride=2)
    assert [line.plain for line in drawing(axis, 3, HEIGHT, 80)] == [
        "  h   (-1)  0   1   2  [3]  4  (5)",
        "  p 0  (0)  1   2",
        "  p 1           0   1  [2]",
        "  p 2                  [0]  1  (2)",
    ]
    assert reached(axis, 3, HEIGHT) == [
        "r 0: p = (3 + 1 - 0*1)/2 = 2: reaches it",
        "r 1: p = (3 + 1 - 1*1)/2 = 3/2: not whole, so no p",
        "r 2: p = (3 + 1 - 2*1)/2 = 1: reaches it",
    ]
    assert reached(axis, 0, HEIGHT)[2].endswith("-1/2: not whole, so no p")
    assert reached(one_axis(input=5, filter=3), 0, HEIGHT)[1].endswith("-1: no p, which goes from 0 to 2")


def test_taps_in_the_padding_are_named() -> None:
    assert dropped(one_axis("SAME", input=5, filter=3, stride=2), HEIGHT) == (
        "in the padding, dropped (C6): p 0 r 0, p 2 r 2"
    )
    assert dropped(one_axis(input=5, filter=3), HEIGHT) == ""
    assert dropped(one_axis("EXPLICIT", input=2, filter=3, pads=(9, 0)), HEIGHT).endswith("p 2 r 1, and 16 more")


def test_a_long_axis_is_drawn_around_the_element() -> None:
    lines = [line.plain for line in drawing(one_axis(input=1000, filter=3), 500, HEIGHT, 50)]
    assert "[500]" in lines[0]
    assert lines[0].endswith("..")
    assert [line for line in lines if "[" in line[6:]][1:] == [
        line for line in lines if line[2:7] in ("p 498", "p 499", "p 500")
    ]
    assert len(lines) < 20


@pytest.mark.parametrize(
    ("padding", "known", "said"),
    [
        ("SAME", {"stride": 2}, ["C2 effR = (R-1)*dh + 1 = (3-1)*1 + 1 = 3", "C3 P = ceil(H/sh) = ceil(6/2) = 3",
         "C4 pt + pb = max((P-1)*sh + effR - H, 0) = max((3-1)*2 + 3 - 6, 0) = 1: pt 0, pb 1"]),
        ("VALID", {"stride": 4}, ["C2 effR = (R-1)*dh + 1 = (3-1)*1 + 1 = 3",
         "C3 P = ceil((H-effR+1)/sh) = ceil((6-3+1)/4) = 1", "C5 no tap reaches h 3, 4, 5: 0 there"]),
        ("EXPLICIT", {"pads": (2, 1), "dilation": 2}, ["C2 effR = (R-1)*dh + 1 = (3-1)*2 + 1 = 5",
         "C12 explicit_paddings: pt 2, pb 1", "C3 P = floor((H+pt+pb-effR)/sh) + 1 = floor((6+2+1-5)/1) + 1 = 5"]),
    ],
)  # fmt: skip
def test_extents_have_their_rules(padding: Any, known: dict[str, Any], said: list[str]) -> None:
    axis = one_axis(padding, input=6, filter=3, **known)
    assert [f"{rule} {text}" for rule, text in extents(axis, padding, HEIGHT)] == said


@examples(60)
@given(cases(), st.integers(36, 120))
def test_lines_are_no_wider_than_the_terminal(case: Case, width: int) -> None:
    geometry = geometry_of(case)
    N, H, W, C = geometry.input_shape
    element = None if 0 in geometry.input_shape else (N - 1, H - 1, W // 2, C - 1)
    lines = [line.plain for line in explanation(case, geometry, element, width)]
    assert [line for line in lines[1:] if len(line) > width] == []


def test_all_is_said() -> None:
    text = "\n".join(line.plain for line in explain(POST, "1,2,3,0", ["strides=3", "padding=SAME"], ROOT, 100))
    for part in (
        "with strides=3 padding=SAME", "in_backprop[n,h,w,c] at [1,2,3,0] is the sum of 4 products (C1)",
        "P = ceil(H/sh) = ceil(9/3) = 3", "# p,q,k r,s t,v filter out_b. product scatter rotated",
    ):  # fmt: skip
        assert part in text
    empty = "\n".join(line.plain for line in explain(POST, None, ["input_sizes=[0,9,9,3]"], ROOT, 100))
    assert "no elements, so nothing is summed (C13)" in empty
    gap = "\n".join(line.plain for line in explain(POST, "0,3,0,0", ["strides=4"], ROOT, 100))
    assert "no product reaches it, so it is exactly 0 (C5)" in gap
    assert "The first of 2 cases of that name:" in explain("strides.yaml::post", None, [], ROOT, 100)[0].plain


def test_settings_replace_what_the_case_says() -> None:
    case = make_case(input_sizes=[1, 6, 5, 2], filter=[3, 2, 2, 3], padding=[[1, 2], [0, 1]], strides=2)
    assert geometry_of(with_settings(case, ["strides=[1,2]"])).height.output == 7
    assert with_settings(case, ["padding=VALID"]).attributes.explicit_paddings == ()
    assert geometry_of(with_settings(case, ["filter=[2,2,1,4]"])).groups == 2
    assert with_settings(case, []) is case


@pytest.mark.parametrize(
    ("case_id", "element", "settings", "said"),
    [
        (POST, "1,2", [], "--element 1,2: it is four numbers n,h,w,c, such as 0,1,2,0"),
        (POST, "0,9,0,0", [], "--element 0,9,0,0: h goes from 0 to 8"),
        (POST, "0,0,0,0", ["input_sizes=[0,9,9,3]"], "there is no n: in_backprop is empty"),
        (POST, None, ["strides"], "--set strides: it is key=value"),
        (POST, None, ["stride=2"], "did you mean 'strides'?"),
        (POST, None, ["strides=["], "'[' is not a value of strides"),
        (POST, None, ["strides=two"], "'two' is not an integer, [height, width], or four integers"),
        (POST, None, ["filter=[40,3,3,4]"], "C3: a filter of height 40 does not fit"),
        ("strides.yaml", None, [], "name one, such as conv2d_backprop_input/strides.yaml::post[float32]"),
        ("invalid.yaml::rows-differ", None, [], "must be rejected: there is no sum to explain"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(case_id: str, element: str | None, settings: list[str], said: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        explain(case_id, element, settings, ROOT, 80)
    assert len(raised.value.lines) == 1
    assert said in raised.value.lines[0]


def test_no_such_case_is_another_status(tmp_path: Path) -> None:
    with pytest.raises(NothingMatchedError):
        explain("strides.yaml::nosuch", None, [], ROOT, 80)
    with pytest.raises(NothingMatchedError):
        explain(str(tmp_path), None, [], ROOT, 80)


def test_the_playground_of_the_documents_is_the_one_that_is_written() -> None:
    shown = (ROOT / "docs" / "two-ways.html").read_text(encoding="utf-8")
    assert shown == playground(), "harness explain --html --out docs/two-ways.html writes it again"


def begin_of(page: str) -> Any:
    """What a page opens on."""
    (text,) = re.findall(r'<script type="application/json" id="begin">(.*?)</script>', page)
    return json.loads(text)


def test_a_page_opens_on_the_case_with_its_own_numbers() -> None:
    begin = begin_of(explain_page(POST, "1,2,3,1", ["padding=SAME"], None, ROOT))
    assert begin["case"] == "conv2d_backprop_input/strides.yaml::post[float32] with padding=SAME"
    assert (begin["element"], begin["padding"]) == ({"h": 2, "w": 3, "c": 1}, "SAME")
    case = with_settings(named_case(POST, ROOT)[0], ["padding=SAME"])
    operands = make_operands(case, DataKind.WITNESS)[0]
    assert begin["filter"] == operands.filter.tolist()
    assert begin["out_backprop"] == operands.out_backprop[1].tolist()
    large = begin_of(explain_page("resnet50.yaml::230x230x3-7x7x64-s2-valid", None, [], None, ROOT))
    assert "filter" not in large
    with pytest.raises(InvalidInputError):
        explain_page(POST, None, ["input_sizes=[0,9,9,3]"], None, ROOT)


def test_a_page_opens_on_the_worst_element_of_a_call_that_failed(tmp_path: Path) -> None:
    case = make_case("case", input_sizes=[1, 5, 6, 2], filter=[3, 2, 2, 3], padding="SAME", strides=[2, 1])
    geometry = geometry_of(case)
    operands = make_operands(case, DataKind.WITNESS)[0]
    expected = scatter_loops(geometry, operands.filter, operands.out_backprop)
    call = Call(geometry, operands.filter, operands.out_backprop, "SAME", "NHWC")
    actual = MUTANTS["pads-ignored"].steps.compute(call)
    attributes = json.loads(json.dumps(asdict(case.attributes)))
    kept = Evidence(case.id, "mine", "witness", 0, attributes, operands.filter, operands.out_backprop, expected, actual)
    file = tmp_path / "kept.npz"
    file.write_bytes(kept.to_bytes())
    begin = failing(case, geometry, file, None)
    at = (0, *begin["element"].values())
    assert abs(actual[at] - expected[at]) == abs(actual - expected).max() > 0
    assert begin["failure"] == {
        "implementation": "mine",
        "returned": f"{actual[at]:.9g}",
        "expected": f"{expected[at]:.9g}",
        "diagnosis": "identical to: padding ignored",
    }
    assert failing(case, geometry, file, (0, 1, 2, 1))["element"] == {"h": 1, "w": 2, "c": 1}
    with pytest.raises(InvalidInputError, match=r"is the evidence of file\.yaml::case, not of"):
        explain_page(POST, None, [], file, ROOT)
    with pytest.raises(InvalidInputError, match="no such file, and no run in reports has it"):
        explain_page(POST, None, [], tmp_path / "nosuch.npz", ROOT)
    other = tmp_path / "other.npz"
    other.write_text("no archive")
    with pytest.raises(InvalidInputError, match=re.escape(f"{other}: ")):
        failing(case, geometry, other, None)
    other.with_suffix(".2").write_bytes(replace(kept, actual=None).to_bytes())
    with pytest.raises(InvalidInputError, match="mine returned no array, so no element is wrong"):
        failing(case, geometry, other.with_suffix(".2"), None)


def test_no_string_of_a_case_becomes_markup() -> None:
    page = playground({"case": EVIL, "failure": {"implementation": EVIL}})
    assert "<script>alert" not in page
    assert begin_of(page)["failure"]["implementation"] == EVIL


def test_a_page_is_written_where_it_is_said(tmp_path: Path) -> None:
    done = harness("explain", POST, "--html", "--out", tmp_path / "new" / "page.html")
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "new" / "page.html"))
    assert harness("explain", "--html", "--out", tmp_path / "page.html").returncode == 0
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == playground()
    for wrong in (["explain"], ["explain", POST, "--out", "x"], ["explain", "--html", "--element", "0,0,0,0"]):
        done = harness(*wrong)
        assert (done.returncode, done.stderr.count("\n")) == (4, 1)


def test_in_a_pipe_it_is_plain_text() -> None:
    done = harness("explain", POST, "--element", "0,4,4,0", environment={"COLUMNS": "60"})
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 60
    assert harness("explain", "strides.yaml::nosuch").returncode == 5
    wrong = harness("explain", POST, "--element", "x")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (4, 1)
