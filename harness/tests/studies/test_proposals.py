from pathlib import Path

import yaml

from harness.records import ErrorReport, Result, Verdict
from harness.spec.deviations import check_deviations
from harness.studies.proposals import propose, write_proposals
from harness.tests.processes import EXAMPLES, harness

REFUSED = ErrorReport("InvalidArgumentError", "only NHWC\nsecond line")


def result(case: str, verdict: Verdict = Verdict.REFUSES, *, expected: bool = False) -> Result:
    error = REFUSED if verdict is Verdict.REFUSES else None
    return Result(f"a/f.yaml::{case}", "mine", verdict, expected, "x", why="because", error=error)


def test_what_happens_to_all_of_an_entry_is_one_pattern() -> None:
    refused = [result(case) for case in ("grid[1]", "grid[2]", "other[1]", "plain")]
    (proposal,) = propose([*refused, result("other[2]", Verdict.CONFORMS, expected=True)])
    assert yaml.safe_load(proposal.text()) == [
        {
            "match": ["a/f.yaml::grid[*", "a/f.yaml::other[1]", "a/f.yaml::plain"],
            "verdict": "refuses",
            "error": {"class": "InvalidArgumentError", "message": "only NHWC"},
            "reason": "TODO: because",
        }
    ]


def test_what_happened_differently_is_proposed_apart_and_what_was_expected_not_at_all() -> None:
    found = propose([
        result("a"), result("b", Verdict.DEVIATES), result("c", expected=True), result("d", Verdict.SKIPPED),
    ])  # fmt: skip
    assert [(proposal.verdict, proposal.matches) for proposal in found] == [
        ("refuses", ("a/f.yaml::a",)),
        ("deviates", ("a/f.yaml::b",)),
    ]


def test_proposals_are_appended_and_do_not_pass_before_a_person_wrote_the_reason(tmp_path: Path) -> None:
    proposals = propose([result("a"), result("b", Verdict.DEVIATES)])
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
    harness("run", "strides.yaml::post", "-i", f"mine={EXAMPLES}:refuses", "--out", tmp_path / "run")
    done = harness("deviations", tmp_path / "run")
    assert done.returncode == 0
    assert "# known_deviations/mine.yaml" in done.stdout
    assert "class: NotImplementedError" in done.stdout
