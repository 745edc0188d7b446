"""What a control group leaves a process of the machine: both versions of the files, as the kernel writes them."""

from pathlib import Path

import pytest

from harness.remote import machine


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of /sys/fs/cgroup, and this process in the group /a/b of both versions."""
    monkeypatch.setattr(machine, "_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "_OWN", tmp_path / "own")
    (tmp_path / "own").write_text("4:memory:/a/b\n3:cpu,cpuacct:/a/b\n0::/a/b\n", encoding="ascii")
    return tmp_path / "cgroup"


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n", encoding="ascii")


def test_without_limits_there_is_the_machine(groups: Path) -> None:
    write(
        groups / "a" / "b", memory__max="max", memory__current="5", memory__stat="inactive_file 0", cpu__max="max 100"
    )
    write(groups / "memory" / "a" / "b", memory__limit_in_bytes=str(2**63 - 4096), memory__usage_in_bytes="5",
          memory__stat="total_inactive_file 0")  # fmt: skip
    assert machine.memory_left() == 2**62
    assert machine.memory_limit() > 2**28


def test_the_tightest_group_around_it_counts(groups: Path) -> None:
    write(groups / "a" / "b", memory__max="900", memory__current="300", memory__stat="inactive_file 100")
    write(groups / "a", memory__max="700", memory__current="400", memory__stat="anon 1\ninactive_file 50")
    assert (machine.memory_limit(), machine.memory_left()) == (700, 350)


def test_version_one_has_other_names(groups: Path) -> None:
    write(groups / "memory" / "a" / "b", memory__limit_in_bytes="800", memory__usage_in_bytes="500",
          memory__stat="total_inactive_file 200")  # fmt: skip
    assert (machine.memory_limit(), machine.memory_left()) == (800, 500)


@pytest.mark.parametrize(("share", "cores"), [("50000 100000", 1), ("100000 100000", 1), ("max 100000", None)])
def test_a_share_of_the_processors_is_rounded_up(share: str, cores: int | None, groups: Path) -> None:
    before = machine.usable_cores()
    write(groups / "a" / "b", cpu__max=share)
    assert machine.usable_cores() == (cores or before)


def test_version_one_has_a_quota_and_a_period(groups: Path) -> None:
    write(groups / "cpu" / "a", cpu__cfs_quota_us="30000", cpu__cfs_period_us="100000")
    assert machine.usable_cores() == 1
    write(groups / "cpu" / "a", cpu__cfs_quota_us="-1")
    assert machine.usable_cores() >= 1
