"""What real machines told when a lab was proven is still read as it was then."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.lab import probes, reading, sentinels
from testbed.lab.folder import labs_folder, shipped
from testbed.lab.format import Lab
from testbed.lab.observation import Observation
from testbed.lab.proof import read_proof

OF_SENTINELS = {"unplanted", "unknown", "seen", "count", "acknowledged"}


def proven() -> Iterator[Any]:
    """Yield every lab that has a proof, with one situation of it after the other."""
    for id in shipped():
        proof = read_proof(labs_folder() / id)
        for situation in proof.observations if proof else ():
            yield pytest.param(labs_folder() / id, situation, id=f"{id}-{situation}")


def read_again(lab: Lab, name: str, heard: dict[str, Any]) -> Observation:
    if name in lab.probes:
        return probes.read(lab.probes[name], heard)
    return sentinels.read(name, lab.sentinels[name], heard)


def is_on_record(lab: Lab, name: str, heard: dict[str, Any]) -> bool:
    """Return whether what was heard was kept; earlier proofs have little of sentinels."""
    return name in lab.probes or not OF_SENTINELS.isdisjoint(heard)


@pytest.mark.parametrize(("folder", "situation"), tuple(proven()))
def test_recorded_answers_are_read_as_they_were(folder: Path, situation: str):
    proof = read_proof(folder)
    assert proof is not None
    if not proof.is_of(folder):
        pytest.skip("the lab has changed since it was proven, and its claims with it")
    lab = reading.read(folder)
    kept = proof.observations[situation]
    assert set(kept) == {*lab.probes, *lab.sentinels}
    again = {
        name: read_again(lab, name, record["heard"]).status
        for name, record in kept.items()
        if is_on_record(lab, name, record["heard"])
    }
    assert again == {name: kept[name]["status"] for name in again}


@pytest.mark.parametrize(
    "folder", sorted({case.values[0] for case in proven()}), ids=lambda f: f.name
)
def test_a_proof_holds_each_situation_of_its_lab(folder: Path):
    proof = read_proof(folder)
    assert proof is not None
    if not proof.holds or not proof.is_of(folder):
        pytest.skip("it is no proof of the lab as it is")
    lab = reading.read(folder)
    wrong = {f"wrong-{fix.id}" for fix in lab.wrong_fixes}
    solved = {f"solved-{solution.id}" for solution in lab.solutions}
    assert set(proof.observations) == {"healthy", "broken", *wrong, *solved}
