"""`testbed lab check --watch`: one look after another, until all of it holds."""

import sys
import time

import typer

from testbed.cli.lab.check_text import CheckText
from testbed.cli.lab.options import Playing
from testbed.cli.lab.voice import Line, plain, show

_CLEAR = "\x1b[H\x1b[2J\x1b[3J"


def watch(game: Playing, every: float) -> bool:
    """Look until all of it holds, or until Ctrl+C; return whether it does."""
    from testbed.cli.lab.playing import look

    shown: tuple[str, ...] = ()
    try:
        while True:
            seen = look(game)
            text = tuple(plain(line) for line in seen.lines())
            if sys.stdout.isatty():
                typer.echo(_CLEAR, nl=False)
                _draw(game, seen)
            elif text != shown:
                show([*seen.lines(), Line("---")])
            if seen.seen.solved:
                return True
            shown = text
            time.sleep(max(1.0, every))
    except KeyboardInterrupt:
        show([Line(), Line(game.voice("ui.watch.stopped"))], err=True)
        return False


def _draw(game: Playing, seen: CheckText) -> None:
    """Draw the screen: what is watched, what holds, and how to leave."""
    voice, texts = game.voice, game.texts
    now = time.strftime("%H:%M:%S")
    show([Line(voice("ui.watch.title", title=texts.title, time=now), "bold"), Line()])
    if seen.seen.solved:
        show(seen.table())
        show([Line(), *seen.verdict(), Line()])
    else:
        show(seen.lines())
        show([Line(), Line(voice("ui.watch.leave"), "dim")])
