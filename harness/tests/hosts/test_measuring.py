"""The facts of processes: measured in one of their kind, once, and a process that cannot say them is no verdict."""

import os
import platform
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.facts import Facts, environment_of, facts_in
from harness.hosts.fork_server import SharedServers
from harness.hosts.measuring import Measuring, UnfitError
from harness.implementations import Implementation
from harness.implementations.resolve import BUILT_IN
from harness.remote.machine import memory_limit, process_facts, usable_cores
from harness.tests.cases import PLAIN, write
from harness.tests.processes import RIGHT, ROOT, harness

LOCAL = BUILT_IN["local-fast"]


def dying(how: str) -> Implementation:
    return replace(LOCAL, facts=f"harness.tests.hosts.test_measuring:{how}")


def aborts() -> None:
    os.kill(os.getpid(), signal.SIGILL)


def leaves() -> None:
    os._exit(3)


def raises() -> None:
    raise ImportError("libcudart.so.12: cannot open shared object file")


def test_a_process_says_what_it_is() -> None:
    facts = Measuring().facts(LOCAL)
    assert (facts.python, facts.machine) == (platform.python_version(), platform.machine())
    assert facts.packages["numpy"] == np.__version__
    assert facts.cores == usable_cores()
    assert 2**28 < facts.memory == memory_limit()
    assert facts.processor
    assert {"avx", "neon", "asimd"} & set(facts.features)
    assert facts.onednn.takes == ()


def test_tensorflow_says_what_its_onednn_takes_in_processes_of_either_kind() -> None:
    """On every processor oneDNN takes float32 without explicit padding, and no float64; where it is off, nothing."""
    servers = SharedServers([BUILT_IN["tf-eager"], BUILT_IN["tf-onednn"]])
    try:
        off, on = (Measuring(servers.addresses).facts(BUILT_IN[name]) for name in ("tf-eager", "tf-onednn"))
    finally:
        servers.close()
    assert off.packages["tensorflow"] == on.packages["tensorflow"]
    assert off.builds["tensorflow"]
    assert off.onednn.takes == ()
    assert "float32" in on.onednn.takes
    assert on.onednn.answer("float32", "EXPLICIT") == "leaves"
    assert on.onednn.answer("float64", "SAME") == "leaves"
    assert on.onednn.kernels.keys() == set(on.onednn.takes)
    assert on.variables["TF_ENABLE_ONEDNN_OPTS"] == "1"
    kept = environment_of({"tf-eager": off, "tf-onednn": on})
    assert (facts_in(kept, "tf-eager"), facts_in(kept, "tf-onednn")) == (off, on)


def test_a_kind_of_process_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring = Measuring()
    first = measuring.facts(LOCAL)
    monkeypatch.setattr(Measuring, "_servers", lambda *_: pytest.fail("asked again"))
    assert measuring.facts(replace(LOCAL, name="another")) is first


@pytest.mark.parametrize(
    ("how", "ending"),
    [("aborts", "SIGILL"), ("leaves", "exit status 3"), ("raises", "ImportError: libcudart.so.12: cannot open")],
)
def test_a_process_that_dies_is_said_in_a_sentence(how: str, ending: str) -> None:
    with pytest.raises(UnfitError, match=f"local-fast cannot be run here: .* ended: {ending}"):
        Measuring().facts(dying(how))


def test_a_machine_that_is_unfit_is_no_verdict_on_the_kernel(tmp_path: Path) -> None:
    """With too little memory for a process nothing is run: exit 3 and a sentence, not a crash for every case."""
    file = write(tmp_path, PLAIN)
    # The controller starts with what it needs; what it starts then has no room to import numpy.
    program = (
        "import resource, harness.hosts.fork_server as servers\n"
        "limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (60 << 20, 60 << 20))\n"
        "import functools, subprocess\n"
        "servers.subprocess.Popen = functools.partial(subprocess.Popen, preexec_fn=limit)\n"
        "import sys; sys.argv = ['harness', *sys.argv[1:]]\n"
        "from harness.cli import main; main()\n"
    )
    done = subprocess.run(  # noqa: S603 -- our own command
        [sys.executable, "-c", program, "run", str(file), "-i", RIGHT, "--out", str(tmp_path / "run")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert "right cannot be run here: a process that says what it is ended: " in done.stdout
    assert not (tmp_path / "run" / "results.ndjson").exists()


def test_a_new_environment_is_said_before_its_failures(tmp_path: Path) -> None:
    """And only where something failed that nobody expected."""
    file = write(tmp_path, PLAIN)
    done = harness("run", file, "-i", RIGHT, "--out", tmp_path / "run")
    assert "not described" not in done.stdout


def test_variables_that_change_nothing_are_nobodys_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "1")
    monkeypatch.setenv("TF_VAR_password", "1")
    monkeypatch.setenv("XLA_FLAGS", "--a")
    assert process_facts()["variables"].keys() & {"SECRET_TOKEN", "TF_VAR_password", "XLA_FLAGS"} == {"XLA_FLAGS"}


def test_facts_that_are_none_are_refused() -> None:
    assert facts_in({}, "x") == Facts()
    with pytest.raises(ValueError, match="no facts"):
        facts_in({"features": 5}, "x")
