import json
from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.records import Result, Verdict
from harness.records.run_folder import Header, RunWriter, new_folder, point_latest, read_run
from harness.tests.results import environments

RESULT = Result("x.yaml::a", "mine", Verdict.CONFORMS, expected=True, reproduce="harness run x.yaml::a -i mine")
COLLECTED = ("x.yaml::a::mine", "x.yaml::b::mine")


def test_a_record_is_on_disk_when_add_returns(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run", Header(collected=COLLECTED))
    writer.add(RESULT.to_json())
    on_disk = (tmp_path / "run/results.ndjson").read_text()
    writer.finish(interrupted=False)
    assert on_disk == RESULT.to_json() + "\n"


def test_the_header_says_not_complete_until_it_is(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, Header(collected=COLLECTED[:1]))
    assert json.loads((tmp_path / "run.json").read_text())["complete"] is False
    writer.add(RESULT.to_json())
    run = writer.finish(interrupted=False)
    header = json.loads((tmp_path / "run.json").read_text())
    assert header["complete"] is True
    assert header["counts"] == {"conforms": 1, "expected": 1, "unexpected": 0}
    assert run.complete


def test_a_missing_record_makes_a_run_incomplete(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, Header(collected=COLLECTED))
    writer.add(RESULT.to_json())
    run = writer.finish(interrupted=False)
    assert not run.complete
    assert run.missing == ["x.yaml::b::mine"]


def test_an_interrupted_run_is_incomplete(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, Header(collected=COLLECTED[:1]))
    writer.add(RESULT.to_json())
    assert not writer.finish(interrupted=True).complete


def test_an_interrupt_between_the_write_of_a_record_and_its_note_loses_nothing(tmp_path: Path) -> None:
    class Interrupted(list[Result]):
        def append(self, result: Result, /) -> None:
            raise KeyboardInterrupt(result.case)

    writer = RunWriter(tmp_path, Header(collected=COLLECTED))
    writer.results = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        writer.add(RESULT.to_json())
    run = writer.finish(interrupted=True)
    assert run == read_run(tmp_path)
    assert run.results == (RESULT,)
    assert run.header.counts["conforms"] == 1


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    writer = RunWriter(
        tmp_path, Header(collected=COLLECTED[:1], harness="0.1.0", environments=environments(packages={"numpy": "2"}))
    )
    writer.add(RESULT.to_json())
    written = writer.finish(interrupted=False, notes=["a note"])
    assert read_run(tmp_path) == written


def test_a_torn_last_line_is_dropped_and_said(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, Header(collected=COLLECTED))
    writer.add(RESULT.to_json())
    writer.finish(interrupted=False)
    with (tmp_path / "results.ndjson").open("a") as file:
        file.write('{"format":1,"case":"x.y')
    run = read_run(tmp_path)
    assert run.torn
    assert not run.complete
    assert len(run.results) == 1


def test_a_spoiled_line_in_the_middle_is_an_error_with_its_number(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, Header())
    writer.add(RESULT.to_json())
    writer.finish(interrupted=False)
    file = tmp_path / "results.ndjson"
    file.write_text("nonsense\n" + file.read_text())
    with pytest.raises(InvalidInputError, match=r"results\.ndjson:1:1"):
        read_run(tmp_path)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"format": 99}'])
def test_what_is_no_run_folder_is_said(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(InvalidInputError, match=r"run\.json"):
        read_run(tmp_path)


def test_a_header_without_records_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": 1}')
    with pytest.raises(InvalidInputError, match=r"results\.ndjson"):
        read_run(tmp_path)


def test_folders_of_the_same_second_differ_and_latest_points_at_the_newest(tmp_path: Path) -> None:
    names = set()
    for _ in range(3):
        folder = new_folder(tmp_path)
        assert folder.is_dir()
        point_latest(folder)
        assert (tmp_path / "latest").resolve() == folder
        names.add(folder)
    assert len(names) == 3


def test_latest_is_left_alone_where_it_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine").touch()
    folder = tmp_path / "run"
    folder.mkdir()
    point_latest(folder)
    assert (tmp_path / "latest" / "mine").exists()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["latest", "run"]
