"""`testbed lab guide|hint|note|status`: what helps on the way."""

import json as json_text
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.lab.options import (
    Lang,
    NothingPlayed,
    Playing,
    open_played,
    option_of,
    playing,
    tell_language,
    voice_of,
)
from testbed.cli.lab.paper import page
from testbed.cli.lab.voice import Line, Voice, show
from testbed.cli.options import Json, Name
from testbed.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

    from testbed.lab.attempt import Attempt

_RUNGS = {
    "look": "ui.hint.look",
    "meaning": "ui.hint.meaning",
    "do": "ui.hint.do",
    "worked": "ui.hint.worked",
}


def guide(
    next_: Annotated[bool, typer.Option("--next", help="Go on to the next step.")] = False,
    back: Annotated[bool, typer.Option("--back", help="Go back to the step before.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Show all steps at once.")] = False,
    name: Name = None,
    lang: Lang = None,
) -> None:
    """Show the step of the guide at which you are.

    In solo mode there is no guide: it shows the brief again.
    """
    if next_ + back + all_ > 1:
        raise typer.BadParameter("give one of --next, --back and --all")
    with playing(name, lang) as game:
        if game.attempt.mode == "solo":
            _solo(game)
        elif all_:
            page(game.voice.named(_guide(game)))
        else:
            _step(game, next_ - back)


def _solo(game: Playing) -> None:
    from testbed.cli.lab.playing import brief

    show([Line(game.voice("ui.solo.guide")), Line()])
    brief(game.folder, game.voice)


def _guide(game: Playing) -> str:
    from testbed.lab.texts import page as page_of

    found = page_of(game.folder, "guide", game.voice.locale)
    if game.texts.locale == game.voice.locale:  # else it was told already
        tell_language(game.voice, found.locale)
    return found.text


def _step(game: Playing, by: int) -> None:
    """Show a step, and remember that it was reached."""
    from testbed.lab import attempt
    from testbed.lab.texts import intro, steps

    text = _guide(game)
    found = steps(text)
    here = min(max(0, game.attempt.guide_step + by), max(0, len(found) - 1))
    if here != game.attempt.guide_step:
        attempt.change(game.folders, game.name, game.attempt, guide_step=here)
    beginning = f"{intro(text)}\n\n" if here == 0 else ""
    shown = f"## {found[here].title}\n\n{found[here].text}" if found else ""
    page(game.voice.named(beginning + shown))
    last = here >= len(found) - 1
    show([Line(), Line(game.voice("ui.guide.last" if last else "ui.guide.next"), "dim")])


def hint(name: Name = None, lang: Lang = None) -> None:
    """Open the next hint towards what does not hold yet.

    First where to look, then what it means, then what to do. Between two of them there is time
    to try: a minute, or a check.
    """
    from testbed.lab import hints

    with playing(name, lang) as game:
        if game.attempt.mode == "solo":
            show([Line(game.voice("ui.solo.hint"))])
            return
        now = time.time()
        found = hints.next_hint(game.lab, game.attempt, None, now)
        if isinstance(found, str):
            hints.open_hint(game.folders, game.name, game.attempt, found, now)
            _show_hint(game, found)
        else:
            _no_hint(game, found)


def _show_hint(game: Playing, id: str) -> None:
    """Show a hint; one that its authors have taken away meanwhile is left out."""
    hint = next((each for each in game.lab.hints if each.id == id), None)
    if hint is None:
        return
    voice, goal = game.voice, game.texts.objectives.get(hint.objective)
    title = goal.title if goal else hint.objective
    show([Line(title, "dim"), Line(voice(_RUNGS[hint.rung.value]), "bold"), Line()])
    if hint.rung == "do":
        show([Line(voice("ui.hint.expect"), "italic"), Line()])
    page(voice.named(game.texts.hints.get(id, id)))
    show(
        [Line(), Line(voice("ui.hint.unaided" if hint.rung == "worked" else "ui.hint.try"), "dim")]
    )


