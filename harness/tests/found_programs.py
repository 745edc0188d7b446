"""Runs programs that import TensorFlow, each in a child of a process that has imported it already: one import for all.

python found_programs.py FOLDER PROGRAM...: writes the output of `name.py` to FOLDER/name.txt, and prints a JSON object
from names to statuses, negative where a signal ended the program. Needs nothing but TensorFlow.
"""

import json
import os
import runpy
import sys
import traceback
from pathlib import Path

SECONDS = 120


def status_of(program: Path, output: Path) -> int:
    """Run one program in a child; its output goes to a file."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    import signal  # noqa: PLC0415 -- in the child alone

    signal.alarm(SECONDS)
    file = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    status = 0
    try:
        runpy.run_path(str(program), run_name="__main__")
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 -- whatever the program raised is its output
        traceback.print_exc()
        status = 70
    sys.stdout.flush()
    os._exit(status)


def main() -> None:
    """Import TensorFlow in the environment that the programs ask for, and run them one after the other."""
    folder, *programs = map(Path, sys.argv[1:])
    import tensorflow as tf  # noqa: F401, PLC0415 -- imported here, once, for the children

    statuses = {program.name: status_of(program, folder / f"{program.stem}.txt") for program in programs}
    json.dump(statuses, sys.stdout)


if __name__ == "__main__":
    main()
