"""How a testbed is, from outside, and what was seen when somebody last looked inside."""

from dataclasses import replace
from pathlib import Path

import pytest
from lab import FakeHost, observed

from testbed.apply import health, observe
from testbed.apply.folders import Folders
from testbed.apply.lock import only_one
from testbed.apply.status import MachineStatus, status
from testbed.errors import HostError, StateError
from testbed.host import MachineState
from testbed.probe.verdict import Verdict


def wrong(host: FakeHost, folders: Folders) -> tuple[str, ...]:
    return status(folders, observe.get(host, folders, "lab")).wrong


def test_a_healthy_machine_is_one_line(host: FakeHost, folders: Folders):
    host.has_all()
    found = status(folders, observe.get(host, folders, "lab"))
    line = next(line for line in found.machines if line.name == "node1")
    assert line == MachineStatus(
        name="node1",
        role="node",
        state="running",
        reason="",
        memory_mib=1024,
        resident_mib=512,
        address="10.16.0.11",
        ssh="127.77.0.1:2202",
        links={"eno1": True},
    )
    assert (found.name, found.wrong, found.looked) == ("lab", (), None)


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (
            MachineState.PAUSED,
            "a disk failed; the host's disk may be full",
            "node1 stands still (a disk failed; the host's disk may be full); "
            "free some of it, then run: testbed resume",
        ),
        (
            MachineState.PAUSED,
            "paused on request",
            "node1 is suspended (paused on request); run: testbed resume",
        ),
        (MachineState.OFF, "", "node1 is off; run: testbed power on node1"),
        (
            MachineState.CRASHED,
            "the emulator died",
            "node1 has crashed (the emulator died); run: testbed power on node1",
        ),
    ],
)
def test_a_machine_that_does_not_run_is_wrong_and_there_is_a_way_back(
    host: FakeHost, folders: Folders, state, reason, expected
):
    host.has_all()
    host._becomes("testbed-lab-node1", state=state, reason=reason)
    assert wrong(host, folders) == (expected,)


def test_a_restore_that_was_cut_short_is_told(host: FakeHost, folders: Folders):
    host.has_all()
    folders.of_testbed("lab")
    folders.unfinished_restore("lab").write_text("mine")
    assert wrong(host, folders) == (
        "a restore of 'mine' was cut short; go on with: testbed resume",
    )
    with only_one(folders, "lab", "checkpoint restore mine"):
        assert wrong(host, folders) == (), "it is going on"


def test_a_machine_that_is_missing_is_told(host: FakeHost, folders: Folders):
    host.has_all()
    del host.machines["testbed-lab-node3"]
    assert wrong(host, folders) == ("node3 is missing; run: testbed up",)


def test_where_several_are_meant_every_command_names_its_testbed(host: FakeHost, folders: Folders):
    host.has_all()
    del host.machines["testbed-lab-node3"]
    host._becomes("testbed-lab-node1", state=MachineState.OFF)
    host._becomes("testbed-lab-node2", state=MachineState.PAUSED)
    for end in ("tenant:ens3", "sw1:tenant"):
        machine, nic = host.plan.nic(end)
        host.set_link(machine.domain, nic.mac, False)
    found = status(folders, observe.get(host, folders, "lab"), " --name lab").wrong
    assert len(found) == 4
    assert all(each.endswith(" --name lab") for each in found)


def test_a_pulled_cable_is_told_once_for_both_its_ends(host: FakeHost, folders: Folders):
    host.has_all()
    for end in ("node1:eno1", "sw1:node1"):
        machine, nic = host.plan.nic(end)
        host.set_link(machine.domain, nic.mac, False)
    assert wrong(host, folders) == (
        "the cable from node1:eno1 to sw1:node1 is pulled; run: testbed link up node1 eno1",
    )


def test_a_port_whose_far_machine_is_off_is_no_pulled_cable(host: FakeHost, folders: Folders):
    host.has_all()
    host._becomes("testbed-lab-node1", state=MachineState.OFF)
    machine, nic = host.plan.nic("sw1:node1")
    host.set_link(machine.domain, nic.mac, False)
    assert wrong(host, folders) == ("node1 is off; run: testbed power on node1",)


def test_a_look_is_remembered(folders: Folders):
    verdicts = [Verdict("names", "node1", False, "x"), Verdict("names", "node2", True, "")]
    health.remember(folders, "lab", verdicts)
    found = health.recall(folders, "lab")
    assert found is not None
    assert found.wrong == ("node1: names: x",)
    assert found.at > 0


