"""Walking the plan, machines side by side."""

from pathlib import Path

import pytest
from lab import BOOTS, FakeHost, doors, healthy, image, no

from testbed.apply import boot, keys
from testbed.apply.changes import Action, Change, changes
from testbed.apply.folders import Folders
from testbed.apply.progress import Event, Recorder, Stage, Status
from testbed.apply.up import Walk, walk
from testbed.errors import GuestError, HostError, WaitTimeout
from testbed.guest import Result
from testbed.host import MachineState
from testbed.probe.verdict import failing


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def job(host: FakeHost, folders: Folders, tmp_path: Path, events: list[Event]) -> Walk:
    pool = host.ensure_pool(host.plan.pool, host.plan.pool_uuid, host.plan.folder)
    return Walk(
        host=host,
        pool=pool,
        plan=host.plan,
        keys=keys.make(folders, host.plan),
        images=dict.fromkeys(("base", "tenant"), image(tmp_path)),
        accel="qemu",
        width=2,
        session=doors(host.plan),
        recorder=Recorder(events.append),
    )


def everything(host: FakeHost) -> list[Change]:
    return list(changes(host.plan, {}))


def test_all_machines_come_up_and_are_marked_as_ready(job: Walk, host: FakeHost):
    seen = walk(job, everything(host))
    assert failing(seen) == ()
    assert {m.state for m in host.list_machines()} == {MachineState.RUNNING}
    assert all(machine.ready for machine in host.list_machines())


def test_a_machine_is_defined_only_when_its_disks_are_there(job: Walk, host: FakeHost):
    walk(job, everything(host))
    mine = [verb for verb, name in host.did if name.startswith(("node1", "testbed-lab-node1"))]
    assert mine[:5] == ["destroy", "undefine", "overlay", "upload", "define"]


def test_all_machines_are_defined_before_the_first_is_started(job: Walk, host: FakeHost):
    walk(job, everything(host))
    verbs = [verb for verb, _ in host.did if verb in ("define", "start")]
    count = len(host.plan.machines)
    assert verbs == ["define"] * count + ["start"] * count


def test_the_marks_of_an_earlier_boot_do_not_count(job: Walk, host: FakeHost):
    host.has_all(state=MachineState.OFF)
    for machine in host.plan.machines:
        host.console_log_path(machine.domain).write_text(
            "testbed-stage: booted\ntestbed-stage: ssh\ntestbed-stage: cloud-init done\n"
        )
    host.prints = "testbed-stage: booted\ntestbed-stage: ssh\ntestbed-stage: cloud-init error\n"
    with pytest.raises(GuestError, match="cloud-init failed"):
        walk(job, [Change("node1", Action.START, "it is off")])


def test_a_boot_that_has_told_less_than_the_one_before_is_waited_for(
    job: Walk, host: FakeHost, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(boot._DEADLINE, boot.SSH, 0.0)
    host.has_all(ready=False)
    for machine in host.plan.machines:
        host.console_log_path(machine.domain).write_text(BOOTS)
    host._becomes("testbed-lab-node1", state=MachineState.OFF)
    host.prints = "testbed-stage: booted\n"
    with pytest.raises(WaitTimeout, match="node1: ssh"):
        walk(job, [Change("node1", Action.START, "it is off")])


def test_a_machine_that_runs_goes_on_from_the_marks_it_has_made(job: Walk, host: FakeHost):
    host.has_all(ready=False)
    for machine in host.plan.machines:
        host.console_log_path(machine.domain).write_text(host.prints)
    walk(job, [])
    assert all(machine.ready for machine in host.list_machines())
    assert host.verbs("define", "destroy") == []


def test_a_crashed_machine_loses_its_emulator_before_it_starts(job: Walk, host: FakeHost):
    host.has_all()
    for machine in host.plan.machines:
        host.console_log_path(machine.domain).write_text(host.prints)
    walk(job, [Change("node1", Action.START, "it has crashed")])
    domain = "testbed-lab-node1"
    mine = [verb for verb, name in host.did if name == domain]
    assert mine == ["destroy", "start", "resume", "ready"]


def test_a_pulled_cable_is_plugged_in_at_both_ends_before_machines_start(job: Walk, host: FakeHost):
    host.has_all()
    for machine in host.plan.machines:
        host.console_log_path(machine.domain).write_text(host.prints)
    walk(job, [Change("node1", Action.PLUG, "no carrier to sw1:node1", "eno1")])
    plugged = [name.split()[0] for _, name in host.verbs("link up")]
    assert plugged == ["testbed-lab-node1", "testbed-lab-sw1"]
    assert host.did.index(host.verbs("start")[0]) > host.did.index(host.verbs("link up")[1])


def test_each_step_of_each_machine_is_told_in_order(job: Walk, host: FakeHost, events: list[Event]):
    walk(job, everything(host))
    done = [e.stage for e in events if e.machine == "node1" and e.status is Status.DONE]
    assert done == [
        Stage.DEFINED,
        Stage.BOOTED,
        Stage.SSH,
        Stage.CLOUD_INIT,
        Stage.LINKS,
        Stage.ROUTES,
    ]
    assert (events[-1].machine, events[-1].stage, events[-1].status) == (
        "testbed",
        Stage.STEADY,
        Status.DONE,
    )


def test_where_all_holds_each_machine_is_looked_at_once(job: Walk, host: FakeHost):
    walk(job, everything(host))
    looks = {
        name: sum("=== bonding" in text for text in guest.heard)
        for name, guest in job.session.guests.items()
    }
    assert looks == dict.fromkeys(looks, 1)


def test_a_gateway_that_is_silent_at_first_is_waited_for(job: Walk, host: FakeHost):
    guest = job.session.guests["node1"]
    quiet = ["a first look"]

    def answers(text: str) -> Result | None:
        if "=== bonding" not in text or not quiet:
            return None
        quiet.pop()
        gateway = f"{guest.machine.gateway}\n"
        return Result(0, healthy(guest.plan, guest.machine).replace(gateway, "", 1), "", 0.1)

    guest.answers = answers
    assert failing(walk(job, everything(host))) == ()
    assert not quiet


def test_one_failure_lets_the_other_machines_come_to_an_end(job: Walk, host: FakeHost):
    host.refuses[("start", "testbed-lab-node1")] = no("start domain 'testbed-lab-node1'")
    with pytest.raises(HostError, match="cannot start domain 'testbed-lab-node1'"):
        walk(job, everything(host))
    ready = {name for _, name in host.verbs("ready")}
    assert ready == {m.domain for m in host.plan.machines if m.name != "node1"}


def test_a_machine_that_cannot_be_made_stops_the_walk_before_anything_starts(
    job: Walk, host: FakeHost
):
    host.refuses[("define", "testbed-lab-node1")] = no("define domain 'testbed-lab-node1'")
    with pytest.raises(HostError, match="cannot define"):
        walk(job, everything(host))
    assert host.verbs("start") == []


def test_an_image_without_kernel_is_asked_over_ssh(job: Walk, host: FakeHost, tmp_path: Path):
    from dataclasses import replace

    host.prints = ""
    disk_only = replace(image(tmp_path), kernel=None)
    for guest in job.session.guests.values():
        guest.answers = lambda text: (
            Result(0, "status: done\n", "", 0.1) if "cloud-init" in text else None
        )
    walk(replace(job, images=dict.fromkeys(job.images, disk_only)), everything(host))
    assert any("cloud-init status" in text for text in job.session.guests["node1"].heard)
