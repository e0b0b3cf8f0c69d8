"""What `up` tells while it works: one event for each step of each machine, with its seconds."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Lock

from testbed.apply.folders import write_private

WHOLE = "testbed"  # the name under which steps of the whole testbed are told


class Stage(StrEnum):
    """The steps of `up`, in the order they are reached."""

    RESTORED = "restored"
    IMAGE = "image"
    DEFINED = "defined"
    BOOTED = "booted"
    SSH = "ssh"
    CLOUD_INIT = "cloud-init"
    LINKS = "links"
    ROUTES = "routes"
    STEADY = "steady state"
    STORAGE = "storage"
    CLOUD = "cloud"
    CHECKPOINT = "checkpoint"


class Status(StrEnum):
    """How far a step is."""

    STARTED = "started"
    NOTED = "noted"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Event:
    """A step of a machine began, ended or failed; `seconds` is how long it took."""

    machine: str
    stage: Stage
    status: Status
    seconds: float = 0.0
    detail: str = ""


Report = Callable[[Event], None]


@dataclass
class Recorder:
    """Times steps, passes their events on and keeps the seconds."""

    report: Report
    clock: Callable[[], float] = time.monotonic
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def step(
        self, machine: str, stage: Stage, detail: str = "", *, part: str = ""
    ) -> Iterator[None]:
        """Report the step around the block, and how long the block took.

        `part` names one of several steps of the same stage.
        """
        start = self.clock()
        detail = detail or part
        self.tell(Event(machine, stage, Status.STARTED, detail=detail))
        try:
            yield
        except BaseException as error:
            took = self.clock() - start
            self.tell(Event(machine, stage, Status.FAILED, took, str(error)))
            raise
        took = self.clock() - start
        with self._lock:
            name = f"{stage.value}: {part}" if part else stage.value
            self.seconds.setdefault(machine, {})[name] = round(took, 2)
        self.tell(Event(machine, stage, Status.DONE, took, detail=part))

    def tell(self, event: Event) -> None:
        """Pass an event on, one at a time."""
        with self._lock:
            self.report(event)

    def note(self, stage: Stage, detail: str) -> None:
        """Tell a detail of a step of the whole testbed that is under way."""
        self.tell(Event(WHOLE, stage, Status.NOTED, detail=detail))

    def save(self, path: Path, *, goes_on: bool) -> None:
        """Write the seconds of every step.

        Where this run goes on with what an earlier one made, what that one took stays told.
        """
        told: dict[str, dict[str, float]] = {}
        with suppress(OSError, ValueError):  # a crash may have cut it short
            told = json.loads(path.read_text(encoding="utf-8")) if goes_on else {}
        for machine, steps in self.seconds.items():
            told[machine] = steps | told.get(machine, {})
        write_private(path, json.dumps(told, indent=1) + "\n")
