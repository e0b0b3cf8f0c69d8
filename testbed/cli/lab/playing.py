"""`testbed lab start|check|reset|finish`: an attempt, from the first symptom to the end."""

import json as json_text
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from testbed.cli.lab.check_text import CheckText
from testbed.cli.lab.options import (
    LabName,
    Lang,
    Playing,
    open_fitting,
    open_playable,
    open_played,
    option_of,
    playing,
    tell_language,
    to_judge,
    voice_of,
)
from testbed.cli.lab.paper import page
from testbed.cli.lab.voice import Line, Voice, show
from testbed.cli.options import Json, Name

if TYPE_CHECKING:
    from testbed.lab.finish import Outcome
    from testbed.lab.format import Lab

_NEXT = {
    "ui.next.ssh": "testbed ssh node1",
    "ui.next.guide": "testbed lab guide",
    "ui.next.check": "testbed lab check",
    "ui.next.hint": "testbed lab hint",
    "ui.next.reset": "testbed lab reset --to broken",
}
_OF_GUIDED = {"ui.next.guide", "ui.next.hint"}


def start(
    lab: LabName,
    mode: Annotated[
        Literal["guided", "solo"],
        typer.Option("--mode", help="With guide and hints, or with the brief alone."),
    ] = "guided",
    name: Name = None,
    lang: Lang = None,
) -> None:
    """Break a testbed as a lab says, and tell what users see.

    It begins from a sound testbed and returns once every symptom was seen. One that was
    interrupted is begun anew.
    """
    from testbed.cli.lab.steps import shown
    from testbed.lab import start as starting
    from testbed.lab.folder import elsewhere
    from testbed.lab.format import Mode
    from testbed.lab.proof import read_scripts
    from testbed.lab.world import open_world

    voice = voice_of(lang)
    folder, wanted = open_playable(lab, voice)
    with (
        open_fitting(name, wanted) as (host, folders, testbed),
        open_world(host, folders, testbed) as world,
        shown(voice) as report,
    ):
        starting.start(
            world,
            wanted,
            mode=Mode(mode),
            locale=voice.locale,
            report=report,
            scripts=read_scripts(folder),
            folder=elsewhere(folder),
        )
        voice = replace(voice, option=option_of(host, testbed))
    _hand_over(folder, voice, folders.records(testbed.plan.name), solo=mode == "solo")


def _hand_over(folder: Path, voice: Voice, records: Path, *, solo: bool) -> None:
    """Tell what users see, and what can be typed now."""
    brief(folder, voice)
    show([Line(), Line(voice("ui.start.solo" if solo else "ui.start.next"), "bold")])
    keys = [key for key in _NEXT if not (solo and key in _OF_GUIDED)]
    typed = {key: voice.named(_NEXT[key]) for key in keys}
    width = max(len(typed[key]) for key in keys)
    show(Line(voice(key), "", 2, f"{typed[key]:<{width}}  ") for key in keys)
    show([Line(), Line(voice("ui.start.recorded", path=str(records / "lab")), "dim")])


def brief(folder: Path, voice: Voice) -> None:
    """Print what the learner gets at the first moment."""
    from testbed.lab.texts import page as page_of

    found = page_of(folder, "brief", voice.locale)
    tell_language(voice, found.locale)
    page(voice.named(found.text))


def check(
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again and again, until all of it holds.")
    ] = False,
    every: Annotated[
        float, typer.Option(help="Seconds between two looks of --watch.", min=1, max=60 * 60)
    ] = 5.0,
    name: Name = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """See what holds now, and where to look for the rest.

    It changes nothing. Exits with 0 if every objective holds and nothing was lost, else with 1.
    """
    if watch and json:
        raise typer.BadParameter("give --watch or --json, not both")
    with playing(name, lang) as game:
        if watch:
            from testbed.cli.lab.watching import watch as keep_watching

            solved = keep_watching(game, every)
        else:
            seen = look(game)
            solved = seen.seen.solved
            if json:
                typer.echo(json_text.dumps(seen.facts(), indent=1, ensure_ascii=False))
            else:
                show(seen.lines())
    raise typer.Exit(0 if solved else 1)


