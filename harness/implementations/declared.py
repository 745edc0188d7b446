"""What a file declares of a kernel in it, read without running it."""

import ast
from typing import Any, Final

from pydantic import ValidationError

from harness.spec.case import FLOAT_TYPES, Profile
from harness.spec.schema import ProfileForm

NAME: Final = "conformance"


def declared_profile(tree: ast.Module, callable: str) -> Profile:
    """The profile in `conformance = {...}` at the module's level, or in `CALLABLE.conformance = {...}`.

    Raises ValueError where it is not written out, or is not a profile.
    """
    declared: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(_is_of(target, callable) for target in statement.targets):
            declared |= _literal(statement.value)
    said = dict(declared.get("profile", {}))
    if "flushes" in declared:
        flushes = declared["flushes"]
        said["flushes"] = list(FLOAT_TYPES if flushes is True else flushes or ())
    try:
        profile, wrong = ProfileForm.model_validate(said).profile()
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{NAME}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if wrong:
        raise ValueError(f"{NAME}: {wrong}")
    return profile


def _is_of(target: ast.expr, callable: str) -> bool:
    match target:
        case ast.Name(id=name):
            return name == NAME
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return (name, attribute) == (callable, NAME)
        case _:
            return False


def _literal(value: ast.expr) -> dict[str, Any]:
    try:
        found = ast.literal_eval(value)
    except ValueError:
        raise ValueError(f"{NAME}: it is read without running the file, and must be written out") from None
    if not isinstance(found, dict):
        raise ValueError(f"{NAME}: {found!r} is no mapping")  # noqa: TRY004 -- a mistake of the file, as the others
    return found
