"""One machine's known results, pinned by a recorded run of it, beside the known deviations that are shipped."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.records import Result
from harness.records.run_folder import read_run
from harness.studies.recordings import Recorded, read_recording, recorded, recording_of


@dataclass(frozen=True, slots=True)
class Baseline:
    """Outcomes by case and implementation, and where they are from."""

    place: str
    outcomes: Mapping[tuple[str, str], tuple[object, ...]]

    @classmethod
    def read(cls, place: Path) -> "Baseline":
        """A run folder, or a file that one was packed into. Raises InvalidInputError where it is neither."""
        recording = recording_of(read_run(place)) if place.is_dir() else read_recording(place)
        return cls(str(place), {(each.case.id, each.implementation): _outcome(each) for each in recording.results})

    def pinned(self, result: Result) -> Result:
        """The result, as expected where the baseline has the same call with the same outcome."""
        now = recorded(result)
        if result.expected or self.outcomes.get((result.case, result.implementation)) != _outcome(now):
            return result
        entry = {"place": self.place, "reason": "As in the baseline.", "link": None}
        return replace(result, expected=True, deviation=entry)


def _outcome(result: Recorded) -> tuple[object, ...]:
    """What happened to which call; of an error its class and first line."""
    error_class, message = result.error or ("", "")
    return result.case.attributes, str(result.verdict), error_class, message.partition("\n")[0]
