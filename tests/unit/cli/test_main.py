"""From what a command raises to text and an exit status."""

import errno
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from testbed import __version__
from testbed.apply.folders import Folders
from testbed.cli.main import Commands, app
from testbed.errors import GuestError, HostError, StateError, TestbedError, WaitTimeout

START = "from testbed.cli.main import main; main()"


def raising(error: BaseException, *arguments: str) -> Result:
    """Run a program whose one verb raises the error, below our own error handling."""
    program = typer.Typer(cls=Commands, pretty_exceptions_enable=False)

    @program.callback()
    def options(debug: bool = False) -> None:
        pass

    @program.command()
    def fail(number: int = 1) -> None:
        raise error

    below = typer.Typer()

    @below.command()
    def deep() -> None:
        raise error

    @below.command()
    def other() -> None:
        pass

    program.add_typer(below, name="below")
    return CliRunner().invoke(program, [*arguments] or ["fail"])


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TestbedError("x"), 1),
        (HostError("x"), 4),
        (GuestError("x"), 5),
        (WaitTimeout("x"), 6),
        (StateError("x"), 7),
    ],
)
def test_an_error_is_text_on_stderr_and_its_own_exit_status(error, status):
    result = raising(error)
    assert (result.exit_code, result.stdout, result.stderr) == (status, "", "error: x\n")


def test_an_error_of_a_verb_below_a_verb_is_told_the_same_way():
    result = raising(HostError("x", why="y", next_step="z"), "below", "deep")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == "error: x\n  why: y\n next: z\n"


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["fail", "--nonsense"], ["fail", "--number", "x"], ["below", "no"]]
)
def test_wrong_usage_is_2_and_no_bug(arguments, folders: Folders):
    result = raising(HostError("x"), *arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert not folders.log().exists()


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["up", "--nonsense"], ["ssh"], ["link", "down", "node1"], ["exec", "node1"]],
)
def test_wrong_usage_of_the_real_thing_is_2(arguments):
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: " in result.stderr


def test_an_unexpected_error_is_one_line_and_its_traceback_is_kept(folders: Folders):
    result = raising(KeyError("oops"))
    assert (result.exit_code, result.stdout) == (70, "")
    assert result.stderr == f"bug: KeyError: 'oops'\nthe traceback is in {folders.log()}\n"
    kept = folders.log().read_text()
    assert "Traceback (most recent call last):" in kept
    assert kept.rstrip().endswith("KeyError: 'oops'")


def test_tracebacks_are_kept_one_after_the_other_and_privately(folders: Folders):
    raising(KeyError("first"))
    raising(KeyError("second"))
    kept = folders.log().read_text()
    assert kept.index("KeyError: 'first'") < kept.index("KeyError: 'second'")
    assert stat.S_IMODE(folders.log().parent.stat().st_mode) == 0o700


def test_debug_shows_the_traceback_too(folders: Folders):
    result = raising(KeyError("oops"), "--debug", "fail")
    assert result.exit_code == 70
    assert "Traceback (most recent call last):" in result.stderr
    assert "Traceback" in folders.log().read_text()


def test_a_traceback_that_cannot_be_kept_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    result = raising(KeyError("oops"))
    assert result.exit_code == 70
    assert "Traceback (most recent call last):" in result.stderr


@pytest.mark.parametrize(
    ("number", "next_step"),
    [
        (errno.ENOSPC, "free disk space, then run the same command again"),
        (errno.EDQUOT, "free disk space, then run the same command again"),
        (errno.EACCES, "see whose it is with: ls -ld health.json"),
    ],
)
def test_a_full_disk_and_a_file_of_somebody_elses_are_no_bugs(
    folders: Folders, number: int, next_step: str
):
    error = OSError(number, os.strerror(number), "health.json")
    result = raising(error)
    assert result.exit_code == HostError.exit_code
    assert result.stderr == f"error: {error}\n next: {next_step}\n"
    assert "Traceback" in folders.log().read_text()


def test_any_other_refusal_of_the_kernel_is_a_bug(folders: Folders):
    assert raising(PermissionError(errno.EACCES, "no")).exit_code == 70


def test_an_interrupt_says_how_to_go_on(folders: Folders):
    result = raising(KeyboardInterrupt())
    assert result.exit_code == 130
    assert result.stderr == "stopped; run the same command again to go on\n"


def test_a_reader_who_left_is_no_bug(folders: Folders):
    """`testbed status | head -1`"""
    result = raising(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert (result.exit_code, result.stderr) == (1, "")
    assert not folders.log().exists()


def test_a_verbs_own_exit_status_stays():
    assert raising(typer.Exit(3)).exit_code == 3


def test_the_version_is_printed():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"testbed {__version__}\n")


def test_without_a_verb_the_help_is_shown():
    result = CliRunner().invoke(app, [])
    assert "Usage: " in result.stdout + result.stderr


@pytest.mark.parametrize("verb", ["up", "down", "status", "checkpoint", "link", "power", "image"])
def test_each_verb_has_help(verb):
    assert CliRunner().invoke(app, [verb, "--help"]).exit_code == 0


def test_letters_that_a_locale_lacks_are_no_bug_of_ours():
    done = subprocess.run(
        [sys.executable, "-c", START, "graph", "aolda"],
        env={**os.environ, "PYTHONIOENCODING": "iso-8859-1"},
        capture_output=True,
        encoding="iso-8859-1",
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "node1" in done.stdout
    assert "?" in done.stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_stream_that_is_closed_is_no_bug(closed: str):
    argv = [sys.executable, "-c", START, "graph", "aolda"]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *argv], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, b"\x1b[31mx\x1b[0m\r\n"),
        ({"NO_COLOR": ""}, b"\x1b[31mx\x1b[0m\r\n"),
        ({"NO_COLOR": "1"}, b"x\r\n"),
        ({"TERM": "dumb"}, b"x\r\n"),
    ],
)
def test_colours_are_left_out_where_they_are_not_welcome(environ: dict[str, str], told: bytes):
    verb = (
        "import typer; from testbed.cli import main\n"
        "@main.app.command()\n"
        "def paint():\n"
        "    typer.secho('x', fg='red')\n"
        "main.main()\n"
    )
    ours, theirs = pty.openpty()
    usual = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    env = {**usual, "TERM": "xterm", **environ}
    try:
        subprocess.run([sys.executable, "-c", verb, "paint"], stdout=theirs, env=env, check=True)
        assert os.read(ours, 100) == told
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(
    ("told", "again"),
    [("SIGHUP", "SIGHUP"), ("SIGTERM", "SIGTERM"), ("SIGTERM", "SIGHUP"), ("SIGHUP", "SIGTERM")],
)
@pytest.mark.parametrize(("ignored", "status"), [(False, 130), (True, 0)])
def test_a_closed_terminal_and_kill_stop_it_as_ctrl_c_does(
    told: str, again: str, ignored: bool, status: int
):
    """Python's own way out would be the signal's: nothing is put away."""
    verb = (
        "import os, signal; from testbed.cli import main\n"
        f"for each in (signal.{told}, signal.{again}):\n"
        f"    signal.signal(each, signal.SIG_{'IGN' if ignored else 'DFL'})\n"
        "@main.app.command()\n"
        "def hang_up():\n"
        "    try:\n"
        f"        os.kill(os.getpid(), signal.{told})\n"
        "    finally:\n"
        f"        os.kill(os.getpid(), signal.{again})\n"
        "        print('put away')\n"
        "main.main()\n"
    )
    argv = [sys.executable, "-c", verb, "hang-up"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, "put away\n")