def test_a_look_is_forgotten(folders: Folders):
    health.remember(folders, "lab", [])
    health.forget(folders, "lab")
    health.forget(folders, "lab")
    assert health.recall(folders, "lab") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"at": "soon", "wrong": []}', '{"at": 1}', "\x00"]
)
def test_a_damaged_record_is_no_record(folders: Folders, text: str):
    file = folders.of_testbed("lab") / "health.json"
    file.write_text(text)
    assert health.recall(folders, "lab") is None


def test_a_record_that_is_no_text_is_no_record(folders: Folders):
    (folders.of_testbed("lab") / "health.json").write_bytes(b"\xff\xfe")
    assert health.recall(folders, "lab") is None


def test_nobody_looked_yet(folders: Folders):
    assert health.recall(folders, "lab") is None
    assert not folders.state.exists()


class TestChoosing:
    def test_the_only_testbed_needs_no_name(self, host: FakeHost, folders: Folders):
        host.has_all()
        assert observe.get(host, folders, None).plan == host.plan

    def test_where_there_is_none_it_says_how_to_make_one(self, host: FakeHost, folders: Folders):
        with pytest.raises(StateError) as caught:
            observe.get(host, folders, None)
        assert list(caught.value.lines()) == [
            "error: there is no testbed",
            "  why: nothing was raised here yet",
            " next: run: testbed up",
        ]

    def test_where_there_are_two_it_asks_for_a_name(self, host: FakeHost, folders: Folders):
        host.has_all()
        node1 = host.plan.machine("node1")
        host.has(observed(host.plan, node1, testbed="other", domain="testbed-other-node1"))
        with pytest.raises(StateError) as caught:
            observe.get(host, folders, None)
        assert list(caught.value.lines()) == [
            "error: more than one testbed exists",
            "  why: they are: lab, other",
            " next: name one, for example: --name lab",
        ]

    def test_a_name_that_is_not_there_is_told_with_those_that_are(
        self, host: FakeHost, folders: Folders
    ):
        host.has_all()
        with pytest.raises(StateError) as caught:
            observe.get(host, folders, "other")
        assert list(caught.value.lines()) == [
            "error: there is no testbed 'other'",
            "  why: existing testbeds: lab",
            " next: name another, or raise it: testbed up TOPOLOGY --name other",
        ]

    @pytest.mark.parametrize(
        ("name", "kept", "expected"),
        [
            (
                "aolda-one",
                False,
                "name another, or raise it: testbed up aolda-one --name aolda-one",
            ),
            ("other", True, "restore it: testbed up --name other"),
        ],
    )
    def test_what_is_shipped_or_kept_can_be_had_by_what_is_told(
        self, host: FakeHost, folders: Folders, name: str, kept: bool, expected: str
    ):
        if kept:
            folders.kept(name).mkdir(parents=True)
        with pytest.raises(StateError) as caught:
            observe.get(host, folders, name)
        assert caught.value.next_step == expected


def test_what_exists_is_read_from_the_machines_alone(host: FakeHost, folders: Folders):
    host.has_all()
    found = observe.find(host, folders, "lab")
    assert found is not None
    assert found.plan == host.plan
    assert not folders.state.exists()


def test_a_new_testbed_takes_no_loopback_address_of_another(host: FakeHost, folders: Folders):
    from testbed.plan.identity import loopback_candidates
    from testbed.topology.shipped import find

    first, second, *_ = loopback_candidates("new")
    host.has_all(loopback=first)
    made = observe.desired(host, folders, find("aolda-flat"), "new")
    assert made.loopback == second


def test_folders_of_a_real_user_are_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    assert Folders.of_user() == Folders(
        tmp_path / "cache" / "testbed",
        tmp_path / "data" / "testbed",
        tmp_path / "state" / "testbed",
    )


@pytest.mark.parametrize("shared", ["CACHE", "STATE"])
def test_folders_that_are_one_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shared: str
):
    for name in ("CACHE", "DATA", "STATE"):
        where = "data" if name == shared else name.lower()
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / where))
    with pytest.raises(HostError, match="must be apart"):
        Folders.of_user()


def test_a_testbed_of_another_version_is_named_with_a_way_out(host: FakeHost, folders: Folders):
    host.has_all()
    host.machines = {
        domain: replace(seen, topology='{"of": "tomorrow"}')
        for domain, seen in host.machines.items()
    }
    with pytest.raises(StateError, match="testbed 'lab' cannot be understood") as caught:
        observe.get(host, folders, "lab")
    assert "another version of testbed made it" in caught.value.why
    assert caught.value.next_step.endswith("testbed down --forget --name lab")
