"""What is said of a kept testbed."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.kept import Kept

_DEFAULT = "aolda"  # what `testbed up` raises


def kept_line(folders: "Folders", kept: "Kept") -> str:
    """Return one line: what is kept, its highest stage, its room on the disk, its way back."""
    from testbed.apply.kept import bytes_on_disk

    room = bytes_on_disk(folders, kept.name) / 2**30
    return f"kept: {kept.name}, stage {kept.stages[-1]}, {room:.1f} GiB; {_way_back(kept)}"


def _way_back(kept: "Kept") -> str:
    from testbed.topology.shipped import shipped

    name = f" --name {kept.name}" if kept.name != kept.topology else ""
    if kept.topology == _DEFAULT and not name:
        return "testbed up restores it"
    if kept.topology in shipped():
        return f"testbed up {kept.topology}{name} restores it"
    return f"testbed up FILE{name} restores it, FILE being topology '{kept.topology}'"
