"""What a bounded exhaustion found, as a file of the run folder and as the sentence that it lets one say."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from harness.errors import InvalidInputError

EXHAUSTION: Final = "exhaust.json"
COUNTER_EXAMPLES: Final = "counter-examples.yaml"
FORMAT: Final = 2


# The geometries at which channels are swept; `harness.studies.geometries` has them.
AT: Final = "1x1, 3x3 SAME, 3x3 at stride 2, 2x3 at dilation 2, 3x2 with unequal pads, 3x3 in NCHW"


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest extents and steps of one axis that are swept; `pads` is for each side.

    Where `channels` is not 0, the channels are swept instead, up to so many: at a few geometries, in every number of
    groups.
    """

    input: int = 8
    filter: int = 5
    stride: int = 5
    dilation: int = 3
    pads: int = 5
    channels: int = 0

    @property
    def what(self) -> str:
        """What is swept, as a sentence has it after 'every' or 'of the'."""
        return "numbers of channels and groups" if self.channels else "geometries of one axis"

    @property
    def beside(self) -> str:
        """What is not swept, and what it is: without it the sentence would claim too much."""
        if self.channels:
            return f"float32, batch 2, at {AT}"
        return "each beside one of the other axis drawn from the same, float32, NHWC, batch 2, C 2, K 3, one group"

    def __str__(self) -> str:
        """The limits as a sentence has them."""
        if self.channels:
            return f"C {self.channels} and K {self.channels}, in every number of groups that divides both"
        return (
            f"input {self.input}, filter {self.filter}, stride {self.stride}, dilation {self.dilation}, "
            f"pads {self.pads}, SAME and VALID"
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a sweep: how many geometries or numbers of channels there are, and what came of them.

    `known` counts what is not right and has a known-deviation entry that says so, refusals aside.
    """

    total: int = 0
    right: int = 0
    refused: int = 0
    known: int = 0
    unexpected: int = 0

    @property
    def done(self) -> int:
        """Geometries that were called and judged."""
        return self.right + self.refused + self.known + self.unexpected


@dataclass(frozen=True, slots=True)
class Kind:
    """Geometries that came to the same, and the smallest of them by total extent.

    `verdict` is a record's verdict, or `raises` for an error that is no clean refusal. `why` says what happened to the
    smallest, `attributes` are those of its call under TensorFlow's names, and `extent` is the sum of its extents and
    steps. `deviation` says where the known-deviation entry is, or is None.
    """

    verdict: str
    why: str
    deviation: str | None
    count: int
    extent: int
    attributes: dict[str, Any]

    @property
    def key(self) -> tuple[str, str, str]:
        """What those of one kind share: all but the numbers."""
        return self.verdict, re.sub(r"\d+", "#", self.why), self.deviation or ""

    @property
    def is_refusal(self) -> bool:
        """Whether it was refused cleanly: by NotImplementedError, or as a known deviation says."""
        return self.verdict == "refuses"

    @property
    def case_id(self) -> str:
        """The id of the smallest as a case, made of what it is."""
        call = self.attributes
        lists = {"i": call["input_sizes"], "f": call["filter"], "s": call["strides"], "d": call["dilations"]}
        pads = "x".join(map(str, call["explicit_paddings"]))
        layout = [] if call["data_format"] == "NHWC" else [call["data_format"]]
        said = [key + "x".join(map(str, each)) for key, each in lists.items()]
        return "-".join([*said, pads or call["padding"], *layout])

    @property
    def call(self) -> str:
        """The smallest, in a line."""
        return ", ".join(f"{key} {value}" for key, value in self._said())

    @property
    def yaml(self) -> str:
        """The smallest as an entry of a case file, ready to paste below `cases:`."""
        return "\n    ".join([f"  - id: {self.case_id}", *(f"{key}: {value}" for key, value in self._said())]) + "\n"

    def _said(self) -> list[tuple[str, Any]]:
        said = [(key, self.attributes[key]) for key in ("input_sizes", "filter", "out_backprop", "strides")]
        said += [("data_format", "NCHW")] if self.attributes["data_format"] == "NCHW" else []
        said += [("dilations", self.attributes["dilations"])] if max(self.attributes["dilations"]) > 1 else []
        explicit = self.attributes["explicit_paddings"]
        return [
            *said,
            ("padding", self.attributes["padding"]),
            *([("explicit_paddings", explicit)] if explicit else []),
        ]


@dataclass(frozen=True, slots=True)
class Swept:
    """What one implementation made of every geometry; `given_up` says why the rest was not tried, or is empty.

    `given` is what `-i` was given, and `kinds` are all that is not right, the smallest first.
    """

    implementation: str
    given: str = ""
    height: Part = field(default_factory=Part)
    width: Part = field(default_factory=Part)
    pairs: Part = field(default_factory=Part)
    channels: Part = field(default_factory=Part)
    kinds: tuple[Kind, ...] = ()
    given_up: str = ""

    @property
    def parts(self) -> tuple[Part, Part, Part, Part]:
        """Along the height, along the width, both, and the channels."""
        return self.height, self.width, self.pairs, self.channels

    def with_parts(self, counts: Mapping[str, Mapping[str, int]]) -> "Swept":
        """The same with the counts of each part, `height`, `width`, `pairs` and `channels`."""
        names = ("height", "width", "pairs", "channels")
        height, width, pairs, channels = (Part(**counts[name]) for name in names)
        return replace(self, height=height, width=width, pairs=pairs, channels=channels)

    @property
    def complete(self) -> bool:
        """Whether every geometry was called and judged."""
        return all(part.done == part.total for part in self.parts)

    @property
    def unexpected(self) -> int:
        """Geometries that are neither right, nor refused, nor known to deviate."""
        return sum(part.unexpected for part in self.parts)

    @property
    def is_empty(self) -> bool:
        """Whether nothing came of it but refusals: no proof of anything."""
        return self.complete and not any(part.done - part.refused for part in self.parts)

    @property
    def found(self) -> tuple[Kind, ...]:
        """What is wrong, known or not, the smallest first."""
        return tuple(kind for kind in self.kinds if not kind.is_refusal)

    @property
    def refusals(self) -> tuple[Kind, ...]:
        """What was refused cleanly."""
        return tuple(kind for kind in self.kinds if kind.is_refusal)

    def reproduce(self, kind: Kind, folder: Path) -> str:
        """The command that runs the smallest of a kind again, from the case file beside `exhaust.json`."""
        case = f"{folder / COUNTER_EXAMPLES}::{kind.case_id}"
        return f"harness run {shlex.quote(case)} -i {shlex.quote(self.given)}"


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """`exhaust.json`: the limits, and what every implementation made of what lies within them."""

    limits: Limits = field(default_factory=Limits)
    swept: tuple[Swept, ...] = ()
    format: int = FORMAT
    started: str = ""
    finished: str | None = None
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every implementation was tried on every geometry."""
        return self.finished is not None and all(swept.complete for swept in self.swept)

    @property
    def unexpected(self) -> int:
        """Geometries of all implementations that are neither right, nor refused, nor known to deviate."""
        return sum(swept.unexpected for swept in self.swept)

    def sentences(self) -> list[str]:
        """One for each implementation: what holds, with the limits, or the smallest counter-example."""
        return [sentence(self.limits, swept) for swept in self.swept]


def sentence(limits: Limits, swept: Swept) -> str:
    """What may be said of one implementation after its sweep."""
    accepted = " that it accepts" if swept.refusals else ""
    counted = _counted(limits, swept)
    if not swept.complete:
        done, total = (sum(getattr(part, key) for part in swept.parts) for key in ("done", "total"))
        said = f"unfinished, {done:,} of {total:,} {limits.what} up to {limits}: {counted}"
    elif swept.is_empty:
        said = f"nothing is shown: it accepts none of the {limits.what} up to {limits}"
    elif not swept.found:
        said = f"right for all {limits.what} up to {limits}{accepted}, {limits.beside}: {counted}"
    else:
        wrong = sum(kind.count for kind in swept.found)
        known = wrong - swept.unexpected
        all_known = " (all known)" if known == wrong else f" ({known:,} known)" if known else ""
        what = f"{wrong:,}{all_known} of the {limits.what} up to {limits}, {limits.beside}"
        said = f"not right for {what}; right: {counted}"
    if swept.refusals:
        said += f"; refused: {sum(part.refused for part in swept.parts):,}"
    if swept.found and (first := swept.found[0]):
        said += f"; smallest counter-example: {first.call}: {first.why}"
    return f"{swept.implementation}: {said}" + (f"; {swept.given_up}" if swept.given_up else "")


def _counted(limits: Limits, swept: Swept) -> str:
    """How many are right, part by part."""
    if limits.channels:
        return f"{_of(swept.channels)} calls"
    return f"{_of(swept.height)} along the height, {_of(swept.width)} along the width, {_of(swept.pairs)} chosen pairs"


def _of(part: Part) -> str:
    """How many are right; of how many, where some are neither right nor refused."""
    return f"{part.right:,}" + (f" of {part.total:,}" if part.right + part.refused < part.total else "")


def summary_lines(exhaustion: Exhaustion, folder: Path) -> list[str]:
    """For each implementation its sentence, what was refused and what was found, and how to see it again."""
    lines = []
    for swept in exhaustion.swept:
        lines.append(sentence(exhaustion.limits, swept))
        for kind in swept.kinds:
            known = f" (known: {kind.deviation})" if kind.deviation else ""
            lines.append(f"  {kind.verdict} {kind.count:,}: {kind.why}{known}")
            if not kind.is_refusal:
                lines += [f"    smallest: {kind.call}", f"    reproduce: {swept.reproduce(kind, folder)}"]
    return [*lines, f"exhaustion: {folder / EXHAUSTION}"]


def read_exhaustion(folder: Path) -> Exhaustion | None:
    """The exhaustion that a run folder holds; None where it holds none.

    Raises InvalidInputError where the file is not one of this format.
    """
    file = folder / EXHAUSTION
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        return _exhaustion(values)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInputError([f"{file}: {error.strerror}"]) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInputError([f"{file}: not an exhaustion of format {FORMAT}: {error}"]) from None


def write_exhaustion(folder: Path, exhaustion: Exhaustion) -> None:
    """Write `exhaust.json` whole, or leave the one that is there; and the smallest of what was found as a case file."""
    if found := [kind for swept in exhaustion.swept for kind in swept.found]:
        entries = {kind.case_id: kind.yaml for kind in found}
        (folder / COUNTER_EXAMPLES).write_text(
            "op: Conv2DBackpropInput\ncases:\n" + "\n".join(entries.values()), encoding="utf-8"
        )
    part = folder / f".{EXHAUSTION}.part"
    part.write_text(json.dumps(asdict(exhaustion), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    part.replace(folder / EXHAUSTION)


def _exhaustion(values: dict[str, Any]) -> Exhaustion:
    if values["format"] != FORMAT:
        raise ValueError(f"it says {values['format']!r}")
    read: dict[str, Any] = {
        "limits": Limits(**values["limits"]),
        "swept": tuple(map(swept_of, values["swept"])),
    }
    return Exhaustion(**values | read)


def swept_of(values: dict[str, Any]) -> Swept:
    """What `asdict` made of one."""
    return Swept(**values | {"kinds": tuple(Kind(**kind) for kind in values["kinds"])}).with_parts(values)
