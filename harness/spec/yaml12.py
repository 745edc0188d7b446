"""YAML text to plain values, with YAML 1.2 core scalars and the place of every value.

PyYAML's own resolver is YAML 1.1 (`NO` is False, `010` is 8, `1e-5` a string); composing with the base loader
leaves every plain scalar a string, which is then read by the 1.2 core schema here.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from harness.errors import Problem

Path: TypeAlias = tuple[str | int, ...]
Mark: TypeAlias = tuple[int, int]

LARGEST_DOCUMENT: Final = 500_000  # values after expansion of aliases; 1,000 cases need about 20,000
DEEPEST_NESTING: Final = 40  # the C composer recurses without a limit of its own
LONGEST_NUMBER: Final = 400  # characters; int() refuses much longer ones
_CONSTANTS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_Loader: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(slots=True)
class Document:
    """Plain values of one file and where they stand; `keys` holds the places of mapping keys, by the same paths."""

    value: object = None
    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def mark(self, path: Path) -> Mark:
        """Line and column of the value at `path`, or of the innermost value around it."""
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, (1, 1))


class _Reader:
    """One pass over the node tree of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.document = Document()
        self.sizes: dict[int, tuple[int, int]] = {}

    def problem(self, mark: Any, message: str) -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self.document.problems.append(Problem(self.file, line, column, message))

    def expanded(self, node: yaml.Node) -> tuple[int, int]:
        """How many values `node` stands for with its aliases written out, and how deep; a cycle counts as too many."""
        known = self.sizes.get(id(node))
        if known is not None:
            return known
        self.sizes[id(node)] = LARGEST_DOCUMENT + 1, 0
        children: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            children = [child for pair in node.value for child in pair]
        elif isinstance(node, yaml.SequenceNode):
            children = node.value
        size, depth = 1, 0
        for child in children:
            child_size, child_depth = self.expanded(child)
            size, depth = size + child_size, max(depth, child_depth + 1)
        self.sizes[id(node)] = size, depth
        return size, depth

    def excess(self, node: yaml.Node) -> str:
        """What is too much about the tree; empty where nothing is."""
        size, depth = self.expanded(node)
        if size > LARGEST_DOCUMENT:
            return f"aliases expand this file to more than {LARGEST_DOCUMENT:,} values"
        return f"aliases nest more than {DEEPEST_NESTING} deep" if depth > DEEPEST_NESTING else ""

    def read(self, node: yaml.Node, path: Path) -> object:
        self.document.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        match node:
            case yaml.MappingNode():
                return self.mapping(node, path)
            case yaml.SequenceNode():
                return [self.read(child, (*path, index)) for index, child in enumerate(node.value)]
            case _:
                return self.scalar(node)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problem(key.start_mark, "a key must be a plain word")
                continue
            name = str(key.value)
            if name in values:
                self.problem(key.start_mark, f"duplicate key {name!r}")
            self.document.keys[*path, name] = (key.start_mark.line + 1, key.start_mark.column + 1)
            values[name] = self.read(child, (*path, name))
        return values

    def scalar(self, node: yaml.Node) -> object:
        text: str = node.value
        if getattr(node, "style", None):  # quoted or block; a plain scalar has None, or '' from the C parser
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if len(text) <= LONGEST_NUMBER and _INT.fullmatch(text):
            return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        if _FLOAT.fullmatch(text):
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        return text


def _scan(text: str, reader: _Reader) -> bool:
    """Look at the events before anything is composed: tags, nesting that would exhaust the stack, and how many."""
    depth = size = 0
    for event in yaml.parse(text, Loader=_Loader):
        size += isinstance(event, yaml.NodeEvent)
        if size > LARGEST_DOCUMENT:
            reader.problem(event.start_mark, f"more than {LARGEST_DOCUMENT:,} values up to here: make several files")
            return False
        if tag := getattr(event, "tag", None):
            reader.problem(event.start_mark, f"tag {tag!r}: tags are not used here")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST_NESTING:
                reader.problem(event.start_mark, f"nested more than {DEEPEST_NESTING} deep")
                return False
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return True


def _said_of(error: yaml.MarkedYAMLError, text: str) -> tuple[int, int, str]:
    """Line and column where a file stops being YAML, and why; a tab that indents is called one."""
    mark = error.problem_mark
    if mark is None:
        return 1, 1, f"not YAML: {error.problem}"
    line = next(iter(text.splitlines()[mark.line :]), "")
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return mark.line + 1, line.index("\t") + 1, "a tab: YAML is indented with spaces"
    return mark.line + 1, mark.column + 1, f"not YAML: {error.problem}"


def read(content: bytes, file: str) -> Document:
    """Read one document. `file` is the name that problems carry.

    Never raises for what the file holds: every mistake is in `problems`, and `value` is None where nothing was read.
    """
    reader = _Reader(file)
    try:
        text = content.decode("utf-8-sig")
        if not _scan(text, reader):
            return reader.document
        node = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reader.document.problems.append(Problem(file, line, 1, f"not UTF-8: {error.reason}"))
        return reader.document
    except yaml.MarkedYAMLError as error:
        reader.document.problems.append(Problem(file, *_said_of(error, text)))
        return reader.document
    except yaml.YAMLError as error:
        reader.problem(None, f"not YAML: {str(error).splitlines()[0]}")
        return reader.document
    if node is None:
        reader.problem(None, "the file is empty")
    elif excess := reader.excess(node):
        reader.problem(node.start_mark, excess)
    else:
        reader.document.value = reader.read(node, ())
        reader.document.problems.sort()
    return reader.document
