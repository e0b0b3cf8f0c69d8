"""A proof tells what was tried, what was seen, and every miss."""

import json
from pathlib import Path

import pytest
from simulation import LAB, SCRIPTS, UNIT, Simulation

from testbed.errors import CannotWrite, HostError, LabError
from testbed.lab import attempt, moves, perturbing, probes, progress, restoring
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.format import Lab, Locale, Mode
from testbed.lab.observation import Status
from testbed.lab.proof import digest
from testbed.lab.prove import attest, prove
from testbed.lab.shortened import shorten
from testbed.lab.start import start
from testbed.lab.telling import Told, silent
from testbed.lab.world import World


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "quiet-node"
    made.mkdir()
    (made / "lab.yaml").write_text("api: lab/v1\n")
    for name, text in SCRIPTS.items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text(text)
    return made


def like(**changes: object) -> Lab:
    return Lab.model_validate({**LAB, **changes})


def test_a_lab_that_does_what_it_says_is_proven(
    world: World, lab: Lab, folder: Path, sim: Simulation
):
    told: list[Told] = []
    proof = prove(world, folder, lab, told.append)
    assert proof.misses == ()
    assert proof.holds and proof.is_of(folder)
    assert sim.is_sound() and sim.checkpoints() == {"network"}
    assert attempt.find(world.folders, "lab") is None
    assert set(proof.observations) == {
        *("healthy", "broken", "wrong-start-only", "wrong-stop-all", "solved-enable")
    }
    assert {"inject 1", "solution enable", "restore healthy"} <= proof.seconds.keys()
    assert progress.proof(folder) == proof
    assert all(json.dumps(t.part) for t in told)


def test_a_brief_trial_tries_the_first_of_each_and_keeps_nothing(
    world: World, folder: Path, sim: Simulation
):
    whole = like(persistence=30)
    short = shorten(whole)
    assert short.left_out == (
        "wrong fix 'stop-all'",
        "25 s of 30 s persistence",
        "whether checks change nothing",
    )
    assert len(whole.wrong_fixes) == 2, "the lab itself stays as it is"
    found = attest(world, folder, short.lab, silent, brief=True)
    assert found.holds
    assert found.observations == {}, "nobody reads them again"
    assert "wrong fix start-only" in found.seconds and "solution enable" in found.seconds
    assert "restore network" not in found.seconds, "it was sound"
    assert "restore start-only" not in found.seconds, "nothing was played before it"
    assert "restore enable" in found.seconds
    assert "check twice" not in found.seconds
    assert progress.proof(folder) is None
    assert sim.is_sound() and sim.checkpoints() == {"network"}


def test_a_brief_trial_takes_the_wrong_fix_that_boots_no_machine():
    first, second = LAB["wrong_fixes"]
    boots = {**first, "moves": [*first["moves"], {"restart": "node1"}]}
    assert [fix.id for fix in shorten(like(wrong_fixes=[boots, second])).lab.wrong_fixes] == [
        second["id"]
    ]


def test_a_brief_trial_begins_anew_where_something_was_left_of_an_attempt(
    world: World, folder: Path, sim: Simulation
):
    left = Attempt("quiet-node", Mode.SOLO, "en", Phase.ENDED, "network", 1.0)
    attempt.save(world.folders, "lab", left)
    sim.inside("node1").active = False
    found = attest(world, folder, shorten(like()).lab, silent, brief=True)
    assert found.holds
    assert "restore network" in found.seconds


def test_a_brief_trial_takes_the_wrong_fix_that_shows_without_a_disturbance():
    first, second = LAB["wrong_fixes"]
    slow = {**first, "rejected_by": ["perturbation"]}
    assert [fix.id for fix in shorten(like(wrong_fixes=[slow, second])).lab.wrong_fixes] == [
        second["id"]
    ]


