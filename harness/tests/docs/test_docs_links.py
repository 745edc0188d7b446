"""Links of the documents lead somewhere, and files that they name exist."""

import re
from pathlib import Path

import pytest

from harness.tests.documents import DOCUMENTS, read
from harness.tests.processes import ROOT


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    assert broken_links(read(document), ROOT / document) == []


def broken_links(text: str, file: Path) -> list[str]:
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(text))
    return [link for link in links if not link.startswith("https://") and not leads_somewhere(link, text, file)]


def leads_somewhere(link: str, text: str, file: Path) -> bool:
    path, _, anchor = link.partition("#")
    target = (file.parent / path).resolve() if path else file
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(text if target == file else target.read_text(encoding="utf-8"))


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$|`[^`\n]*`", "``", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    return {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(document: str) -> None:
    named = re.findall(r"`((?:harness|cases|docs|\.ci)/[\w./-]+)`", read(document))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_code_names_documents_that_exist() -> None:
    named = {
        name
        for file in (ROOT / "harness").rglob("*.py")
        for name in re.findall(r"docs/[\w/-]+\.md", file.read_text(encoding="utf-8"))
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_a_link_to_nowhere_is_noticed() -> None:
    text = "# Title\n[a](nosuch.md) [b](README.md) [c](#title) [d](#nosuch) [e](docs/the-operator.md#nosuch) `[f](x)`"
    assert broken_links(text, ROOT / "README.md") == ["nosuch.md", "#nosuch", "docs/the-operator.md#nosuch"]
