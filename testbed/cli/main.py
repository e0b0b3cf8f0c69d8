"""The command line: parses, calls, prints. Each verb has its own file.

Verbs import what they need when they run, so that `testbed --help` answers at once.
"""

import io
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from testbed import __version__
from testbed.cli import (
    ceph,
    checkpoint,
    console,
    doctor,
    down,
    gc,
    graph,
    image,
    kolla,
    lab,
    link,
    logs,
    openstack,
    power,
    restart,
    schema,
    ssh,
    status,
    suspend,
    up,
    validate,
)
from testbed.cli import open as opening
from testbed.errors import HOST_IS_FULL, HOST_REFUSES, HostError, TestbedError
from testbed.run import STOPPING

# What follows the verb is another program's: its options pass through it as they are.
_OTHERS_OPTIONS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


class Commands(typer.core.TyperGroup):
    """The one place where an error becomes text and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a `TestbedError` is printed, anything else is kept for us."""
        try:
            return super().invoke(ctx)
        except TestbedError as error:
            for line in error.lines():
                typer.echo(line, err=True)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            typer.echo("stopped; run the same command again to go on", err=True)
            raise typer.Exit(130) from error
        except Exception as error:
            if isinstance(error, typer.Exit | typer.Abort) or _is_for_typer(error):
                raise
            if isinstance(error, OSError) and (next_step := _advice(error)):
                typer.echo(f"error: {error}", err=True)
                typer.echo(f" next: {next_step}", err=True)
                _log(error)
                raise typer.Exit(HostError.exit_code) from error
            _keep_traceback(error, show=bool(ctx.params.get("debug")))
            raise typer.Exit(70) from error


def _is_for_typer(error: Exception) -> bool:
    """Return whether it is a usage error, or the reader of our output, such as `head`, has left."""
    usage = hasattr(error, "exit_code") and hasattr(error, "show")
    return usage or isinstance(error, BrokenPipeError)


def _advice(error: OSError) -> str:
    """Return what to do where the host is to blame; nothing where we are."""
    if error.errno in HOST_IS_FULL:
        return "free disk space, then run the same command again"
    if error.errno in HOST_REFUSES and error.filename:
        return f"see whose it is with: ls -ld {shlex.quote(str(error.filename))}"
    return ""


def _keep_traceback(error: Exception, *, show: bool) -> None:
    typer.echo(f"bug: {type(error).__name__}: {error}", err=True)
    log = _log(error)
    if show or log is None:  # there is no place to keep it
        typer.echo(_traceback(error), err=True)
    else:
        typer.echo(f"the traceback is in {log}", err=True)


def _traceback(error: Exception) -> str:
    import traceback

    return "".join(traceback.format_exception(error))


def _log(error: Exception) -> Path | None:
    """Keep an error's traceback; return where, or None where that cannot be."""
    from testbed.apply.folders import Folders

    try:
        log = Folders.of_user().log()
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{' '.join(sys.argv)}\n{_traceback(error)}\n")
    except (OSError, TestbedError):
        return None
    return log


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A miniature of the Aolda cloud, made of virtual machines, to break and to mend.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"testbed {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
    debug: Annotated[bool, typer.Option(help="Show the traceback of an unexpected error.")] = False,
) -> None:
    """Options that come before the verb."""


app.command()(up.up)
app.command()(down.down)
app.command()(status.status)
app.command()(ssh.ssh)
app.command(name="exec")(ssh.execute)
app.command()(console.console)
app.command()(suspend.suspend)
app.command()(suspend.resume)
app.command()(restart.restart)
app.command(context_settings=_OTHERS_OPTIONS)(ceph.ceph)
app.command(context_settings=_OTHERS_OPTIONS)(openstack.openstack)
app.add_typer(opening.app, name="open")
app.add_typer(link.app, name="link")
app.add_typer(power.app, name="power")
app.add_typer(checkpoint.app, name="checkpoint")
app.command()(graph.graph)
app.add_typer(kolla.app, name="kolla")
app.add_typer(lab.app, name="lab")
app.add_typer(logs.app, name="logs")
app.command(name="ssh-config")(ssh.ssh_config)
app.add_typer(image.app, name="image")
app.command()(validate.validate)
app.command()(schema.schema)
app.command()(doctor.doctor)
app.command()(gc.gc)


def main() -> None:
    """Run the command line."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a locale without our letters is no bug of ours
    for told in STOPPING:
        if signal.getsignal(told) is signal.SIG_DFL:  # nohup ignores the first
            signal.signal(told, _stop)
    app(prog_name="testbed", color=None if _has_colours(os.environ) else False)


def _stop(*_: object) -> None:
    """Stop as Ctrl+C does, for `kill` and `timeout` and a terminal that was closed.

    Of that the shell and the kernel each tell, and the second time something is being put away.
    """
    for told in STOPPING:
        signal.signal(told, signal.SIG_IGN)
    raise KeyboardInterrupt


def _open_streams() -> None:
    """Put /dev/null where a stream was closed, as by `>&-`: what writes there is no bug."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - until we end
            setattr(sys, name, nothing)


def _has_colours(environ: Mapping[str, str]) -> bool:
    """Return whether colours are welcome; that the output is no terminal is seen elsewhere."""
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