def test_a_sentinel_can_be_looked_at_while_something_is_disturbed(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    whole = like(sentinels={"client": {"type": "writer", "from": "node1", "pool": "vms"}})
    known: list[object] = []

    def look(probes: object, ids: object, inside: World) -> dict[str, object]:
        known.append(inside.sentinels)
        return {}

    monkeypatch.setattr(perturbing, "settled_all", look)
    going = Attempt(whole.id, Mode.SOLO, "en", Phase.LIVE, "network", 0.0)
    assert perturbing.perturb(world, going, whole, whole.perturb[0]) == ()
    assert known == [whole.sentinels]


def test_a_brief_trial_cuts_no_power():
    cut = like(perturb=[{"reboot": "node1"}, {"power": "node2"}])
    short = shorten(cut)
    assert [each.reboot for each in short.lab.perturb] == ["node1"]
    assert "disturbance 'power node2'" in short.left_out


def test_a_brief_trial_plays_no_wrong_fix_that_only_a_power_cut_may_reject():
    fixes = [{**fix, "rejected_by": ["perturbation"]} for fix in LAB["wrong_fixes"]]
    short = shorten(like(perturb=[{"reboot": "node1"}, {"power": "node2"}], wrong_fixes=fixes))
    assert short.lab.wrong_fixes == ()
    assert {"wrong fix 'start-only'", "wrong fix 'stop-all'"} <= set(short.left_out)
    quick = shorten(like(perturb=[{"reboot": "node1"}], wrong_fixes=fixes))
    assert [fix.id for fix in quick.lab.wrong_fixes] == ["start-only"]


def test_a_brief_trial_waits_less_for_what_a_wrong_fix_does_not_mend(world: World, folder: Path):
    patient = like(
        probes={
            **LAB["probes"],
            "api-enabled": {**LAB["probes"]["api-enabled"], "mode": "converge", "within": 600},
        }
    )
    short = shorten(patient)
    assert short.left_out[-1] == "waiting longer than 30 s for what a wrong fix does not mend"
    took = []
    for brief in (True, False):
        begun = world.clock()
        assert attest(world, folder, short.lab, silent, brief=brief).holds
        took.append(world.clock() - begun)
    assert took[0] < 300 < 600 <= took[1]
    assert patient.probes["api-enabled"].within == 600


def test_a_brief_trial_tells_misses_like_any_other(world: World, folder: Path):
    fixes = [{**fix, "rejected_by": ["others"]} for fix in LAB["wrong_fixes"]]
    (miss,) = attest(world, folder, shorten(like(wrong_fixes=fixes)).lab, silent).misses
    assert miss.startswith("wrong fix 'start-only' is not rejected by others")


def test_recorded_observations_are_read_again_without_machines(
    world: World, lab: Lab, folder: Path
):
    proof = prove(world, folder, lab, silent)
    for situation in proof.observations.values():
        for name, kept in situation.items():
            again = probes.read(lab.probes[name], kept["heard"])
            assert (again.status, again.seen.key) == (kept["status"], kept["key"])


def test_a_changed_script_makes_a_proof_stale(world: World, lab: Lab, folder: Path):
    proof = prove(world, folder, lab, silent)
    (folder / "solutions/01-enable.sh").write_text("true")
    assert not proof.is_of(folder)


def test_a_folder_without_a_proof_is_unproven(folder: Path):
    assert progress.proof(folder) is None
    (folder / "proof.json").write_text("{")
    assert progress.proof(folder) is None


def test_a_wrong_fix_that_is_accepted_is_told_with_what_was_seen(
    world: World, folder: Path, sim: Simulation
):
    fixes = [dict(fix) for fix in LAB["wrong_fixes"]]
    fixes[0] |= {"moves": LAB["solutions"][0]["moves"]}
    proof = prove(world, folder, like(wrong_fixes=fixes), silent)
    assert proof.misses == (
        "wrong fix 'start-only' is not rejected by mended: "
        f"api pass: {UNIT} is running: node1; "
        "api-enabled pass: It is as it should be: node1",
    )
    assert sim.is_sound()


def test_a_wrong_fix_that_only_another_rejects_is_a_miss(world: World, folder: Path):
    fixes = [dict(fix) for fix in LAB["wrong_fixes"]]
    fixes[0] |= {"rejected_by": ["others"]}
    proof = prove(world, folder, like(wrong_fixes=fixes), silent)
    assert [miss.partition(":")[0] for miss in proof.misses] == [
        "wrong fix 'start-only' is not rejected by others"
    ]


def test_a_wrong_fix_that_does_not_last_is_rejected_by_the_perturbation(world: World, folder: Path):
    objectives = [{"id": "serving", "tier": "resolved", "probes": ["api"]}]
    fixes = [dict(fix) for fix in LAB["wrong_fixes"]]
    fixes[0] |= {"rejected_by": ["perturbation"]}
    lab = like(objectives=objectives, wrong_fixes=fixes, hints=[])
    assert prove(world, folder, lab, silent).misses == ()


def test_a_solution_that_does_not_last_is_a_miss(world: World, folder: Path):
    objectives = [{"id": "serving", "tier": "resolved", "probes": ["api"]}]
    solutions = [{"id": "start", "reaches": "resolved", "moves": LAB["wrong_fixes"][0]["moves"]}]
    fixes = [{**fix, "rejected_by": ["perturbation"]} for fix in LAB["wrong_fixes"][:1]]
    fixes.append({**LAB["wrong_fixes"][1], "rejected_by": ["serving"]})
    lab = like(objectives=objectives, solutions=solutions, wrong_fixes=fixes, hints=[])
    assert prove(world, folder, lab, silent).misses == (
        "solution 'start' is rejected by perturbation: "
        f"api fail: {UNIT} is not running everywhere. node1: inactive",
    )


def test_a_solution_that_only_mitigates_need_not_last(world: World, folder: Path):
    solutions = [
        *LAB["solutions"],
        {"id": "start", "reaches": "mitigated", "moves": LAB["wrong_fixes"][0]["moves"]},
    ]
    assert prove(world, folder, like(solutions=solutions), silent).misses == ()


def test_an_objective_that_holds_while_the_fault_is_in_is_a_miss(world: World, folder: Path):
    objectives = [
        *LAB["objectives"],
        {"id": "same", "tier": "mitigated", "probes": ["others"]},
        {"id": "told", "tier": "mitigated", "probes": ["others"], "true_before": "it is elsewhere"},
        {"id": "untrue", "tier": "mitigated", "probes": ["api"], "true_before": "it is not"},
    ]
    misses = prove(world, folder, like(objectives=objectives), silent).misses
    assert [miss.partition(":")[0] for miss in misses] == [
        "objective 'same' does not fail while the fault is in",
        "objective 'untrue' should be true before, and is not",
    ]


def test_what_heals_by_itself_is_a_miss(world: World, folder: Path, lab: Lab, sim: Simulation):
    sleep = world.sleep

    def healing(seconds: float) -> None:
        sleep(seconds)
        if seconds == lab.persistence:
            sim.inside("node1").active = True

    from dataclasses import replace

    misses = prove(replace(world, sleep=healing), folder, lab, silent).misses
    assert misses == (f"symptom 'api' heals by itself: pass: {UNIT} is running: node1",)


def test_a_symptom_nobody_sees_is_a_proof_that_does_not_hold(
    world: World, folder: Path, sim: Simulation
):
    proof = prove(world, folder, like(symptoms=[{"probe": "others", "within": 2}]), silent)
    assert "not all of its symptoms are seen" in proof.misses[0]
    assert sim.is_sound() and not progress.proof(folder).holds


def test_a_script_that_is_missing_is_a_miss(world: World, folder: Path, lab: Lab):
    (folder / "wrong_fixes/01-start.sh").unlink()
    (folder / "solutions/01-enable.sh").unlink()
    misses = prove(world, folder, lab, silent).misses
    assert [miss.partition(":")[0] for miss in misses[:1]] == [
        "wrong fix 'start-only' cannot be played"
    ]
    assert misses[-1].startswith("solution 'enable' cannot be played")


def test_files_that_change_meanwhile_are_not_proven(world: World, folder: Path, lab: Lab):
    def edit(_: Told) -> None:
        (folder / "lab.yaml").write_text("api: lab/v1  # better now\n")

    assert prove(world, folder, lab, edit).misses == (
        "the lab's files changed while it was tried: prove it again",
    )
    assert progress.proof(folder).digest != digest(folder)


def test_an_interrupted_trial_is_no_learners_attempt(
    world: World, folder: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(moves, "play", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prove(world, folder, lab, silent)
    assert attempt.get(world.folders, "lab").phase is Phase.STARTING
    assert prove(world, folder, lab, silent).misses == ()


def test_a_testbed_that_is_not_sound_afterwards_is_a_miss(
    world: World, folder: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
):
    restore = restoring.restore_healthy
    tried: list[str] = []

    def restored_once(world: World, name: str) -> None:
        if tried:
            raise HostError("it cannot be restored")
        tried.append(name)
        restore(world, name)

    monkeypatch.setattr(restoring, "restore_healthy", restored_once)
    (miss,) = prove(world, folder, lab, silent).misses
    assert miss == "the testbed is not as sound as before: it cannot be restored"


def test_nothing_is_tried_where_its_proof_cannot_be_written(world: World, lab: Lab, folder: Path):
    (folder / ".proof.json.new").mkdir()
    told: list[Told] = []
    with pytest.raises(CannotWrite, match=r"proof\.json cannot be written to"):
        prove(world, folder, lab, told.append)
    assert told == []


def test_a_learners_attempt_is_left_alone(world: World, lab: Lab, folder: Path):
    start(world, lab, mode=Mode.SOLO, locale=Locale.KO, report=silent)
    with pytest.raises(LabError, match="is going on"):
        prove(world, folder, lab, silent)
    assert attempt.find(world.folders, "lab") is not None


def test_a_healthy_testbed_is_recorded_as_sound(world: World, lab: Lab, folder: Path):
    proof = prove(world, folder, lab, silent)
    statuses = {name: kept["status"] for name, kept in proof.observations["healthy"].items()}
    assert set(statuses.values()) == {Status.PASS}