def _no_hint(game: Playing, wait: float | None) -> None:
    """Say why none is opened; the last one is shown again, for who has scrolled past it."""
    if game.attempt.hints:
        _show_hint(game, game.attempt.hints[-1].hint)
    everything = {each.id for each in game.lab.objectives} <= set(game.attempt.reached)
    if wait is not None:
        show([Line(game.voice("ui.hint.wait", wait=game.voice.duration(wait)))])
    else:
        show([Line(game.voice("ui.hint.done" if everything else "ui.hint.none"))])


def note(
    words: Annotated[
        list[str], typer.Argument(metavar="TEXT…", help="A thought, in your own words.")
    ],
    name: Name = None,
    lang: Lang = None,
) -> None:
    """Write a thought into the timeline, for the debrief.

    A suspicion, what you expect to see, when you declared the incident.
    """
    from testbed.lab import timeline

    with playing(name, lang) as game:
        timeline.record(game.folders, game.name, "note", text=" ".join(words))
        show([Line(game.voice("ui.note.kept"))])


def status(name: Name = None, lang: Lang = None, json: Json = False) -> None:
    """Show which lab is going on, and how far it is."""
    from testbed.lab import attempt

    going, option = None, ""
    with suppress(NothingPlayed), open_played(name) as (host, folders, testbed):
        going = attempt.find(folders, testbed.plan.name)
        option = option_of(host, testbed)
    if json:
        typer.echo(json_text.dumps(_facts(going), indent=1))
    elif going is None:
        show([Line(voice_of(lang)("ui.status.none"))])
    else:
        show(_status(going, voice_of(lang, going, option), time.time()))


def _facts(going: "Attempt | None") -> dict[str, object] | None:
    if going is None:
        return None
    return {
        "lab": going.lab,
        "mode": going.mode,
        "phase": going.phase,
        "started": going.started,
        "symptom": going.symptom or None,
        "guide_step": going.guide_step,
        "checked": going.checked or None,
        "reached": going.reached,
        "violated": going.violated,
        "best": going.best,
    }


def _status(going: "Attempt", voice: Voice, now: float) -> Iterator[Line]:
    from testbed.cli.lab.options import reopen_lab, texts_of

    yield Line(_headline(going, voice), "bold")
    if going.phase != "live":
        key = "ui.status.cut-short" if going.phase == "starting" else "ui.status.ended"
        yield Line(voice(key, lab=going.found_by), "yellow")
        return
    mode = "ui.status.solo" if going.mode == "solo" else "ui.status.guided"
    yield Line(voice(mode), "", 2)
    yield Line(voice("ui.status.since", since=voice.duration(now - going.symptom)), "", 2)
    try:
        folder, lab = reopen_lab(going.found_by)
        texts = texts_of(going.found_by, voice)
    except LabError:
        yield Line(voice("ui.status.files-gone"), "yellow", 2)
        return
    if going.mode == "guided" and (step := _step_title(folder, going, voice)):
        yield Line(voice("ui.status.step", step=step), "", 2)
    if not going.checked:
        yield Line(voice("ui.status.unchecked"), "", 2)
        return
    ago = voice.duration(now - going.checked)
    yield Line(
        voice("ui.status.checked", ago=ago, n=len(going.reached), all=len(lab.objectives)), "", 2
    )
    for guard in going.violated:
        title = texts.safeguards.get(guard, guard)
        yield Line(voice("ui.status.violated", title=title), "red", 2)


def _headline(going: "Attempt", voice: Voice) -> str:
    from testbed.cli.lab.options import texts_of

    try:
        return f"{going.lab} · {texts_of(going.found_by, voice).title}"
    except LabError:
        return going.lab


def _step_title(folder: "Path", going: "Attempt", voice: Voice) -> str:
    from testbed.lab.texts import page as page_of
    from testbed.lab.texts import steps

    found = steps(page_of(folder, "guide", voice.locale).text)
    return found[min(going.guide_step, len(found) - 1)].title if found else ""
