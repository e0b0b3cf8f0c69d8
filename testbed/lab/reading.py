"""A lab's files → checked values, or every problem of their shape at once, with its line."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel

from testbed.errors import LabError, LabProblem, Problem
from testbed.lab import shape
from testbed.lab.folder import LAB_FILE, name_to_type
from testbed.lab.format import Lab
from testbed.topology.document import Document, Unusable, load

_LARGEST = 256 * 1024  # bytes; a lab's largest file has about 20 KiB
_FAST = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
Model = TypeVar("Model", bound=BaseModel)


def read(folder: Path) -> Lab:
    """Return the lab of a folder.

    Raises `LabError`, with every problem, where `lab.yaml` has not the shape of a lab. Whether
    its parts fit each other and the other files is for `testbed.lab.lint`.
    """
    seen = look(folder, LAB_FILE, Lab)
    if seen.value is None or seen.problems:
        raise refusal(folder, seen.problems)
    return seen.value


def refusal(folder: Path, problems: Iterable[LabProblem]) -> LabError:
    """Return the error that tells all problems of a lab's folder."""
    problems = tuple(problems)
    count = len(problems)
    return LabError(
        f"lab '{folder.resolve().name}' has {count} problem{'' if count == 1 else 's'}",
        next_step=f"edit the files in {folder}, then run: testbed lab lint {name_to_type(folder)}",
        problems=problems,
    )


@dataclass(frozen=True, slots=True)
class Seen(Generic[Model]):
    """What one YAML file of a lab says: the value, or None where its shape is wrong."""

    value: Model | None
    problems: tuple[LabProblem, ...]
    document: Document | None


def look(folder: Path, file: str, model: type[Model]) -> Seen[Model]:
    """Return what a YAML file of the folder says, with every problem of its shape."""
    whole = file.partition(".")[0]
    try:
        document = parse(text_of(folder, file), whole)
    except Unusable as unusable:
        return Seen(None, (placed(unusable.problem, file, None),), None)
    built = shape.build(model, document.data, whole)
    value = built if isinstance(built, model) else None
    told = document.problems if isinstance(built, model) else (*document.problems, *built)
    problems = dict.fromkeys(placed(problem, file, document) for problem in told)
    return Seen(value, tuple(sorted(problems, key=lambda p: p.line)), document)


def parse(text: str, whole: str) -> Document:
    """Return the plain values of YAML text; raises `Unusable` where there are none."""
    try:
        return load(text, whole, _FAST)
    except (Unusable, UnicodeError):
        return load(text, whole)  # slower, but it says more about what is wrong


def text_of(folder: Path, file: str) -> str:
    """Return the text of a file of the folder; raises `Unusable` where there is none."""
    whole = file.partition(".")[0]
    try:
        with (folder / file).open("rb") as opened:
            data = opened.read(_LARGEST + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"this is not text in UTF-8: byte {error.start + 1} of it is not"
        raise Unusable(Problem(whole, what, "save it as UTF-8 in your editor")) from error
    except FileNotFoundError as error:
        hint = "add the file to the lab's folder"
        raise Unusable(Problem(whole, "the file is missing", hint)) from error
    except OSError as error:
        what = f"the file cannot be read: {error.strerror}"
        raise Unusable(Problem(whole, what, "look at it with: ls -l")) from error
    if len(data) > _LARGEST:
        what = f"the file is larger than {_LARGEST // 1024} KiB"
        raise Unusable(Problem(whole, what, "write a smaller file"))
    return text


def placed(problem: Problem, file: str, document: Document | None) -> LabProblem:
    """Return the problem with its file and its line there."""
    line = problem.line or (document.line_of(problem.where) if document else 0)
    return LabProblem(problem.where, problem.what, problem.hint, line, file)


def plain(folder: Path, file: str) -> Any:
    """Return the plain values of a YAML file, however wrong; raises `Unusable`."""
    return parse(text_of(folder, file), file.partition(".")[0]).data
