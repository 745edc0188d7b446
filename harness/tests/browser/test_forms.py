"""The playground's geometry and its three forms, in a browser, against the reference kernels and the mutants."""

from dataclasses import asdict, replace
from typing import Any, Final

import numpy as np
from hypothesis import HealthCheck, given, settings
from playwright.sync_api import Page

from harness.implementations.arguments import Call
from harness.implementations.mutants import MUTANTS
from harness.oracle.kernels import KERNELS
from harness.report.scripts import joined
from harness.spec.case import Case
from harness.spec.geometry import Geometry
from harness.tests.strategies import cases, geometry_of, terms

DRAWN: Final = 1000
FORMS: Final = {"scatter": "scatter_loops", "gather": "gather_loops", "rotated": "rotated_filter"}
MODULES: Final = joined("play/forms.js", "play/numbers.js", "play/mistakes.js")
# For each geometry: both axes as the page derives them, the three results, and the products of every element.
ANSWERS: Final = f"""calls => {{ {MODULES}
    return calls.map(({{ geometry, padding, pads, given }}) => {{
        const operands = operandsOf(geometry, given);
        const axes = ["height", "width"].map((name, at) =>
            derivedAxis(name, {{ ...geometry[name], padding, pads: pads[at] }}));
        const results = Object.keys(FORMS).map((form) =>
            resultAfter(geometry, operands, form, lengthOf(geometry, form)));
        const element = {{ h: geometry.height.input - 1, w: geometry.width.input >> 1, c: geometry.C - 1 }};
        const terms = Object.keys(FORMS).map((form) => termsAt(geometry, form, element).map((it) =>
            [it.r, it.s, it.c, it.k, it.p, it.q].map(Number)));
        return {{ axes, results, terms }};
    }});
}}"""


def drawn_geometries(count: int) -> list[Case]:
    """So many cases of one image, other ones and the same in every run."""
    found: dict[Geometry, Case] = {}

    @settings(
        max_examples=3 * count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(cases(("float64",)))
    def draw(case: Case) -> None:
        geometry = replace(geometry_of(case), N=1)
        if len(found) < count and 0 not in geometry.input_shape:
            found.setdefault(geometry, case)

    draw()
    return list(found.values())


def call_of(case: Case, rng: np.random.Generator) -> tuple[dict[str, Any], Call]:
    geometry = replace(geometry_of(case), N=1)
    filter = rng.integers(-9, 10, geometry.filter_shape).astype(np.float64)
    out_backprop = rng.integers(-9, 10, geometry.output_shape).astype(np.float64)
    padding = case.attributes.padding
    axes = (geometry.height, geometry.width)
    told = {
        "geometry": asdict(geometry),
        "padding": padding,
        "pads": [[axis.pad_before, axis.pad_after] for axis in axes],
        "given": {"filter": filter.tolist(), "out_backprop": out_backprop[0].tolist()},
    }
    return told, Call(geometry, filter, out_backprop, padding, "NHWC")


def test_three_forms_are_the_three_kernels_on_a_thousand_geometries(page: Page) -> None:
    rng = np.random.default_rng(19)
    calls = [call_of(case, rng) for case in drawn_geometries(DRAWN)]
    assert len(calls) == DRAWN
    answers = page.evaluate(ANSWERS, [told for told, _ in calls])
    for (_, call), answer in zip(calls, answers, strict=True):
        geometry = call.geometry
        assert answer["axes"] == [asdict(geometry.height), asdict(geometry.width)]
        for result, kernel in zip(answer["results"], FORMS.values(), strict=True):
            expected = KERNELS[kernel].compute(geometry, call.filter, call.out_backprop)
            assert np.array_equal(np.reshape(result, geometry.input_shape), expected), (kernel, geometry)


def test_the_products_of_an_element_are_those_of_the_definition(page: Page) -> None:
    rng = np.random.default_rng(20)
    calls = [call_of(case, rng) for case in drawn_geometries(150)]
    for (_, call), answer in zip(calls, page.evaluate(ANSWERS, [told for told, _ in calls]), strict=True):
        geometry = call.geometry
        _, H, W, C = geometry.input_shape
        wanted = terms(geometry)[0, H - 1, W // 2, C - 1]
        scatter, gather, rotated = ([tuple(each) for each in form] for form in answer["terms"])
        told = {(r, s, C - 1, k, p, q) for (r, s, _, k), (_, p, q, _) in wanted}
        assert set(scatter) == told
        assert len(scatter) == len(wanted)
        assert scatter == sorted(scatter, key=lambda it: (it[4], it[5], it[3])) == rotated
        assert gather == sorted(gather, key=lambda it: (it[0], it[1], it[3]))


def test_a_mistake_sums_what_its_mutant_sums(page: Page) -> None:
    script = f"""calls => {{ {MODULES}
        return calls.map(({{ geometry, padding, given }}) => Object.fromEntries(MISTAKES.map((mistake) => {{
            const operands = operandsOf(geometry, given);
            const sums = new Array(geometry.height.input * geometry.width.input * geometry.C).fill(0);
            for (const it of mistakenTerms(geometry, padding, mistake))
                sums[flatAt(geometry, it)] += productOf(geometry, operands, it);
            return [mistake.key, [mistake.says, sums]];
        }})));
    }}"""
    rng = np.random.default_rng(21)
    calls = [call_of(case, rng) for case in drawn_geometries(150)]
    differ: set[str] = set()
    for (_, call), answer in zip(calls, page.evaluate(script, [told for told, _ in calls]), strict=True):
        right = KERNELS["fast"].compute(call.geometry, call.filter, call.out_backprop)
        for name, (says, sums) in answer.items():
            wrong = MUTANTS[name].steps.compute(call)
            assert says == MUTANTS[name].mistake
            assert np.array_equal(np.reshape(sums, call.geometry.input_shape), wrong), (name, call.geometry)
            differ |= {name} if not np.array_equal(wrong, right) else set()
    assert differ >= set(answer)
