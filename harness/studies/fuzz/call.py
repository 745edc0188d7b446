"""One drawn call: whether it is valid, by the rules alone, and the case that it makes."""

import hashlib
import math
import re
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from harness.spec.attributes import AttributesError, call_of, from_nhwc
from harness.spec.case import Case, DataKind, Expect, Profile, Source, kinds_of
from harness.spec.casetext import case_file_text
from harness.spec.geometry import LARGEST_EXTENT, Geometry

INT32: Final = LARGEST_EXTENT
LARGEST_FILL: Final = 2**26  # elements, of a result that an invalid call may make
LARGEST_MEMORY: Final = 2**45  # elements, 128 TiB
_NUMBERS: Final = re.compile(r"\[[^\]]*\]|-?\d+(, -?\d+)*")


@dataclass(frozen=True, slots=True)
class Call:
    """The call as TensorFlow gets it, and the kinds of operands to make it with."""

    input_sizes: tuple[int, ...]
    filter: tuple[int, ...]
    out_backprop: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    explicit_paddings: tuple[int, ...]
    data_format: str
    dilations: tuple[int, ...]
    dtype: str
    data: tuple[str, ...]

    @classmethod
    def completed(cls, values: dict[str, Any]) -> "Call":
        """Add the `out_backprop` that C3 asks for; an empty one where there is none."""
        call = cls(out_backprop=(0, 0, 0, 0), **values)
        _, geometry = _derived(call.values() | {"out_backprop": None})
        return replace(call, out_backprop=from_nhwc(geometry.output_shape, call.data_format)) if geometry else call

    def changed(self, **values: Any) -> "Call":
        """The same with some values replaced."""
        return replace(self, **values)

    def values(self) -> dict[str, Any]:
        """What a case file would hold."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    def case(self) -> Case:
        """The case: valid or to be rejected, by the rules. Its name, and so its operands, follow from the values."""
        values = self.values()
        flaws, _ = _derived(values)
        expect = Expect.REJECTS if flaws else Expect.CONFORMS
        attributes, geometry = call_of(values, self.data_format, expect)
        held = [kind for kind in map(DataKind, self.data) if kind in kinds_of(self.dtype)]
        kinds = tuple(held) if geometry else (DataKind.NORMAL,)
        name = f"found-{hashlib.sha256(repr(self).encode()).hexdigest()[:8]}"
        return Case("found.yaml", name, attributes, geometry, expect, kinds, (), (), Profile(), Source("found.yaml", 4))


def _derived(values: dict[str, Any]) -> tuple[list[str], Geometry | None]:
    """What is wrong with a call that is meant to the letter, and the geometry where nothing is."""
    steps = {name: values[name] for name in ("strides", "dilations")}
    flaws = [f"C11: {name} takes four numbers, not {len(step)}" for name, step in steps.items() if len(step) != 4]
    flaws += [f"C11: {name} {step} beyond int32" for name, step in steps.items() if max(step, default=0) > INT32]
    if flaws:
        return flaws, None
    if values["padding"] != "EXPLICIT" and values["explicit_paddings"]:
        return ["C12: explicit_paddings goes with padding EXPLICIT and with no other"], None
    try:
        return [], call_of(values, values["data_format"], Expect.CONFORMS)[1]
    except AttributesError as error:
        return [message for _, message in error.found], None


def flaw_of(case: Case) -> str:
    """What is wrong with an invalid call, or what is special about a valid one, in words without numbers.

    Two cases with the same words are taken to be alike: of what one of them comes to, one finding is enough.
    """
    features = case.features
    words = [word for word in ("empty", "dilated", "grouped") if features[word]]
    call = case.attributes
    if case.geometry is not None:
        words += ["NCHW"] * (call.data_format == "NCHW") + ["EXPLICIT"] * (call.padding == "EXPLICIT")
        words += ["two elements"] * (len(call.input_sizes) == 2)
        return ", ".join(words)
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(call).items()}
    flaws, _ = _derived(values)
    return "; ".join([*words, *sorted({_NUMBERS.sub("#", flaw).replace("width", "height") for flaw in flaws})])


def in_scope(case: Case, work: int, elements: int) -> bool:
    """Whether the rules say what comes of a case, and it is cheap enough.

    Without input channels the number of groups is 0/0 (C8): no rule says whether that is a call. An invalid call that
    no check stops fills what `input_sizes` says with zeros: gigabytes take longer than any time limit, which says
    nothing. More than any machine has fails at once, which may.
    """
    geometry = case.geometry
    if geometry is None:
        return not LARGEST_FILL < math.prod(max(1, extent) for extent in case.attributes.input_sizes) < LARGEST_MEMORY
    return geometry.C > 0 and geometry.multiply_adds <= work and math.prod(geometry.input_shape) <= elements


def text_of(case: Case, description: str) -> str:
    """A case file with this one case, as TensorFlow spells it."""
    call = case.attributes
    lists = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(call).items()}
    entry: dict[str, Any] = {"id": case.name} | lists
    if not call.explicit_paddings and case.geometry:
        del entry["explicit_paddings"]
    entry |= {"data": [str(kind) for kind in case.data]} if case.geometry else {"expect": "rejects"}
    return case_file_text(description, {}, [(entry, ())])
