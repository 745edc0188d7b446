"""From what the user wrote after `-i` to an implementation, and from there to its callable."""

import ast
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from harness.errors import InvalidInputError
from harness.implementations import Implementation, Kernel
from harness.implementations.declared import declared_profile
from harness.spec.case import Algorithm, Profile
from harness.spec.schema import nearest

_QUIET: Final = {"TF_CPP_MIN_LOG_LEVEL": "2"}
_ONEDNN_OFF: Final = _QUIET | {"TF_ENABLE_ONEDNN_OPTS": "0"}
# oneDNN says on its standard output which primitives it executes: the proof that it is really on.
_ONEDNN_ON: Final = _QUIET | {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_VERBOSE": "1"}


# Two workers share one GPU.
_GPU: Final = _ONEDNN_OFF | {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
# TensorFlow computes with subnormal numbers flushed to zero on the CPU (tensorflow/core/platform/denormal.h); what its
# kernel for half does in software is not affected.
_FLUSHES: Final = Profile(flushes=("bfloat16", "float32", "float64"))
_TF32: Final = Profile(algorithm=Algorithm.TF32)


def _tensorflow(name: str, path: str, summary: str, environment: Mapping[str, str] = _ONEDNN_OFF) -> Implementation:
    target = f"harness.implementations.tf.paths:{path}"
    facts = "harness.implementations.tf.facts:facts"
    return Implementation(name, target, name, summary, "tensorflow", facts, environment, profile=_FLUSHES)


def _tensorflow_gpu(name: str, path: str, summary: str, profile: Profile | None = None) -> Implementation:
    return replace(_tensorflow(name, path, summary, _GPU), device="GPU", profile=profile or Profile())


def _local(name: str, callable: str, summary: str) -> Implementation:
    return Implementation(name, f"harness.implementations.{callable}", name, summary)


BUILT_IN: Final = {
    implementation.name: implementation
    for implementation in (
        _tensorflow("tf-eager", "eager", "tf.raw_ops.Conv2DBackpropInput, executed eagerly"),
        _tensorflow("tf-graph", "graph", "the op in a tf.function"),
        _tensorflow("tf-xla", "xla", "the op in a tf.function compiled by XLA"),
        _tensorflow("tf-eigen", "eigen", "the op's second CPU kernel, labelled eigen_tensor"),
        _tensorflow("tf-gradient", "gradient", "GradientTape over tf.nn.conv2d"),
        _tensorflow("tf-transpose", "transpose", "tf.nn.conv2d_transpose"),
        _tensorflow("tf-onednn", "eager", "the op, executed eagerly, oneDNN on", _ONEDNN_ON),
        _tensorflow("tf-onednn-graph", "graph", "the op in a tf.function, oneDNN on", _ONEDNN_ON),
        _tensorflow_gpu("tf-gpu", "gpu", "the op, executed eagerly on a GPU, TF32 off"),
        _tensorflow_gpu("tf-gpu-tf32", "gpu_tf32", "the op, executed eagerly on a GPU, TF32 on", _TF32),
        _tensorflow_gpu("tf-gpu-xla", "gpu_xla", "the op compiled by XLA for a GPU, TF32 off"),
        _tensorflow_gpu("tf-gpu-xla-tf32", "gpu_xla_tf32", "the op compiled by XLA for a GPU, TF32 on", _TF32),
        _local(
            "correct", "mutants.kernel:CORRECT", "what the mutants depart from: sums of half and bfloat16 in float32"
        ),
        _local("local-fast", "local:local_fast", "the reference kernel `fast` in the operands' type"),
        _local(
            "local-gemm-col2im", "local:local_gemm_col2im", "the reference kernel `gemm_col2im` in the operands' type"
        ),
    )
}
MUTANT: Final = "mutant:"
DEFAULT: Final = tuple(name for name, known in BUILT_IN.items() if known.needs == "tensorflow" and not known.device)


def resolve(given: Iterable[str]) -> list[Implementation]:
    """Implementations by name, `module:callable`, `path/to/file.py:callable` or `NAME=` either of the last two.

    `mutant:NAME` is one that is wrong on purpose. Nothing else is imported. Raises InvalidInputError with everything
    that can be seen to be wrong without importing.
    """
    found: dict[str, Implementation] = {}
    problems: list[str] = []
    for text in given:
        try:
            implementation = _resolve_one(text)
            first = found.setdefault(implementation.name, implementation)
            if first.target != implementation.target:
                problems.append(f"two implementations are called {first.name!r}: give one a name, as in NAME={text}")
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise InvalidInputError(problems)
    return list(found.values())


def threads_environment(threads: int) -> dict[str, str]:
    """What a process must have in its environment to compute on so many threads."""
    return {"TF_NUM_INTRAOP_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}


def with_threads(implementation: Implementation, threads: int) -> Implementation:
    """The same implementation, in hosts that have a number of intra-op threads of their own."""
    return replace(
        implementation,
        name=f"{implementation.name}:{threads}-threads",
        environment={**implementation.environment, **threads_environment(threads)},
        options=("--threads", str(threads)),
        known_as=implementation.name,
    )


def _resolve_one(text: str) -> Implementation:
    if text in BUILT_IN:
        return BUILT_IN[text]
    if text.startswith(MUTANT):
        return _mutant(text)
    name, separator, target = text.rpartition("=")
    if separator and not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        raise ValueError(f"implementation {text!r}: a name is made of letters, digits, '.', '_' and '-'")
    if separator and target in BUILT_IN:
        return replace(BUILT_IN[target], name=name, given=text)
    place, colon, attribute = target.rpartition(":")
    if not colon or not attribute.isidentifier():
        meant = nearest(text, BUILT_IN) or "; there are also module:callable and path/to/file.py:callable"
        raise ValueError(f"unknown implementation {text!r}{meant}")
    if place.endswith(".py"):
        file = Path(place).resolve()
        profile = _profile_in(file, attribute, text)
        target = f"{file}:{attribute}"
        default = f"{file.name}:{attribute}"
    else:
        if importlib.util.find_spec(place.split(".")[0]) is None:
            raise ValueError(f"implementation {text!r}: there is no module {place!r}")
        default, profile = target, Profile()
    return Implementation(name or default, target, text, summary=f"callable {attribute} of {place}", profile=profile)


def mutants() -> list[Implementation]:
    """Every mutant as an implementation of its own."""
    from harness.implementations.mutants import MUTANTS  # noqa: PLC0415 -- numpy, which naming others does not need

    package = "harness.implementations.mutants"
    return [
        Implementation(f"{MUTANT}{name}", f"{package}:{name}", f"{MUTANT}{name}", f"wrong on purpose: {mutant.mistake}")
        for name, mutant in MUTANTS.items()
    ]


def _mutant(text: str) -> Implementation:
    from harness.implementations.mutants import blocks  # noqa: PLC0415 -- as above

    known = {mutant.name: mutant for mutant in mutants()}
    if text not in known and (blocked := blocks.named(text.removeprefix(MUTANT))):
        target = f"harness.implementations.mutants:{blocked.name}"
        return Implementation(text, target, text, f"wrong on purpose: {blocked.mistake}")
    if text not in known:
        raise ValueError(f"unknown mutant {text!r}{nearest(text, known)}")
    return known[text]


def _profile_in(file: Path, attribute: str, text: str) -> Profile:
    """Look whether the callable is there, and what is declared of it, without running the file."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except OSError as error:
        raise ValueError(f"implementation {text!r}: {error.strerror}") from None
    except SyntaxError as error:
        raise ValueError(f"implementation {text!r}: line {error.lineno}: {error.msg}") from None
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    names |= {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
    }
    if attribute not in names and "*" not in names:
        raise ValueError(f"implementation {text!r}: no {attribute!r} in {file.name}{nearest(attribute, names)}")
    try:
        return declared_profile(tree, attribute)
    except ValueError as error:
        raise ValueError(f"implementation {text!r}: {error}") from None


def load(implementation: Implementation) -> Kernel:
    """Import the target and return its callable; whatever the import raises is the caller's to judge."""
    place, _, attribute = implementation.target.rpartition(":")
    module = _import_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    return cast("Kernel", getattr(module, attribute))


def _import_file(file: Path) -> object:
    name = f"harness_user_{file.stem}_{abs(hash(file)):x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
