"""What the verbs print, for people and for scripts, with a host that is not real."""

import json
import re

import pytest
from lab import FakeHost, observed
from typer.testing import CliRunner, Result

from testbed.apply import health
from testbed.apply.folders import Folders
from testbed.apply.lock import only_one
from testbed.errors import GuestError, HostError
from testbed.host import MachineState, Snapshot
from testbed.lab import attempt
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.format import Mode
from testbed.probe.verdict import Verdict


def run(*arguments: str) -> Result:
    from testbed.cli.main import app

    return CliRunner().invoke(app, arguments)


def told(result: Result) -> object:
    assert result.stderr == ""
    return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether KVM works here is not the question."""
    from testbed.doctor import kvm

    monkeypatch.setattr(kvm, "accelerator", lambda cache: "qemu")


class TestStatus:
    def test_where_there_is_none_it_says_how_to_make_one(self, host: FakeHost):
        result = run("status")
        assert (result.exit_code, result.stdout) == (
            0,
            "there is no testbed; raise one with: testbed up\n",
        )

    def test_where_there_is_none_a_script_gets_an_empty_list(self, host: FakeHost):
        assert told(run("status", "--json")) == []

    def test_a_name_that_is_not_there_is_an_error(self, host: FakeHost):
        result = run("status", "--name", "lab")
        assert result.exit_code == 7
        assert result.stderr.startswith("error: there is no testbed 'lab'\n")

    def test_a_script_gets_every_machine(self, host: FakeHost, folders: Folders):
        host.has_all()
        health.remember(folders, "lab", [Verdict("names", "node1", False, "x")])
        (found,) = told(run("status", "--json"))
        assert set(found) == {
            "name",
            "machines",
            "wrong",
            "looked",
            "ceph_wrong",
            "cloud_wrong",
            "untried",
        }
        assert found["machines"][2] == {
            "name": "node1",
            "role": "node",
            "state": "running",
            "reason": "",
            "memory_mib": 1024,
            "resident_mib": 512,
            "address": "10.16.0.11",
            "ssh": "127.77.0.1:2202",
            "links": {"eno1": True},
        }
        assert found["looked"]["wrong"] == ["node1: names: x"]
        assert found["wrong"] == []

    def test_people_see_what_is_wrong_and_what_to_type(self, host: FakeHost):
        host.has_all()
        host._becomes("testbed-lab-node1", state=MachineState.OFF)
        result = run("status")
        assert result.exit_code == 0
        assert "node1 is off; run: testbed power on node1" in result.stdout

    def test_brackets_in_what_was_seen_are_shown_as_they_are(
        self, host: FakeHost, folders: Folders
    ):
        host.has_all()
        seen = "sh: [/etc/x]: not found [bold] [/]"
        health.remember(folders, "lab", [Verdict("names", "node1", False, seen)])
        result = run("status")
        assert result.exit_code == 0
        assert seen in result.stdout


class TestUp:
    def test_a_dry_run_tells_each_change(self, host: FakeHost):
        result = run("up", "aolda-flat", "--name", "lab", "--dry-run")
        assert result.stdout.splitlines() == [
            *(f"create {m.name}: it does not exist yet" for m in host.plan.machines),
            "6 changes; nothing was done",
        ]
        assert host.did == []

    def test_a_dry_run_for_scripts(self, host: FakeHost):
        host.has_all()
        host._becomes("testbed-lab-node1", state=MachineState.CRASHED)
        assert told(run("up", "aolda-flat", "--name", "lab", "--dry-run", "--json")) == [
            {"machine": "node1", "action": "start", "reason": "it has crashed", "nic": ""}
        ]

    def test_nothing_to_do(self, host: FakeHost):
        host.has_all()
        assert run("up", "aolda-flat", "-n", "lab", "--dry-run").stdout == "nothing to do\n"

    def test_a_dry_run_says_what_kept_work_would_go(self, host: FakeHost, monkeypatch):
        from testbed.apply import raising

        monkeypatch.setattr(raising, "preview", lambda *_: ((), "QEMU changed since it was kept"))
        assert run("up", "aolda-flat", "-n", "lab", "--dry-run").stdout.startswith(
            "what is kept of 'lab' would be deleted, its checkpoints included: QEMU changed"
        )
        result = run("up", "aolda-flat", "-n", "lab", "--dry-run", "--json")
        assert json.loads(result.stdout) == []
        assert result.stderr.startswith("what is kept of 'lab' would be deleted")

    @pytest.fixture
    def raises(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from testbed.apply import raising

        def up(*_: object) -> None:
            raise HostError("it was raised")

        monkeypatch.setattr(raising, "up", up)

    @pytest.mark.parametrize("taken", [True, False])
    @pytest.mark.parametrize("phase", [Phase.STARTING, Phase.ENDED])
    def test_a_labs_fault_gets_into_no_checkpoint_of_a_stage(
        self, host: FakeHost, folders: Folders, raises: None, taken: bool, phase: Phase
    ):
        host.has_all()
        begins(folders, 1000.0, phase)
        if taken:
            has_stage(host, "network")
        result = run("up", "aolda-flat", "--name", "lab")
        if taken:
            assert "it was raised" in result.stderr
        else:
            assert result.exit_code == 7
            assert "its fault would be kept in checkpoint 'network'" in result.stderr

    def test_what_a_lab_has_broken_is_left_to_the_learner(
        self, host: FakeHost, folders: Folders, raises: None
    ):
        host.has_all()
        has_stage(host, "network")
        begins(folders, 1000.0)
        result = run("up", "aolda-flat", "--name", "lab")
        assert result.exit_code == 7
        assert result.stderr.splitlines() == [
            "error: lab 'quiet-road' is going on on testbed 'lab'",
            "  why: up would mend what is off or pulled, and that would count as your repair",
            " next: switch one on: testbed power on MACHINE, "
            "plug a cable in: testbed link up MACHINE NIC, "
            "try again, also after a reboot of this computer: testbed lab reset --to broken, "
            "or end it: testbed lab finish --give-up",
        ]

    @pytest.mark.parametrize(
        ("state", "cut_short", "ways"),
        [
            (MachineState.OFF, False, ["power on", "link up", "lab reset", "lab finish"]),
            (MachineState.PAUSED, False, ["resume", "power on", "link up", "lab reset"]),
            (MachineState.PAUSED, True, ["resume", "lab reset", "lab finish"]),
        ],
    )
    def test_however_a_lab_was_cut_off_up_tells_a_way_back_to_it(
        self, host: FakeHost, folders: Folders, raises: None, state, cut_short: bool, ways
    ):
        host.has_all()
        for machine in host.plan.machines:
            host._becomes(machine.domain, state=state)
        begins(folders, 1000.0)
        if cut_short:
            folders.unfinished_restore("lab").write_text("broken-quiet-road")
        told = run("up", "aolda-flat", "--name", "lab").stderr
        found = re.findall(r"testbed (resume|power on|link up|lab reset|lab finish)", told)
        assert found[: len(ways)] == ways

    def test_a_down_that_was_cut_short_is_gone_through_with_and_ends_the_lab(
        self, host: FakeHost, folders: Folders, raises: None, monkeypatch: pytest.MonkeyPatch
    ):
        from testbed.apply import keeping

        host.has_all()
        begins(folders, 1000.0)
        monkeypatch.setattr(keeping, "is_on_its_way", lambda *_: True)
        assert "it was raised" in run("up", "aolda-flat", "--name", "lab").stderr
        assert not folders.labs().exists(), "its records are still there"

    def test_a_dry_run_is_refused_while_a_lab_is_going_on(self, host: FakeHost, folders: Folders):
        host.has_all()
        begins(folders, 1000.0)
        result = run("up", "aolda-flat", "--name", "lab", "--dry-run")
        assert result.exit_code == 7
        assert "going on on testbed 'lab'" in result.stderr

    def test_a_dry_run_tells_of_a_restore_that_was_cut_short(
        self, host: FakeHost, folders: Folders
    ):
        host.has_all()
        folders.of_testbed("lab")
        folders.unfinished_restore("lab").write_text("mine")
        told = run("up", "aolda-flat", "--name", "lab", "--dry-run").stdout
        assert "restore node1: a restore of 'mine' was cut short\n" in told

    def test_of_several_testbeds_its_errors_name_the_one_it_raises(
        self, two: FakeHost, folders: Folders
    ):
        begins(folders, 1000.0, Phase.ENDED)
        told = run("up", "aolda-flat", "--name", "lab").stderr.splitlines()[-1]
        assert told == (
            " next: end it first: testbed lab finish --name lab, "
            "or: testbed lab reset --name lab --to healthy"
        )

    def test_a_topology_that_is_not_there_is_3(self, host: FakeHost):
        assert run("up", "aolda-flta").exit_code == 3

    def test_a_name_that_leads_elsewhere_is_refused(self, host: FakeHost):
        result = run("up", "aolda-flat", "--name", "../x")
        assert result.exit_code == 7
        assert "a testbed cannot be called '../x'" in result.stderr
        assert host.did == []

    def test_a_second_up_at_the_same_time_is_refused(self, host: FakeHost, folders: Folders):
        with only_one(folders, "lab", "up"):
            result = run("up", "aolda-flat", "--name", "lab")
        assert result.exit_code == 7
        assert "another command is working on testbed 'lab'" in result.stderr

    def test_what_was_raised_for_scripts_and_people(
        self, host: FakeHost, monkeypatch: pytest.MonkeyPatch
    ):
        from testbed.apply import raising
        from testbed.apply.changes import Action, Change
        from testbed.apply.stages import Level

        done = (Change("node1", Action.START, "it is off"),)
        seconds = {"node1": {"ssh": 1.5}}
        raised = raising.Raised(host.plan, Level.NETWORK, done, 12.345, seconds)
        monkeypatch.setattr(raising, "up", lambda *_: raised)
        assert told(run("up", "aolda-flat", "--name", "lab", "--json")) == {
            "name": "lab",
            "ready": True,
            "level": "network",
            "restored": False,
            "restored_stage": None,
            "changes": [{"machine": "node1", "action": "start", "reason": "it is off", "nic": ""}],
            "note": "",
            "seconds": {"total": 12.35, "node1": {"ssh": 1.5}},
        }
        first, *_ = run("up", "aolda-flat", "--name", "lab").stdout.splitlines()
        assert first == "testbed 'lab' is ready: 6 machines, steady state proven (12 s)"

    def test_what_was_restored_is_told_and_why_it_was_not(
        self, host: FakeHost, monkeypatch: pytest.MonkeyPatch
    ):
        from testbed.apply import raising
        from testbed.apply.stages import Level

        stage = Level.STORAGE
        raised = raising.Raised(host.plan, stage, (), 55.0, restored=stage)
        monkeypatch.setattr(raising, "up", lambda *_: raised)
        found = told(run("up", "aolda-flat", "--name", "lab", "--json"))
        assert (found["restored"], found["restored_stage"]) == (True, "storage")
        first, *_ = run("up", "aolda-flat", "--name", "lab").stdout.splitlines()
        assert first == (
            "testbed 'lab' is ready: 6 machines, restored at stage storage, Ceph healthy (55 s)"
        )
        anew = raising.Raised(host.plan, stage, (), 55.0, note="QEMU changed")
        monkeypatch.setattr(raising, "up", lambda *_: anew)
        assert "note: QEMU changed\n" in run("up", "aolda-flat", "--name", "lab").stdout
        told_anew = told(run("up", "aolda-flat", "--name", "lab", "--json"))
        assert told_anew["note"] == "QEMU changed"

    @pytest.mark.parametrize(
        ("reached", "told"), [(True, "whole, an instance in it reached ("), (False, "whole (")]
    )
    def test_an_instance_is_told_of_where_it_was_reached_now(
        self, host: FakeHost, monkeypatch: pytest.MonkeyPatch, reached: bool, told: str
    ):
        from testbed.apply import raising
        from testbed.apply.stages import Level

        raised = raising.Raised(host.plan, Level.CLOUD, (), 9.0, reached=reached)
        monkeypatch.setattr(raising, "up", lambda *_: raised)
        assert f"OpenStack {told}" in run("up", "aolda-flat", "--name", "lab").stdout


class TestDown:
    def test_the_only_testbed_needs_no_name(self, host: FakeHost):
        host.has_all()
        assert run("down").stdout == "testbed 'lab' is gone (6 machines)\n"
        assert host.machines == {}

    def test_where_there_is_none_there_is_nothing_to_do(self, host: FakeHost):
        result = run("down")
        assert (result.exit_code, result.stdout) == (0, "there is no testbed; nothing to do\n")

    def test_a_lab_that_is_going_on_is_kept_as_given_up(self, host: FakeHost, folders: Folders):
        from testbed.lab import progress, timeline

        host.has_all()
        begun = Attempt("quiet-road", Mode.GUIDED, "ko", Phase.LIVE, "network", 1000.0, 1010.0)
        attempt.save(folders, "lab", begun)
        timeline.record(folders, "lab", "note", at=1020.0, text="the router?")
        told = run("down").stdout.splitlines()
        assert told[-1].endswith("look back with: testbed lab debrief quiet-road")
        done = progress.of(folders)["quiet-road"]
        assert (done.attempts, done.solved) == (1, 0)
        (kept,) = (folders.labs() / "quiet-road").glob("*.jsonl")
        assert [e["event"] for e in timeline.read(kept)] == ["note", "finished"]

    @pytest.mark.parametrize("error", [HostError("it hangs"), KeyboardInterrupt()])
    def test_a_lab_whose_records_are_gone_is_kept_however_the_rest_ends(
        self, host: FakeHost, folders: Folders, error: Exception
    ):
        host.has_all()
        begins(folders, 1000.0)
        host.refuses[("undefine", "testbed-lab-sw1")] = error
        assert run("down", "--forget").exit_code != 0
        assert len(list((folders.labs() / "quiet-road").glob("*.jsonl"))) == 1

    def test_a_lab_is_not_given_up_where_its_testbed_stays(self, host: FakeHost, folders: Folders):
        host.has_all()
        begins(folders, 1000.0)
        folders.seconds("lab").write_text("{}")  # it was ready once, and has no stage
        result = run("down")
        assert (result.exit_code, result.stdout) == (7, "")
        assert not folders.labs().exists()

    def test_of_two_it_takes_none_unasked(self, two: FakeHost):
        result = run("down")
        assert result.exit_code == 7
        assert "they are: lab, other" in result.stderr
        assert two.did == []

    def test_all_of_them_when_asked(self, two: FakeHost):
        assert run("down", "--all").stdout == (
            "testbed 'lab' is gone (6 machines)\ntestbed 'other' is gone (1 machine)\n"
        )

    def test_one_that_cannot_go_keeps_no_other_up(self, two: FakeHost):
        two.refuses[("destroy", "testbed-lab-sw1")] = HostError(
            "it hangs", next_step="run: testbed down"
        )
        result = run("down", "--all")
        assert result.exit_code == HostError.exit_code
        assert result.stdout == "testbed 'other' is gone (1 machine)\n"
        assert result.stderr.startswith("error: it hangs\n")
        two.has(observed(two.plan, two.plan.machine("node1"), testbed="x", domain="testbed-x-y"))
        two.refuses[("destroy", "testbed-x-y")] = HostError("so does this")
        told = run("down", "--all").stderr
        assert "error: so does this\n" in told
        assert told.endswith("error: it hangs\n next: run: testbed down --name lab\n")

    def test_a_name_that_is_no_testbeds_is_told_so(self, two: FakeHost, folders: Folders):
        result = run("down", "--name", "typo")
        assert (result.exit_code, result.stdout) == (0, "there is no testbed 'typo'\n")
        folders.disks("left").mkdir(parents=True)
        assert run("down", "--name", "left").stdout == "testbed 'left' is gone (0 machines)\n"

    @pytest.mark.parametrize("forget", [(), ("--forget",)])
    def test_all_of_them_and_one_of_them_contradict_each_other(
        self, host: FakeHost, forget: tuple[str, ...]
    ):
        host.has_all()
        result = run("down", "--all", "--name", "lab", *forget)
        assert result.exit_code == 2
        assert "give --all or --name, not both" in result.stderr
        assert host.did == []

    @pytest.mark.parametrize("name", ["..", "/", "", "../.."])
    def test_a_name_that_leads_elsewhere_removes_nothing(
        self, host: FakeHost, folders: Folders, name: str
    ):
        precious = folders.data.parent / "precious"
        precious.mkdir(parents=True)
        assert run("down", "--name", name).exit_code == 7
        assert precious.exists()


class TestCheckpoint:
    @pytest.fixture
    def saved(self, host: FakeHost) -> FakeHost:
        host.has_all()
        taken = (Snapshot("healthy", 1_700_000_000, MachineState.RUNNING),)
        host.snapshots = {machine.domain: taken for machine in host.plan.machines}
        return host

    def test_a_list_for_scripts(self, saved: FakeHost):
        assert told(run("checkpoint", "list", "--json")) == [
            {"name": "healthy", "created": 1_700_000_000}
        ]

    def test_a_list_for_people(self, saved: FakeHost):
        assert run("checkpoint", "list").stdout.endswith("  healthy\n")

    def test_an_empty_list_is_empty_and_says_how_to_fill_it(self, host: FakeHost):
        host.has_all()
        result = run("checkpoint", "list")
        assert (result.exit_code, result.stdout) == (0, "")
        assert "testbed checkpoint save NAME" in result.stderr

    @pytest.mark.parametrize("stage", ["network", "storage", "cloud"])
    def test_a_stages_name_is_not_taken(self, saved: FakeHost, stage: str):
        result = run("checkpoint", "save", stage)
        assert result.exit_code == 7
        assert "which `testbed up` takes once it has proven it" in result.stderr
        assert saved.verbs("snapshot") == []

    def test_a_stage_mends_no_lab_whatever_the_clock_said(self, host: FakeHost, folders: Folders):
        host.has_all()
        has_stage(host, "storage")
        begins(folders, 0.0)
        result = run("checkpoint", "restore", "storage")
        assert result.exit_code == 7
        assert host.verbs("revert") == []

    def test_what_is_left_of_one_can_be_deleted(self, saved: FakeHost):
        first, *_ = saved.plan.machines
        saved.snapshots = {first.domain: saved.snapshots[first.domain]}
        assert run("checkpoint", "list").stdout == ""
        assert run("checkpoint", "delete", "healthy").exit_code == 0
        assert saved.snapshots[first.domain] == ()
        assert run("checkpoint", "delete", "other").exit_code == 7

    @pytest.mark.parametrize(("began", "refused"), [(1_800_000_000, True), (1_600_000_000, False)])
    def test_a_lab_is_mended_by_no_checkpoint_from_before_it(
        self,
        saved: FakeHost,
        folders: Folders,
        monkeypatch: pytest.MonkeyPatch,
        began: float,
        refused: bool,
    ):
        from testbed.apply import lifecycle

        reverted: list[str] = []
        monkeypatch.setattr(lifecycle, "revert", lambda *words: reverted.append(words[-1]))
        begins(folders, began)
        result = run("checkpoint", "restore", "healthy")
        if refused:
            assert (result.exit_code, reverted) == (7, [])
            assert "testbed lab reset --to healthy" in result.stderr
        else:
            assert (result.exit_code, reverted) == (0, ["healthy"])
            assert "back at 'healthy', where lab 'quiet-road' goes on" in result.stdout

    def test_one_that_is_not_there_cannot_be_deleted(self, saved: FakeHost):
        result = run("checkpoint", "delete", "better")
        assert result.exit_code == 7
        assert "it has: healthy" in result.stderr


def begins(folders: Folders, at: float, phase: Phase = Phase.LIVE) -> None:
    attempt.save(folders, "lab", Attempt("quiet-road", Mode.GUIDED, "ko", phase, "network", at))


def has_stage(host: FakeHost, stage: str) -> None:
    taken = (Snapshot(stage, 1, MachineState.RUNNING),)
    host.snapshots = {machine.domain: taken for machine in host.plan.machines}


class TestMachines:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("console", "node9"),
            ("restart", "node9"),
            ("power", "off", "node9"),
            ("power", "on", "node9"),
            ("link", "down", "node9", "eno1"),
            ("ssh", "node9"),
            ("exec", "node9", "--", "true"),
        ],
    )
    def test_a_machine_that_is_not_there_is_told_with_those_that_are(
        self, host: FakeHost, arguments
    ):
        host.has_all()
        result = run(*arguments)
        assert result.exit_code == 7
        assert result.stderr.splitlines()[:2] == [
            "error: testbed 'lab' has no machine 'node9'",
            "  why: it has: sw1, router, node1, node2, node3, tenant",
        ]

    def test_a_cable_is_pulled(self, host: FakeHost):
        host.has_all()
        result = run("link", "down", "node1", "eno1")
        assert result.stdout == "node1:eno1 is pulled\n"
        assert [verb for verb, _ in host.did] == ["link down", "link down"]

    @pytest.mark.parametrize(
        ("in_order", "told"),
        [
            (True, "node1 is back\n"),
            (False, "node1 is back; it did not shut down, so its power was cut\n"),
        ],
    )
    def test_a_restart_tells_whether_it_went_in_order(
        self, host: FakeHost, monkeypatch: pytest.MonkeyPatch, in_order: bool, told: str
    ):
        from testbed.apply import power

        host.has_all()
        monkeypatch.setattr(power, "restart", lambda *_: in_order)
        assert run("restart", "node1").stdout == told
        host.pause("testbed-lab-node1")
        result = run("restart", "node1")
        assert result.exit_code == 7
        assert "run: testbed resume" in result.stderr

    def test_power_is_cut(self, host: FakeHost):
        host.has_all()
        assert run("power", "off", "node1").exit_code == 0
        assert host.machines["testbed-lab-node1"].state == "off"

    def test_suspend_says_how_to_go_on(self, host: FakeHost):
        host.has_all()
        assert run("suspend").stdout == "testbed 'lab' is suspended; go on with: testbed resume\n"

    def test_of_several_testbeds_the_way_back_names_the_one_that_is_meant(self, two: FakeHost):
        assert run("suspend", "-n", "lab").stdout.endswith("testbed resume --name lab\n")
        off = run("power", "off", "node1", "-n", "lab").stdout
        assert off.endswith("testbed power on node1 --name lab\n")
        assert "run: testbed power on node1 --name lab" in run("status", "-n", "lab").stdout

    def test_of_several_testbeds_errors_name_the_one_that_is_meant(
        self, two: FakeHost, monkeypatch: pytest.MonkeyPatch
    ):
        from testbed.apply import access

        lost = GuestError("x", next_step="look around with: testbed ssh node1")
        monkeypatch.setattr(access, "execute", lambda *_: {"node1": lost})
        for machine in ("node1", "all"):
            told = run("exec", machine, "-n", "lab", "--", "true").stderr
            assert told.endswith(" next: look around with: testbed ssh --name lab node1\n")
        told = run("checkpoint", "restore", "better", "-n", "lab").stderr
        assert told.endswith(" next: take one with: testbed checkpoint save --name lab NAME\n")
        told = run("checkpoint", "list", "-n", "lab").stderr
        assert told.endswith("take one with: testbed checkpoint save NAME --name lab\n")

    def test_while_a_lab_is_going_on_nothing_is_proven_after_a_pause(
        self, host: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        from testbed.apply import lifecycle

        asked: list[bool] = []
        monkeypatch.setattr(lifecycle, "resume", lambda *_, broken: asked.append(broken))
        host.has_all()
        run("resume")
        begins(folders, 1000.0)
        assert run("resume").stdout == "testbed 'lab' runs on, and so does lab 'quiet-road'\n"
        assert asked == [False, True]


class TestGc:
    def test_nothing_is_left_over(self, host: FakeHost):
        assert run("gc").stdout == "nothing is left over\n"

    def test_what_would_go_is_told_and_stays(self, host: FakeHost, folders: Folders):
        folders.disks("old").mkdir(parents=True)
        assert run("gc", "--dry-run").stdout == f"would remove {folders.disks('old')}\n"
        assert run("gc").stdout == f"removed {folders.disks('old')}\n"
        assert not folders.disks("old").exists()

    def test_disks_that_another_libvirt_may_have_are_left_alone(
        self, host: FakeHost, folders: Folders
    ):
        folders.disks("old").mkdir(parents=True)
        (folders.disks("old") / "node1.qcow2").write_text("precious")
        result = run("gc")
        assert result.stdout == "nothing is left over\n"
        assert "testbed down --forget --name old" in result.stderr
        assert (folders.disks("old") / "node1.qcow2").exists()


class TestCompletion:
    def test_without_a_host_there_is_nothing_to_propose(self, monkeypatch: pytest.MonkeyPatch):
        from testbed.cli import link, options
        from testbed.errors import HostError
        from testbed.host import Host

        def refuse(uri: str) -> None:
            raise HostError("cannot connect")

        monkeypatch.setattr(Host, "open", refuse)
        context = type("Context", (), {"params": {"machine": "node1"}})()
        assert options._testbeds() == []
        assert options._machines(context) == []
        assert link._nics(context) == []

    def test_what_exists_is_proposed(self, host: FakeHost):
        from testbed.cli import link, options

        host.has_all()
        context = type("Context", (), {"params": {"machine": "node1"}})()
        assert options._testbeds() == ["lab"]
        assert "node3" in options._machines(context)
        assert link._nics(context) == ["eno1"]
