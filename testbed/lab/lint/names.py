"""What a lab is called, what it stands on, and what it is to be done after."""

from collections.abc import Iterator

from testbed.errors import LabProblem
from testbed.lab.folder import is_lab
from testbed.lab.lint.folder import Folder, Rule
from testbed.topology.shipped import shipped
from testbed.topology.words import near


def id_is_the_folders_name(folder: Folder) -> Iterator[LabProblem]:
    """Yield where the lab and its folder have different names."""
    name = folder.path.resolve().name
    if folder.lab.id != name:
        what = f"the lab '{folder.lab.id}' is in a folder '{name}'"
        yield LabProblem("id", what, f"write id: {name}, or rename the folder")


def topology_is_shipped(folder: Folder) -> Iterator[LabProblem]:
    """Yield where the lab stands on a topology that is not there."""
    wanted = folder.lab.topology
    if folder.plan is None:
        close = near(wanted, shipped())
        hint = f"did you mean '{close}'?" if close else f"topologies: {', '.join(shipped())}"
        yield LabProblem("topology", f"there is no topology '{wanted}'", hint)


def storage_is_there(folder: Folder) -> Iterator[LabProblem]:
    """Yield where a lab wants the storage stage of a topology that stores nothing."""
    lab = folder.lab
    if lab.stage == "storage" and folder.plan is not None and folder.plan.storage is None:
        what = f"topology '{lab.topology}' has no storage"
        yield LabProblem("stage", what, "write stage: network, or name another topology")


def labs_before_are_there(folder: Folder) -> Iterator[LabProblem]:
    """Yield labs that should be done first and are not beside this one."""
    beside = folder.path.resolve().parent
    known = [file.name for file in sorted(beside.iterdir()) if is_lab(file)]
    for number, lab in enumerate(folder.lab.after, start=1):
        if lab == folder.lab.id:
            what, hint = "a lab cannot come after itself", "remove the entry"
        elif lab not in known:
            close = near(lab, known)
            what = f"there is no lab '{lab}' beside this one"
            hint = f"did you mean '{close}'?" if close else "remove the entry, or write that lab"
        else:
            continue
        yield LabProblem(f"after.{number}", what, hint)


RULES: tuple[Rule, ...] = (
    id_is_the_folders_name,
    topology_is_shipped,
    storage_is_there,
    labs_before_are_there,
)
