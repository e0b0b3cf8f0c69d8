"""What is said of a kept testbed."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.kept import Kept


def kept_line(folders: "Folders", kept: "Kept") -> str:
    """Return one line: what is kept, its highest stage, its room on the disk, its way back."""
    from testbed.apply.kept import bytes_on_disk

    room = bytes_on_disk(folders, kept.name) / 2**30
    again = f"testbed up --name {kept.name}"
    back = f"{again} restores it, if nothing has changed; see first: {again} --dry-run"
    return f"kept: {kept.name}, stage {kept.stages[-1]}, {room:.1f} GiB; {back}"
