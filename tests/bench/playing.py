"""What a learner waits for in a lab: of the network, and of the storage."""

import re
import subprocess
import time
from collections.abc import Iterator

import report
from measure import NAME, TESTBED, Timing, run, scratch_home, timed

_ROUNDS = 3
_LABS = (("network", "silent-service"), ("storage", "lost-node"))
_THE_FAULT_ITSELF = ("breaking it", "waiting until users notice")
_STEP = re.compile(r"^\[ *[0-9.]+ s\] (.*) \(([0-9.]+) s\)$", re.MULTILINE)


def measure() -> None:
    """Measure a lab of each stage, and write the table into the READMEs."""
    rows: list[Timing] = []
    named = ("--name", NAME)
    with scratch_home():
        for stage, lab in _LABS:
            run(TESTBED, "up", "aolda", "--to", stage, *named)
            rows += playing(named, lab)
    report.write("bench-labs", report.table(rows))


def playing(named: tuple[str, str], lab: str) -> list[Timing]:
    """Measure what a learner waits for in a lab, on a testbed that is sound."""
    starts, own, checks, broken, healthy = [], [], [], [], []
    for _ in range(_ROUNDS):
        begun = time.monotonic()
        told = begin(lab, named)
        starts.append(time.monotonic() - begun)
        own.append(sum(faults_own(told)))
        checks.append(timed(TESTBED, "lab", "check", *named, status=1))
        broken.append(timed(TESTBED, "lab", "reset", "--to", "broken", *named))
        healthy.append(timed(TESTBED, "lab", "reset", "--to", "healthy", *named))
    beyond = tuple(start - fault for start, fault in zip(starts, own, strict=True))
    return [
        Timing(f"lab start {lab}, until it is broken and users see it", tuple(starts)),
        Timing("of it, beyond the fault's own time", beyond),
        Timing(f"lab check, {lab}", tuple(checks)),
        Timing(f"lab reset --to broken, {lab}", tuple(broken)),
        Timing(f"lab reset --to healthy, {lab}", tuple(healthy)),
    ]


def begin(lab: str, named: tuple[str, str]) -> str:
    """Start a lab; return what it told while it did."""
    argv = [str(TESTBED), "lab", "start", lab, "--lang", "en", *named]
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stderr


def faults_own(told: str) -> Iterator[float]:
    """Yield the seconds of the steps that are the fault's own: injecting, and being noticed."""
    for step, seconds in _STEP.findall(told):
        if step.startswith(_THE_FAULT_ITSELF):
            yield float(seconds)
