"""Everything in a lab's folder, read as far as it can be read: what the rules look at."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from testbed.errors import LabProblem, Problem
from testbed.lab.folder import LAB_FILE
from testbed.lab.format import Lab, Locale
from testbed.lab.reading import look, placed, text_of
from testbed.lab.text_models import TextFile
from testbed.lab.texts import PAGES, PageKind, page_file, text_file
from testbed.plan import decide
from testbed.plan.models import Plan
from testbed.topology.document import Document, Unusable
from testbed.topology.shipped import find, shipped

TRANSLATIONS = "translations.json"
SCRIPT_FOLDERS = ("solutions", "wrong_fixes", "faults")
SOURCE, *MIRRORS = Locale


@dataclass(frozen=True, slots=True)
class Folder:
    """A lab's files; what could not be read is not there, and is told in `unread`."""

    path: Path
    lab: Lab
    plan: Plan | None  # of the topology, where there is such a topology
    texts: Mapping[Locale, TextFile]
    pages: Mapping[tuple[PageKind, Locale], str]
    scripts: Mapping[str, str]
    translations: Mapping[str, Mapping[str, str]] | None


Rule = Callable[[Folder], Iterator[LabProblem]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A folder as far as it can be read: None where `lab.yaml` has not the shape of a lab."""

    folder: Folder | None
    texts: Mapping[Locale, TextFile]
    pages: Mapping[tuple[PageKind, Locale], str]
    documents: Mapping[str, Document | None]
    problems: tuple[LabProblem, ...]


def read(path: Path) -> Reading:
    """Return all that can be read of the folder, and what cannot."""
    lab = look(path, LAB_FILE, Lab)
    texts = {locale: look(path, text_file(locale), TextFile) for locale in Locale}
    documents = {LAB_FILE: lab.document}
    documents |= {text_file(locale): seen.document for locale, seen in texts.items()}
    unread = [*lab.problems, *(problem for seen in texts.values() for problem in seen.problems)]
    sentences = {locale: seen.value for locale, seen in texts.items() if seen.value is not None}
    pages: dict[tuple[PageKind, Locale], str] = {}
    for kind in PAGES:
        for locale in Locale:
            try:
                pages[kind, locale] = text_of(path, page_file(kind, locale))
            except Unusable as unusable:
                unread.append(placed(unusable.problem, page_file(kind, locale), None))
    scripts = {name: _script(path, name, unread) for name in _script_names(path)}
    translations = _translations(path, unread)
    folder = None
    if lab.value is not None:
        plan = planned(lab.value.topology)
        folder = Folder(path, lab.value, plan, sentences, pages, scripts, translations)
    return Reading(folder, sentences, pages, documents, tuple(unread))


@cache
def planned(topology: str) -> Plan | None:
    """Return what a shipped topology would make, or None where there is no such topology."""
    if topology not in shipped():
        return None
    return decide.plan(find(topology), name=topology, folder=Path(), loopback="127.0.0.1")


def _script_names(path: Path) -> Iterator[str]:
    for folder in SCRIPT_FOLDERS:
        for file in sorted((path / folder).glob("*")):
            yield f"{folder}/{file.name}"


def _script(path: Path, name: str, unread: list[LabProblem]) -> str:
    try:
        return text_of(path, name)
    except Unusable as unusable:
        unread.append(LabProblem("script", unusable.problem.what, unusable.problem.hint, 0, name))
        return "#!/bin/sh\n"


def _translations(path: Path, unread: list[LabProblem]) -> Mapping[str, Mapping[str, str]] | None:
    """Return the accepted hashes; a folder without the file has accepted nothing yet."""
    if not (path / TRANSLATIONS).exists():
        return {}
    try:
        data = json.loads(text_of(path, TRANSLATIONS))
    except Unusable as unusable:
        unread.append(placed(unusable.problem, TRANSLATIONS, None))
        return None
    except json.JSONDecodeError as error:
        what = f"this is not JSON: {error.msg}"
        unread.append(_not_ours(what, error.lineno))
        return None
    if not _is_table(data):
        unread.append(_not_ours("this is no table of hashes by language and key", 1))
        return None
    hashes: Mapping[str, Mapping[str, str]] = data
    return hashes


def _is_table(data: Any) -> bool:
    return isinstance(data, dict) and all(isinstance(hashes, dict) for hashes in data.values())


def _not_ours(what: str, line: int) -> LabProblem:
    hint = "remove the file, look through the translation, then accept it anew"
    return placed(Problem("translations", what, hint, line), TRANSLATIONS, None)
