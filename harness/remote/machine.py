"""What this process is: its interpreter, its machine, and what a control group leaves it of that.

Runs on the other side of a host, too: nothing here needs more than Python.
"""

import contextlib
import math
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from harness.remote.loading import load

_PACKAGES: Final = ("numpy", "ml_dtypes")
# Variables of libraries that change what is computed; a framework adds its own. Others are nobody's business.
_VARIABLES: Final = re.compile(r"(XLA|ONEDNN|DNNL|OMP|MKL|OPENBLAS)_|(CUDA_VISIBLE_DEVICES|NVIDIA_TF32_OVERRIDE)$")
_GROUPS: Final = Path("/sys/fs/cgroup")
_OWN: Final = Path("/proc/self/cgroup")


def process_facts(framework: str = "") -> dict[str, Any]:
    """The facts of this process, in the form of `harness.facts`.

    `framework` is a `module:callable` that adds its own. Raises whatever importing and asking it raises.
    """
    processor, features = _processor()
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "system": platform.system().lower(),
        "machine": platform.machine(),
        "processor": processor,
        "features": features,
        "cores": usable_cores(),
        "memory": memory_limit(),
        "packages": dict(_versions()),
        "variables": variables_like(_VARIABLES),
    }
    if framework:
        added = load(framework)()
        facts |= added | {key: facts[key] | added.get(key, {}) for key in ("packages", "variables")}
    return facts


def variables_like(pattern: re.Pattern[str]) -> dict[str, str]:
    """Variables of this process whose names begin in such a way."""
    return {name: value for name, value in sorted(os.environ.items()) if pattern.match(name)}


def _versions() -> Iterator[tuple[str, str]]:
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            yield name, version(name)


def _processor() -> tuple[str, list[str]]:
    """Its name and its features, as the system spells them."""
    if sys.platform == "darwin":
        return _asked("machdep.cpu.brand_string"), _asked("machdep.cpu.features").lower().split()
    described: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            described.setdefault(name.strip(), value.strip())
    name = described.get("model name") or platform.processor() or platform.machine()
    return name, sorted((described.get("flags") or described.get("Features") or "").split())


def _asked(name: str) -> str:
    with contextlib.suppress(OSError):
        asked = ["/usr/sbin/sysctl", "-n", name]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 -- macOS's own
    return ""


def usable_cores() -> int:
    """Processors that this process may use, a control group's share rounded up."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shares = [math.ceil(share) for share in _shares()]
    return max(1, min([own, *shares]))


def _shares() -> Iterator[float]:
    for group in _groups("cpu"):
        with contextlib.suppress(OSError, ValueError):  # "max" is no number, and no limit
            quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
            yield int(quota) / int(period)
        with contextlib.suppress(OSError, ValueError):
            quota, period = ((group / f"cpu.cfs_{name}_us").read_text(encoding="ascii") for name in ("quota", "period"))
            if int(quota) > 0:
                yield int(quota) / int(period)


def memory_limit() -> int:
    """Bytes that this process may hold: the machine's, or less where a control group says so; 0 where none says."""
    limits = [limit for limit, _ in _limits()]
    with contextlib.suppress(OSError, ValueError):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min(limits, default=0)


def memory_left() -> int:
    """Bytes that a control group still lets this process have; without a limit where there is none."""
    return max(0, min((limit - used for limit, used in _limits()), default=2**62))


def _limits() -> Iterator[tuple[int, int]]:
    """Limits of memory of the control groups that this process is in, and what is used of each, caches not counted."""
    for group in _groups("memory"):
        for limit, used, cache in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            with contextlib.suppress(OSError, ValueError):
                most, now = (int((group / name).read_text(encoding="ascii")) for name in (limit, used))
                counted = dict(
                    line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines()
                )
                if most < 2**60:  # version 1 writes its largest number where there is no limit
                    yield most, now - int(counted.get(cache, 0))


def _groups(controller: str) -> Iterator[Path]:
    """Folders of the control groups that this process is in, its own first (cgroups(7)); version 2, then 1."""
    with contextlib.suppress(OSError, ValueError):
        for line in _OWN.read_text(encoding="ascii").splitlines():
            _, controllers, place = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            home = _GROUPS / controller if controllers else _GROUPS
            group = home / place.lstrip("/")
            yield from (each for each in (group, *group.parents) if each.is_relative_to(home) and each.is_dir())
