import os
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.oracle.evidence import Evidence, read_evidence
from harness.oracle.operands import make_operands
from harness.oracle.reference import expectations
from harness.records import run_folder
from harness.records.run_folder import Header, RunWriter, evidence_name, read_run
from harness.runner import run
from harness.spec.case import DataKind
from harness.tests.cases import HEAD, PLAIN, cases_of, write
from harness.tests.processes import EXAMPLES, RIGHT, ROOT, harness, records

OFF = f"off={EXAMPLES}:one_element_off"
TYPED = HEAD + (
    "cases:\n  - {id: a, padding: SAME, input_sizes: [1, 5, 4, 2], filter: [3, 2, 2, 3], data_format: NCHW,"
    " dtype: [half, bfloat16, float32, float64, int32]}\n"
)
TYPED = TYPED.replace("[1, 5, 4, 2]", "[1, 2, 5, 4]")


def failing(tmp_path: Path, text: str = PLAIN, *options: str, kernel: str = OFF) -> Path:
    harness("run", write(tmp_path, text), "-i", kernel, "--out", tmp_path / "run", *options)
    return tmp_path / "run"


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_failure_leaves_its_arrays_beside_the_records(tmp_path: Path, workers: str) -> None:
    folder = failing(tmp_path, TYPED, "-n", workers, kernel=f"zeros={EXAMPLES}:accepts_everything")
    found = records(folder)
    assert len(found) == len(list((folder / "evidence").iterdir())) == 5
    for record, case in zip(found, cases_of(tmp_path, TYPED), strict=True):
        assert case.geometry is not None
        kept = read_evidence(folder / record["evidence"])
        expectation = expectations(case, case.geometry, DataKind.WITNESS)[0]
        assert (kept.case, kept.implementation, kept.kind) == (case.id, "zeros", "witness")
        for name in ("filter", "out_backprop"):
            array = getattr(kept, name)
            assert array.dtype == getattr(expectation.operands, name).dtype
            assert np.array_equal(array, getattr(expectation.operands, name))
            assert not array.flags.writeable
        assert np.array_equal(kept.expected, expectation.in_backprop)
        assert kept.actual is not None
        assert kept.actual.dtype == kept.filter.dtype
        assert (kept.actual != kept.expected).sum() == record["checks"][0]["mismatched"] > 1


def test_what_conforms_leaves_none(tmp_path: Path) -> None:
    folder = failing(tmp_path, kernel=RIGHT)
    assert not (folder / "evidence").exists()
    assert all(record["evidence"] is None and "--evidence" not in record["reproduce"] for record in records(folder))


def test_a_crash_leaves_what_the_call_was_given(tmp_path: Path) -> None:
    folder = failing(tmp_path, kernel=f"dies={EXAMPLES}:aborts_when_strided")
    died = [record for record in records(folder) if record["verdict"] == "crashes"]
    assert died
    kept = read_evidence(folder / died[0]["evidence"])
    assert kept.actual is None
    assert kept.expected.size


def test_the_line_that_reproduces_uses_the_kept_operands(tmp_path: Path) -> None:
    folder = failing(tmp_path)
    record = records(folder)[1]
    file = folder / record["evidence"]
    kept = read_evidence(file)
    doubled = Evidence(
        **{name: getattr(kept, name) for name in kept.__dataclass_fields__} | {"filter": kept.filter * 2}
    )
    file.write_bytes(doubled.to_bytes())
    command, *arguments = shlex.split(record["reproduce"])
    assert command == "harness"
    assert arguments[-2:] == ["--evidence", record["evidence"]]
    assert harness(*arguments[:-1], file, "--out", tmp_path / "again").returncode == 1
    again = records(tmp_path / "again")[0]
    seen, before = (result["checks"][0]["worst"][0] for result in (again, record))
    assert seen["expected"] == 2 * before["expected"]
    assert seen["actual"] == 2 * before["actual"]


def test_without_the_file_the_seed_gives_the_same_bits(tmp_path: Path) -> None:
    record = records(failing(tmp_path))[1]
    done = harness(*shlex.split(record["reproduce"])[1:], "--out", tmp_path / "again")
    assert "is not there: the operands are made again from the case's seed" in done.stderr
    assert records(tmp_path / "again")[0]["digest"] == record["digest"]


def test_a_failure_on_the_terminal_names_the_file_where_it_is(tmp_path: Path) -> None:
    done = harness("run", write(tmp_path, PLAIN), "-i", OFF, "--out", tmp_path / "run")
    lines = [line for line in done.stdout.splitlines() if line.startswith("reproduce: ")]
    files = {Path(shlex.split(line)[-1]) for line in lines}  # in CI pytest says it again in its summary
    assert files
    assert sorted(files) == sorted((tmp_path / "run" / "evidence").iterdir())


