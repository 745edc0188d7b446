"""The kill matrix: that the shipped cases kill every mutant, and that it says so when cases do not."""

import json
import signal
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import pytest
import typer

from harness.cli.status import INTERRUPTED
from harness.cli.studies import mutants
from harness.errors import InvalidInputError
from harness.implementations.mutants import MUTANTS
from harness.implementations.resolve import resolve
from harness.records import Verdict
from harness.runner import run
from harness.spec.case import Case, DataKind
from harness.spec.casefile import load
from harness.spec.detection import FILE, read_scores, write_scores
from harness.spec.selection import CASES, case_paths
from harness.studies import mutation
from harness.studies.kill_matrix import Kill, KillMatrix
from harness.studies.mutation import found_by, kill_matrix
from harness.tests.cases import HEAD, REJECTS, cases_of, write
from harness.tests.processes import ROOT, harness
from harness.tests.strategies import geometry_of, make_case

GROUPS: Final = "groups.yaml"
SHIPPED: Final = CASES + "/conv2d_backprop_input"


def shipped(name: str) -> list[Case]:
    return load(case_paths(ROOT / SHIPPED / name, ROOT))


def test_the_shipped_cases_kill_every_mutant_in_every_type(tmp_path: Path) -> None:
    done = harness("mutants", "-n", "2", "--out", tmp_path / "matrix.json")
    assert done.returncode == 0, done.stdout
    matrix = json.loads((tmp_path / "matrix.json").read_text())
    assert matrix["complete"]
    assert matrix["mutants"].keys() == MUTANTS.keys()
    for name, mutant in MUTANTS.items():
        found = matrix["mutants"][name]
        assert found["killed"].keys() == {"half", "bfloat16", "float32", "float64", "int32"} - mutant.equivalent.keys()
        assert found["survives"] == []
        if mutant.indexing:
            assert {kill["kind"] for kill in found["killed"].values()} == {"witness"}
    assert "0 pairs of mutant and type survive" in done.stdout
    assert matrix["blocked"] > 50_000
    assert matrix["blocked_survivors"] == []
    assert matrix["blocked_twice"] > 0.8
    assert done.stderr == ""


def test_what_survives_is_said_and_is_a_failure(tmp_path: Path) -> None:
    done = harness("mutants", "groups.yaml::special", "-n", "1", "--full", "--out", tmp_path / "matrix.json")
    assert done.returncode == 1
    assert "survives: dilation-ignored in float32: dilation ignored" in done.stdout
    assert "in half" not in done.stdout
    matrix = json.loads((tmp_path / "matrix.json").read_text())
    assert list(matrix["kills"]) == ["conv2d_backprop_input/groups.yaml::special"]
    assert "nan-dropped" in matrix["kills"]["conv2d_backprop_input/groups.yaml::special"]
    assert "scores:" not in done.stdout
    assert harness("mutants", "groups.yaml::nosuch").returncode == 5


@pytest.mark.parametrize("name", ["batch.yaml", "layout.yaml", "data-kinds.yaml"])
def test_the_shipped_scores_are_those_of_the_cases(name: str) -> None:
    scores = kill_matrix(shipped(name), full=True, workers=1).scores()
    kept = read_scores(ROOT / CASES)
    assert scores
    assert {case: kept.get(case) for case in scores} == scores


def test_workers_find_the_same_as_one_process() -> None:
    cases = [case for case in shipped("batch.yaml") if geometry_of(case).multiply_adds < 2_000]
    assert kill_matrix(cases, full=True, workers=2) == kill_matrix(cases, full=True, workers=1)
    assert kill_matrix(cases, full=False, workers=2) == kill_matrix(cases, full=False, workers=1)


@pytest.mark.parametrize("name", ["no-rotation", "saturated", "zeros-multiplied", "operands-rounded"])
def test_a_kill_is_what_the_runner_calls_a_deviation(name: str) -> None:
    (implementation,) = resolve([f"mutant:{name}"])
    for case in (*shipped("data-kinds.yaml")[:30], *shipped(GROUPS)[:10]):
        killed = found_by(case, geometry_of(case), MUTANTS[name], case.data) is not None
        assert killed == (run(case, implementation).verdict is Verdict.DEVIATES), case.id


def test_small_cases_come_first_and_invalid_and_large_ones_not_at_all(tmp_path: Path) -> None:
    text = HEAD + (
        "defaults: {padding: SAME}\n"
        "cases:\n"
        "  - {id: larger, input_sizes: [1, 8, 8, 2], filter: [3, 3, 2, 3]}\n"
        "  - {id: small, input_sizes: [1, 4, 5, 2], filter: [3, 3, 2, 3]}\n"
        "  - {id: huge, input_sizes: [1, 99, 99, 9], filter: [3, 3, 9, 9]}\n"
    )
    cases = [*cases_of(tmp_path, text), *cases_of(tmp_path, REJECTS)]
    matrix = kill_matrix(cases, full=False, workers=1)
    assert (list(matrix.cases), matrix.left_out) == (["cases.yaml::small", "cases.yaml::larger"], 1)
    assert matrix.first()["no-rotation"]["float32"] == Kill("cases.yaml::small", "float32", "no-rotation", "witness")
    assert "too large for this, and left out: 1" in list(matrix.lines())


def a_kill(case: str, mutant: str = "no-rotation", kind: DataKind = DataKind.WITNESS, dtype: str = "half") -> Kill:
    return Kill(case, dtype, mutant, kind)


