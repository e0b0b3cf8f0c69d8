"""What the verbs of `testbed lab` share: options, and the attempt that is going on."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from testbed.cli.advice import naming
from testbed.cli.lab.voice import Line, Voice, show
from testbed.cli.options import open_host, open_on
from testbed.errors import LabError, TestbedError

if TYPE_CHECKING:
    from testbed.apply.folders import Folders
    from testbed.apply.observe import Testbed
    from testbed.host import Host
    from testbed.lab.attempt import Attempt
    from testbed.lab.format import Lab, Locale
    from testbed.lab.text_models import Texts
    from testbed.lab.world import World


def complete_labs() -> list[tuple[str, str]]:
    """Return the ids of labs for completion, each with its title."""
    from testbed.lab.folder import shipped

    return [(each, _title(each)) for each in shipped()]


def _title(lab: str) -> str:
    from testbed.lab.folder import find
    from testbed.lab.texts import read_texts

    try:
        return read_texts(find(lab), voice_of(None).locale).title
    except TestbedError:
        return ""


LabName = Annotated[
    str,
    typer.Argument(
        metavar="LAB", help="Its id, as `testbed lab list` shows it.", autocompletion=complete_labs
    ),
]
Lang = Annotated[
    Literal["ko", "en"] | None,
    typer.Option("--lang", help="Language. [default: TESTBED_LANG, the system's, or ko]"),
]


class NothingPlayed(LabError):
    """There are several testbeds, and a lab is going on on none of them."""

    def __init__(self, existing: Iterable[str]) -> None:
        super().__init__(
            "no lab is going on",
            why=f"there is none on any testbed: {', '.join(existing)}",
            next_step="choose one with: testbed lab list",
        )


def voice_of(lang: str | None, attempt: "Attempt | None" = None, option: str = "") -> Voice:
    """Return the voice to speak with: as told now, or as it was when the attempt began.

    `option` is what names the testbed in a command, where that is needed.
    """
    from testbed.lab.texts import choose_locale

    asked = lang or os.environ.get("TESTBED_LANG")
    before = attempt.locale if attempt and not asked else None
    return Voice(choose_locale(lang or before, os.environ), option)


def option_of(host: "Host", testbed: "Testbed") -> str:
    """Return what names a testbed in a command; "" for the only one."""
    from testbed.apply import observe

    return naming(observe.names(host), testbed.plan.name)


@contextmanager
def open_played(name: str | None) -> "Iterator[tuple[Host, Folders, Testbed]]":
    """Open the host and find a testbed: as named, or the only one where a lab is going on.

    Where that is none, or several, it is the only testbed there is. Raises `NothingPlayed` where
    there are several, and a lab is going on on none.
    """
    from testbed.apply import observe
    from testbed.lab import attempt

    with open_host() as (host, folders):
        if name is None:
            existing = observe.names(host)
            played = [each for each in existing if attempt.find(folders, each)]
            if len(existing) > 1 and not played:
                raise NothingPlayed(existing)
            name = played[0] if len(played) == 1 else None
        with open_on(host, folders, name) as opened:
            yield opened


@contextmanager
def open_fitting(name: str | None, lab: "Lab") -> "Iterator[tuple[Host, Folders, Testbed]]":
    """Open the host and find a testbed: as named, or the only one of the lab's topology.

    Raises `LabError` where there are several, and none of that topology.
    """
    from testbed.apply import observe

    with open_host() as (host, folders):
        names = () if name else observe.names(host)
        if len(names) > 1:
            plans = [observe.get(host, folders, each).plan for each in names]
            fitting = [each.name for each in plans if each.topology_name == lab.topology]
            if not fitting:
                raise LabError(
                    f"lab '{lab.id}' is played on topology '{lab.topology}'",
                    why=f"no testbed was made from it; there are: {', '.join(names)}",
                    next_step=f"run: testbed up {lab.topology}",
                )
            name = fitting[0] if len(fitting) == 1 else None
        with open_on(host, folders, name) as opened:
            yield opened


@dataclass(frozen=True, slots=True)
class Playing:
    """An attempt that is going on, with its lab, its testbed and the learner's language."""

    host: "Host"
    folders: "Folders"
    testbed: "Testbed"
    attempt: "Attempt"
    folder: Path
    lab: "Lab"
    texts: "Texts"
    voice: Voice

    @property
    def name(self) -> str:
        """The testbed's name."""
        return self.testbed.plan.name

    @contextmanager
    def world(self) -> Iterator["World"]:
        """Open doors into the machines around the block."""
        from testbed.lab.world import open_world

        with open_world(self.host, self.folders, self.testbed) as world:
            yield world


