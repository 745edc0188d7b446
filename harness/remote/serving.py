"""A host: it makes the calls it is asked for over one pipe, and answers over another."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from harness.remote.calling import Array, Call, outcomes
from harness.remote.frames import read_frame, write_frame
from harness.remote.loading import preload
from harness.remote.outcomes import to_plain
from harness.remote.process import die_with, flush

LOADED: Final = "loaded"
DONE: Final = "done"


def to_request(target: str, calls: Sequence[Call], *, again: bool) -> "tuple[dict[str, Any], list[Array]]":
    """Calls in the form in which they cross the pipe; operands that several share cross once."""
    arrays: dict[int, Array] = {id(array): array for call in calls for array in (call.filter, call.out_backprop)}
    places = {key: place for place, key in enumerate(arrays)}
    plain = [
        {
            "attributes": call.attributes,
            "filter": places[id(call.filter)],
            "out_backprop": places[id(call.out_backprop)],
            "shape": call.shape,
        }
        for call in calls
    ]
    return {"target": target, "calls": plain, "again": again}, list(arrays.values())


def _calls_in(request: "dict[str, Any]", arrays: Sequence[Array]) -> "list[Call]":
    return [
        Call(
            each["attributes"],
            arrays[each["filter"]],
            arrays[each["out_backprop"]],
            None if each["shape"] is None else tuple(each["shape"]),
        )
        for each in request["calls"]
    ]


def be_host(server: int, requests: int, responses: int, output: int) -> None:
    """Serve these pipes in a process that was forked for it, to its end."""
    os.setsid()  # whatever it starts is ended with it
    die_with(server)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    try:
        _serve(requests, responses)
    except BaseException:  # noqa: BLE001 -- a fork must not go on as its server, whatever happens
        sys.excepthook(*sys.exc_info())
        flush()
        os._exit(1)
    os._exit(0)


def _serve(requests: int, responses: int) -> None:
    """Make the calls of each case or batch that is asked for, until the parent closes the pipe.

    A kernel may fork. Its child is not to hold our pipes open, and where it comes back it has nothing to answer.
    """
    host = os.getpid()
    for pipe in requests, responses:
        os.register_at_fork(after_in_child=partial(os.close, pipe))
    while (received := read_frame(requests)) is not None:
        request, arrays = received
        preload(request["target"])
        write_frame(responses, LOADED)
        for outcome in outcomes(request["target"], _calls_in(request, arrays), again=request["again"]):
            if os.getpid() != host:
                os._exit(0)
            write_frame(responses, *to_plain(outcome))
        del received, request, arrays
        flush()
        write_frame(responses, DONE)
