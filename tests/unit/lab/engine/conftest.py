import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "apply"))  # the fake host is shared

from simulation import LAB, Simulation, Time, sound

from testbed.apply import keys, lifecycle, power
from testbed.apply.folders import Folders
from testbed.lab.format import Lab
from testbed.lab.world import World
from testbed.probe import sweep


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "cache", tmp_path / "data", tmp_path / "state")


@pytest.fixture
def sim(tmp_path: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch) -> Simulation:
    """A sound testbed at its stage 'network', with the checkpoint."""
    logs = tmp_path / "console"
    logs.mkdir()
    made = Simulation.whole(folders, logs)
    keys.make(folders, made.host.plan)

    @contextmanager
    def session(plan: object, own: object) -> Iterator[object]:
        yield made.doors

    monkeypatch.setattr(lifecycle, "session", session)
    monkeypatch.setattr(power, "session", session)
    monkeypatch.setattr(sweep, "look", sound)
    made.checkpoint("network")
    return made


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def world(sim: Simulation, folders: Folders, time: Time) -> World:
    return World(
        sim.host, folders, sim.host.plan, sim.doors, now=time.now, clock=time.now, sleep=time.sleep
    )


@pytest.fixture
def lab() -> Lab:
    return Lab.model_validate(LAB)