def test_a_mistake_of_indexing_survives_what_is_not_equality() -> None:
    others = [a_kill("a", name) for name in MUTANTS if name not in ("no-rotation", "rounded-twice")]
    kills = (*others, a_kill("a", kind=DataKind.NORMAL), a_kill("a", "rounded-twice", DataKind.NORMAL))
    matrix = KillMatrix(tuple(kills), {"a": "half"}, full=True)
    assert matrix.survivors() == [("no-rotation", "half")]
    assert [kill.mutant for kill in matrix.contradictions()] == ["saturated"]
    assert "declared equivalent, but found" in "\n".join(matrix.lines())


def test_a_case_is_indispensable_for_what_no_other_finds_in_its_type() -> None:
    kills = (a_kill("a"), a_kill("b"), a_kill("b", "nan-dropped"), a_kill("c", "overwritten", dtype="int32"))
    matrix = KillMatrix(kills, {"a": "half", "b": "half", "c": "int32", "d": "half"}, full=True)
    assert matrix.indispensable() == {"b": ["nan-dropped"], "c": ["overwritten"]}
    assert matrix.scores() == {"a": 1, "b": 2, "c": 1, "d": 0}
    lines = list(matrix.lines())
    assert "    2  b  alone: nan-dropped" in lines
    assert "    1  a" in lines
    assert "2 of 4 cases kill nothing that another does not" in lines


def test_an_interrupt_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Case] = []

    def interrupted(cases: mutation.Job) -> list[Kill]:
        if seen:
            raise KeyboardInterrupt
        seen.extend(cases)
        return [a_kill(cases[0].id, dtype="float32")]

    monkeypatch.setattr(mutation, "_everything", interrupted)
    cases = [make_case(f"case-{n}", input_sizes=[1, 3, 3, 1], filter=[2, 2, 1, 1]) for n in range(30)]
    matrix = kill_matrix(cases, full=True, workers=1)
    assert not matrix.complete
    assert list(matrix.lines())[-1].endswith("; interrupted, not decided: float32")
    assert not any(line.startswith("survives") or line.endswith("survives") for line in matrix.lines())
    assert len(matrix.kills) == 1
    assert len(matrix.cases) == mutation.CASES_A_JOB


def test_a_second_interrupt_leaves_no_worker_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes while the first is seen to: workers that are not told to end keep the command for ever."""
    through: list[bool] = []
    shutdown = ProcessPoolExecutor.shutdown

    def interrupted(pool: ProcessPoolExecutor, **options: bool) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
            through.append(True)
        finally:
            shutdown(pool, **options)

    def first(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ProcessPoolExecutor, "shutdown", interrupted)
    monkeypatch.setattr(mutation, "as_completed", first)
    heard = signal.getsignal(signal.SIGINT)
    case = make_case("a-case", input_sizes=[1, 3, 3, 1], filter=[2, 2, 1, 1])
    assert kill_matrix([case], full=True, workers=2).undecided == ("float32",)
    assert through == [True]
    assert signal.getsignal(signal.SIGINT) is heard


def test_a_type_that_was_run_to_its_end_is_decided_whatever_came_after(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(cases: mutation.Job) -> list[Kill]:
        if cases[0].attributes.dtype == "int32":
            raise KeyboardInterrupt
        return []

    monkeypatch.setattr(mutation, "_until_found", interrupted)
    cases = [
        make_case(dtype, input_sizes=[1, 3, 3, 1], filter=[2, 2, 1, 1], dtype=dtype) for dtype in ("int32", "half")
    ]
    matrix = kill_matrix(cases, full=False, workers=1)
    assert matrix.undecided == ("int32",)
    assert {dtype for _, dtype in matrix.survivors()} == {"half"}
    assert json.loads(matrix.to_json())["complete"] is False


def test_scores_are_read_as_they_were_written(tmp_path: Path) -> None:
    assert read_scores(tmp_path) == {}
    assert write_scores({"b": 2, "a": 1}, tmp_path) == tmp_path / FILE
    assert list(read_scores(tmp_path).items()) == [("a", 1), ("b", 2)]
    for wrong in ("[]", "{", '{"a": "b"}'):
        write(tmp_path, wrong, FILE)
        with pytest.raises(InvalidInputError, match=FILE):
            read_scores(tmp_path)


def test_a_record_says_how_many_mutants_its_case_finds(tmp_path: Path) -> None:
    own = write(tmp_path, HEAD + "cases: [{id: a, padding: SAME, input_sizes: [1, 1, 1, 1], filter: [1, 1, 1, 1]}]\n")
    out = tmp_path / "run"
    done = harness("run", "strides.yaml::remainder", own, "-i", "correct", "--isolation", "none", "--out", out)
    assert done.returncode == 0, done.stdout
    records = [json.loads(line) for line in (out / "results.ndjson").read_text().splitlines()]
    scores = read_scores(ROOT / CASES)
    assert len(records) == 4
    assert {record["case"]: record["detects"] for record in records} == {
        record["case"]: scores.get(record["case"]) for record in records
    }
    assert sum(record["detects"] is None for record in records) == 1


def test_an_interrupted_command_writes_what_it_has_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cut_off = KillMatrix((a_kill("a"),), {"a": "half"}, full=True, undecided=("half",))
    monkeypatch.setattr(mutation, "kill_matrix", lambda *_, **__: cut_off)
    with pytest.raises(typer.Exit) as ended:
        mutants([GROUPS], full=True, workers=1, out=tmp_path / "matrix.json")
    assert ended.value.exit_code == INTERRUPTED
    assert json.loads((tmp_path / "matrix.json").read_text())["complete"] is False
