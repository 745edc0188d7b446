import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from harness.errors import InvalidInputError
from harness.records.exhaustion import EXHAUSTION, Exhaustion, Limits, Swept, read_exhaustion
from harness.studies import exhaust as study
from harness.tests.cases import write
from harness.tests.processes import harness
from harness.tests.sweep_kernels import MARK

KERNELS: Final = Path(__file__).parents[1] / "sweep_kernels.py"
LIMITS: Final = Limits(input=3, filter=2, stride=2, dilation=1, pads=1)
AXES: Final = 94
PAIRS: Final = 936
OPTIONS: Final = ("--input", 3, "--filter", 2, "--stride", 2, "--dilation", 1, "--pads", 1)


def swept(folder: Path, name: str, *, limits: Limits = LIMITS, workers: int = 1, timeout: float = 60) -> Swept:
    begun = study.new_study([f"{name}={KERNELS}:{name}"], limits, folder, folder)
    (found,) = study.exhaust(begun, workers=workers, timeout=timeout).swept
    return found


def without_times(exhaustion: Exhaustion | None) -> Exhaustion:
    assert exhaustion is not None
    return replace(exhaustion, started="", finished="x" if exhaustion.finished else None)


def test_a_right_kernel_is_right_everywhere_and_the_sentence_says_where(tmp_path: Path) -> None:
    done = harness("exhaust", "-i", f"right={KERNELS}:right", *OPTIONS, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "right: right for all geometries of one axis up to input 3, filter 2, stride 2, dilation 1, pads 1, SAME and "
        "VALID, each beside one of the other axis drawn from the same, float32, NHWC, batch 2, C 2, K 3, one group: "
        f"{AXES} along the height, {AXES} along the width, {PAIRS} chosen pairs\n"
        f"exhaustion: {tmp_path / EXHAUSTION}\n"
    )
    assert done.stderr == ""
    assert harness("report", tmp_path).returncode == 0


def test_a_wrong_kernel_is_found_with_the_smallest_counter_example(tmp_path: Path) -> None:
    (kind,) = swept(tmp_path, "wrong_beyond_filter", workers=2).found
    # Nothing smaller has a result at all: one window of one tap on one pixel, padded on the right.
    assert kind.attributes["input_sizes"] == [2, 1, 1, 2]
    assert kind.attributes["filter"] == [1, 1, 2, 3]
    assert kind.attributes["strides"] == [1, 1, 2, 1]
    assert kind.attributes["explicit_paddings"] == [0, 0, 0, 0, 0, 1, 0, 0]
    assert (kind.verdict, kind.why, kind.deviation) == ("deviates", "1 of 4 elements differ", None)


def test_the_counter_example_is_a_case_that_fails(tmp_path: Path) -> None:
    done = harness("exhaust", "-i", f"{KERNELS}:wrong_beyond_filter", *OPTIONS, "--out", tmp_path)
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if "reproduce: harness run " in line]
    _, _, arguments = line.partition("harness run ")
    again = harness("run", *arguments.split(), "--out", tmp_path / "again")
    assert again.returncode == 1
    assert "1 of 4 elements differ" in again.stdout
    assert harness("validate", tmp_path / "counter-examples.yaml").returncode == 0


def test_refusals_are_counted_apart_and_other_errors_are_findings(tmp_path: Path) -> None:
    limits = Limits(input=3, filter=1, stride=1, dilation=2, pads=0)
    found = swept(tmp_path, "undilated", limits=limits)
    # Inputs of 0 to 3, each at dilations of 1 and 2, each SAME, VALID and with explicit zeros; a filter of 1 in
    # an input of 0 has a legal output of 0. Beside them 8 widths without a dilation were drawn for heights without one.
    assert (found.height.total, found.height.refused, found.height.right, found.height.unexpected) == (24, 16, 6, 2)
    assert {(kind.verdict, kind.why) for kind in found.kinds} == {
        ("refuses", "NotImplementedError: dilations"),
        ("raises", "IndexError: row 3"),
    }
    assert found.refusals[0].count == sum(part.refused for part in found.parts)


def test_a_kernel_that_is_wrong_for_both_axes_at_once_is_found(tmp_path: Path) -> None:
    found = swept(tmp_path, "wrong_for_three_by_three", limits=Limits(input=4, filter=3, stride=1, dilation=1, pads=1))
    assert found.height.unexpected
    assert found.width.unexpected


def test_channels_are_swept_in_groups(tmp_path: Path) -> None:
    found = swept(tmp_path, "wrong_in_groups_of_four", limits=Limits(channels=8))
    (kind,) = found.found
    assert (kind.attributes["input_sizes"][3], kind.attributes["filter"][2:]) == (8, [4, 2])
    assert found.height.total == 0
    assert found.complete


def test_nothing_run_is_no_pass(tmp_path: Path) -> None:
    done = harness("exhaust", "-i", f"{KERNELS}:refuses", *OPTIONS, "--out", tmp_path / "refused")
    assert done.returncode == 5
    assert "refuses: nothing is shown: it accepts none of the geometries of one axis up to input 3" in done.stdout
    nothing = harness("exhaust", "-i", f"{KERNELS}:right", "--input", 0, "--filter", 1, "--pads", 0, "--out", tmp_path)
    assert nothing.returncode == 5
    assert "nothing to compute up to input 0, filter 1" in nothing.stderr


