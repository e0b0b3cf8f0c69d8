"""A lab's proof, as `testbed lab prove` leaves it in the lab's folder."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from testbed.lab.observation import Observation
from testbed.lab.writing import writing

FILE = "proof.json"
_SCRIPTS = "*/*.sh"
Recorded = Mapping[str, Any]  # one observation: status, key, values, heard


@dataclass(frozen=True, slots=True)
class Proof:
    """What was tried with a lab on real machines, and what was seen.

    `misses` is what did not go as the lab says; `observations` are by situation and probe.
    """

    lab: str
    at: float  # seconds since the epoch
    digest: str  # of what was proven
    versions: Mapping[str, str]
    seconds: Mapping[str, float]
    misses: tuple[str, ...]
    observations: Mapping[str, Mapping[str, Recorded]]

    @property
    def holds(self) -> bool:
        """Whether the lab does what it says."""
        return not self.misses

    def is_of(self, folder: Path) -> bool:
        """Return whether the lab is still the one that was proven."""
        return self.digest == digest(folder)


def digest(folder: Path) -> str:
    """Return what identifies the parts of a lab that act: `lab.yaml` and its scripts."""
    total = hashlib.sha256()
    for path in (folder / "lab.yaml", *sorted(folder.glob(_SCRIPTS))):
        data = path.read_bytes() if path.is_file() else b""
        total.update(f"{path.relative_to(folder)} {len(data)}\n".encode() + data)
    return total.hexdigest()[:16]


def read_scripts(folder: Path) -> Mapping[str, str]:
    """Return the scripts of a lab by name, such as "solutions/01-delete.sh"."""
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.glob(_SCRIPTS)
    }


def recorded(observation: Observation) -> Recorded:
    """Return an observation as JSON has it."""
    return {
        "status": observation.status.value,
        "key": observation.seen.key,
        "values": dict(observation.seen.values),
        "heard": observation.heard,
    }


def must_be_writable(folder: Path) -> None:
    """Raise `CannotWrite` where a proof, which takes hours, could not be left in the end."""
    with writing(FILE, folder):
        _partial(folder).write_text("", encoding="utf-8")
        _partial(folder).unlink()


def write_proof(folder: Path, proof: Proof) -> None:
    """Leave the proof in the lab's folder, whole or not at all; raises `CannotWrite`."""
    text = json.dumps(asdict(proof), indent=1, ensure_ascii=False, sort_keys=True)
    with writing(FILE, folder):
        _partial(folder).write_text(f"{text}\n", encoding="utf-8")
        _partial(folder).replace(folder / FILE)


def _partial(folder: Path) -> Path:
    return folder / f".{FILE}.new"


def read_proof(folder: Path) -> Proof | None:
    """Return the proof in a lab's folder, or None where there is none that can be read."""
    try:
        record = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return Proof(
            lab=str(record["lab"]),
            at=float(record["at"]),
            digest=str(record["digest"]),
            versions=dict(record["versions"]),
            seconds=dict(record["seconds"]),
            misses=tuple(map(str, record["misses"])),
            observations=dict(record["observations"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
