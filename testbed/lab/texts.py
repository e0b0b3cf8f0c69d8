"""What a learner reads of a lab: its sentences and pages, in a language that is there.

Korean is the source. Where a language lacks a file the Korean one is given whole, and says
that it is Korean; `notice` tells the reader, so nothing is mixed in silence.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from testbed.errors import LabError
from testbed.lab.format.common import Locale
from testbed.lab.reading import look, placed, refusal, text_of
from testbed.lab.text_models import ObjectiveText, TextFile, Texts
from testbed.lab.words import Said
from testbed.topology.document import Unusable
from testbed.topology.words import quoted

__all__ = ["ObjectiveText", "Page", "Step", "TextFile", "Texts"]

SOURCE = Locale.KO
PageKind = Literal["brief", "guide", "debrief", "facilitator"]
PAGES: tuple[PageKind, ...] = ("brief", "guide", "debrief", "facilitator")
_OF_THE_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Markdown, and the language it is in."""

    text: str
    locale: Locale


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a guide: its heading, and what stands below it."""

    title: str
    text: str


def choose_locale(option: str | None, environ: Mapping[str, str]) -> Locale:
    """Return the language to speak: as told, as testbed's own variable says, as the system's.

    Raises `LabError` where `--lang` or TESTBED_LANG names a language that no lab is in.
    """
    for name, told in (("--lang", option), ("TESTBED_LANG", environ.get("TESTBED_LANG"))):
        if told:
            return _locale_of(told) or _refuse_language(name, told)
    spoken = (_locale_of(environ.get(name, "")) for name in _OF_THE_SYSTEM)
    return next((locale for locale in spoken if locale is not None), SOURCE)


def notice(wanted: Locale, got: Locale) -> Said | None:
    """Return what to tell somebody who gets another language than they wanted."""
    return None if wanted == got else Said("text.only-korean")


def text_file(locale: Locale) -> str:
    """Return the name of the file with a language's sentences."""
    return f"text.{locale}.yaml"


def page_file(kind: PageKind, locale: Locale) -> str:
    """Return the name of a page's file in a language."""
    return f"{kind}.{locale}.md"


def read_texts(folder: Path, locale: Locale) -> Texts:
    """Return a lab's sentences in the language, or in Korean where there is no such file.

    Raises `LabError`, with every problem, where the file has not the shape it should have.
    """
    there = locale if (folder / text_file(locale)).is_file() else SOURCE
    seen = look(folder, text_file(there), TextFile)
    if seen.value is None or seen.problems:
        raise refusal(folder, seen.problems)
    return Texts(locale=there, **dict(seen.value))


def page(folder: Path, kind: PageKind, locale: Locale) -> Page:
    """Return a page of a lab in the language, or in Korean where there is no such file.

    Raises `LabError` where it is in neither.
    """
    there = locale if (folder / page_file(kind, locale)).is_file() else SOURCE
    file = page_file(kind, there)
    try:
        return Page(text_of(folder, file), there)
    except Unusable as unusable:
        raise refusal(folder, [placed(unusable.problem, file, None)]) from unusable


def intro(guide_text: str) -> str:
    """Return what stands above the first step of a guide: its title and introduction."""
    return "".join(line for step, line in _by_step(guide_text) if step == 0).strip()


def steps(guide_text: str) -> tuple[Step, ...]:
    """Return the steps of a guide; a line that looks like a heading in code is none."""
    lines: dict[int, list[str]] = {}
    for step, line in _by_step(guide_text):
        if step:
            lines.setdefault(step, []).append(line)
    return tuple(
        Step(first.removeprefix("##").strip(), "".join(rest).strip())
        for first, *rest in lines.values()
    )


def outside_code(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield each line with its number, and whether it stands outside of code blocks."""
    fence = ""
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        mark = _FENCE.match(line)
        yield number, line, not fence and mark is None
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""


def _by_step(guide_text: str) -> Iterator[tuple[int, str]]:
    step = 0
    for _, line, outside in outside_code(guide_text):
        step += outside and line.startswith("## ")
        yield step, line


def _locale_of(name: str) -> Locale | None:
    """Return the language of a name such as 'en' or 'ko_KR.UTF-8', if labs are in it."""
    language = re.split(r"[^a-z]", name.lower(), maxsplit=1)[0]
    return Locale(language) if language in set(Locale) else None


def _refuse_language(name: str, told: str) -> Locale:
    raise LabError(
        f"there are no labs in the language {quoted(told)} of {name}",
        why=f"labs are in: {', '.join(Locale)}",
        next_step="run the same command with: --lang en",
    )
