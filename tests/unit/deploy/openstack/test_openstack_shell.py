"""What OpenStack's looks and steps say to a shell, run by one, and how patient they are."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))  # the shell is shared

from shell_room import SYSTEMCTL, Room

from testbed.deploy.openstack import database, hosts
from testbed.deploy.openstack.asking import patient
from testbed.deploy.openstack.galera import Position, read_position
from testbed.deploy.openstack.node import NodeFacts, facts_script, read_facts
from testbed.guest import CommandTimeout, Script, Unreachable
from testbed.plan.cloud import CloudNode
from testbed.plan.decide import plan
from testbed.topology.shipped import find
from testbed.wait import Seen

ALL = ("br-provider", "ptcp:6640:127.0.0.1", '"physnet1:br-provider"')


def switch(*told: str) -> str:
    """Return an `ovs-vsctl` that tells these lines of the provider VLAN, and its seal."""
    lines = "".join(f"echo '{line}'; " for line in told)
    return f"case $2 in port-to-br) {lines}exit 0 ;; esac; echo '\"0a1b\"'"


def controller() -> CloudNode:
    made = plan(find("aolda-cloud"), name="lab", folder=Path("/lab"), loopback="127.77.0.1")
    assert made.cloud
    return made.cloud.controllers[0]


class TestShell:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        programs = {
            "systemctl": SYSTEMCTL,
            "systemd-detect-virt": "echo qemu; exit 0",
            "nft": "echo 'tcp dport 3306 reject'",
            "ovs-vsctl": switch(*ALL),
            "ovn-appctl": "echo connected",
        }
        for name, text in programs.items():
            self.say(tmp_path, name, text)
        return tmp_path

    @staticmethod
    def say(path: Path, name: str, text: str) -> None:
        (path / name).write_text(f"#!/bin/sh\n{text}\n")
        (path / name).chmod(0o755)

    @staticmethod
    def run(path: Path, script: Script) -> str:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path / "db.sock"))
            text = script.text.replace("/run/openvswitch/db.sock", str(path / "db.sock"))
            done = subprocess.run(
                ["/bin/sh", "-euc", text],
                env={"PATH": f"{path}:{os.environ['PATH']}"},
                capture_output=True,
                text=True,
            )
        (path / "db.sock").unlink()
        assert done.returncode == 0, done.stderr
        return done.stdout

    def facts(self, path: Path) -> NodeFacts:
        return read_facts(self.run(path, facts_script(controller())))

    def test_a_node_with_all_it_was_given_says_so(self, path: Path) -> None:
        seen = self.facts(path)
        assert (seen.switch, seen.kvm) == ("0a1b", "")
        assert "nftables" in seen.running

    def test_an_interface_in_another_bridge_or_in_none_is_to_be_handed_over(
        self, path: Path
    ) -> None:
        self.say(path, "ovs-vsctl", "echo br-other")
        assert self.facts(path).switch == "none"
        self.say(path, "ovs-vsctl", "echo 'no port named vlan-provider' >&2; exit 1")
        assert self.facts(path).switch == "none"

    @pytest.mark.parametrize("lost", ALL)
    def test_a_switch_without_its_mapping_or_its_door_is_to_be_handed_over(
        self, path: Path, lost: str
    ) -> None:
        self.say(path, "ovs-vsctl", switch(*(line for line in ALL if line != lost)))
        assert self.facts(path).switch == "none"

    @pytest.mark.parametrize("told", ["exit 1", "echo 'table inet openstack { }'"])
    def test_a_firewall_whose_rules_are_gone_does_not_run(self, path: Path, told: str) -> None:
        self.say(path, "nft", told)
        assert "nftables" not in self.facts(path).running

    def test_a_processor_that_could_and_a_module_that_cannot_give_no_kvm(self, path: Path) -> None:
        self.say(path, "systemd-detect-virt", "echo kvm")
        self.say(path, "modprobe", "exit 1")
        assert self.facts(path).kvm == ""

    @pytest.mark.parametrize(("state", "verb"), [("activating", "start"), ("failed", "restart")])
    def test_a_database_that_is_joining_is_left_to_it(
        self, path: Path, state: str, verb: str
    ) -> None:
        said = path / "said"
        self.say(path, "systemctl", f'echo "$*" >>{said}; [ "$1" != is-active ] || echo {state}')
        self.run(path, database._JOIN)
        assert said.read_text().splitlines()[-1] == f"{verb} mariadb"

    @pytest.mark.parametrize("script", [database._STOP, database._JOIN])
    def test_no_server_begins_a_second_cluster_because_a_first_try_was_cut_off(
        self, path: Path, script: Script
    ) -> None:
        said = path / "said"
        self.say(path, "systemctl", f'echo "$*" >>{said}')
        self.run(path, script)
        assert said.read_text().splitlines()[0] == "set-environment _WSREP_NEW_CLUSTER="

    def test_a_first_server_may_take_longer_than_systemd_gives_it(self) -> None:
        assert database._BEGUN > 900  # mariadb.service's own limit


class TestIdentity:
    """What gives a node the name that nova knows it by; `install` cannot give files away here."""

    OWN = "6f1c2d7e-2b1a-4a52-9d9e-0d6c6f3c1a11"

    def give(self, folder: Path, install: str) -> int:
        (folder / "install").write_text(f"#!/bin/sh\n{install}\n")
        (folder / "install").chmod(0o755)
        text = hosts.identity_script(self.OWN).text.replace("/var/lib/nova", str(folder))
        path = f"{folder}:{os.environ['PATH']}"
        return subprocess.run(["/bin/sh", "-euc", text], env={"PATH": path}).returncode

    @pytest.mark.parametrize(
        ("had", "has"), [(None, OWN), ("", OWN), ("what nova has made", "what nova has made")]
    )
    def test_it_is_given_where_there_is_none(
        self, tmp_path: Path, had: str | None, has: str
    ) -> None:
        file = tmp_path / "compute_id"
        if had is not None:
            file.write_text(had)
        words = '[ "$*" = "-o nova -g nova -m 644 /dev/stdin ' + str(file) + '" ] || exit 1'
        assert self.give(tmp_path, f"{words}; cat >{file}") == 0
        assert file.read_text() == has

    def test_where_it_cannot_be_given_the_step_fails(self, tmp_path: Path) -> None:
        assert self.give(tmp_path, "exit 3") == 3


UNIT = "mariadb"
GRASTATE = "# GALERA saved state\nversion: 2.1\nuuid:    {uuid}\nseqno:   {seqno}\n"
OURS = "11111111-2222-3333-4444-555555555555"


class TestGalera:
    @pytest.fixture
    def room(self, tmp_path: Path) -> Room:
        """A server's machine: systemd does as it is told, and kills nothing that is not there."""
        made = Room(tmp_path / "node1")
        made.say("systemctl", '[ "$1" != is-active ]')
        made.say("galera_recovery", f"echo --wsrep_start_position={OURS}:57")
        made.say("galera_new_cluster")
        return made

    def state(self, room: Room, seqno: int, last: int = 0) -> Path:
        text = GRASTATE.format(uuid=OURS, seqno=seqno) + f"safe_to_bootstrap: {last}\n"
        room.put("var/lib/mysql/grastate.dat", text=text)
        return room.root / "var/lib/mysql/grastate.dat"

    def run(self, room: Room, script: Script) -> str:
        done = room.run(script)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def position(self, room: Room) -> Position:
        text = self.run(room, database._POSITION)
        return read_position(text, text)

    @pytest.mark.parametrize("kill", [0, 1], ids=["it waits for others", "it is off"])
    def test_a_server_that_does_not_serve_is_killed_before_it_is_asked(self, room, kill) -> None:
        room.say("systemctl", f"case $1 in is-active) exit 3 ;; kill) exit {kill} ;; esac")
        self.run(room, database._STOP)
        assert room.said == [
            "systemctl set-environment _WSREP_NEW_CLUSTER=",
            f"systemctl is-active --quiet {UNIT}",
            f"systemctl stop --no-block {UNIT}",
            f"systemctl kill --signal=KILL {UNIT}",
            f"systemctl stop {UNIT}",
            f"systemctl reset-failed {UNIT}",
        ]

    def test_a_server_that_serves_is_stopped_in_order_and_never_killed(self, room: Room) -> None:
        room.say("systemctl", "exit 0")
        self.run(room, database._STOP)
        verbs = [line.split()[1] for line in room.said]
        assert verbs == ["set-environment", "is-active", "stop", "reset-failed"]

    def test_a_server_that_cannot_be_stopped_is_told(self, room: Room) -> None:
        room.say("systemctl", '[ "$1" != stop ]')
        assert room.run(database._STOP).returncode != 0

    def test_a_server_that_stopped_in_order_is_at_what_it_wrote_down(self, room: Room) -> None:
        self.state(room, 12, last=1)
        assert self.position(room) == Position(OURS, 12, last=True)
        assert room.said == []

    def test_one_that_was_cut_off_is_at_what_it_recovers(self, room: Room) -> None:
        self.state(room, -1)
        assert self.position(room) == Position(OURS, 57)
        assert room.said == ["galera_recovery "]

    def test_one_that_never_was_a_member_is_nowhere(self, room: Room) -> None:
        assert self.position(room) == Position("00000000-0000-0000-0000-000000000000", -1)
        assert room.said == []

    def test_one_whose_recovery_fails_is_told(self, room: Room) -> None:
        self.state(room, -1)
        room.say("galera_recovery", "exit 1")
        assert room.run(database._POSITION).returncode != 0

    @pytest.mark.parametrize("last", [0, 1])
    def test_the_first_may_begin_and_does_so_at_every_boot(self, room: Room, last: int) -> None:
        file = self.state(room, 12, last)
        room.say("galera_new_cluster", f"grep safe_to_bootstrap {file} >>{room.root}/said")
        self.run(room, database._BEGIN)
        assert file.read_text() == (GRASTATE.format(uuid=OURS, seqno=12) + "safe_to_bootstrap: 1\n")
        assert room.said == [
            f"systemctl enable --no-reload --quiet {UNIT}",
            "galera_new_cluster ",
            "safe_to_bootstrap: 1",
        ]


class TestPatience:
    def test_a_machine_out_of_reach_is_asked_once_more_and_no_more(self) -> None:
        told: list[Exception | Seen] = [Unreachable("node1: no SSH"), Seen(True, "there")]

        def look() -> Seen:
            said = told.pop(0)
            if isinstance(said, Exception):
                raise said
            return said

        assert patient(look) == Seen(True, "there")
        told += [CommandTimeout("node1: too slow"), Unreachable("node1: no SSH")]
        with pytest.raises(Unreachable):
            patient(look)
