"""`testbed lab list|show`: which labs there are, and what one is about."""

import json as json_text
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from testbed.cli.lab.options import LabName, Lang, tell_language, voice_of
from testbed.cli.lab.voice import Line, Voice, columns, show
from testbed.cli.options import Json

if TYPE_CHECKING:
    from testbed.lab.format import Lab
    from testbed.lab.progress import Progress
    from testbed.lab.proof import Proof
    from testbed.lab.text_models import Texts

_KINDS = {
    "repair": "ui.kind.repair",
    "harden": "ui.kind.harden",
    "build": "ui.kind.build",
    "drill": "ui.kind.drill",
}
_BEST = {
    "mitigated": "ui.tier.mitigated",
    "resolved": "ui.tier.resolved",
    "prevented": "ui.tier.prevented",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A lab as the catalogue shows it; one that cannot be read has its trouble only."""

    id: str
    folder: Path
    lab: "Lab | None" = None
    texts: "Texts | None" = None
    proof: "Proof | None" = None
    done: "Progress | None" = None


def list_(lang: Lang = None, json: Json = False) -> None:
    """List the labs, and how far you have come."""
    from testbed.lab.folder import shipped

    voice = voice_of(lang)
    entries = [entry(each, voice) for each in shipped()]
    if json:
        typer.echo(json_text.dumps([facts(each) for each in entries], indent=1, ensure_ascii=False))
        return
    if not entries:
        show([Line(voice("ui.list.none"))])
        return
    good = sorted((e for e in entries if e.lab), key=lambda e: (e.lab.level if e.lab else 0, e.id))
    show(_rows([_cells(each, voice) for each in good], voice))
    for bad in (each for each in entries if each.lab is None):
        show([Line(voice("ui.list.wrong", lab=bad.id), "yellow")], err=True)
    show([Line(), Line(voice("ui.list.next"), "dim")])


_HEADINGS = (
    "ui.list.lab",
    "ui.list.title",
    "ui.list.minutes",
    "ui.list.level",
    "ui.list.needs",
    "ui.list.proven",
    "ui.list.progress",
)


def _rows(cells: list[tuple[str, ...]], voice: Voice) -> Iterator[Line]:
    """Yield a table, or two lines for each lab where the terminal is too narrow for one."""
    from rich.cells import cell_len

    rows = columns((tuple(voice(each) for each in _HEADINGS), *cells))
    narrow = sys.stdout.isatty() and max(map(cell_len, rows)) > shutil.get_terminal_size().columns
    if not narrow:
        yield Line(rows[0], "dim")
        yield from (Line(row) for row in rows[1:])
        return
    for id, title, minutes, *rest in cells:
        yield Line(title, "", 0, f"{id}  ")
        facts = (voice("ui.minutes", minutes=minutes), *rest)
        yield Line(" · ".join(each for each in facts if each != "-"), "dim", 2)


def entry(id: str, voice: Voice) -> Entry:
    """Return what is known of a lab."""
    from testbed.apply.folders import Folders
    from testbed.errors import LabError
    from testbed.lab import folder, progress, reading, texts

    place = folder.find(id)
    try:
        lab = reading.read(place)
        told = texts.read_texts(place, voice.locale)
    except LabError:
        return Entry(id, place)
    done = progress.of(Folders.of_user()).get(lab.id)
    return Entry(id, place, lab, told, progress.proof(place), done)


def _cells(found: Entry, voice: Voice) -> tuple[str, ...]:
    lab, texts = found.lab, found.texts
    assert lab is not None and texts is not None  # noqa: S101 - the caller chose such
    return (
        lab.id,
        texts.title,
        str(lab.minutes),
        "●" * lab.level + "○" * (5 - lab.level),
        f"{lab.topology} / {lab.stage}",
        _proven(found, voice),
        _progress(found.done, voice),
    )


def _proven(found: Entry, voice: Voice) -> str:
    proof = found.proof
    if proof is None or not proof.holds:
        return voice("ui.proof.none")
    if not proof.is_of(found.folder):
        return voice("ui.proof.outdated")
    return time.strftime("%Y-%m-%d", time.localtime(proof.at))


def _progress(done: "Progress | None", voice: Voice) -> str:
    if done is None:
        return voice("ui.progress.none")
    if done.best is None:
        return voice("ui.progress.tried")
    return voice(_BEST[done.best.value])


def facts(found: Entry) -> dict[str, object]:
    """Return what a script may want to know of a lab."""
    if found.lab is None or found.texts is None:
        return {"id": found.id, "readable": False}
    lab, done, proof = found.lab, found.done, found.proof
    return {
        "id": lab.id,
        "readable": True,
        "title": found.texts.title,
        "summary": found.texts.summary,
        "kind": lab.kind,
        "incident": lab.incident,
        "level": lab.level,
        "minutes": lab.minutes,
        "topology": lab.topology,
        "stage": lab.stage,
        "concepts": lab.concepts,
        "after": lab.after,
        "proven": proof.at if proof and proof.holds and proof.is_of(found.folder) else None,
        "attempts": done.attempts if done else 0,
        "best": done.best if done else None,
        "fastest": done.fastest if done else None,
    }


def show_(lab: LabName, lang: Lang = None, json: Json = False) -> None:
    """Show what a lab is about, and what it needs."""
    voice = voice_of(lang)
    found = entry(lab, voice)
    if json:
        typer.echo(json_text.dumps(facts(found), indent=1, ensure_ascii=False))
        return
    if found.lab is None or found.texts is None:
        from testbed.cli.lab.options import open_lab

        open_lab(lab)  # raises what is wrong with it
        return
    tell_language(voice, found.texts.locale)
    show(_about(found, found.lab, found.texts, voice))


def _about(found: Entry, lab: "Lab", texts: "Texts", voice: Voice) -> Iterator[Line]:
    from testbed.lab.folder import name_to_type

    yield Line(f"{lab.id} · {texts.title}", "bold")
    yield Line(" ".join(texts.summary.split()))
    yield Line()
    told = {
        "ui.show.kind": voice(_KINDS[lab.kind.value]),
        "ui.show.level": f"{'●' * lab.level}{'○' * (5 - lab.level)}",
        "ui.show.minutes": voice("ui.minutes", minutes=lab.minutes),
        "ui.show.concepts": ", ".join(lab.concepts),
        "ui.show.needs": f"testbed up {lab.topology} --to {lab.stage}",
        "ui.show.after": ", ".join(lab.after) or "-",
        "ui.show.proven": _proven(found, voice),
        "ui.show.progress": _progress(found.done, voice),
    }
    labels = columns((voice(key), "|") for key in told)
    for label, value in zip(labels, told.values(), strict=True):
        yield Line(value, "", 2, label.removesuffix("|"))
    yield Line()
    yield Line(voice("ui.show.next", lab=name_to_type(found.folder)))
