"""`testbed lab prove`: does the lab do what it says, on real machines?

Broken it must be seen to be, and stay so; wrong fixes must be rejected by whom the lab names, and
solutions accepted. What does not go so is collected, told, and kept in the lab's proof.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import testbed
from testbed.apply import logs
from testbed.apply.lock import only_one
from testbed.errors import LabError, TestbedError
from testbed.lab import attempt, moves, restoring, sentinels
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.checking import CheckResult, examine
from testbed.lab.drivers import once_all
from testbed.lab.ending import put_away
from testbed.lab.folder import elsewhere
from testbed.lab.format import Lab, Locale, Mode, Solution, Tier, WrongFix
from testbed.lab.observation import Observation, Status
from testbed.lab.probes import look
from testbed.lab.proof import (
    Proof,
    Recorded,
    digest,
    must_be_writable,
    read_scripts,
    recorded,
    write_proof,
)
from testbed.lab.shortened import hurried
from testbed.lab.start import prepare
from testbed.lab.telling import Report, Teller
from testbed.lab.verifying import PERTURBATION, Verified, judged_by, verify
from testbed.lab.words import say
from testbed.lab.world import World
from testbed.together import side_by_side


def prove(world: World, folder: Path, lab: Lab, report: Report) -> Proof:
    """Try the whole lab and return its proof, which is written to the lab's folder.

    The testbed is sound afterwards. Raises a `TestbedError` where it cannot be tried at all.
    """
    must_be_writable(folder)
    proof = attest(world, folder, lab, report)
    write_proof(folder, proof)
    return proof


def attest(world: World, folder: Path, lab: Lab, report: Report, *, brief: bool = False) -> Proof:
    """Try a lab as it is given, whole or shortened, and return what came of it; keep nothing.

    A brief trial begins as `lab start` does, with a sound testbed as it is; it waits less for what
    wrong fixes do not mend, does not look whether checks change anything, and does not record
    what every probe sees in each situation.
    """
    with only_one(world.folders, world.name, f"lab prove {lab.id}"):
        _must_be_free(world)
        healthy = restoring.healthy_checkpoint(world, lab)
        teller = Teller(report, world.clock)
        tried = digest(folder)
        trial = _Trial(world, lab, read_scripts(folder), teller, brief)
        if not brief or attempt.find(world.folders, world.name) is not None:
            with trial.teller.step("restore", healthy):
                restoring.restore_healthy(world, healthy)
        now, place, english = world.now(), elsewhere(folder), Locale.EN.value
        new = Attempt(lab.id, Mode.SOLO, english, Phase.STARTING, healthy, now, folder=place)
        try:
            trial.run(new)
        except TestbedError as failure:
            kept = logs.collect(world.host, world.folders, world.plan)
            trial.miss("the trial ended early", failure.in_one_line, f"logs: {kept}")
        _make_sound(world, new, trial)
        if digest(folder) != tried:
            trial.miss("the lab's files changed while it was tried: prove it again")
        return _proof(world, tried, lab, trial)


def _make_sound(world: World, new: Attempt, trial: "_Trial") -> None:
    """Put the testbed back; what was tried for hours is told all the same where that fails."""
    try:
        with trial.teller.step("restore", "healthy"):
            restoring.restore_healthy(world, new.healthy)
            put_away(world, new)
    except TestbedError as failure:
        trial.miss("the testbed is not as sound as before", failure.in_one_line)


def _must_be_free(world: World) -> None:
    found = attempt.find(world.folders, world.name)
    if found is not None and found.phase is Phase.LIVE:
        raise LabError(
            f"lab '{found.lab}' is going on on testbed '{world.name}'",
            why="proving a lab begins by putting the testbed back",
            next_step="end it with: testbed lab finish --give-up",
        )


def _proof(world: World, tried: str, lab: Lab, trial: "_Trial") -> Proof:
    facts = world.host.facts()
    versions = {
        "testbed": testbed.__version__,
        "qemu": ".".join(map(str, facts.hypervisor_version)),
        "libvirt": ".".join(map(str, facts.libvirt_version)),
        "kernel": platform.release(),
    }
    return Proof(
        lab=lab.id,
        at=round(world.now()),
        digest=tried,
        versions=versions,
        seconds=trial.teller.seconds,
        misses=tuple(trial.misses),
        observations=trial.observations,
    )


def _told(observation: Observation) -> str:
    return f"{observation.status}: {say(observation.seen, Locale.EN)}"


@dataclass
class _Trial:
    """One trial of a lab: what was missed, and what was seen in each situation."""

    world: World
    lab: Lab
    scripts: Mapping[str, str]
    teller: Teller
    brief: bool
    played: bool = False  # until then all is as the learner would find it
    misses: list[str] = field(default_factory=list)
    observations: dict[str, Mapping[str, Recorded]] = field(default_factory=dict)

    def miss(self, what: str, *seen: str) -> None:
        self.misses.append(": ".join((what, "; ".join(seen))) if seen else what)

    def run(self, new: Attempt) -> None:
        """Go through the whole lab."""
        going = prepare(
            self.world,
            self.lab,
            new,
            self.teller,
            self.scripts,
            sound=lambda planted: self._record("healthy", planted),
            phase=Phase.STARTING,  # interrupted, it is begun anew like a start that was cut short
        )
        self._record("broken", going)
        self._fails_before(going)
        self._stays(going)
        for fix in self.lab.wrong_fixes:
            self._rejects(going, fix)
        for solution in self.lab.solutions:
            self._accepts(going, solution)
        if not self.brief:
            self._changes_nothing(going)

    def _record(self, situation: str, going: Attempt) -> None:
        """Keep what every probe and sentinel sees, to be read again without machines."""
        if self.brief:
            return
        with self.teller.step("record", situation):
            inside = self.world.of(self.lab.sentinels)
            names = tuple(self.lab.probes)
            seen = side_by_side(names, lambda name: look(self.lab.probes[name], inside))
            whole = sentinels.check_all(
                self.lab.sentinels, self.lab.sentinels, going.planted, inside
            )
            every = {**dict(zip(names, seen, strict=True)), **whole}
        self.observations[situation] = {name: recorded(o) for name, o in every.items()}

    def _look(self, going: Attempt) -> CheckResult:
        return examine(self.world, self.lab, going, once_all)

    def _fails_before(self, going: Attempt) -> None:
        with self.teller.step("fail before"):
            found = self._look(going)
        for wanted, seen in zip(self.lab.objectives, found.objectives, strict=True):
            told = [f"{probe} {_told(o)}" for probe, o in seen.observations]
            if wanted.true_before and seen.status is not Status.PASS:
                self.miss(f"objective '{wanted.id}' should be true before, and is not", *told)
            if not wanted.true_before and seen.status is not Status.FAIL:
                self.miss(f"objective '{wanted.id}' does not fail while the fault is in", *told)
        for guard in found.safeguards:
            if guard.violated:
                told = [f"{name} {_told(o)}" for name, o in guard.observations]
                self.miss(f"safeguard '{guard.id}' is violated by the fault itself", *told)

    def _stays(self, going: Attempt) -> None:
        with self.teller.step("persistence"):
            self.world.sleep(self.lab.persistence)
            inside = self.world.of(self.lab.sentinels)
            for symptom in self.lab.symptoms:
                seen = look(self.lab.probes[symptom.probe], inside)
                if seen.status is not Status.FAIL:
                    self.miss(f"symptom '{symptom.probe}' heals by itself", _told(seen))

    def _from_broken(self, going: Attempt, name: str) -> None:
        if not self.played:
            self.played = True
            return
        with self.teller.step("restore", name):
            restoring.restore_broken(self.world, going)

    def _rejects(self, going: Attempt, fix: WrongFix) -> None:
        """Play a wrong fix; that a command of it fails is no wonder."""
        self._from_broken(going, fix.id)
        try:
            with self.teller.step("wrong fix", fix.id):
                moves.play(self.world, fix.moves, self.scripts)
        except LabError as failure:
            self.miss(f"wrong fix '{fix.id}' cannot be played", failure.in_one_line)
        except TestbedError as failure:
            self.teller.note("wrong fix", failure.in_one_line)
        judges = judged_by(hurried(self.lab) if self.brief else self.lab, fix.rejected_by)
        disturbed = PERTURBATION in fix.rejected_by
        verified = verify(self.world, judges, going, self.teller, perturb=disturbed)
        self._record(f"wrong-{fix.id}", going)
        if missing := sorted(set(fix.rejected_by) - set(verified.rejected_by)):
            what = f"wrong fix '{fix.id}' is not rejected by {', '.join(missing)}"
            self.miss(what, *_seen(verified, missing))

    def _accepts(self, going: Attempt, solution: Solution) -> None:
        self._from_broken(going, solution.id)
        try:
            with self.teller.step("solution", solution.id):
                moves.play(self.world, solution.moves, self.scripts)
        except TestbedError as failure:
            self.miss(f"solution '{solution.id}' cannot be played", failure.in_one_line)
            return
        judges = judged_by(self.lab, _judges(self.lab, solution.reaches))
        lasting = solution.reaches is not Tier.MITIGATED
        verified = verify(self.world, judges, going, self.teller, perturb=lasting)
        self._record(f"solved-{solution.id}", going)
        if wrong := list(verified.rejected_by):
            what = f"solution '{solution.id}' is rejected by {', '.join(wrong)}"
            self.miss(what, *_seen(verified, wrong))

    def _changes_nothing(self, going: Attempt) -> None:
        with self.teller.step("check twice"):
            one, two = (self._look(going) for _ in range(2))
        for first, second in zip(one.objectives, two.objectives, strict=True):
            if first.status is not second.status and not (first.late or second.late):
                self.miss(f"objective '{first.id}' is {first.status}, then {second.status}")


def _judges(lab: Lab, reaches: Tier) -> set[str]:
    """Return who must be content with a solution that goes so far."""
    order = tuple(Tier)
    asked = {o.id for o in lab.objectives if order.index(o.tier) <= order.index(reaches)}
    return asked | {guard.id for guard in lab.safeguards}


def _seen(verified: Verified, ids: list[str]) -> list[str]:
    """Return what those saw who should have said something else."""
    told = [
        f"{name} {_told(o)}"
        for each in verified.check.judged
        if each.id in ids
        for name, o in each.observations
    ]
    if PERTURBATION in ids:
        told += [f"{what} {probe} {_told(o)}".strip() for what, probe, o in verified.failing]
    return told
