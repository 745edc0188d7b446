"""What a process of an environment was measured to be, before any case ran in it.

Known deviations are conditions on it, records name it. Nothing here measures: the process says it of itself.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, TypeAlias

Answer: TypeAlias = Literal["takes", "leaves", "refuses"]
ANSWERS: Final = ("takes", "leaves", "refuses")
HERE: Final = "here"  # the environment that the harness itself is installed in
_OF_PROCESSES: Final = ("variables", "onednn", "device")


@dataclass(frozen=True, slots=True)
class OneDnn:
    """What the process's oneDNN does with a plain NHWC call, by type and padding.

    `answers` has `takes`, `leaves` (another kernel computes it) or `refuses` (the call raised) for each type, and for
    each padding in it; what is not there it leaves. `kernels` names the kernel that ran, by type.
    """

    version: str = ""
    isa: str = ""
    answers: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)
    kernels: Mapping[str, str] = field(default_factory=dict)

    def answer(self, dtype: str, padding: str) -> Answer:
        """What is done with a call of that type and padding."""
        return self.answers.get(dtype, {}).get(padding, "leaves")

    @property
    def takes(self) -> tuple[str, ...]:
        """The types of which it takes a plain call."""
        return tuple(dtype for dtype, by_padding in self.answers.items() if "takes" in by_padding.values())


@dataclass(frozen=True, slots=True)
class Device:
    """An accelerator; empty where a framework does not say."""

    name: str = ""
    compute_capability: str = ""
    driver: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """One kind of process: an interpreter, what is installed there, and the variables it was started with.

    `system` and `machine` are spelt as in `linux` and `x86_64`, `features` as the system spells those of the
    processor. `cores` and `memory` (bytes) are what the process may use. `packages` has versions, a framework's being
    the one it states, and `builds` what a framework was built from. `variables` differ between kinds of processes.
    """

    python: str = ""
    system: str = ""
    machine: str = ""
    processor: str = ""
    features: tuple[str, ...] = ()
    cores: int = 0
    memory: int = 0
    packages: Mapping[str, str] = field(default_factory=dict)
    builds: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    onednn: OneDnn = field(default_factory=OneDnn)
    device: Device | None = None

    def version(self, name: str) -> str | None:
        """The version of a package, of `python` or of `onednn`; None where there is none."""
        own = {"python": self.python, "onednn": self.onednn.version.removeprefix("v")}
        return own.get(name, self.packages.get(name)) or None


def facts_of(values: Mapping[str, Any]) -> Facts:
    """Facts from the mapping that a process sends or a run keeps; names that are not known are left out.

    Raises ValueError where it is no such mapping.
    """
    try:
        device = values.get("device")
        read = _known(Facts, values) | {
            "features": tuple(values.get("features", ())),
            "onednn": OneDnn(**_known(OneDnn, values.get("onednn") or {})),
            "device": Device(**_known(Device, device)) if device else None,
        }
        return Facts(**read)
    except (AttributeError, TypeError) as wrong:
        raise ValueError(f"no facts: {wrong}") from None


def unplaced(implementation: str) -> str:
    """The name of an implementation without the environment behind it, as in `tf-eager[tf-2.20]`."""
    return implementation.rpartition("[")[0] if implementation.endswith("]") else implementation


def _known(form: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(form)}
    return {name: value for name, value in values.items() if name in names}


def environment_of(facts: Mapping[str, Facts]) -> dict[str, Any]:
    """One environment as a run keeps it: what its processes share, and under each implementation what they do not."""
    shared: dict[str, Any] = {}
    own: dict[str, dict[str, Any]] = {}
    for name, each in facts.items():
        values = asdict(each) | {"features": list(each.features)}
        own[name] = {key: value for key in _OF_PROCESSES if (value := values.pop(key)) and value != asdict(OneDnn())}
        both = {key: shared.get(key, {}) | values[key] for key in ("packages", "builds")}
        shared = {**values, **shared, **both}
    return shared | {"implementations": own}


def facts_in(environment: Mapping[str, Any], implementation: str) -> Facts:
    """The facts of the processes of one implementation in an environment that a run kept. Raises ValueError."""
    return facts_of({**environment, **environment.get("implementations", {}).get(implementation, {})})
