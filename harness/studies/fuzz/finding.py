"""What the search found: one kind of thing, the smallest case of it, and the files that tell others."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.implementations import Implementation
from harness.implementations.frameworks import NAMED
from harness.records import Result
from harness.spec.attributes import from_nhwc
from harness.spec.case import Case
from harness.spec.snippet import OPERATOR, Program, snippet
from harness.studies.fuzz.call import flaw_of, text_of
from harness.versions import MISSING, version_of


@dataclass(frozen=True, slots=True, order=True)
class Signature:
    """Two results with the same signature are the same finding.

    `what` is the class and message of an error, or the name and operands of the check that failed, without numbers;
    `flaw` is what `flaw_of` says of the case.
    """

    implementation: str
    verdict: str
    what: str
    flaw: str


@dataclass(slots=True)
class Finding:
    """The smallest case so far, what came of it, and what the other implementations made of it."""

    number: int
    signature: Signature
    implementation: Implementation
    case: Case
    results: Sequence[Result]
    folder: Path
    times: int = 1
    shrunk: bool = field(default=False)

    @property
    def result(self) -> Result:
        """The result of the implementation that it is about."""
        return next(each for each in self.results if each.implementation == self.implementation.name)

    @property
    def stem(self) -> str:
        """Name of its files, without an ending."""
        return f"{self.number:02}-{self.implementation.name.replace(':', '-').replace('/', '-')}-{self.result.verdict}"

    def write(self) -> None:
        """Write the case file, the stand-alone program and the text of a report; each replaces an earlier one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.remove()
        text = text_of(self.case, f"{self.implementation.name} {self.result.verdict}: {_one_line(self.result.why)}")
        for ending, content in ((".yaml", text), (".py", self.program()), (".md", self.report(text))):
            (self.folder / f"{self.stem}{ending}").write_text(content, encoding="utf-8")

    def remove(self) -> None:
        """Take its files away again."""
        for file in self.folder.glob(f"{self.number:02}-*"):
            file.unlink()

    def program(self) -> str:
        """A program that makes the call on the path it is about: as its framework's header says, or one's own kernel.

        A program in a framework's own words may need what only a valid call has.
        """
        program = self.implementation.program
        if program and (self.case.geometry or program.call == OPERATOR):
            return snippet(self.case, program)
        place, _, path = self.implementation.target.rpartition(":")
        return snippet(self.case, Program(_import(place, path)))

    def report(self, text: str) -> str:
        """What a maintainer needs: versions, the call, what was expected, what came, and which paths do it."""
        result, case = self.result, self.case
        expected = "the call is invalid and must be rejected" if case.geometry is None else "a result within its bound"
        if case.geometry:
            shape = from_nhwc(case.geometry.input_shape, case.attributes.data_format)
            expected = f"`in_backprop` of shape {list(shape)} as docs/the-operator.md derives it"
        flaw = flaw_of(case)
        lines = [
            f"# {self.implementation.name} {result.verdict}: {_one_line(result.why)}",
            "",
            f"- versions: {', '.join(f'{name} {found}' for name, found in _versions(self.implementation).items())}",
            f"- path: {self.implementation.summary or self.implementation.given}",
            f"- expected: {expected}" + (f" ({flaw})" if flaw else ""),
            f"- actual: {result.verdict}: {_one_line(result.why)}",
            *(
                f"- the same call on {each.implementation}: {each.verdict}"
                for each in self.results
                if each is not result
            ),
            f"- seen {self.times:,} {'time' if self.times == 1 else 'times'}; this is the smallest case"
            + ("" if self.shrunk else " so far, the search for a smaller one was cut short"),
            "",
            "```python",
            self.program().rstrip(),
            "```",
        ]
        if result.error and result.error.stderr:
            lines += ["", "```text", *result.error.stderr, "```"]
        worst = [
            f"at {list(element.index)}: expected {element.expected}, got {element.actual}, bound {element.bound:g}"
            for check in result.checks
            for element in check.worst
        ]
        lines += ["", *worst[:5]] if worst else []
        return "\n".join([*lines, "", "As a case:", "", "```yaml", text.rstrip(), "```", ""])


def _import(place: str, attribute: str) -> str:
    """Lines that import one's own kernel, from wherever they are run: what it imports in turn lies beside it."""
    if place.endswith(".py"):
        file = Path(place).absolute()
        folder, module, kernel = file.parent, "runpy", f"runpy.run_path({str(file)!r})[{attribute!r}]"
    else:
        folder, module, kernel = Path.cwd(), "importlib", f"getattr(importlib.import_module({place!r}), {attribute!r})"
    return f"import {module}\nimport sys\n\nsys.path.append({str(folder)!r})\nkernel = {kernel}\n"


def _one_line(text: str) -> str:
    return text.splitlines()[0][:200] if text else ""


def _versions(implementation: Implementation) -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    # One's own kernel may wrap any framework that is there.
    needs = [implementation.needs] if implementation.needs else [each.needs for each in NAMED.values()]
    versions = {name: version_of(name) for name in ("numpy", *needs) if name}
    return found | {name: version for name, version in versions.items() if version != MISSING}
