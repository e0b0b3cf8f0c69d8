"""All rules at once, in the order of files and lines, and the hashes of accepted translations."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from testbed.errors import LabProblem
from testbed.lab.folder import LAB_FILE
from testbed.lab.format import Locale
from testbed.lab.lint import ids, ladders, leaks, names, pages, scripts, sentences, wiring
from testbed.lab.lint.folder import MIRRORS, SOURCE, TRANSLATIONS, Reading, Rule, read
from testbed.lab.lint.hashes import hashes, stale
from testbed.lab.reading import refusal
from testbed.lab.texts import PAGES, page_file, text_file
from testbed.lab.writing import writing
from testbed.topology.document import Document

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *ids.RULES,
    *ladders.RULES,
    *wiring.RULES,
    *sentences.RULES,
    *leaks.RULES,
    *scripts.RULES,
    *pages.RULES,
    stale,
)
_HINDERING: tuple[Rule, ...] = (
    ids.used_probes_exist,
    ids.used_sentinels_exist,
    ids.writers_are_writers,
    ids.hinted_objectives_exist,
    ids.no_id_twice,
    *wiring.RULES,
    sentences.every_id_has_a_sentence,
    scripts.named_scripts_exist,
)
_FILES = (
    LAB_FILE,
    *(text_file(locale) for locale in Locale),
    *(page_file(kind, locale) for kind in PAGES for locale in Locale),
)


def problems(folder: Path) -> tuple[LabProblem, ...]:
    """Return everything wrong with a lab's folder, in the order of files and lines."""
    reading = read(folder)
    return _sorted(reading, (*reading.problems, *_broken(reading, RULES)))


def hindering(folder: Path) -> tuple[LabProblem, ...]:
    """Return what of a lab would stop an attempt at it half-way: ids, machines, words, scripts."""
    reading = read(folder)
    return _sorted(reading, _broken(reading, _HINDERING))


def _broken(reading: Reading, rules: Iterable[Rule]) -> Iterator[LabProblem]:
    if reading.folder is not None:
        for rule in rules:
            yield from rule(reading.folder)


def _sorted(reading: Reading, found: Iterable[LabProblem]) -> tuple[LabProblem, ...]:
    placed = dict.fromkeys(_with_line(problem, reading.documents) for problem in found)
    return tuple(sorted(placed, key=_place))


def accept(folder: Path) -> None:
    """Write down that every translation fits the Korean source as it is now.

    Raises `LabError` where the source cannot be read, and `CannotWrite`.
    """
    reading = read(folder)
    unread = [problem for problem in reading.problems if _is_source(problem)]
    if unread:
        raise refusal(folder, unread)
    accepted = {locale.value: _accepted(reading, locale) for locale in MIRRORS}
    text = json.dumps(accepted, indent=2, ensure_ascii=False, sort_keys=True)
    with writing(TRANSLATIONS, folder):
        (folder / TRANSLATIONS).write_text(f"{text}\n", encoding="utf-8")


def _accepted(reading: Reading, mirror: Locale) -> Mapping[str, str]:
    """Return the hashes of what the mirror has a translation of."""
    theirs = hashes(reading.texts, reading.pages, mirror)
    ours = hashes(reading.texts, reading.pages, SOURCE)
    return {key: value for key, value in ours.items() if key in theirs}


def _is_source(problem: LabProblem) -> bool:
    return f".{SOURCE}." in problem.file


def _with_line(problem: LabProblem, documents: Mapping[str, Document | None]) -> LabProblem:
    document = documents.get(problem.file)
    if problem.line or document is None:
        return problem
    line = document.line_of(problem.where)
    return LabProblem(problem.where, problem.what, problem.hint, line, problem.file)


def _place(problem: LabProblem) -> tuple[int, str, int]:
    known = _FILES.index(problem.file) if problem.file in _FILES else len(_FILES)
    return known, problem.file, problem.line
