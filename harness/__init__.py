"""A conformance test harness for `tf.raw_ops.Conv2DBackpropInput`.

One way through the house:

cases/*.yaml -> spec.casefile -> Case -> oracle.operands -> implementation(case, operands) -.
                                    '--> oracle.reference (the fast kernel) ----------------+-> oracle.compare
oracle.compare -> runner.run -> Result -> one JSON record -> pytest_plugin.recorder, the single writer
-> reports/<run>/{results.ndjson, run.json, junit.xml, index.html}

`spec` says what a case is, `oracle` what is right, `implementations` what is under test, `hosts` in which processes,
`remote` what runs in these, `records` what is kept of it, `diagnosis` what a wrong result looks like, `report` what
people read, `studies` what else cases and implementations are held against, `bench` how long things take. pytest is
the engine (`pytest_plugin`), and `cli` drives it.
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from harness.implementations.arguments import geometry_of, relaid

_OFFERED: Final = ("geometry_of", "relaid")
__all__ = ["geometry_of", "relaid"]


def __getattr__(name: str) -> Any:
    """What the adapter of a framework may import, once it does: nobody else waits for numpy."""
    if name not in _OFFERED:
        raise AttributeError(name)
    from harness.implementations import arguments  # noqa: PLC0415 -- as above

    return getattr(arguments, name)
