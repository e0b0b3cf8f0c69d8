"""Where labs are on disk: those that come with testbed, and finding one by id or path."""

from pathlib import Path

import testbed
from testbed.errors import LabError
from testbed.topology.words import near, quoted

LAB_FILE = "lab.yaml"


def labs_folder() -> Path:
    """Return the folder of all labs: in a checkout, or inside the installed package."""
    package = Path(testbed.__file__).parent
    checkout = package.parent / "labs"
    return checkout if checkout.is_dir() else package / "labs"


def shipped() -> tuple[str, ...]:
    """Return the ids of the labs that come with testbed, sorted."""
    return tuple(sorted(file.parent.name for file in labs_folder().glob(f"*/{LAB_FILE}")))


def find(id_or_path: str) -> Path:
    """Return the folder of the shipped lab of that id, or of the lab at that path.

    A '/' makes it a path, and so does a folder here with a lab in it. Raises `LabError`
    where there is neither.
    """
    path = Path(id_or_path)
    if is_lab(path):
        return path
    if "/" in id_or_path or id_or_path in {".", ".."}:
        raise LabError(
            f"there is no lab in {quoted(id_or_path)}",
            why=f"'{LAB_FILE}' is not there",
            next_step="check the path; see the labs there are with: testbed lab list",
        )
    if id_or_path in shipped():
        return labs_folder() / id_or_path
    raise _unknown(id_or_path)


def find_again(id_or_path: str) -> Path:
    """Return the folder of a lab that was started: an id alone means the shipped one, always.

    Raises what `find` raises.
    """
    shipped_one = labs_folder() / id_or_path
    return shipped_one if id_or_path in shipped() else find(id_or_path)


def is_lab(folder: Path) -> bool:
    """Does the folder hold a lab, whatever its state?"""
    try:
        return (folder / LAB_FILE).is_file()
    except (OSError, ValueError):  # a name longer than the file system takes, a NUL
        return False


def name_to_type(folder: Path) -> str:
    """Return what finds the folder again: the id of a shipped lab, or else the path."""
    name = folder.resolve().name
    return name if folder.resolve() == (labs_folder() / name).resolve() else str(folder)


def elsewhere(folder: Path) -> str:
    """Return the whole path of a lab that its id does not find from everywhere, else nothing."""
    there = folder.resolve()
    return "" if there == (labs_folder() / there.name).resolve() else str(there)


def _unknown(id: str) -> LabError:
    known = shipped()
    close = near(id, known)
    return LabError(
        f"there is no lab {quoted(id)}",
        why=f"labs: {', '.join(known) or 'none'}",
        next_step=f"run: testbed lab show {close}" if close else "run: testbed lab list",
    )