def test_a_name_is_looked_up_in_the_runs(tmp_path: Path) -> None:
    record = records(failing(tmp_path))[1]
    older, newer = (ROOT / "reports" / f"0000-test-{os.getpid()}-{age}" for age in "ab")
    try:
        for folder in (older, newer):
            (folder / "evidence").mkdir(parents=True)
        (older / record["evidence"]).write_text("no zip")
        (newer / record["evidence"]).write_bytes((tmp_path / "run" / record["evidence"]).read_bytes())
        done = harness(*shlex.split(record["reproduce"])[1:], "--out", tmp_path / "again")
    finally:
        shutil.rmtree(older)
        shutil.rmtree(newer)
    assert done.stderr == ""
    assert records(tmp_path / "again")[0]["digest"] == record["digest"]


def test_evidence_of_something_else_is_wrong_usage(tmp_path: Path) -> None:
    folder = failing(tmp_path)
    record = records(folder)[1]
    no_evidence = tmp_path / "x.npz"
    no_evidence.write_text("no zip")
    arguments = ("run", tmp_path / "cases.yaml", "-i", OFF, "--out", tmp_path / "again", "--evidence")
    done = harness(*arguments, no_evidence)
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert str(no_evidence) in done.stderr
    np.savez(no_evidence, a=np.zeros(2))
    done = harness(*arguments, no_evidence)
    assert done.returncode == 4
    assert "not the evidence of a case" in done.stderr
    done = harness("run", "strides.yaml", "-i", OFF, "--evidence", folder / record["evidence"])
    assert done.returncode == 4
    assert "which was not named" in done.stderr
    write(tmp_path, PLAIN.replace("filter: [3, 2", "filter: [2, 2"))
    done = harness(*arguments, folder / record["evidence"])
    assert done.returncode == 4
    assert "has other attributes now" in done.stderr


def test_kept_witness_operands_prove_themselves_anew(tmp_path: Path) -> None:
    case = cases_of(tmp_path, PLAIN)[0]
    seeded = make_operands(case, DataKind.WITNESS)[0]
    assert case.geometry is not None
    kept = tmp_path / "kept.npz"
    expected = expectations(case, case.geometry, DataKind.WITNESS)[0].in_backprop
    attributes = {name: getattr(case.attributes, name) for name in case.attributes.__dataclass_fields__}
    evidence = Evidence(case.id, "x", "witness", 0, attributes, seeded.filter, seeded.out_backprop, expected)
    kept.write_bytes(evidence.to_bytes())
    again = replace(case, evidence=str(kept))
    assert make_operands(again, DataKind.WITNESS)[0].certificate == seeded.certificate
    normal = make_operands(again, DataKind.NORMAL)[0]
    assert np.array_equal(normal.filter, make_operands(case, DataKind.NORMAL)[0].filter)


def test_a_run_keeps_only_so_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.implementations.resolve import resolve  # noqa: PLC0415 -- only here

    kept = []
    case = cases_of(tmp_path, PLAIN)[1]
    off = resolve([OFF])[0]
    name = evidence_name(f"{case.id}::off")

    def keep(evidence: Evidence) -> str:
        kept.append(evidence.to_bytes())
        return name

    line = run(case, off, keep=keep).to_json()
    monkeypatch.setattr(run_folder, "MOST_EVIDENCE", len(kept[0]))
    writer = RunWriter(tmp_path / "run", Header())
    writer.add(line, kept[0])
    writer.add(line, kept[0])
    writer.finish(interrupted=False)
    first, second = read_run(tmp_path / "run").results
    assert first.evidence == name
    assert first.reproduce.endswith(f" --evidence {first.evidence}")
    assert second.evidence is None
    assert second.reproduce == first.reproduce.partition(" --evidence")[0]


def test_a_large_case_is_not_kept(tmp_path: Path) -> None:
    large = HEAD + "cases:\n  - {id: a, padding: SAME, input_sizes: [8, 128, 128, 8], filter: [1, 1, 8, 8]}\n"
    record = records(failing(tmp_path, large))[0]
    assert record["verdict"] == "deviates"
    assert record["evidence"] is None


@pytest.mark.parametrize("name", ["cases/a.yaml::x[strides:1x2]::tf-eager", "Ü/../..\n::b", "x" * 300])
def test_a_name_is_a_plain_one(name: str) -> None:
    folder, file = evidence_name(name).split("/")
    assert folder == "evidence"
    assert set(file) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-")
    assert len(file) < 120
    assert evidence_name(name) != evidence_name(name + "y")