@contextmanager
def playing(name: str | None, lang: str | None) -> Iterator[Playing]:
    """Find the attempt that is going on; raises `LabError` where there is none."""
    from testbed.lab import attempt as attempts
    from testbed.lab import folder, reading, texts

    with open_played(name) as (host, folders, testbed):
        attempt = attempts.get(folders, testbed.plan.name)
        _must_be_live(attempt)
        voice = voice_of(lang, attempt, option_of(host, testbed))
        place = folder.find_again(attempt.found_by)
        told = texts.read_texts(place, voice.locale)
        tell_language(voice, told.locale)
        lab = reading.read(place)
        yield Playing(host, folders, testbed, attempt, place, lab, told, voice)


def _must_be_live(attempt: "Attempt") -> None:
    from testbed.lab.attempt import Phase, must_not_be_over

    must_not_be_over(attempt)
    if attempt.phase is not Phase.LIVE:
        raise LabError(
            f"lab '{attempt.lab}' was not started to its end",
            why="its start was cut short, or is still under way",
            next_step=f"begin again: testbed lab start {attempt.found_by}",
        )


def tell_language(voice: Voice, got: "Locale") -> None:
    """Say so, where what follows is in another language than was asked for."""
    from testbed.lab.texts import notice

    if said := notice(voice.locale, got):
        show([Line(voice.say(said), "yellow")], err=True)


def open_lab(id_or_path: str) -> "tuple[Path, Lab]":
    """Return a lab with its folder; raises `LabError` where there is none, or a wrong one."""
    from testbed.lab import folder, reading

    place = folder.find(id_or_path)
    return place, reading.read(place)


def open_playable(id_or_path: str, voice: Voice) -> "tuple[Path, Lab]":
    """Return a lab that can be played to its end in that language, with its folder.

    Raises `LabError` where something of it would stop an attempt half-way.
    """
    from testbed.lab import lint, reading, texts

    place, lab = open_lab(id_or_path)
    if problems := lint.hindering(place):
        raise reading.refusal(place, problems)
    texts.read_texts(place, voice.locale)
    texts.page(place, "brief", voice.locale)
    return place, lab


def reopen_lab(found_by: str) -> "tuple[Path, Lab]":
    """Return the lab of an attempt with its folder; raises as `open_lab` does."""
    from testbed.lab import folder, reading

    place = folder.find_again(found_by)
    return place, reading.read(place)


def to_judge(attempt: "Attempt") -> "Lab":
    """Return the lab of an attempt that is to be judged.

    Raises `LabError` where its files are gone or wrong: the attempt stays as it is.
    """
    try:
        return reopen_lab(attempt.found_by)[1]
    except TestbedError as error:
        raise LabError(
            f"the files of lab '{attempt.lab}' cannot be read, so nothing was judged",
            why=error.in_one_line,
            next_step="mend them, or end it unjudged: testbed lab finish --give-up",
        ) from error


def texts_of(found_by: str, voice: Voice) -> "Texts":
    """Return the sentences of an attempt's lab in the learner's language."""
    from testbed.lab.folder import find_again
    from testbed.lab.texts import read_texts

    return read_texts(find_again(found_by), voice.locale)