def test_a_known_deviation_is_recognised(tmp_path: Path) -> None:
    text = '- {match: {dilated: true}, verdict: refuses, reason: "Dilations are not supported by this kernel."}\n'
    text += '- {match: {expect: conforms}, verdict: refuses, error: {class: IndexError}, reason: "It has two rows."}\n'
    write(tmp_path, text.replace("two rows", "two rows for now, and no more"), "cases/known_deviations/undilated.yaml")
    found = swept(tmp_path, "undilated", limits=Limits(input=3, filter=1, stride=1, dilation=2, pads=0))
    assert [kind.deviation for kind in found.kinds] == [
        "known_deviations/undilated.yaml:1",
        "known_deviations/undilated.yaml:2",
    ]
    assert found.unexpected == 0


@pytest.mark.parametrize(
    ("name", "verdict", "why"),
    [("aborts_at_one", "crashes", "SIGABRT"), ("hangs_at_one", "times_out", "no answer within 1 s")],
)
def test_a_death_is_survived_and_is_the_one_geometrys(tmp_path: Path, name: str, verdict: str, why: str) -> None:
    found = swept(tmp_path, name, timeout=1)
    (kind,) = found.kinds
    assert (kind.verdict, kind.why, kind.count) == (verdict, why, 1)
    assert (kind.attributes["input_sizes"], kind.attributes["padding"]) == ([2, 2, 3, 2], "VALID")
    assert found.width.right == AXES - 1
    assert found.complete


def test_a_death_that_does_not_happen_again_is_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARK, str(tmp_path / "mark"))
    found = swept(tmp_path, "aborts_once")
    assert (tmp_path / "mark").exists()
    assert found.kinds == ()
    assert found.complete


def test_a_kernel_that_dies_all_the_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "MOST_DEATHS", 2)
    found = swept(tmp_path, "aborts")
    assert found.given_up == "given up after 2 calls that ended their process"
    assert (found.kinds[0].count, found.complete) == (2, False)
    resumed = study.resumed_study(tmp_path, tmp_path)
    assert list(resumed.pending()) == []
    assert study.exhaust(resumed, workers=1, timeout=60).swept == (found,)


def test_a_sweep_that_was_cut_off_and_resumed_equals_an_undisturbed_one(tmp_path: Path) -> None:
    swept(tmp_path / "whole", "wrong_beyond_filter")
    swept(tmp_path / "cut", "wrong_beyond_filter", workers=2)
    progress = tmp_path / "cut" / study.PROGRESS
    lines = progress.read_bytes().splitlines(keepends=True)
    progress.write_bytes(b"".join(lines[:2]) + lines[2][:50])
    resumed = study.resumed_study(tmp_path / "cut", tmp_path)
    assert len(list(resumed.pending())) == len(lines) - 2
    study.exhaust(resumed, workers=1, timeout=60)
    assert len(progress.read_bytes().splitlines()) == len(lines)
    whole, cut = (without_times(read_exhaustion(tmp_path / name)) for name in ("whole", "cut"))
    assert cut == whole
    assert whole.complete


def test_an_interrupt_loses_nothing_and_says_how_to_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    given = ("-i", f"interrupts_once={KERNELS}:interrupts_once")
    mark = {MARK: str(tmp_path / "mark")}
    done = harness("exhaust", *given, *OPTIONS, "-n", 1, "--out", folder, environment=mark)
    assert done.returncode == 2, done.stderr
    assert f"harness exhaust --resume {folder}" in done.stderr
    assert "unfinished, 100 of 1,124 geometries" in done.stdout
    before = (folder / study.PROGRESS).read_bytes()
    assert len(before.splitlines()) == 1
    done = harness("exhaust", "--resume", folder, environment=mark)
    assert done.returncode == 0, done.stderr
    assert (folder / study.PROGRESS).read_bytes().startswith(before)
    assert f"{PAIRS} chosen pairs" in done.stdout


def test_a_folder_with_an_exhaustion_is_not_begun_again(tmp_path: Path) -> None:
    write(tmp_path, "{}", EXHAUSTION)
    with pytest.raises(InvalidInputError, match="--resume"):
        study.new_study(["tf-eager"], LIMITS, tmp_path, tmp_path)
    with pytest.raises(InvalidInputError, match="not an exhaustion of format"):
        study.resumed_study(tmp_path, tmp_path)
    with pytest.raises(InvalidInputError, match="no exhaustion to go on with"):
        study.resumed_study(tmp_path / "nowhere", tmp_path)


def test_a_run_of_cases_keeps_its_own_header(tmp_path: Path) -> None:
    write(tmp_path, json.dumps({"format": 1, "collected": ["a"]}), "run.json")
    swept(tmp_path, "right")
    assert json.loads((tmp_path / "run.json").read_text()) == {"format": 1, "collected": ["a"]}
