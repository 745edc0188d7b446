"""Frameworks: a file or a folder each, whose header says all that is special about one, and is read without running it.

A header is the literal that a module assigns to `FRAMEWORK`. Those in this package are found by their place; others by
the entry points of installed packages (group `harness.implementations`, a module each), or where a user names a file.
"""

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar, Final

from pydantic import TypeAdapter, ValidationError

from harness.implementations import Declared, Implementation, Wording
from harness.implementations.declared import profile_of
from harness.spec.conditions import wrong_with_match
from harness.spec.snippet import OPERATOR, Program

HEADER: Final = "FRAMEWORK"
GROUP: Final = "harness.implementations"
NAME: Final = "HARNESS_FRAMEWORK"  # in the environment of its processes, so that two frameworks never share one
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claims:
    """What may be declared of all paths of a framework, or of one; see `Declared`."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    validates: bool | None = None
    supports: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    contiguous: bool | None = None
    flushes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    """Parts of `harness.spec.snippet.Program`; `variables` are those of the environment that it has to set."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    imports: str
    callee: str = "kernel"
    call: str = OPERATOR
    input_sizes: str = "{}"
    shown: str = "in_backprop"
    bfloat16: str = "ml_dtypes.bfloat16"
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path(_Claims):
    """One way to the operator: a callable of the file, or `module:callable` of the folder, and what it needs.

    `callee` and `call` replace those of the framework's program. `default` paths run where none is named.
    """

    callable: str
    summary: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    device: str = ""
    default: bool = False
    callee: str = ""
    call: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header(_Claims):
    """What `FRAMEWORK` may say.

    `package` is the distribution that must be installed, `install` what to hand to `pip install` for it. `threads`
    names the variables that hold a number of threads, `facts` a callable as in a path.
    """

    package: str = ""
    install: str = ""
    facts: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    threads: tuple[str, ...] = ()
    wording: Wording = field(default_factory=Wording)
    program: _Program | None = None
    paths: dict[str, _Path]


_HEADERS: Final = TypeAdapter(Header)


def literal_of(file: Path, name: str) -> Any:
    """What a module assigns to a name, read without running it; None where it does not.

    Raises OSError, SyntaxError, and ValueError where it is no literal.
    """
    content = file.read_bytes()
    if name.encode() not in content:
        return None
    for node in ast.parse(content, str(file)).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return ast.literal_eval(node.value)
    return None


def header_of(file: Path) -> Header | None:
    """The header of a module; None where it has none. Raises ValueError with what is wrong with it, in a sentence."""
    try:
        said = literal_of(file, HEADER)
        header = None if said is None else _HEADERS.validate_python(said)
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ValueError(f"{HEADER} of {file.name}: {found}") from None
    except ValueError as error:
        raise ValueError(f"{HEADER} of {file.name}: {error}") from None
    for name, path in header.paths.items() if header else ():
        if wrong := wrong_with_match({**header.supports, **path.supports}) if header else "":
            raise ValueError(f"{HEADER} of {file.name}: paths.{name}.supports: {wrong}")
    return header


def implementations_of(header: Header, module: str) -> dict[str, Implementation]:
    """The paths of a header by their names; its callables are relative to `module`, a dotted name or a file."""
    return {name: _implementation(name, path, header, module) for name, path in header.paths.items()}


def _implementation(name: str, path: _Path, header: Header, module: str) -> Implementation:
    variables, declared = {**header.environment, **path.environment}, _declared(header, path)
    return Implementation(
        name,
        _target(module, path.callable),
        name,
        path.summary,
        header.package or None,
        _target(module, header.facts) if header.facts else "",
        variables | ({NAME: header.package} if header.package else {}),
        device=path.device,
        profile=profile_of(declared),
        install=header.install or header.package,
        declared=declared,
        wording=header.wording,
        program=_program(header.program, path, variables) if header.program else None,
        default=path.default,
        threads=header.threads,
    )


def _target(module: str, place: str) -> str:
    """`module:callable` of a callable, or of one in a module of the folder."""
    within, _, attribute = place.rpartition(":")
    return f"{module}.{within}:{attribute}" if within else f"{module}:{attribute}"


def _declared(header: Header, path: _Path) -> Declared:
    def said(name: str, otherwise: Any) -> Any:
        own = getattr(path, name)
        return next((value for value in (own, getattr(header, name)) if value not in (None, {}, ())), otherwise)

    return Declared(
        validates=said("validates", otherwise=True),
        supports={**header.supports, **path.supports},
        profile=said("profile", {}),
        contiguous=said("contiguous", otherwise=False),
        flushes=said("flushes", None),
    )


def _program(said: _Program, path: _Path, variables: Mapping[str, str]) -> Program:
    return Program(
        said.imports,
        path.callee or said.callee,
        path.call or said.call,
        said.input_sizes,
        said.shown,
        said.bfloat16,
        {name: variables[name] for name in said.variables if name in variables},
    )


def _places() -> Iterator[tuple[str, Path]]:
    """Modules that may have a header, by their dotted names: those of this folder, then installed ones."""
    for place in sorted(_HERE.iterdir()):
        file = place / "__init__.py" if place.is_dir() else place
        if file.suffix == ".py" and place.name != "__init__.py" and file.exists():
            yield f"{__package__}.{place.stem}", file
    for point in entry_points(group=GROUP):
        if installed := file_of(point.module):
            yield point.module, installed


def file_of(module: str) -> Path | None:
    """The file of a module; its packages are not imported, as `find_spec` would."""
    top, *within = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        return Path(spec.origin) if spec and spec.origin else None
    places = (Path(folder, *within) for folder in spec.submodule_search_locations)
    files = (file for place in places for file in (place / "__init__.py", place.with_suffix(".py")))
    return next((file for file in files if file.exists()), None)


def _found() -> tuple[dict[str, Implementation], tuple[str, ...]]:
    """Every implementation that has a name, those of a framework that runs by default first, and what is wrong."""
    groups: list[dict[str, Implementation]] = []
    problems: list[str] = []
    for module, file in _places():
        try:
            if header := header_of(file):
                groups.append(implementations_of(header, module))
        except (OSError, SyntaxError, ValueError) as error:
            problems.append(f"{module}: {error}")
    groups.sort(key=lambda group: not any(each.default for each in group.values()))
    found: dict[str, Implementation] = {}
    for group in groups:
        problems += [f"{group[name].target}: there is another {name}" for name in group if name in found]
        found |= {name: each for name, each in group.items() if name not in found}
    return found, tuple(problems)


NAMED, PROBLEMS = _found()
DEFAULT: Final = tuple(name for name, each in NAMED.items() if each.default)
OPERATOR_PROGRAM: Final = NAMED[DEFAULT[0]].program or Program("")  # the operator as its own framework spells it
# A kernel of one's own may wrap any of them.
ANY_WORDING: Final = reduce(Wording.with_also, {each.needs: each.wording for each in NAMED.values()}.values())
THREADS: Final = tuple(dict.fromkeys(name for each in NAMED.values() for name in each.threads))
