import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.hosts.fork_server import ForkServer
from harness.hosts.host import Hosts
from harness.implementations import Crashed, Implementation, Raised, Returned, TimedOut
from harness.implementations.resolve import resolve
from harness.records import Verdict
from harness.runner import run
from harness.spec.case import Case
from harness.tests.cases import PLAIN, cases_of
from harness.tests.processes import EXAMPLES

KERNEL_FILE = EXAMPLES
GIB = 2**30


def example(name: str, **environment: str) -> Implementation:
    (found,) = resolve([f"{name}={KERNEL_FILE}:{name}"])
    return Implementation(found.name, found.target, found.given, environment=environment)


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    return cases_of(tmp_path, PLAIN)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    found = Hosts(timeout=60, memory_limit=4 * GIB)
    yield found
    found.close()


def processes() -> set[int]:
    """Children of this process, dead ones included."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(encoding="ascii")
    return {int(pid) for pid in children.split()}


def pid_of(server: ForkServer) -> int:
    assert server.process is not None
    return server.process.pid


def test_a_host_gives_the_same_results_as_this_process(cases: list[Case], hosts: Hosts) -> None:
    for case in cases:
        inside, outside = run(case, example("right")), run(case, example("right"), caller=hosts)
        assert outside.verdict is Verdict.CONFORMS
        assert outside.digest == inside.digest
        assert outside.checks == inside.checks


def test_one_host_serves_all_cases_of_one_environment(cases: list[Case], hosts: Hosts) -> None:
    for case in cases:
        hosts(case, example("right"))
    (host,) = hosts.hosts.values()
    assert host.served == len(cases)


def test_environments_have_hosts_of_their_own_and_the_oldest_makes_way(cases: list[Case], hosts: Hosts) -> None:
    before = processes()
    for value in "123":
        transcript = hosts(cases[0], example("right", HARNESS_TEST=value))
        assert isinstance(transcript.outcomes[0], Returned)
        assert len(hosts.hosts) <= 2
        assert len(processes() - before) <= 2
    assert [dict(variables)["HARNESS_TEST"] for _, variables in hosts.hosts] == ["2", "3"]


@pytest.mark.parametrize(
    ("name", "verdict", "why"),
    [
        ("aborts", Verdict.CRASHES, "SIGABRT: about to abort"),
        ("exits_at_once", Verdict.CRASHES, "exit status 0"),
        ("exits", Verdict.REFUSES, "SystemExit: 3"),
        ("prints", Verdict.CONFORMS, ""),
        ("returns_none", Verdict.DEVIATES, "witness: returned NoneType, not an array of numpy"),
        ("returns_objects", Verdict.DEVIATES, "witness: returned type object, not float32"),
        ("writes_to_operands", Verdict.REFUSES, "ValueError"),
        ("writes_around_the_flag", Verdict.DEVIATES, "witness: wrote to its operands"),
        ("remembers", Verdict.DEVIATES, "accuracy (normal)"),
        ("forks", Verdict.CONFORMS, ""),
        ("forks_and_stays", Verdict.CRASHES, "SIGABRT"),
        ("scribbles", Verdict.CRASHES, "SIGKILL: ended, since its answer could not be read: no message begins there"),
        ("forges", Verdict.CRASHES, "SIGKILL: ended, since its answer could not be read: an array of another form"),
    ],
)
def test_whatever_a_kernel_does_it_gets_its_verdict_and_the_next_is_unharmed(
    cases: list[Case], hosts: Hosts, name: str, verdict: Verdict, why: str
) -> None:
    result = run(cases[0], example(name), caller=hosts)
    assert result.verdict is verdict
    assert result.why.startswith(why)
    assert run(cases[1], example("right"), caller=hosts).verdict is Verdict.CONFORMS


def test_a_call_that_hangs_times_out(cases: list[Case]) -> None:
    hosts = Hosts(timeout=0.5, memory_limit=4 * GIB)
    try:
        result = run(cases[0], example("sleeps"), caller=hosts)
        assert (result.verdict, result.why) == (Verdict.TIMES_OUT, "no answer within 0.5 s")
        assert run(cases[0], example("right"), caller=hosts).verdict is Verdict.CONFORMS
    finally:
        hosts.close()


def test_an_answer_that_does_not_come_whole_times_out(cases: list[Case]) -> None:
    hosts = Hosts(timeout=0.5, memory_limit=4 * GIB)
    try:
        assert run(cases[0], example("scribbles_half"), caller=hosts).verdict is Verdict.TIMES_OUT
        assert run(cases[0], example("right"), caller=hosts).verdict is Verdict.CONFORMS
    finally:
        hosts.close()


def test_a_kernel_that_takes_all_memory_is_ended(cases: list[Case]) -> None:
    hosts = Hosts(timeout=60, memory_limit=GIB)
    try:
        result = run(cases[0], example("leaks"), caller=hosts)
        assert result.verdict is Verdict.CRASHES
        assert result.error is not None
        assert result.error.signal == "SIGKILL"
        assert "resident memory, limit 1.0 GiB" in result.why
        assert run(cases[0], example("right"), caller=hosts).verdict is Verdict.CONFORMS
    finally:
        hosts.close()


def test_a_crash_in_a_used_host_is_tried_again_in_a_fresh_one(cases: list[Case], hosts: Hosts) -> None:
    assert run(cases[1], example("poisons"), caller=hosts).verdict is Verdict.CONFORMS
    poisoned = run(cases[0], example("poisons"), caller=hosts)
    assert poisoned.verdict is Verdict.CONFORMS
    assert poisoned.why == "not counted: SIGABRT, which a fresh host did not repeat"


def test_a_call_that_kills_is_told_from_a_poisoned_host(cases: list[Case], hosts: Hosts) -> None:
    run(cases[0], example("aborts_when_strided"), caller=hosts)
    assert run(cases[1], example("aborts_when_strided"), caller=hosts).verdict is Verdict.CRASHES


def test_what_was_finished_before_the_death_is_kept(cases: list[Case], hosts: Hosts) -> None:
    outcomes = hosts(cases[0], example("aborts")).outcomes
    assert len(outcomes) == 1
    assert isinstance(outcomes[0], Crashed)
    assert outcomes[0].stderr[-1] == "about to abort"
    assert isinstance(hosts(cases[0], example("refuses")).outcomes[0], Raised)


def test_nothing_is_left_behind(cases: list[Case]) -> None:
    before, descriptors = processes(), sorted(Path("/proc/self/fd").iterdir())
    hosts = Hosts(timeout=0.3, memory_limit=4 * GIB)
    for name in ("right", "aborts", "sleeps", "exits_at_once", "right"):
        hosts(cases[0], example(name))
    hosts.close()
    assert processes() == before
    assert sorted(Path("/proc/self/fd").iterdir()) == descriptors


def test_a_host_and_its_server_die_with_their_parent(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from harness.tests.hosts.test_hosts import Hosts, PLAIN, cases_of, example, pid_of\n"
        "hosts = Hosts(timeout=600, memory_limit=2**32)\n"
        f"cases = cases_of(Path({str(tmp_path)!r}), PLAIN)\n"
        "hosts(cases[0], example('right'))\n"
        "host, = hosts.hosts.values()\n"
        "print(host.pid, pid_of(host.server), flush=True)\n"
        "hosts(cases[0], example('sleeps'))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603
        assert parent.stdout is not None
        watched = [os.pidfd_open(int(pid)) for pid in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
    for process in watched:
        assert select.select([process], [], [], 30)[0] == [process]
        os.close(process)


@pytest.mark.parametrize("victim", ["host", "server"])
def test_one_that_somebody_ended_is_replaced(cases: list[Case], hosts: Hosts, victim: str) -> None:
    assert run(cases[0], example("right"), caller=hosts).verdict is Verdict.CONFORMS
    (host,) = hosts.hosts.values()
    watched = os.pidfd_open(host.pid)
    os.kill(host.pid if victim == "host" else pid_of(host.server), signal.SIGKILL)
    assert select.select([watched], [], [], 30)[0] == [watched]  # a server takes its host along
    os.close(watched)
    result = run(cases[0], example("right"), caller=hosts)
    assert result.verdict is Verdict.CONFORMS
    assert result.why == "not counted: SIGKILL, which a fresh host did not repeat"


def test_one_server_forks_host_after_host(cases: list[Case], hosts: Hosts) -> None:
    pids = []
    for name in ("right", "aborts", "right", "exits_at_once", "right"):
        hosts(cases[0], example(name))
        pids.append({pid_of(server) for server in hosts.servers.values()})
    assert pids[0] == pids[-1]
    assert len(pids[0]) == 1


def test_a_module_whose_import_ends_the_process_is_reported_by_its_host(cases: list[Case], hosts: Hosts) -> None:
    dying = Implementation("dying", "harness.tests.dies_when_imported:kernel", "dying")
    result = run(cases[0], dying, caller=hosts)
    assert (result.verdict, result.why) == (Verdict.CRASHES, "SIGABRT: imported")


def test_a_time_out_says_its_limit(cases: list[Case]) -> None:
    hosts = Hosts(timeout=0.2, memory_limit=4 * GIB)
    outcome = hosts(cases[0], example("sleeps")).outcomes[-1]
    hosts.close()
    assert isinstance(outcome, TimedOut)
    assert outcome.limit == 0.2
