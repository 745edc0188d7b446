"""What an implementation does not claim, as it is declared beside its callable: read from the text, nothing is run."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from harness.facts import Facts
from harness.implementations import UNDECLARED, Declared
from harness.spec.case import FLOAT_TYPES, Case, Profile
from harness.spec.conditions import fits, wrong_with_match
from harness.spec.schema import DATA_FORMATS, DTYPES, PADDINGS, ProfileForm

MODULE: Final = "conformance"  # what a module declares of all its callables
_FORM: Final = TypeAdapter(Declared)
_VALID: Final[Mapping[str, tuple[str, ...]]] = {"dtype": DTYPES, "data_format": DATA_FORMATS, "padding": PADDINGS}


def declared_of(file: Path, name: str) -> Declared:
    """What a module declares of one of its callables, whose name is `name`.

    By `conformance = {...}` for all of them, `name.conformance = {...}`, or `name.validates = False` and its like, each
    a literal on the module's own level. Raises ValueError, with a sentence, for what cannot be declared.
    """
    try:
        content = file.read_bytes()
        said = dict(_said(ast.parse(content, str(file)), name)) if _may_say(content) else {}
    except (OSError, SyntaxError):
        return UNDECLARED  # whoever loads it will say what is wrong
    if unknown := said.keys() - set(Declared.__dataclass_fields__):
        raise ValueError(f"{MODULE}: nothing to declare: {', '.join(sorted(unknown))}")
    if "flushes" in said:
        said["flushes"] = FLOAT_TYPES if said["flushes"] is True else tuple(said["flushes"] or ())
    try:
        declared = _FORM.validate_python(said)
        profile_of(declared)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{MODULE}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if wrong := wrong_with_match(declared.supports):
        raise ValueError(f"{MODULE}: supports: {wrong}")
    return declared


def profile_of(declared: Declared) -> Profile:
    """What is declared of its arithmetic, as a case's profile. Raises ValueError where that is none."""
    said = dict(declared.profile) | ({} if declared.flushes is None else {"flushes": list(declared.flushes)})
    profile, wrong = ProfileForm.model_validate(said).profile()
    if wrong:
        raise ValueError(f"{MODULE}: {wrong}")
    return profile


def _may_say(content: bytes) -> bool:
    return MODULE.encode() in content or any(f".{each}".encode() in content for each in Declared.__dataclass_fields__)


def _said(module: ast.Module, name: str) -> Iterator[tuple[str, Any]]:
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == MODULE:
                yield from _mapping(value).items()
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner), attr=key)], value=value) if owner == name:
                if key == MODULE:
                    yield from _mapping(value).items()
                elif key in Declared.__dataclass_fields__:
                    yield key, _literal(value)


def _mapping(value: ast.expr) -> dict[str, Any]:
    found = _literal(value)
    if not isinstance(found, dict):
        raise ValueError(f"{MODULE}: {found!r} is no mapping")  # noqa: TRY004 -- a mistake of the file, as the others
    return found


def _literal(value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise ValueError(f"{MODULE}: it is read without running the file, and must be written out") from None


def unclaimed(case: Case, declared: Declared) -> str:
    """Why an implementation does not claim a case, in a few words; empty where it does.

    Of a call to be rejected only such values count as a valid call may have: another one is what is to be rejected.
    """
    if not case.geometry and not declared.validates:
        return "does not validate"
    features = case.features
    for key, condition in declared.supports.items():
        if not case.geometry and features[key] not in _VALID.get(key, (features[key],)):
            continue
        if fits({key: condition}, features, Facts(), None) is False:
            value = features[key]
            return f"does not support {key if isinstance(value, bool) else f'{key} {value}'}"
    return ""
