"""From start to the end: what a learner's attempt goes through."""

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from simulation import LAB, SCRIPTS, UNIT, Simulation

from testbed.apply import power
from testbed.apply.folders import Folders
from testbed.apply.lock import only_one
from testbed.errors import LabError, WaitTimeout
from testbed.guest import Script, Unreachable
from testbed.host import MachineState
from testbed.lab import attempt, probes, progress, restoring, timeline, verifying
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.checking import CheckResult, ObjectiveSeen, SafeguardSeen, check
from testbed.lab.ending import Result
from testbed.lab.finish import finish
from testbed.lab.format import Lab, Locale, Mode, Severity, Tier
from testbed.lab.format.probes import Steady
from testbed.lab.hints import open_hint
from testbed.lab.observation import Observation, Status
from testbed.lab.reset import reset
from testbed.lab.start import start
from testbed.lab.telling import Told, silent
from testbed.lab.words import Said, say
from testbed.lab.world import World
from testbed.probe import sweep


def begin(world: World, lab: Lab, report=silent) -> Attempt:
    return start(world, lab, mode=Mode.SOLO, locale=Locale.KO, report=report)


def mend(sim: Simulation) -> None:
    sim.doors.guests["node1"].run(Script(SCRIPTS["solutions/01-enable.sh"]))


def events(world: World) -> list[str]:
    return [event["event"] for event in timeline.events(world.folders, "lab")]


def test_a_started_lab_is_broken_seen_to_be_and_kept(world: World, lab: Lab, sim: Simulation):
    told: list[Told] = []
    going = begin(world, lab, told.append)
    assert (going.phase, going.healthy, going.broken) == (
        Phase.LIVE,
        "network",
        "broken-quiet-node",
    )
    assert going.symptom > going.started
    assert not sim.inside("node1").active
    assert sim.checkpoints() == {"network", "broken-quiet-node"}
    assert attempt.get(world.folders, "lab") == going
    assert [i.fault for i in going.journal] == ["stopped", "pulled"]
    assert events(world) == ["lab.started", "fault.injected", "fault.injected", "symptom.visible"]
    assert timeline.events(world.folders, "lab")[0]["testbed"] == "lab"
    assert [t.step for t in told if t.seconds is not None] == [
        *("steady", "steady", "inject", "inject", "symptoms", "checkpoint")
    ]
    assert "stopped" not in {t.part for t in told}  # a fault's name gives it away


def test_a_disk_is_not_healed_with_what_it_held_in_an_earlier_attempt(world: World):
    wiped = {"id": "wiped", "type": "disk", "machine": "node1", "serial": "osd0", "unit": UNIT}
    own = attempt.folder(world.folders, "lab")
    world.folders.of_testbed("lab")
    own.mkdir()
    (own / "disk-node1-osd0").write_text("what it held then")
    begin(world, Lab.model_validate({**LAB, "faults": [wiped]}))
    assert (own / "disk-node1-osd0").read_text() == "", "a machine of the simulation says nothing"


def test_an_unsound_testbed_is_not_broken_further(world: World, lab: Lab, sim: Simulation):
    sim.inside("node2").active = False
    with pytest.raises(LabError) as caught:
        begin(world, lab)
    assert caught.value.what == "testbed 'lab' is not sound, so lab 'quiet-node' was not started"
    assert "others: " in caught.value.why and "node2: inactive" in caught.value.why
    assert caught.value.next_step.endswith("testbed checkpoint restore network")
    assert sim.inside("node1").active


def test_a_machine_that_is_off_makes_a_testbed_unsound(world: World, lab: Lab, sim: Simulation):
    sim.host._becomes("testbed-lab-node3", state=MachineState.OFF)
    with pytest.raises(LabError, match="is not sound"):
        begin(world, lab)
    assert attempt.find(world.folders, "lab") is None


