"""What tempest's tests came to, read from the record that they left."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import subunit
import testtools

_PASSED, _SKIPPED = "success", "skip"
_API = re.compile(r"tempest\.api\.(\w+)")


@dataclass(frozen=True)
class Outcome:
    """One test, or a class that could not be set up, and why it did not pass."""

    name: str
    status: str  # testtools' word: success, skip, fail, …
    why: str

    @property
    def passed(self) -> bool:
        return self.status == _PASSED

    @property
    def skipped(self) -> bool:
        return self.status == _SKIPPED

    @property
    def api(self) -> str:
        found = _API.search(self.name)
        return found[1] if found else "other"


def outcomes(record: Path) -> tuple[Outcome, ...]:
    """Return every test of a subunit stream, by name."""
    seen: list[dict[str, Any]] = []
    result = testtools.StreamToDict(seen.append)
    with record.open("rb") as stream:
        result.startTestRun()
        subunit.ByteStreamToStreamResult(stream).run(result)
        result.stopTestRun()
    return tuple(sorted(map(_outcome, seen), key=lambda outcome: outcome.name))


def _outcome(case: dict[str, Any]) -> Outcome:
    name = re.sub(r"\[.*\]", "", case["id"])
    return Outcome(name, case["status"], _why(case["details"]))


def _why(details: dict[str, Any]) -> str:
    """Return why a test was skipped, or the last line of what went wrong."""
    for name, content in details.items():
        if name.startswith(("reason", "traceback")):
            lines = [line.strip() for line in content.as_text().splitlines() if line.strip()]
            return lines[-1] if lines else ""
    return ""


def table(found: Iterable[Outcome]) -> str:
    """Return a Markdown table with a row for each API, and each test that did not pass."""
    every = tuple(found)
    rows = ["| API | passed | skipped | failed |", "| --- | ---: | ---: | ---: |"]
    for api in sorted({each.api for each in every}):
        own = [each for each in every if each.api == api]
        passed, skipped = sum(e.passed for e in own), sum(e.skipped for e in own)
        rows.append(f"| {api} | {passed} | {skipped} | {len(own) - passed - skipped} |")
    return "\n".join([*rows, "", *_not_passed(every)]) + "\n"


def _not_passed(every: Iterable[Outcome]) -> Iterator[str]:
    for each in every:
        if not each.passed:
            yield f"- `{each.name}`: {each.status}: {each.why}"
