"""Which database server begins when none of them runs: the one that has everything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from testbed.errors import DeployError

_NOBODY = "00000000-0000-0000-0000-000000000000"
_UNKNOWN = -1  # Galera's own word for a server that did not stop in order
_RECOVERED = re.compile(r"wsrep_start_position=([0-9a-f-]{36}):(-?\d+)")
_SAVED = re.compile(r"^(uuid|seqno|safe_to_bootstrap):\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a server's data is: of which cluster, up to which write, and whether it was last."""

    cluster: str
    write: int
    last: bool = False  # it was the last to stop, and knows it


def read_position(grastate: str, recovered: str) -> Position:
    """Read a server's grastate.dat and, where it did not stop in order, what recovery printed."""
    saved = dict(_SAVED.findall(grastate))
    cluster, write = saved.get("uuid", _NOBODY), int(saved.get("seqno", _UNKNOWN))
    found = _RECOVERED.search(recovered)
    # Where the file names nobody, Galera has given the data up, or was cut off amid a change of
    # tables: recovery tells a position all the same, and nothing says what is at it.
    if found and write == _UNKNOWN and found[1] == cluster:
        write = int(found[2])
    return Position(cluster, write, saved.get("safe_to_bootstrap") == "1")


def first(positions: Mapping[str, Position]) -> str:
    """Return the machine whose server must begin: no other has a write that it lacks.

    Raises `DeployError` where that cannot be told, for a wrong choice loses data silently.
    """
    known = {name: p for name, p in positions.items() if p.cluster != _NOBODY}
    told = "; ".join(f"{name}: {p.cluster}:{p.write}" for name, p in positions.items())
    if not known or any(p.write == _UNKNOWN for p in known.values()):
        raise _undecided("a server does not know how far its data is", told)
    if len({p.cluster for p in known.values()}) > 1:
        raise _undecided("their data are of different clusters", told)
    most = max(p.write for p in known.values())
    best = [name for name, p in known.items() if p.write == most]
    return next((name for name in best if known[name].last), best[0])


def _undecided(why: str, told: str) -> DeployError:
    return DeployError(
        "none of the database servers runs, and which of them must begin cannot be told",
        why=f"{why} ({told}); all of them were stopped, and none was started",
        next_step="go back to what testbed checkpoint list shows, or where that is nothing "
        "begin anew: testbed down --forget, then testbed up FILE",
    )