def look(game: Playing) -> CheckText:
    """Return what holds now, recorded in the timeline."""
    from testbed.lab import attempt, checking

    with game.world() as world:
        going = attempt.get(game.folders, game.name)  # as it is now: a hint may have been opened
        seen = checking.check(world, game.lab, going)
    return CheckText(game.lab, game.texts, seen, game.voice)


def reset(
    to: Annotated[
        Literal["broken", "healthy"],
        typer.Option("--to", help="The learner's first moment; or sound again, ending the lab."),
    ] = "broken",
    name: Name = None,
    lang: Lang = None,
) -> None:
    """Put all machines back, to the broken or the healthy state.

    What was done to them since is lost; the timeline stays.
    """
    from testbed.cli.lab.steps import shown
    from testbed.lab import attempt as attempts
    from testbed.lab import reset as resetting
    from testbed.lab.world import open_world

    begun = time.monotonic()
    with open_played(name) as (host, folders, testbed):
        going = attempts.get(folders, testbed.plan.name)
        voice = voice_of(lang, going, option_of(host, testbed))
        with open_world(host, folders, testbed) as world, shown(voice) as report:
            resetting.reset(world, going, to, report)
    key = "ui.reset.broken" if to == "broken" else "ui.reset.healthy"
    show([Line(voice(key, seconds=f"{time.monotonic() - begun:.1f}", lab=going.found_by))])


def finish(
    give_up: Annotated[
        bool, typer.Option("--give-up", help="End it as it is; the debrief tells the rest.")
    ] = False,
    name: Name = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """See whether the repair lasts, and end the lab.

    Machines and cables are disturbed as the lab says. Where all of it holds, the testbed is put
    back and this exits with 0; else the lab goes on and this exits with 1.
    """
    from testbed.cli.lab.steps import shown
    from testbed.lab import attempt as attempts
    from testbed.lab import finish as finishing
    from testbed.lab.world import open_world

    with open_played(name) as (host, folders, testbed):
        going = attempts.get(folders, testbed.plan.name)
        voice = voice_of(lang, going, option_of(host, testbed))
        judged = not give_up and going.phase is attempts.Phase.LIVE
        wanted = to_judge(going) if judged else None
        with open_world(host, folders, testbed) as world, shown(voice) as report:
            outcome = finishing.finish(world, wanted, going, give_up=give_up, report=report)
    if json:
        typer.echo(json_text.dumps(_facts(outcome), indent=1))
    else:
        show(_ending(outcome, going.found_by, wanted, voice))
    raise typer.Exit(0 if outcome.ended else 1)


def _facts(outcome: "Outcome") -> dict[str, object]:
    return {
        "result": outcome.result,
        "ended": outcome.ended,
        "tier": outcome.tier,
        "seconds": round(outcome.seconds, 1),
        "outage": outcome.outage,
        "lost_writes": outcome.lost_writes,
        "disturbed": [
            {"what": what, "probe": probe, "status": seen.status}
            for what, probe, seen in outcome.perturbed
        ],
    }


_ENDINGS = {
    "prevented": "ui.finish.prevented",
    "resolved": "ui.finish.resolved",
    "mitigated": "ui.finish.mitigated",
    "not-yet": "ui.finish.not-yet",
    "given-up": "ui.finish.given-up",
}


def _ending(outcome: "Outcome", found_by: str, lab: "Lab | None", voice: Voice) -> Iterator[Line]:
    """Yield how the attempt ended, or what is missing for that."""
    if not outcome.ended and outcome.check is not None and lab is not None:
        from testbed.cli.lab.options import texts_of

        told = CheckText(lab, texts_of(found_by, voice), outcome.check, voice)
        yield from told.table()
        if not outcome.perturbed:
            yield from told.details()
        if not outcome.check.solved:
            yield from (Line(), *told.verdict())
        yield Line()
    for what, _, seen in outcome.perturbed:
        shaken = voice("ui.finish.shaken", what=what) if what else voice("ui.finish.after")
        yield Line(f"{shaken} {voice.say(seen.seen)}", "red", 0, "❌ ")
    if not outcome.ended:
        yield from (Line(), Line(voice("ui.finish.goes-on"), "bold"))
        return
    known_time = outcome.seconds > 0 or outcome.result == "given-up"
    key = _ENDINGS[outcome.result] if known_time else "ui.finish.put-back"
    yield Line(voice(key, took=voice.duration(outcome.seconds)), "bold green")
    yield Line(voice("ui.finish.debrief"))
