"""A new lab's folder, complete in both languages: something that works, to be rewritten."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from testbed.errors import LabError
from testbed.lab.folder import name_to_type
from testbed.lab.format.common import LabId
from testbed.lab.lint import accept
from testbed.lab.writing import writing
from testbed.topology.words import quoted

_SCAFFOLD = Path(__file__).parent / "scaffold"
_ID = "LAB_ID"
_LAB_ID: TypeAdapter[str] = TypeAdapter(LabId)


def create(folder: Path, id: str) -> Path:
    """Write a new lab into `folder/id` and return that folder.

    Raises `LabError` where something is there already, or the id cannot be one, and
    `CannotWrite`; what is there is never changed.
    """
    _must_be_id(id)
    lab = folder / id
    if lab.exists() or lab.is_symlink():
        raise LabError(
            f"'{lab}' is already there, so no lab was written",
            next_step=f"choose another id, or run: testbed lab lint {name_to_type(lab)}",
        )
    with writing("the new lab", folder):
        lab.mkdir(parents=True)
        for source in sorted(_SCAFFOLD.rglob("*.*")):
            target = lab / source.relative_to(_SCAFFOLD)
            target.parent.mkdir(exist_ok=True)
            text = source.read_text(encoding="utf-8").replace(_ID, id)
            target.write_text(text, encoding="utf-8")
    accept(lab)
    return lab


def _must_be_id(id: str) -> None:
    try:
        _LAB_ID.validate_python(id)
    except ValidationError as error:
        raise LabError(
            f"{quoted(id)} cannot be the id of a lab",
            why="an id has at most 24 lower-case letters, digits and '-', a letter first",
            next_step="choose another id, as in: testbed lab new silent-service",
        ) from error
