"""From what a person names to one valid call and one element of its `in_backprop`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from harness.errors import InvalidInputError, NothingMatchedError
from harness.spec import yaml12
from harness.spec.attributes import AttributesError, call_of
from harness.spec.case import Case, Expect
from harness.spec.findings import problems_of_form
from harness.spec.geometry import Geometry
from harness.spec.schema import Exclusion, nearest
from harness.spec.selection import chosen_cases
from harness.studies.explain.terms import Element, busiest

SETTABLE: Final = tuple(Exclusion.model_fields)  # one value for each attribute of the call


def named_case(case_id: str, root: Path) -> tuple[Case, int]:
    """The case of that id, and how many there are of it: the first one where a matrix multiplied them out.

    Raises InvalidInputError where a whole file is named, or a call to be rejected; NothingMatchedError.
    """
    cases = chosen_cases([case_id], root)
    if not cases:
        raise NothingMatchedError(f"{case_id}: no such case")
    first = cases[0]
    if "::" not in case_id and len(cases) > 1:
        raise InvalidInputError([f"{case_id} names {len(cases):,} cases: name one, such as {first.id}"])
    return first, len(cases)


def geometry_of(case: Case) -> Geometry:
    """The geometry; InvalidInputError for a call that must be rejected."""
    if case.geometry is None:
        raise InvalidInputError([f"{case.id} must be rejected: there is no sum to explain"])
    return case.geometry


def with_settings(case: Case, settings: Sequence[str]) -> Case:
    """The case with other attributes, each `key=value` as a case file writes it; extents follow.

    Raises InvalidInputError with the first thing that is wrong.
    """
    if not settings:
        return case
    geometry_of(case)
    said = dict(map(_setting, settings))
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(case.attributes).items()}
    values = _without_what_follows(values, said) | said
    try:
        attributes, geometry = call_of(values, case.attributes.data_format, Expect.CONFORMS)
    except AttributesError as error:
        raise InvalidInputError([error.found[0][1]]) from None
    return replace(case, attributes=attributes, geometry=geometry, name=f"{case.name} with {' '.join(settings)}")


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or key not in SETTABLE:
        what = f"{key!r} is not one of {', '.join(SETTABLE)}{nearest(key, SETTABLE)}" if equals else "it is key=value"
        raise InvalidInputError([f"--set {text}: {what}"])
    document = yaml12.read(value.encode(), f"--set {key}")
    try:
        form = Exclusion.model_validate({key: document.value})
    except ValidationError as error:
        found = problems_of_form(error, document, f"--set {key}", Exclusion)
        raise InvalidInputError([f"--set {text}: {found[0].message}"]) from None
    if document.problems or getattr(form, key) is None:
        raise InvalidInputError([f"--set {text}: {value!r} is not a value of {key}"])
    return key, getattr(form, key)


def _without_what_follows(values: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Without what follows from the rest; the pads of the case go where another padding is given."""
    gone = {"out_backprop"} | ({"explicit_paddings"} if "padding" in said else set())
    if not values["explicit_paddings"]:
        gone.add("explicit_paddings")
    return {key: value for key, value in values.items() if key not in gone}


def chosen_element(geometry: Geometry, text: str | None) -> Element | None:
    """`n,h,w,c`, or one in the middle that many products reach; None where `in_backprop` is empty.

    Raises InvalidInputError for what is no element.
    """
    extents = dict(zip("nhwc", geometry.input_shape, strict=True))
    if text is None:
        return None if 0 in extents.values() else (0, busiest(geometry.height), busiest(geometry.width), 0)
    numbers = text.split(",")
    if len(numbers) != 4 or not all(number.strip().isdecimal() for number in numbers):
        raise InvalidInputError([f"--element {text}: it is four numbers n,h,w,c, such as 0,1,2,0"])
    n, h, w, c = map(int, numbers)
    for (axis, extent), at in zip(extents.items(), (n, h, w, c), strict=True):
        if at >= extent:
            there = f"{axis} goes from 0 to {extent - 1}" if extent else f"there is no {axis}: in_backprop is empty"
            raise InvalidInputError([f"--element {text}: {there}"])
    return n, h, w, c
