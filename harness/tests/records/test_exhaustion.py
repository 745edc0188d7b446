from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.records.exhaustion import (
    AT,
    EXHAUSTION,
    Exhaustion,
    Limits,
    Part,
    Swept,
    read_exhaustion,
    sentence,
    write_exhaustion,
)
from harness.records.run_folder import Header, RunWriter, read_run
from harness.report.view import page_of
from harness.tests.cases import write
from harness.tests.sweeps import REFUSED, SWEPT, WRONG

LIMITS = "input 8, filter 5, stride 5, dilation 3, pads 5, SAME and VALID"
BESIDE = "each beside one of the other axis drawn from the same, float32, NHWC, batch 2, C 2, K 3, one group"


@pytest.mark.parametrize(
    ("swept", "state"),
    [
        (SWEPT, "conforms"),
        (replace(SWEPT, height=Part(2000, 796, 1200, 0, 4), kinds=(WRONG,)), "fails"),
        (replace(SWEPT, height=Part(2000, 796, 1200, 4)), "conforms"),
        (replace(SWEPT, pairs=Part(2, 1)), "incomplete"),
    ],
)
def test_the_page_of_a_sweep_begins_with_its_sentence(swept: Swept, state: str, tmp_path: Path) -> None:
    exhaustion = Exhaustion(swept=(swept,), finished="now")
    RunWriter(tmp_path, Header(complete=True)).finish(interrupted=False)
    write_exhaustion(tmp_path, exhaustion)
    page = page_of([read_run(tmp_path)])
    assert page.state == state
    assert page.sentences == tuple(exhaustion.sentences())
    assert [row[1] for row in page.exhaustion.rows] == [kind.verdict for kind in (*swept.found, *swept.refusals)]


def test_the_sentence_of_what_is_right() -> None:
    assert sentence(Limits(), replace(SWEPT, height=Part(3, 3), kinds=())) == (
        f"mine: right for all geometries of one axis up to {LIMITS}, {BESIDE}: 3 along the height, "
        "3 along the width, 2 chosen pairs"
    )


def test_the_sentence_says_what_was_refused() -> None:
    assert sentence(Limits(), SWEPT) == (
        f"mine: right for all geometries of one axis up to {LIMITS} that it accepts, {BESIDE}: 800 along the height, "
        "3 along the width, 2 chosen pairs; refused: 1,200"
    )


def test_the_sentence_names_the_smallest_counter_example_and_claims_nothing_more() -> None:
    found = replace(SWEPT, width=Part(7, 3, unexpected=4), kinds=(WRONG, REFUSED))
    assert sentence(Limits(), found) == (
        f"mine: not right for 4 of the geometries of one axis up to {LIMITS}, {BESIDE}; right: 800 along the height, "
        "3 of 7 along the width, 2 chosen pairs; refused: 1,200; smallest counter-example: input_sizes [2, 3, 2, 2], "
        "filter [2, 1, 2, 3], out_backprop [2, 1, 2, 3], strides [1, 3, 1, 1], dilations [1, 2, 1, 1], "
        "padding VALID: 3 of 24 elements differ"
    )


@pytest.mark.parametrize(("unexpected", "said"), [(0, "4 (all known) of"), (1, "4 (3 known) of")])
def test_the_sentence_says_what_is_known(unexpected: int, said: str) -> None:
    part = Part(7, 3, known=4 - unexpected, unexpected=unexpected)
    assert said in sentence(Limits(), replace(SWEPT, width=part, kinds=(WRONG,)))


def test_the_sentence_of_what_is_not_finished_claims_nothing() -> None:
    said = sentence(Limits(), replace(SWEPT, height=Part(2000, 8), given_up="given up after 20 calls"))
    assert said.startswith("mine: unfinished, 13 of 2,005 geometries of one axis up to input 8")
    assert said.endswith("; given up after 20 calls")
    assert "right for" not in said


def test_the_sentence_of_channels_says_at_which_geometries() -> None:
    swept = Swept("mine", channels=Part(50, 50))
    assert sentence(Limits(channels=4), swept) == (
        "mine: right for all numbers of channels and groups up to C 4 and K 4, in every number of groups that divides "
        f"both, float32, batch 2, at {AT}: 50 calls"
    )


def test_what_refuses_everything_has_shown_nothing() -> None:
    swept = Swept("mine", channels=Part(50, refused=50), kinds=(REFUSED,))
    assert swept.is_empty
    assert sentence(Limits(channels=4), swept).startswith("mine: nothing is shown: it accepts none of the numbers of")
    assert not replace(swept, channels=Part(50, 1, 49)).is_empty


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    exhaustion = Exhaustion(Limits(input=3), (replace(SWEPT, kinds=(WRONG, REFUSED)),), started="a", finished="b")
    write_exhaustion(tmp_path, exhaustion)
    assert read_exhaustion(tmp_path) == exhaustion


def test_only_what_is_wrong_becomes_a_case_file(tmp_path: Path) -> None:
    write_exhaustion(tmp_path, Exhaustion(Limits(), (replace(SWEPT, kinds=(WRONG, REFUSED)),)))
    assert (tmp_path / "counter-examples.yaml").read_text() == (
        "op: Conv2DBackpropInput\ncases:\n"
        "  - id: i2x3x2x2-f2x1x2x3-s1x3x1x1-d1x2x1x1-VALID\n"
        "    input_sizes: [2, 3, 2, 2]\n    filter: [2, 1, 2, 3]\n    out_backprop: [2, 1, 2, 3]\n"
        "    strides: [1, 3, 1, 1]\n    dilations: [1, 2, 1, 1]\n    padding: VALID\n"
    )


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    assert read_exhaustion(tmp_path) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1}', '{"format": 2}', '{"format": 2, "limits": {"x": 1}}']
)
def test_a_file_that_is_none_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    write(tmp_path, text, EXHAUSTION)
    with pytest.raises(InvalidInputError, match=r"exhaust\.json: not an exhaustion of format 2"):
        read_exhaustion(tmp_path)


def test_an_interrupted_one_is_not_complete() -> None:
    done = Exhaustion(swept=(SWEPT,), finished="b")
    assert done.complete
    assert not replace(done, finished=None).complete
    assert not replace(done, swept=(replace(SWEPT, height=Part(2000, 8)),)).complete
