"""`testbed lab debrief`: what happened, why, and a post-mortem to think on."""

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.lab.options import (
    Lang,
    open_played,
    option_of,
    reopen_lab,
    tell_language,
    voice_of,
)
from testbed.cli.lab.paper import page
from testbed.cli.lab.voice import Line, Voice, show
from testbed.cli.options import Name, open_host
from testbed.errors import LabError, TestbedError

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.lab.story import Event, Story


@dataclass(frozen=True, slots=True)
class _Found:
    """An attempt to look back on: of which lab, and what happened.

    `option` is what names its testbed in a command, where that is needed.
    """

    lab: str
    events: "tuple[Event, ...]"
    option: str = ""

    @property
    def found_by(self) -> str:
        """What finds the lab: its id, or the folder it was started from."""
        return next((str(e["folder"]) for e in self.events if e.get("folder")), self.lab)

    @property
    def testbed(self) -> str | None:
        """Where it was; None of one that an earlier version kept."""
        return next((str(e["testbed"]) for e in self.events if e.get("testbed")), None)

    @property
    def last(self) -> float:
        """When something happened last, in seconds since the epoch."""
        return float(self.events[-1]["at"]) if self.events else 0.0


def debrief(
    lab: Annotated[
        str | None,
        typer.Argument(
            metavar="[LAB]", help="Whose last attempt. [default: the one going on, or the last]"
        ),
    ] = None,
    name: Name = None,
    lang: Lang = None,
) -> None:
    """Look back: what happened, why, and which roads led nowhere.

    It also writes a post-mortem with the facts filled in, and prints its path; once you
    have edited it, it stays as it is.
    """
    from testbed.apply.folders import Folders
    from testbed.lab.debrief import Debrief
    from testbed.lab.story import Story
    from testbed.lab.texts import page as page_of
    from testbed.lab.texts import read_texts

    folders = Folders.of_user()
    lab = Path(lab).resolve().name if lab else None  # a lab's folder is called as the lab is
    found = _on_one_that_is_gone(lab, name) or _going(lab, name) or _ended(folders, lab, name)
    folder, wanted = reopen_lab(found.found_by)
    voice = voice_of(lang)
    story = Story(wanted, found.events)
    _must_be_over(story, found.option)
    told = page_of(folder, "debrief", voice.locale)
    tell_language(voice, told.locale)
    whole = Debrief(story, read_texts(folder, voice.locale), told.text, voice.locale)
    page(whole.markdown())
    _leave_post_mortem(folders, whole.post_mortem(), story, voice)


def _on_one_that_is_gone(lab: str | None, name: str | None) -> _Found | None:
    """Return what ended last on a testbed that was named and exists no more, if anything did."""
    from testbed.apply import observe

    if name is None:
        return None
    with open_host() as (host, folders):
        if name in observe.names(host):
            return None
    its_own = (each for each in _kept(folders, lab) if each.testbed == name)
    return max(its_own, key=lambda each: each.last, default=None)


def _going(lab: str | None, name: str | None) -> _Found | None:
    """Return the attempt that a learner is at, or was until just now, if it is at that lab.

    Raises a `TestbedError` where the testbed that was named cannot be looked at.
    """
    from testbed.lab import attempt, timeline

    unnamed = suppress(TestbedError) if name is None else nullcontext()
    with unnamed, open_played(name) as (host, folders, testbed):
        found = attempt.find(folders, testbed.plan.name)
        if found is None or found.phase is attempt.Phase.STARTING or lab not in (None, found.lab):
            return None
        events = timeline.events(folders, testbed.plan.name)
        return _Found(found.lab, events, option_of(host, testbed))
    return None


def _ended(folders: "Folders", lab: str | None, name: str | None) -> _Found:
    """Return the attempt that ended last, on that testbed where one is named.

    One that does not say where it was may be any testbed's. Raises `LabError` where there is none.
    """
    fitting = [e for e in _kept(folders, lab) if name is None or e.testbed in (None, name)]
    if not fitting:
        at = f" at lab '{lab}'" if lab else ""
        on = f" on testbed '{name}'" if name else ""
        raise LabError(
            f"there is no attempt{at}{on} to look back on",
            next_step="choose a lab with: testbed lab list",
        )
    return max(fitting, key=lambda each: each.last)


def _kept(folders: "Folders", lab: str | None) -> "list[_Found]":
    from testbed.lab import timeline

    files = folders.labs().glob(f"{lab or '*'}/*.jsonl")
    return [_Found(file.parent.name, timeline.read(file)) for file in files]


def _must_be_over(story: "Story", option: str) -> None:
    if not story.may_be_told:
        raise LabError(
            f"lab '{story.lab.id}' is not solved yet, and the debrief tells the answer",
            why="the last check did not see all of it hold",
            next_step=f"go on with: testbed lab check{option}, "
            f"or end it with: testbed lab finish --give-up{option}",
        )


def _leave_post_mortem(folders: "Folders", text: str, story: "Story", voice: Voice) -> None:
    """Write the post-mortem and print its path; one that somebody has edited stays."""
    from testbed.apply.folders import make_private, write_private

    own = folders.labs() / story.lab.id / f"{story.started:.0f}"
    file = own / f"post-mortem.{voice.locale}.md"
    ours = own / f".{file.name}.as-written"  # tells whether it was edited since
    edited = _text(file) not in (None, _text(ours))
    if not edited:
        for folder in (folders.state, folders.labs(), own.parent, own):
            make_private(folder)
        write_private(ours, text)
        write_private(file, text)
    key = "ui.debrief.kept" if edited else "ui.debrief.written"
    show([Line(), Line(voice(key, path=str(file)))])


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