def test_a_look_at_the_steady_state_takes_as_long_as_it_may(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    asked: list[float] = []

    def look(*_: object, timeout: float) -> NoReturn:
        asked.append(timeout)
        raise Unreachable("node1: no SSH", why="refused")

    monkeypatch.setattr(sweep, "look", look)
    for more in ({}, {"timeout": 7}):
        probes.look(Steady.model_validate({"type": "steady", "machines": ["node1"], **more}), world)
    assert asked == [60, 7]


def test_a_lab_needs_its_topology_and_its_stage(world: World, lab: Lab):
    with pytest.raises(LabError, match="played on topology 'aolda'"):
        begin(world, lab.model_copy(update={"topology": "aolda"}))
    with pytest.raises(LabError) as caught:
        begin(world, lab.model_copy(update={"stage": "storage"}))
    assert caught.value.why == "it has no checkpoint 'storage'"


@pytest.mark.parametrize(
    ("lost", "lacks"),
    [({"machines": "node3"}, "it lacks node3"), ({"cables": "node1:eno1"}, "it lacks node1:eno1")],
)
def test_a_topology_of_ones_own_that_kept_the_name_is_another_one(
    world: World, lab: Lab, lost: dict[str, str], lacks: str
):
    machines = tuple(m for m in world.plan.machines if m.name != lost.get("machines"))
    cables = tuple(c for c in world.plan.cables if lost.get("cables") not in (c.one, c.other))
    smaller = replace(world, plan=replace(world.plan, machines=machines, cables=cables))
    with pytest.raises(LabError) as caught:
        begin(smaller, lab)
    assert caught.value.why.endswith(lacks)
    assert caught.value.next_step.endswith("testbed up aolda-flat --name aolda-flat-labs")


def test_a_second_lab_waits_for_the_first(world: World, lab: Lab):
    begin(world, lab)
    with pytest.raises(LabError, match="'quiet-node' is going on"):
        begin(world, lab)


def test_a_symptom_that_is_not_seen_is_the_labs_error(world: World, sim: Simulation):
    lab = Lab.model_validate({**LAB, "symptoms": [{"probe": "others", "within": 6}]})
    with pytest.raises(LabError, match="not all of its symptoms are seen") as caught:
        begin(world, lab)
    assert f"others: {UNIT} is running" in caught.value.why
    assert attempt.get(world.folders, "lab").phase is Phase.STARTING


def test_a_check_tells_what_holds_and_changes_nothing(world: World, lab: Lab, sim: Simulation):
    going = begin(world, lab)
    before = list(sim.host.did)
    found = check(world, lab, going)
    assert {o.id: o.status for o in found.objectives} == {"serving": "fail", "mended": "fail"}
    assert [g.status for g in found.safeguards] == ["pass"]
    assert (found.tier_reached, found.solved) == (None, False)
    assert sim.host.did == before
    assert "check" in events(world)


def test_what_a_learner_reads_during_a_check_is_not_forgotten(
    world: World, lab: Lab, sim: Simulation
):
    going = begin(world, lab)
    open_hint(world.folders, "lab", going, "look", world.now())
    attempt.change(world.folders, "lab", going, guide_step=3)
    check(world, lab, going)  # it knows the attempt as it was before
    found = attempt.get(world.folders, "lab")
    assert (found.guide_step, [each.hint for each in found.hints]) == (3, ["look"])
    assert found.checked > 0


def test_a_check_does_not_bring_an_attempt_back_that_was_ended_meanwhile(
    world: World, lab: Lab, sim: Simulation
):
    going = begin(world, lab)
    reset(world, going, "healthy", silent)
    before = events(world)
    check(world, lab, going)
    assert attempt.find(world.folders, "lab") is None
    assert events(world) == before
    again = begin(world, lab)
    check(world, lab, going)
    assert attempt.get(world.folders, "lab") == again


def test_an_attempt_of_an_earlier_version_is_read(world: World, lab: Lab):
    begin(world, lab)
    file = attempt.folder(world.folders, "lab") / "attempt.json"
    record = json.loads(file.read_text())
    del record["folder"]
    file.write_text(json.dumps(record))
    found = attempt.get(world.folders, "lab")
    assert (found.folder, found.found_by) == ("", "quiet-node")


def test_objectives_are_reached_and_lost_again(world: World, lab: Lab, sim: Simulation):
    begin(world, lab)
    sim.inside("node1").active = True
    found = check(world, lab, attempt.get(world.folders, "lab"))
    assert (found.tier_reached, found.solved) == (Tier.MITIGATED, False)
    sim.inside("node1").active = False
    check(world, lab, attempt.get(world.folders, "lab"))
    told = [e for e in timeline.events(world.folders, "lab") if "objective" in e]
    assert [(e["event"], e["objective"]) for e in told] == [
        ("objective.reached", "serving"),
        ("objective.lost", "serving"),
    ]
    assert attempt.get(world.folders, "lab").best is Tier.MITIGATED


def test_a_violated_safeguard_is_told_once(world: World, lab: Lab, sim: Simulation):
    begin(world, lab)
    sim.inside("node3").active = False
    for _ in range(2):
        check(world, lab, attempt.get(world.folders, "lab"))
    assert events(world).count("safeguard.violated") == 1


def test_what_a_finish_disturbs_accuses_nobody_until_it_has_looked_again(
    world: World, lab: Lab, sim: Simulation, monkeypatch: pytest.MonkeyPatch
):
    """A check in a second terminal, at each step of a finish."""
    going = begin(world, lab)
    mend(sim)
    steps: list[str] = []

    def glance(told: Told) -> None:
        if told.seconds is None and told.step != "restore":
            steps.append(told.step)
            with monkeypatch.context() as shaken:
                shaken.setattr(sim.inside("node3"), "active", False)
                assert check(world, lab, going).safeguards[0].violated

    assert finish(world, lab, going, give_up=False, report=glance).ended
    assert steps == ["objectives", "perturb", "objectives again"]
    (kept,) = (world.folders.labs() / "quiet-node").glob("*.jsonl")
    told = [event["event"] for event in timeline.read(kept)]
    assert (told.count("check"), "safeguard.violated" in told) == (1, False)


def test_a_finish_that_was_killed_hides_no_check(world: World, lab: Lab, sim: Simulation):
    going = begin(world, lab)
    sim.inside("node3").active = False
    attempt.change(world.folders, "lab", going, disturbed=({"act": "power on"},))
    with only_one(world.folders, "lab", "lab finish"):
        pass
    check(world, lab, going)
    assert attempt.get(world.folders, "lab").violated != ()


def test_a_machine_too_busy_to_answer_accuses_nobody(world: World, lab: Lab, sim: Simulation):
    going = begin(world, lab)
    sim.doors.guests["node3"].busy = True
    found = check(world, lab, going)
    ((probe, seen),) = found.safeguards[0].observations
    assert (probe, seen.status, seen.late) == ("others", Status.FAIL, True)
    assert not found.safeguards[0].violated
    assert "safeguard.violated" not in events(world)


@pytest.mark.parametrize("severity", list(Severity))
def test_a_ceph_that_does_not_answer_accuses_nobody_and_ends_nothing(
    world: World, sim: Simulation, severity: Severity, monkeypatch: pytest.MonkeyPatch
):
    lab = Lab.model_validate(
        {
            **LAB,
            "probes": {**LAB["probes"], "copies": {"type": "ceph-osds", "up": 3, "within": 2}},
            "safeguards": [{"id": "kept", "severity": severity, "probes": ["copies"]}],
            "perturb": [],
            "hints": [],
            "wrong_fixes": [{**fix, "rejected_by": ["mended"]} for fix in LAB["wrong_fixes"]],
        }
    )
    monkeypatch.setattr(probes, "hear_cluster", lambda _: {"mute": "no answer in time"})
    going = begin(world, lab)
    mend(sim)
    found = check(world, lab, going)
    assert (found.every_objective_holds, found.unsure, found.solved) == (True, True, False)
    assert found.tier_for_now is None
    outcome = finish(world, lab, going, give_up=False, report=silent)
    assert (outcome.result, outcome.ended) == (Result.NOT_YET, False)
    assert attempt.get(world.folders, "lab").violated == ()
    assert "safeguard.violated" not in events(world)


def test_a_lab_can_be_tried_again_from_its_first_moment(world: World, lab: Lab, sim: Simulation):
    going = begin(world, lab)
    mend(sim)
    assert reset(world, going, "broken", silent) is not None
    assert not sim.inside("node1").active
    assert attempt.get(world.folders, "lab").phase is Phase.LIVE
    assert events(world)[-1] == "reset"


def test_going_back_to_healthy_ends_the_attempt(world: World, lab: Lab, sim: Simulation):
    going = begin(world, lab)
    assert reset(world, going, "healthy", silent) is None
    assert sim.is_sound()
    assert attempt.find(world.folders, "lab") is None
    assert sim.checkpoints() == {"network"}
    done = progress.of(world.folders)["quiet-node"]
    assert (done.attempts, done.solved) == (1, 0)
    (told,) = (world.folders.labs() / "quiet-node").glob("*.jsonl")
    assert [e["event"] for e in timeline.read(told)][-2:] == ["reset", "finished"]


def test_where_the_first_moment_is_gone_it_is_said_how_to_begin_again(
    world: World, lab: Lab, sim: Simulation
):
    going = begin(world, lab)
    for machine in world.plan.machines:
        sim.host.delete_snapshot(machine.domain, going.broken)
    with pytest.raises(LabError, match="there is no moment of lab 'quiet-node'") as caught:
        reset(world, going, "broken", silent)
    assert caught.value.next_step == (
        "begin again: testbed lab finish --give-up, then: testbed lab start quiet-node"
    )
    assert "reset" not in events(world)


def test_an_attempt_that_is_over_leaves_no_checkpoint_to_the_next(
    world: World, lab: Lab, sim: Simulation
):
    going = begin(world, lab)
    attempt.save(world.folders, "lab", replace(going, phase=Phase.ENDED, result="resolved"))
    begin(world, lab.model_copy(update={"id": "other-node"}))
    assert sim.checkpoints() == {"network", "broken-other-node"}


def test_one_look_proves_no_more_than_a_mitigation(world: World, lab: Lab, sim: Simulation):
    going = begin(world, lab)
    mend(sim)
    assert check(world, lab, going).solved
    assert attempt.get(world.folders, "lab").best is Tier.MITIGATED


def test_what_costs_something_proves_nothing(world: World, lab: Lab, sim: Simulation):
    going = begin(world, lab)
    mend(sim)
    sim.inside("node3").active = False
    assert not check(world, lab, going).solved
    assert attempt.get(world.folders, "lab").best is None


def test_what_held_all_along_is_not_reached(world: World, lab: Lab, sim: Simulation):
    serving, mended = lab.objectives
    held = serving.model_copy(update={"true_before": "another node serves"})
    lab = lab.model_copy(update={"objectives": (held, mended)})
    going = begin(world, lab)
    sim.inside("node1").active = True
    assert check(world, lab, going).tier_reached is None
    assert attempt.get(world.folders, "lab").best is None


def test_an_outage_is_what_was_seen_before_anything_was_disturbed(
    world: World, lab: Lab, monkeypatch: pytest.MonkeyPatch
):
    looks = [sound_but_for(outage=25.0), sound_but_for(outage=31.0)]
    monkeypatch.setattr(verifying, "examine", lambda *_: looks.pop(0))
    monkeypatch.setattr(verifying.perturbing, "perturb", lambda *_: ())
    going = begin(world, lab)
    outcome = finish(world, lab, going, give_up=False, report=silent)
    assert (outcome.ended, outcome.outage) == (True, 25.0)


@pytest.mark.parametrize(
    ("severity", "ended"), [(Severity.CATASTROPHIC, False), (Severity.RECOVERABLE, True)]
)
def test_what_may_be_lost_for_good_must_have_been_looked_at(
    world: World, lab: Lab, monkeypatch: pytest.MonkeyPatch, severity: Severity, ended: bool
):
    unseen = replace(sound_but_for(0.0).safeguards[0], severity=severity, status=Status.SKIP)
    found = replace(sound_but_for(0.0), safeguards=(unseen,))
    monkeypatch.setattr(verifying, "examine", lambda *_: found)
    monkeypatch.setattr(verifying.perturbing, "perturb", lambda *_: ())
    going = begin(world, lab)
    assert finish(world, lab, going, give_up=False, report=silent).ended == ended


def sound_but_for(outage: float) -> CheckResult:
    seen = Observation(Status.PASS, Said("probe.service.pass"), {"longest_gap": outage})
    guard = SafeguardSeen("others", Severity.RECOVERABLE, Status.PASS, (("writer", seen),))
    return CheckResult((ObjectiveSeen("serving", Tier.RESOLVED, Status.PASS, ()),), (guard,))


def test_without_the_healthy_checkpoint_every_fault_is_healed(
    world: World, lab: Lab, sim: Simulation
):
    going = begin(world, lab)
    for machine in world.plan.machines:
        sim.host.delete_snapshot(machine.domain, "network")
    reset(world, going, "healthy", silent)
    assert sim.is_sound()


def test_a_mended_testbed_is_disturbed_and_put_back(
    world: World, lab: Lab, sim: Simulation, folders: Folders
):
    going = begin(world, lab)
    mend(sim)
    outcome = finish(world, lab, going, give_up=False, report=silent)
    assert (outcome.result, outcome.ended, outcome.perturbed) == (Result.RESOLVED, True, ())
    assert sim.is_sound() and sim.checkpoints() == {"network"}
    assert attempt.find(folders, "lab") is None
    done = progress.of(folders)["quiet-node"]
    assert (done.attempts, done.solved, done.best) == (1, 1, Tier.RESOLVED)
    assert done.fastest == pytest.approx(outcome.seconds)
    (told,) = (folders.labs() / "quiet-node").glob("*.jsonl")
    kept = timeline.read(told)
    assert [e["event"] for e in kept if e["event"] in ("perturbation", "finished")] == [
        "perturbation",
        "finished",
    ]


def test_what_does_not_outlast_a_restart_is_mitigated_and_goes_on(world: World, sim: Simulation):
    lab = Lab.model_validate(
        {
            **LAB,
            "objectives": [{"id": "serving", "tier": "resolved", "probes": ["api"]}],
            "hints": [],
            "wrong_fixes": [{**fix, "rejected_by": ["serving"]} for fix in LAB["wrong_fixes"]],
        }
    )
    going = begin(world, lab)
    sim.inside("node1").active = True
    outcome = finish(world, lab, going, give_up=False, report=silent)
    assert (outcome.result, outcome.ended) == (Result.MITIGATED, False)
    assert [probe for _, probe, _ in outcome.perturbed] == ["api"]
    going = attempt.get(world.folders, "lab")
    assert (going.phase, going.reached, going.best) == (Phase.LIVE, (), Tier.MITIGATED)
    told = [e for e in timeline.events(world.folders, "lab") if e["event"] == "check"]
    assert told[-1]["solved"] is False  # or its debrief would open


def test_what_nothing_has_disturbed_is_mitigated_and_goes_on(world: World, sim: Simulation):
    objectives = [
        {"id": "serving", "tier": "resolved", "probes": ["api"]},
        {"id": "starts-at-boot", "tier": "prevented", "probes": ["api-enabled"]},
    ]
    rejected = [{**fix, "rejected_by": ["serving"]} for fix in LAB["wrong_fixes"]]
    more = {"objectives": objectives, "hints": [], "wrong_fixes": rejected}
    lab = Lab.model_validate({**LAB, **more})
    going = begin(world, lab)
    sim.inside("node1").active = True
    outcome = finish(world, lab, going, give_up=False, report=silent)
    assert (outcome.result, outcome.ended, outcome.perturbed) == (Result.MITIGATED, False, ())
    assert attempt.get(world.folders, "lab").best is Tier.MITIGATED


def test_of_a_machine_that_does_not_come_back_the_logs_are_kept(
    world: World, lab: Lab, sim: Simulation, monkeypatch: pytest.MonkeyPatch
):
    going = begin(world, lab)
    mend(sim)
    console = sim.host.console_log_path(world.machine("node1").domain)
    assert console is not None

    def hangs(*_: object) -> None:
        console.write_text("Kernel panic\n")
        raise WaitTimeout("node1: SSH did not come within 420 s", why="connection refused")

    monkeypatch.setattr(power, "wait_for_ssh", hangs)
    outcome = finish(world, lab, going, give_up=False, report=silent)
    assert outcome.result is Result.MITIGATED
    ((_, what, seen),) = outcome.perturbed
    assert what == "reboot node1"
    told = say(seen.seen, Locale.EN)
    folder = Path(told.rpartition("logs: ")[2])
    assert (folder / "node1.console.log").read_text() == "Kernel panic\n"


def test_an_unsolved_lab_goes_on(world: World, lab: Lab):
    going = begin(world, lab)
    outcome = finish(world, lab, going, give_up=False, report=silent)
    assert (outcome.result, outcome.ended, outcome.tier) == (Result.NOT_YET, False, None)
    assert attempt.find(world.folders, "lab") is not None


def test_giving_up_ends_at_once(world: World, lab: Lab, sim: Simulation, folders: Folders):
    going = begin(world, lab)
    asked = len(sim.doors.guests["node1"].heard)
    outcome = finish(world, lab, going, give_up=True, report=silent)
    assert (outcome.result, outcome.ended, outcome.check) == (Result.GIVEN_UP, True, None)
    assert sim.is_sound()
    assert not any("is-active" in text for text in sim.doors.guests["node1"].heard[asked:])
    assert progress.of(folders)["quiet-node"].solved == 0


def test_an_attempt_that_was_killed_while_it_was_put_back_counts_once(
    world: World, lab: Lab, sim: Simulation, folders: Folders
):
    going = begin(world, lab)
    over = replace(going, phase=Phase.ENDED, result="resolved", best=Tier.RESOLVED)
    attempt.save(folders, "lab", over)
    outcome = finish(world, lab, over, give_up=False, report=silent)
    assert (outcome.result, outcome.ended) == (Result.RESOLVED, True)
    assert sim.is_sound() and progress.of(folders) == {}


def test_what_is_kept_is_the_owners_alone(world: World, lab: Lab, folders: Folders):
    begin(world, lab)
    files = list(attempt.folder(folders, "lab").iterdir())
    assert {path.name for path in files} == {"attempt.json", "timeline.jsonl"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(attempt.folder(folders, "lab").stat().st_mode) == 0o700


def test_an_attempt_of_a_later_version_is_read_as_far_as_it_is_known(
    world: World, lab: Lab, folders: Folders
):
    going = begin(world, lab)
    path = attempt.folder(folders, "lab") / "attempt.json"
    record = json.loads(path.read_text())
    del record["hints"]
    path.write_text(json.dumps({**record, "mood": "curious"}))
    assert attempt.find(folders, "lab") == going


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"lab": "x"}', '{"mode": 3}'])
def test_a_file_that_is_no_attempt_is_none(folders: Folders, text: str):
    folders.of_testbed("lab")
    path = attempt.folder(folders, "lab")
    path.mkdir()
    (path / "attempt.json").write_text(text)
    assert attempt.find(folders, "lab") is None
    with pytest.raises(LabError, match="no lab is going on"):
        attempt.get(folders, "lab")


def test_a_line_that_a_crash_cut_short_is_left_out(folders: Folders):
    timeline.record(folders, "lab", "note", text="하나")
    path = attempt.folder(folders, "lab") / "timeline.jsonl"
    with path.open("a") as file:
        file.write('{"at": 1, "ev')
    timeline.record(folders, "lab", "note", text="둘")
    timeline.record(folders, "lab", "note", text="셋")
    assert [e["text"] for e in timeline.events(folders, "lab")] == ["하나", "둘", "셋"]


def test_what_is_no_text_is_recorded_and_kept_all_the_same(folders: Folders):
    timeline.record(folders, "lab", "command", command="echo \udcff")
    path = attempt.folder(folders, "lab") / "timeline.jsonl"
    with path.open("ab") as file:
        file.write("한".encode()[:2] + b"\n")
    assert "echo ?" in timeline.text(folders, "lab")
    assert [e["command"] for e in timeline.events(folders, "lab")] == ["echo ?"]


def test_a_testbed_may_not_be_called_like_the_folder_of_labs(folders: Folders, tmp_path: Path):
    from testbed.apply.folders import is_name

    assert not is_name(folders.labs().name)


def test_a_testbed_that_cannot_be_made_sound_is_made_anew_from_its_own_topology(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    gone = Attempt("quiet-node", Mode.SOLO, "en", Phase.LIVE, "storage", 1.0)
    monkeypatch.setattr(restoring.journal, "heal", lambda *_: (gone, ("it is stuck",)))
    with pytest.raises(LabError) as caught:
        restoring.make_healthy(world, gone)
    assert caught.value.next_step == (
        "run: testbed down --forget --name lab, "
        f"then: testbed up {world.plan.topology_name} --name lab"
    )
