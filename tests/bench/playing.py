"""What a learner waits for in a lab."""

from measure import TESTBED, Timing, run, timed

LAB = "silent-service"
_ROUNDS = 3


def playing(named: tuple[str, str]) -> list[Timing]:
    """Measure what a learner waits for, in a lab of the network."""
    starts, checks, resets = [], [], []
    run(TESTBED, "checkpoint", "restore", "storage", *named)  # what a lab goes back to
    for _ in range(_ROUNDS):
        starts.append(timed(TESTBED, "lab", "start", LAB, *named))
        checks.append(timed(TESTBED, "lab", "check", *named, status=1))
        resets.append(timed(TESTBED, "lab", "reset", "--to", "broken", *named))
        run(TESTBED, "lab", "reset", "--to", "healthy", *named)
    return [
        Timing(f"lab start {LAB}, until it is broken and users see it", tuple(starts)),
        Timing("lab check", tuple(checks)),
        Timing("lab reset --to broken", tuple(resets)),
    ]
