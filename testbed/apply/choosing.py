"""Which testbed `up` raises where the user named no topology, or neither topology nor name."""

from collections.abc import Iterator

from testbed.apply import kept, observe
from testbed.apply.folders import Folders
from testbed.apply.kept import Kept
from testbed.errors import StateError
from testbed.host import Host
from testbed.topology.models import Topology
from testbed.topology.shipped import find, shipped

DEFAULT = "aolda"


def choose(
    host: Host, folders: Folders, topology: str | None, name: str | None
) -> tuple[Topology, str]:
    """Return the topology to raise, and the name of its testbed.

    Without a topology a testbed that exists or is kept goes on with its own; without a name, too,
    the only one that exists does, or where none does the only one that is kept. What is new under
    the name of a shipped topology is that one, under any other name `DEFAULT`. Raises what `find`
    raises, and `StateError` where there are several to choose from, or a testbed's topology is of
    another version.
    """
    if topology is not None:
        wanted = find(topology)
        return wanted, name or wanted.name
    if name is None:
        name = _only(observe.names(host) or tuple(_kept(folders)))
    return _own(host, folders, name) or find(name if name in shipped() else DEFAULT), name


def _only(there: tuple[str, ...]) -> str:
    if len(there) > 1:
        raise StateError(
            "more than one testbed could be meant",
            why=f"they are: {', '.join(there)}",
            next_step=f"name one: testbed up --name {there[0]}, or a topology: "
            f"testbed up {DEFAULT}",
        )
    return there[0] if there else DEFAULT


def _kept(folders: Folders) -> Iterator[str]:
    """Yield what is kept, or is on its way there."""
    return (name for name in kept.names(folders) if _manifest(folders, name))


def _manifest(folders: Folders, name: str) -> Kept | None:
    return kept.find(folders, name) or kept.find_draft(folders, name)


def _own(host: Host, folders: Folders, name: str) -> Topology | None:
    """Return what a testbed was made from; None where there is none of that name."""
    if testbed := observe.find(host, folders, name):
        return observe.topology_of(name, testbed.plan.topology)
    if manifest := _manifest(folders, name):
        text = manifest.origin.get("the topology", "")
        return observe.topology_of(name, text, kept=", which is kept,")
    return None
