"""`harness environments`: what is made is listed, is used by its name, and goes away."""

import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import environments
from harness.errors import InvalidInputError
from harness.hosts.created import create, remove
from harness.tests.interpreters import bare_environment


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where one stands, without environments; pip finds wheels only in `wheels`, where two empty ones are."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("numpy", "ml_dtypes"):
        with zipfile.ZipFile(wheels / f"{name}-99.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}.py", "")
            wheel.writestr(f"{name}-99.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.0\n")
            wheel.writestr(
                f"{name}-99.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{name}-99.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(*arguments: str) -> str:
    return CliRunner().invoke(environments.app, arguments, catch_exceptions=False).stdout


def test_one_is_made_listed_and_removed(root: Path) -> None:
    assert "old: 0.0 GiB in " in said("create", "old", "numpy==99")
    here, old = said().splitlines()
    assert here.startswith("here  Python ")
    assert old.startswith("old  Python ")
    assert "numpy 99.0, ml_dtypes 99.0; 0.0 GiB in " in old
    with pytest.raises(InvalidInputError, match="old is there already"):
        said("create", "old", "numpy")
    assert said("remove", "old").startswith("removed ")
    assert not (root / ".environments" / "old").exists()
    assert len(said().splitlines()) == 1


def test_of_one_that_cannot_be_made_nothing_is_left(root: Path) -> None:
    with pytest.raises(ValueError, match=r"new could not be made: .*pip install .* ended with 1"):
        create("new", ["nosuchthing"], root)
    with pytest.raises(ValueError, match="new could not be made"):
        create("new", ["numpy"], root, python="/nosuch/python")
    assert [each.name for each in (root / ".environments").iterdir()] == [".gitignore"]


@pytest.mark.parametrize("name", ["here", "a b", "../x", "", ".x"])
def test_names_that_cannot_be(root: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be its name"):
        create(name, ["numpy"], root)
    with pytest.raises(ValueError, match="no environment of that name"):
        remove(name, root)


def test_a_broken_one_is_listed_as_that(root: Path) -> None:
    made = bare_environment(root / ".environments" / "broken")
    (made / "bin" / "python").unlink()
    assert "broken  cannot be used: " in said()
    assert said("remove", "broken").startswith("removed ")
