"""What shell lines about units tell, and that they fail where systemd does not answer."""

import os
import subprocess
from pathlib import Path

import pytest

from testbed.deploy.units import look, running

UNITS = ("ceph-mon@node1.service", "ceph-mgr@node1.service")
_SYSTEMCTL = """\
#!/bin/sh
case $1 in
show) printf "%s" "$STATES" && exit "$SHOW" ;;
*) printf "%s" "$BOOT" && exit 1 ;;
esac
"""


def ask(folder: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    """Run what `look` returns with a systemctl that gives these answers."""
    systemctl = folder / "systemctl"
    systemctl.write_text(_SYSTEMCTL)
    systemctl.chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "SHOW": "0", **answers}
    argv = ("sh", "-c", look(UNITS))
    return subprocess.run(argv, env=env, text=True, capture_output=True, check=False)


def test_a_unit_runs_that_is_active_and_will_be_after_the_next_boot(tmp_path: Path) -> None:
    told = ask(tmp_path, STATES="active\n\nactive\n", BOOT="enabled\ndisabled\n")
    assert told.returncode == 0, told.stderr
    assert running(told.stdout) == {UNITS[0]}


def test_a_unit_that_another_wants_at_boot_runs(tmp_path: Path) -> None:
    told = ask(tmp_path, STATES="active\n\nactive\n", BOOT="static\nmasked\n")
    assert running(told.stdout) == {UNITS[0]}


def test_a_unit_that_has_stopped_does_not_run(tmp_path: Path) -> None:
    told = ask(tmp_path, STATES="inactive\n\nactive\n", BOOT="enabled\nenabled\n")
    assert running(told.stdout) == {UNITS[1]}


NO_STATES = {"STATES": "", "SHOW": "1", "BOOT": ""}
NO_FILES = {"STATES": "active\n\nactive\n", "BOOT": ""}


@pytest.mark.parametrize("silent", [NO_STATES, NO_FILES])
def test_a_systemd_that_does_not_answer_fails_the_look(
    tmp_path: Path, silent: dict[str, str]
) -> None:
    told = ask(tmp_path, **silent)
    assert told.returncode == 1
    assert "boot" not in told.stdout
