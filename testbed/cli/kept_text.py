"""What is said of a kept testbed."""

from typing import TYPE_CHECKING

from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.apply.folders import Folders


def kept_line(folders: "Folders", name: str) -> str:
    """Return one line: what is kept, its highest stage, its room on the disk, its way back.

    Of one whose manifest cannot be read, why, and what to do.
    """
    from testbed.apply import kept

    try:
        found = kept.find(folders, name)
    except TestbedError as error:  # another version kept it: the others are told all the same
        return f"kept: {name}; {error.what}: {error.why}; {error.next_step}"
    stage = f"stage {found.stages[-1]}" if found else "just being restored"
    room = kept.bytes_on_disk(folders, name) / 2**30
    again = f"testbed up --name {name}"
    back = f"{again} restores it, if nothing has changed; see first: {again} --dry-run"
    return f"kept: {name}, {stage}, {room:.1f} GiB; {back}"
