"""Entries that are proposed: conditions where a few say what is meant, and what tells two environments apart."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from harness.facts import Facts, OneDnn
from harness.records import Verdict
from harness.spec.case import Case
from harness.spec.deviations import check_deviations
from harness.studies.causes import conditions, telling_apart
from harness.studies.proposals import propose, propose_between, write_proposals
from harness.studies.recordings import Recorded, Recording, read_recording
from harness.tests.cases import HEAD, write
from harness.tests.processes import EXAMPLES, harness
from harness.tests.strategies import make_case

ANYWHERE: Final = Facts()
REFUSED: Final = ("InvalidArgumentError", "only NHWC\nsecond line")
AVX2: Final = Facts(features=("avx2",), onednn=OneDnn(answers={"float32": {"VALID": "takes"}}))
OTHER: Final = Facts(packages={"tensorflow": "2.20.0"})


def case(name: str = "a", **values: Any) -> Case:
    return make_case(name, **{"input_sizes": [2, 5, 6, 2], "filter": [2, 3, 2, 4]} | values)


def result(of: Case | str, verdict: Verdict = Verdict.REFUSES, *, expected: bool = False) -> Recorded:
    error = REFUSED if verdict is Verdict.REFUSES else None
    return Recorded(case(of) if isinstance(of, str) else of, "mine", verdict, error, None, expected, "because")


def recording(*results: Recorded, facts: Facts = ANYWHERE) -> Recording:
    return Recording({"": facts}, results)


def test_what_happens_to_all_of_an_entry_is_one_pattern() -> None:
    refused = [result(name) for name in ("grid[1]", "grid[2]", "other[1]", "plain")]
    (proposal,) = propose(recording(*refused, result("other[2]", Verdict.CONFORMS, expected=True)))
    assert yaml.safe_load(proposal.text()) == [
        {
            "match": ["file.yaml::grid[*", "file.yaml::other[1]", "file.yaml::plain"],
            "verdict": "refuses",
            "error": {"class": "InvalidArgumentError", "message": "only NHWC"},
            "reason": "TODO: because",
        }
    ]


def test_what_happened_differently_is_proposed_apart_and_what_was_expected_not_at_all() -> None:
    found = propose(recording(
        result("a"), result("b", Verdict.DEVIATES), result("c", expected=True), result("d", Verdict.SKIPPED),
    ))  # fmt: skip
    assert [(proposal.verdict, proposal.match) for proposal in found] == [
        ("deviates", "file.yaml::b"),
        ("refuses", "file.yaml::a"),
    ]


NCHW: Final = {"data_format": "NCHW", "input_sizes": [2, 2, 5, 6]}
DILATED: Final = {"dilations": 2}


@pytest.mark.parametrize(
    ("members", "others", "found"),
    [
        ([NCHW] * 4, [{}], {"data_format": "NCHW"}),
        ([DILATED, DILATED | {"dtype": "half"}], [{}, {"dtype": "half"}, NCHW], {"dilated": True}),
        ([{"dtype": "half"}, {"dtype": "int32"}], [{}, {"dtype": "float64"}], {"dtype": ["half", "int32"]}),
        ([NCHW | {"dtype": "half"}], [NCHW, {"dtype": "half"}, {}], {"data_format": "NCHW", "dtype": "half"}),
        ([{}], [], {"expect": "conforms"}),
        ([{}], [{"strides": 2}], None),
        ([{"padding": "VALID"}], [{"padding": "SAME"}, {"padding": "VALID", "dtype": "half"}], {"onednn": "takes"}),
    ],
)
def test_the_fewest_conditions_that_tell_members_from_others(
    members: list[dict[str, Any]], others: list[dict[str, Any]], found: Mapping[str, Any] | None
) -> None:
    said = conditions([case(**each) for each in members], [case(**each) for each in others], AVX2)
    if found == {"onednn": "takes"}:
        assert said in ({"onednn": "takes"}, {"padding": "VALID", "dtype": "float32"})
    else:
        assert said == found


def test_many_cases_are_named_by_conditions_and_a_few_by_ids() -> None:
    refused = [result(case(str(number), **NCHW, dtype="half")) for number in range(4)]
    rest = [result(case("x", **NCHW), Verdict.CONFORMS, expected=True), result("y", Verdict.CONFORMS, expected=True)]
    rest += [result(case("z", dtype="half"), Verdict.CONFORMS, expected=True)]
    (many,) = propose(recording(*refused, *rest))
    assert many.match == {"data_format": "NCHW", "dtype": "half"}
    (few,) = propose(recording(*refused[:2], *rest))
    assert few.match == ["file.yaml::0", "file.yaml::1"]


@pytest.mark.parametrize(
    ("here", "there", "told"),
    [
        (Facts(packages={"tensorflow": "2.21.0"}), OTHER, ({}, {"tensorflow": ">=2.21.0"})),
        (OTHER, Facts(packages={"tensorflow": "2.21.0"}), ({}, {"tensorflow": "<2.21.0"})),
        (Facts(packages={"numpy": "2.4.0"}), Facts(packages={"numpy": "1.26.0"}), ({}, {})),
        (AVX2, Facts(features=("avx2",)), ({"onednn": "takes"}, {})),
        (Facts(features=("avx2",)), AVX2, ({"onednn": "leaves"}, {})),
        (Facts(machine="aarch64"), Facts(machine="x86_64"), ({}, {"machine": "aarch64"})),
        (Facts(features=("avx2", "avx512f")), Facts(features=("avx2",)), ({}, {"has": "avx512f"})),
        (Facts(features=("avx2",)), Facts(features=("avx2", "avx512f", "avx512_fp16")), ({}, {"lacks": "avx512_fp16"})),
    ],
)
def test_what_tells_two_environments_apart(here: Facts, there: Facts, told: tuple[Any, Any]) -> None:
    assert telling_apart(here, there, [case()]) == told


def test_two_runs_give_entries_for_what_differs_each_where_it_holds() -> None:
    newer = Facts(packages={"tensorflow": "2.21.0"})
    before = recording(result("a", Verdict.CRASHES), result("b"), facts=OTHER)
    after = recording(result("a", Verdict.CONFORMS, expected=True), result("b"), facts=newer)
    (only,) = propose_between(before, after)
    assert yaml.safe_load(only.text())[0] == {
        "match": "file.yaml::a", "when": {"tensorflow": "<2.21.0"}, "verdict": "crashes", "reason": "TODO: because",
    }  # fmt: skip


def test_proposals_are_appended_and_do_not_pass_before_a_person_wrote_the_reason(tmp_path: Path) -> None:
    proposals = propose(recording(result("a"), result("b", Verdict.DEVIATES)))
    (file,) = write_proposals(proposals, tmp_path)
    write_proposals(proposals[:1], tmp_path)
    assert len(yaml.safe_load(file.read_text())) == 3
    assert file.read_text().startswith("# yaml-language-server")
    assert file.read_text().count("yaml-language-server") == 1
    problems = check_deviations(tmp_path)
    assert len(problems) == 3
    assert all("a person has to write the reason" in problem.message for problem in problems)
    file.write_text(file.read_text().replace("TODO: because", "It is so on purpose, and documented."))
    assert check_deviations(tmp_path) == []


def test_the_command_shows_what_a_run_proposes(tmp_path: Path) -> None:
    harness("run", "strides.yaml::post", "-i", f"mine={EXAMPLES}:returns_wrong_shape", "--out", tmp_path / "run")
    done = harness("deviations", tmp_path / "run")
    assert done.returncode == 0
    assert "# known_deviations/mine.yaml" in done.stdout
    assert "verdict: deviates" in done.stdout


def test_a_run_is_packed_into_a_file_that_can_be_checked_and_proposes_the_same(tmp_path: Path) -> None:
    file = write(tmp_path, HEAD + (
        "cases:\n  - {id: a, input_sizes: [1, 4, 4, 1], filter: [2, 2, 1, 1], padding: SAME, dtype: [half, float32]}\n"
    ))  # fmt: skip
    harness("run", file, "-i", f"mine={EXAMPLES}:returns_wrong_shape", "--out", tmp_path / "run")
    pack = tmp_path / "run.ndjson.gz"
    done = harness("deviations", tmp_path / "run", "--pack", pack)
    assert (done.returncode, done.stdout) == (0, f"{pack}\n")
    recorded = read_recording(pack)
    assert [each.verdict for each in recorded.results] == ["deviates", "deviates"]
    assert recorded.facts_for("mine").packages["numpy"]
    checked = harness("deviations", "--check", pack)
    assert checked.returncode == 1
    assert checked.stdout.startswith("0 of 2 recorded results are as expected")
    of_folder, of_file = (harness("deviations", place).stdout for place in (tmp_path / "run", pack))
    assert "- match: cases.yaml::a[*\n" in of_folder
    assert of_folder.partition("reason")[0] == of_file.partition("reason")[0]
