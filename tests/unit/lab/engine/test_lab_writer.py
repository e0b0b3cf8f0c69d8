"""A writer's notes tell one boot from another; its unit and the look at it, run on files."""

import re
import subprocess
from pathlib import Path

import pytest

from testbed.lab import writer


class Machine:
    """Files of a machine that boots, whose writer starts and notes what was acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.boot_id = folder / "boot_id"
        self.log = folder / "client-mine.log"
        self.boots("one")

    def boots(self, id: str) -> None:
        self.boot_id.write_text(f"{id}\n")

    def starts(self) -> None:
        (before,) = re.findall("ExecStartPre=-/bin/sh -c '(.*)'", writer.unit_text("vms", "mine"))
        subprocess.run(["sh", "-c", before.replace("$$", "$")], check=True)

    def writes(self, number: int) -> None:
        with self.log.open("a") as file:
            file.write(f"{number} 0.100\n")  # this computer is up for longer

    def says(self) -> str:
        argv = ["sh", "-euc", writer.age_script("mine").text]
        return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout

    def wrote_in_this_boot(self) -> bool:
        said = self.says()
        age, uptime = writer.read_age(said), float(said.splitlines()[1].split()[0])
        assert age is not None
        return age < uptime


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(writer, "_LOGS", str(tmp_path))
    monkeypatch.setattr(writer, "_BOOT_ID", str(tmp_path / "boot_id"))
    return Machine(tmp_path)


def test_what_an_earlier_boot_wrote_is_not_taken_for_new(machine: Machine):
    machine.starts()
    machine.writes(1)
    assert machine.wrote_in_this_boot()
    machine.boots("two")
    assert not machine.wrote_in_this_boot(), "its unit was disabled, say"
    machine.starts()
    assert not machine.wrote_in_this_boot(), "it starts, and nothing is acknowledged"
    machine.writes(2)
    machine.starts()  # again, in the same boot
    assert machine.wrote_in_this_boot()


def test_a_note_that_a_power_cut_emptied_is_no_trouble(machine: Machine):
    machine.starts()
    machine.writes(1)
    (machine.log.parent / "client-mine.boot").write_text("")
    assert not machine.wrote_in_this_boot()


def test_one_that_never_wrote_says_so(machine: Machine):
    assert writer.read_age(machine.says()) is None
    machine.starts()
    assert writer.read_age(machine.says()) is None


def test_one_that_an_earlier_version_started_is_still_read(machine: Machine):
    machine.writes(1)
    assert machine.wrote_in_this_boot()
