"""What the learner reads before the end does not name the fault."""

import re
from collections.abc import Iterator

from testbed.errors import LabProblem
from testbed.lab.format import Lab, Rung
from testbed.lab.lint.folder import Folder, Rule
from testbed.lab.texts import PageKind, page_file, text_file

_PAGES: tuple[PageKind, ...] = ("brief", "guide")
_SECTIONS = {"title", "summary", "symptoms", "objectives"}
_EARLY = {Rung.LOOK, Rung.MEANING}


def sentences_do_not_name_the_fault(folder: Folder) -> Iterator[LabProblem]:
    """Yield sentences that give the cause away."""
    early = {f"hints.{hint.id}" for hint in folder.lab.hints if hint.rung in _EARLY}
    for locale, text in folder.texts.items():
        for key, sentence in text.sentences():
            if key.partition(".")[0] in _SECTIONS or key in early:
                for fault in _named(folder.lab, sentence):
                    yield LabProblem(key, *_told(fault), 0, text_file(locale))


def pages_do_not_name_the_fault(folder: Folder) -> Iterator[LabProblem]:
    """Yield lines of the brief and the guide that give the cause away."""
    for (kind, locale), text in folder.pages.items():
        if kind in _PAGES:
            for number, line in enumerate(text.splitlines(), start=1):
                for fault in _named(folder.lab, line):
                    yield LabProblem("page", *_told(fault), number, page_file(kind, locale))


def the_lab_does_not_name_the_fault(folder: Folder) -> Iterator[LabProblem]:
    """Yield ids that the learner types or sees and that give the cause away."""
    lab = folder.lab
    shown = [
        ("id", lab.id),
        *((f"objectives.{n}.id", objective.id) for n, objective in enumerate(lab.objectives, 1)),
        *((f"safeguards.{n}.id", safeguard.id) for n, safeguard in enumerate(lab.safeguards, 1)),
    ]
    for where, id in shown:
        if id in {fault.id for fault in lab.faults}:
            yield LabProblem(where, *_told(id))


def _named(lab: Lab, text: str) -> Iterator[str]:
    """Yield the ids of the faults that the text names, however it joins their words."""
    for id in dict.fromkeys(fault.id for fault in lab.faults):
        words = "[-_ ]".join(re.escape(word) for word in id.split("-"))
        # Not \b: a particle of Korean grammar follows the word without a space.
        if re.search(rf"(?<![A-Za-z0-9_-]){words}(?![A-Za-z0-9_-])", text, re.IGNORECASE):
            yield id


def _told(fault: str) -> tuple[str, str]:
    return f"this names the fault '{fault}' to the learner", "say it in other words"


RULES: tuple[Rule, ...] = (
    sentences_do_not_name_the_fault,
    pages_do_not_name_the_fault,
    the_lab_does_not_name_the_fault,
)
