"""The engine: pytest collects case files, runs each case on each implementation, and one process writes the run.

`conftest.py` loads it, and `harness run` does. Workers send records with their reports; the controller writes them.
"""

import gc
import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from threadpoolctl import threadpool_limits

from harness.errors import InvalidInputError, NothingMatchedError
from harness.hosts.fork_server import Kind, SharedServers, kind_of
from harness.hosts.host import Caller, Hosts, call_in_process
from harness.hosts.measuring import Measuring
from harness.hosts.memory import memory_free
from harness.implementations.resolve import threads_environment
from harness.oracle.reference import DEFAULT_BUDGET
from harness.pytest_plugin.environments import KNOWN, KnownHere
from harness.pytest_plugin.items import CALLER, CaseFile, CaseItem
from harness.pytest_plugin.plan import PLAN, RESUMED, make_plan
from harness.pytest_plugin.recorder import Recorder
from harness.records.run_folder import REPORTS, new_folder, read_run
from harness.remote.machine import usable_cores
from harness.remote.process import keep_freed_memory

SERVERS: Final = pytest.StashKey[SharedServers]()
MEMORY_OF_A_WORKER: Final = 2**30  # bytes: the worker, a fork server that has imported TensorFlow, and its host


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of a run; `harness run` has short ones for them."""
    group = parser.getgroup("harness", "conformance of Conv2DBackpropInput")
    group.addoption(
        "--implementation",
        action="append",
        default=[],
        metavar="IMPL",
        help="what to test: a name, module:callable, path/to/file.py:callable or NAME=either; may be repeated",
    )
    group.addoption(
        "--environment",
        action="append",
        default=[],
        metavar="NAME[=PATH]",
        help="where to run: a Python, a virtual environment's folder, a created one's name, or 'here'; may be repeated",
    )
    group.addoption("--resume", metavar="DIR", help="a run folder: run what it collected and has no record of")
    group.addoption("--run-folder", metavar="DIR", help="where to write the run (default: a new reports/<time>)")
    group.addoption(
        "--call-timeout",
        type=_seconds,
        default=60.0,
        metavar="S",
        help="seconds after which a call counts as hanging (default: %(default)s)",
    )
    group.addoption("--threads", metavar="N,...", help="run everything with each of these numbers of intra-op threads")
    group.addoption(
        "--baseline", metavar="FILE", help="a recorded run: a result that is as it was there is as expected here"
    )
    group.addoption("--evidence", metavar="FILE", help="the .npz of a failing case: run it on the operands kept there")
    group.addoption(
        "--isolation",
        choices=("host", "none"),
        default="host",
        help="where calls are made: in a host process that may die, or in this very one, for a debugger",
    )
    group.addoption(
        "--strict-support",
        action="store_true",
        help="NotImplementedError is as expected only where a known deviation says so",
    )
    group.addoption(
        "--kernel-budget",
        type=_count,
        default=DEFAULT_BUDGET,
        metavar="N",
        help="multiply-adds up to which the slow reference kernels are held against each other (default: %(default)s)",
    )


def _seconds(text: str) -> float:
    if not (value := float(text)) > 0:  # NaN is not, either
        raise ArgumentTypeError(f"{text} is not more than 0")
    return value


def _count(text: str) -> int:
    if (value := int(text)) < 0:
        raise ArgumentTypeError(f"{text} is less than 0")
    return value


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Validate everything named before anything runs: exit status 4 for what is wrong, 5 for what matches nothing."""
    if config.option.help or config.option.version:
        return None
    gc.disable()  # nothing that reading cases makes is garbage
    try:
        plan = config.stash[PLAN] = make_plan(config)
        if not hasattr(config, "workerinput"):
            sys.stderr.write("".join(f"{note}\n" for note in plan.placed.notes))
        if config.option.resume:
            config.stash[RESUMED] = read_run(Path(config.option.resume))
    except InvalidInputError as error:
        sys.stderr.write("\n".join(error.lines) + "\n")
        return int(pytest.ExitCode.USAGE_ERROR)
    except NothingMatchedError as error:
        sys.stderr.write(f"{error}\n")
        return int(pytest.ExitCode.NO_TESTS_COLLECTED)
    finally:
        gc.enable()
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Give this process its share of the cores, and let the one that is no worker record."""
    told: dict[str, Any] | None = getattr(config, "workerinput", None)  # by the controller, where this is a worker
    if told is not None:
        config.option.run_folder = told.get("run_folder")
    if PLAN not in config.stash:
        return
    workers = _workers(config)
    share = max(1, usable_cores() // max(1, workers))
    shared = dict((told or {}).get("servers", ()))
    if told is None and config.stash[PLAN].cases and not config.option.collectonly:
        servers = config.stash[SERVERS] = SharedServers(config.stash[PLAN].implementations, threads_environment(share))
        config.add_cleanup(servers.close)
        shared = servers.addresses
    config.stash[KNOWN] = KnownHere(config.stash[PLAN], Measuring(shared))
    if told is not None or not workers:
        _prepare_calls(config, workers, share, shared)
    if getattr(config.option, "maxworkerrestart", "") is None:
        config.option.maxworkerrestart = sys.maxsize  # xdist gives up after a few deaths; each is one case's
    if told is None and not config.option.collectonly:
        if not config.option.run_folder:  # workers name it, too, where they say how to reproduce a failure
            config.option.run_folder = config.option.resume or str(_made(config.invocation_params.dir / REPORTS))
        config.pluginmanager.register(Recorder(config, threads={"workers": max(1, workers), "each": share}))


def _prepare_calls(config: pytest.Config, workers: int, share: int, shared: Mapping[Kind, str]) -> None:
    """Say who makes the calls of this process, and on how many threads it computes."""
    # Two thread pools on the same cores spin against each other; TensorFlow reads its share when it is imported.
    threadpool_limits(limits=share)
    keep_freed_memory()
    os.environ.update(threads_environment(share))
    caller: Caller = call_in_process
    if config.option.isolation == "host":
        caller = hosts = Hosts(config.option.call_timeout, memory_free() // max(1, workers), most=1, shared=shared)
        config.add_cleanup(hosts.close)
    config.stash[CALLER] = caller


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker the run folder, which is named before the workers start, and where the fork servers are."""
    node.workerinput["run_folder"] = node.config.option.run_folder
    node.workerinput["packages"] = node.config.stash[PLAN].placed.packages if PLAN in node.config.stash else None
    if servers := node.config.stash.get(SERVERS, None):
        node.workerinput["servers"] = tuple(servers.addresses.items())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Say what `-n auto` means: as many workers as there are cores, and memory for their hosts."""
    return max(1, min(usable_cores(), memory_free() // MEMORY_OF_A_WORKER))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the case files that were named, or that a named folder holds."""
    plan = parent.config.stash.get(PLAN, None)
    if plan is None or file_path not in plan.paths:
        return None
    root = parent.config.rootpath
    inside = file_path.is_relative_to(root)
    nodeid = file_path.relative_to(root).as_posix() if inside else file_path.as_posix()
    return CaseFile.from_parent(parent, path=file_path, nodeid=nodeid)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order items so that one host after the other serves them; resuming, leave out what the run need not do."""
    kinds = dict.fromkeys(kind_of(item.implementation) for item in items if isinstance(item, CaseItem))
    if len(kinds) > 1:
        order = {kind: place for place, kind in enumerate(kinds)}
        items.sort(key=lambda i: order[kind_of(i.implementation)] if isinstance(i, CaseItem) else -1)
    if resumed := config.stash.get(RESUMED, None):
        missing = set(resumed.missing)
        parts: dict[bool, list[pytest.Item]] = {True: [], False: []}
        for item in items:
            parts[isinstance(item, CaseItem) and item.run_id in missing].append(item)
        config.hook.pytest_deselected(items=parts[False])
        items[:] = parts[True]


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the session: thousands of cases and items."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Send the record along with pytest's own report: the one thing that crosses from worker to controller."""
    report = yield
    if isinstance(item, CaseItem) and call.when == "call":
        if item.result is not None:
            report.harness_record = item.result.to_json()
            report.harness_evidence = item.evidence
        if item.internal_error or (item.result is None and _broke(call)):
            report.harness_internal_error = True
    return report


def _broke(call: pytest.CallInfo[None]) -> bool:
    """Whether a call ended by what is neither a result nor a person's Ctrl-C."""
    return call.excinfo is not None and not call.excinfo.errisinstance(KeyboardInterrupt)


def _made(reports: Path) -> Path:
    try:
        return new_folder(reports)
    except OSError as error:
        raise pytest.UsageError(f"{reports}: {error.strerror}: name a place for the run with --out") from None


def _workers(config: pytest.Config) -> int:
    """How many workers the run has; 0 where everything happens in this process."""
    if hasattr(config, "workerinput"):
        return int(config.workerinput["workercount"])
    return len(config.getoption("tx", None) or ())
