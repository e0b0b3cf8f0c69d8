"""Pages: the same headings and the same code in every language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.errors import LabProblem
from testbed.lab.lint.folder import MIRRORS, SOURCE, Folder, Rule
from testbed.lab.texts import PAGES, PageKind, outside_code, page_file, steps

_HEADING = re.compile(r"(#+) ")
_LOG_IN = re.compile(r"testbed ssh \S+")
_FINISH = "testbed lab finish"
_COMMENT = re.compile(r"(^|[ \t]+)#.*$")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: its lines without comments, fences included, and where it starts."""

    line: int
    code: tuple[str, ...]


def pages_say_something(folder: Folder) -> Iterator[LabProblem]:
    """Yield pages without text, and guides without a title or a step."""
    for (kind, locale), text in folder.pages.items():
        file = page_file(kind, locale)
        if not text.strip():
            yield LabProblem("page", "the page is empty", "write it", 1, file)
        elif kind == "guide" and not text.startswith("# "):
            hint = "make its first line: # TITLE"
            yield LabProblem("page", "the guide does not start with a title", hint, 1, file)
        elif kind == "guide" and not steps(text):
            hint = "start every step with a line: ## WHAT TO DO"
            yield LabProblem("page", "the guide has no step", hint, 1, file)


def headings_are_the_same(folder: Folder) -> Iterator[LabProblem]:
    """Yield translations with more or fewer headings than their source, or other levels."""
    for kind, file, source, mirror in _pairs(folder):
        ours, theirs = headings(source), headings(mirror)
        for number, (one, other) in enumerate(zip(ours, theirs, strict=False), start=1):
            if one[1] != other[1]:
                what = f"heading {number} is '{other[1]}', in {page_file(kind, SOURCE)} '{one[1]}'"
                yield LabProblem("page", what, "give both the same level", other[0], file)
                break
        else:
            if len(ours) != len(theirs):
                what = f"headings: {len(theirs)} here, {len(ours)} in {page_file(kind, SOURCE)}"
                yield LabProblem("page", what, "translate every part, and add none", 1, file)


def code_is_the_same(folder: Folder) -> Iterator[LabProblem]:
    """Yield blocks of code that a translation changed; comments may differ."""
    for kind, file, source, mirror in _pairs(folder):
        ours, theirs = blocks(source), blocks(mirror)
        there = page_file(kind, SOURCE)
        if len(ours) != len(theirs):
            what = f"blocks of code: {len(theirs)} here, {len(ours)} in {there}"
            yield LabProblem("page", what, "show the same code in both", 1, file)
            continue
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True), start=1):
            if one.code != other.code:
                line = _first_difference(one, other)
                what = f"block of code {number} differs from line {one.line + line} of {there}"
                hint = "copy it from there; only comments are translated"
                yield LabProblem("page", what, hint, other.line + line, file)


def the_guide_ends_the_lab(folder: Folder) -> Iterator[LabProblem]:
    """Yield a guide that leads nowhere: whoever follows it must have finished the lab."""
    text = folder.pages.get(("guide", SOURCE), "")
    ends = any(_FINISH in line for commands in _commands(text) for _, line in commands)
    if text.strip() and not ends:
        what = "no block of commands ends the lab, so whoever follows the guide is left in it"
        hint = f"show in a block of sh: {_FINISH}"
        yield LabProblem("page", what, hint, 1, page_file("guide", SOURCE))


def logins_stand_alone(folder: Folder) -> Iterator[LabProblem]:
    """Yield logins with more in their block: `make prove` would not type that in there."""
    for commands in _commands(folder.pages.get(("guide", SOURCE), "")):
        for number, line in commands:
            if _LOG_IN.fullmatch(line) and len(commands) > 1:
                what = "a login has more in its block, which would be typed on your own computer"
                hint = "give it a block of its own; the next block is typed in there"
                yield LabProblem("page", what, hint, number, page_file("guide", SOURCE))


def _commands(text: str) -> Iterator[list[tuple[int, str]]]:
    """Yield the commands of each block of sh, with their lines in the page."""
    for block in blocks(text):
        if block.code[0] == "```sh":
            lines = enumerate(block.code[1:-1], start=block.line + 1)
            yield [(number, line.strip()) for number, line in lines if line.strip()]


def headings(text: str) -> list[tuple[int, str]]:
    """Return the line and the marks of every heading: (3, '##')."""
    return [
        (number, mark[1])
        for number, line, outside in outside_code(text)
        if outside and (mark := _HEADING.match(line))
    ]


def blocks(text: str) -> list[Block]:
    """Return the blocks of code of a page."""
    found: list[Block] = []
    last = -1
    for number, line, outside in outside_code(text):
        if outside:
            continue
        bare = _COMMENT.sub("", line.rstrip("\n"))
        if number == last + 1 and not _closed(found[-1]):
            found[-1] = Block(found[-1].line, (*found[-1].code, bare))
        else:
            found.append(Block(number, (bare,)))
        last = number
    return found


def _closed(block: Block) -> bool:
    first, last = block.code[0].strip(), block.code[-1].strip()
    mark = first[0]
    length = len(first) - len(first.lstrip(mark))
    return len(block.code) > 1 and set(last) == {mark} and len(last) >= length


def _pairs(folder: Folder) -> Iterator[tuple[PageKind, str, str, str]]:
    """Yield each page's kind and translated file, with the text of the source and of it."""
    for kind in PAGES:
        for mirror in MIRRORS:
            if {(kind, SOURCE), (kind, mirror)} <= folder.pages.keys():
                source, text = folder.pages[kind, SOURCE], folder.pages[kind, mirror]
                if not source.strip() or not text.strip():
                    continue  # told already
                yield kind, page_file(kind, mirror), source, text


def _first_difference(one: Block, other: Block) -> int:
    """Return at which of their lines two different blocks part."""
    pairs = enumerate(zip(one.code, other.code, strict=False))
    shorter = min(len(one.code), len(other.code)) - 1
    return next((number for number, (ours, theirs) in pairs if ours != theirs), shorter)


RULES: tuple[Rule, ...] = (
    pages_say_something,
    the_guide_ends_the_lab,
    logins_stand_alone,
    headings_are_the_same,
    code_is_the_same,
)
