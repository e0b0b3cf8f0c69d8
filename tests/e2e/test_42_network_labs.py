"""Labs at the stage of the network: tried briefly, played by a learner, killed at their start."""

import os
import shlex
import signal
from pathlib import Path

import pytest
from conftest import Cli, try_briefly

from testbed.wait import Seen, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("cloud_image")]

LAB = "silent-service"
SOLUTION = Path("labs") / LAB / "solutions/01-now-and-at-boot.sh"


def commands(script: Path) -> tuple[str, ...]:
    """Return the commands of a solution, one line each, as somebody would type them."""
    lines = (line.strip() for line in script.read_text().splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


@pytest.mark.minutes(12)
@pytest.mark.parametrize("lab", [LAB, "nervous-bond"])
def test_a_lab_does_what_it_says(cli: Cli, healthy: str, lab: str) -> None:
    try_briefly(cli, healthy, lab)


def test_a_learner_finds_out_mends_and_looks_back(cli: Cli, healthy: str) -> None:
    on = ("--name", healthy, "--lang", "en")
    assert "testbed lab guide" in cli.must("lab", "start", LAB, *on)
    seen = cli.run("lab", "check", *on)
    assert seen.returncode == 1, seen.stderr
    assert "## " in cli.must("lab", "guide", *on)
    assert "Where to look" in cli.must("lab", "hint", *on)
    cli.must("lab", "note", "the router, not the service?", *on)
    for command in commands(SOLUTION):
        cli.must("exec", "router", "--name", healthy, "--", "sudo", *shlex.split(command))
    seen = cli.run("lab", "check", *on)
    assert seen.returncode == 0, seen.stdout + seen.stderr
    cli.must("lab", "finish", *on)
    told = cli.must("lab", "debrief", LAB, *on)
    for command in commands(SOLUTION):
        assert command in told
    assert "the router, not the service?" in told
    assert "post-mortem.en.md" in told
    kept = [each["name"] for each in cli.json("checkpoint", "list", "--name", healthy)]
    assert f"broken-{LAB}" not in kept


def test_a_start_that_is_killed_leaves_nothing_that_cannot_be_undone(
    cli: Cli, healthy: str
) -> None:
    timeline = cli.state(healthy) / "lab" / "timeline.jsonl"
    timeline.unlink(missing_ok=True)  # of an attempt before
    starting = cli.start("lab", "start", LAB, "--name", healthy)

    def injected() -> Seen:
        assert starting.poll() is None, starting.communicate()
        told = timeline.read_text() if timeline.exists() else ""
        return Seen('"fault.injected"' in told, told)

    wait_until("a fault that is in", injected, timeout=300, every=0.1)
    os.kill(starting.pid, signal.SIGKILL)
    starting.communicate()
    assert cli.json("lab", "status", "--name", healthy)["phase"] == "starting"
    refused = cli.run("lab", "check", "--name", healthy)
    assert refused.returncode == 8
    assert f"testbed lab start {LAB}" in refused.stderr
    cli.must("lab", "reset", "--to", "healthy", "--name", healthy)
    assert cli.run("status", "--check", "--name", healthy).returncode == 0
    assert cli.json("lab", "status", "--name", healthy) is None
