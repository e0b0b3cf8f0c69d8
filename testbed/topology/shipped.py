"""The topologies that come with testbed, and finding one by name or path."""

from pathlib import Path

from testbed.topology.models import Topology
from testbed.topology.read import UnreadableTopology, read_file
from testbed.topology.words import near, quoted

_FOLDER = Path(__file__).parent.parent / "topologies"


def shipped() -> tuple[str, ...]:
    """Return the names of the shipped topologies, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def find(name_or_path: str) -> Topology:
    """Return the shipped topology of that name, or the one in the file of that path.

    A '/' or the ending .yaml or .yml makes it a path, and so does a file of that name. Raises
    `UnreadableTopology` where there is neither, `TopologyError` where the file is wrong.
    """
    path = Path(name_or_path)
    if "/" in name_or_path or path.suffix in {".yaml", ".yml"} or _is_file(path):
        return read_file(path)
    if name_or_path in shipped():
        return read_file(_FOLDER / f"{name_or_path}.yaml")
    close = near(name_or_path, shipped())
    raise UnreadableTopology(
        f"there is no topology {quoted(name_or_path)}",
        why=f"shipped topologies: {', '.join(shipped())}; a file of yours ends in .yaml",
        next_step=f"run: testbed validate {close or shipped()[0]}",
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than the file system takes
        return False
