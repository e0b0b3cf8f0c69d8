"""Local programs, run for real."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.errors import HostError
from testbed.run import FellSilent, attach, beside, must, run, run_logged, search_path

PYTHON = sys.executable


def test_a_program_that_fails_is_a_result_and_not_an_error():
    done = run([PYTHON, "-c", "import sys; print('out'); sys.exit('bad')"])
    assert (done.exit_status, done.ok, done.stdout, done.stderr) == (1, False, "out\n", "bad\n")
    assert done.last_line == "bad"


def test_must_turns_a_failure_into_an_error_with_the_last_line():
    with pytest.raises(HostError) as caught:
        must(["sh", "-c", "echo one >&2; echo two >&2; exit 3"])
    assert list(caught.value.lines()) == [
        "error: `sh -c 'echo one >&2; echo two >&2; exit 3'` exited with status 3",
        "  why: two",
        " next: run: testbed doctor",
    ]


def test_a_program_that_prints_nothing_has_a_last_line_all_the_same():
    assert run(["true"]).last_line == "it printed nothing"
    assert run(["echo", "only out"]).last_line == "only out"


def test_arguments_are_never_read_by_a_shell():
    assert must(["echo", "$(id); rm *"]) == "$(id); rm *\n"


def test_a_program_that_is_missing_is_named():
    with pytest.raises(HostError, match="the program 'no-such-program' is not installed"):
        run(["no-such-program"])


def test_a_program_that_does_not_end_is_stopped():
    with pytest.raises(HostError) as caught:
        run(["tail", "-f", "/dev/null"], timeout=0.05)
    assert list(caught.value.lines()) == [
        "error: `tail -f /dev/null` did not end within 0.05 s",
        "  why: it was stopped",
        " next: run: testbed doctor",
    ]


def test_the_environment_is_added_to_and_not_replaced(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KEPT", "kept")
    assert must(["sh", "-c", 'echo "$KEPT $MORE"'], env={"MORE": "more"}) == "kept more\n"


def test_programs_of_the_system_are_found_where_a_users_path_lacks_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert must(["sh", "-c", 'echo "$PATH"']) == "/usr/bin:/bin:/usr/sbin:/sbin\n"
    assert shutil.which("chroot", path=search_path()) == "/usr/sbin/chroot"
    assert run(["chroot", "--version"]).ok
    assert run_logged(["chroot", "--version"], tmp_path / "log", silence=10).ok


def test_text_goes_in_and_a_folder_is_chosen(tmp_path: Path):
    assert must(["cat"], stdin="hello") == "hello"
    assert must(["pwd"], cwd=tmp_path).strip() == str(tmp_path.resolve())


def test_bytes_that_are_no_text_do_not_stop_us():
    assert run(["printf", r"\377ok"]).stdout == "\N{REPLACEMENT CHARACTER}ok"


def test_a_logged_program_writes_as_it_goes_and_the_result_is_its_own_part(tmp_path: Path):
    log = tmp_path / "build.log"
    log.write_text("earlier\n")
    done = run_logged(["sh", "-c", "echo out; echo err >&2; exit 2"], log, silence=10)
    assert (done.exit_status, done.stdout) == (2, "out\nerr\n")
    assert log.read_text() == ("earlier\n$ sh -c 'echo out; echo err >&2; exit 2'\nout\nerr\n")


def test_what_a_logged_program_makes_all_can_read(tmp_path: Path):
    umask = os.umask(0o077)
    try:
        run_logged(["touch", str(tmp_path / "made")], tmp_path / "log", silence=5)
    finally:
        os.umask(umask)
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o644


def test_a_logged_program_that_is_missing_is_named(tmp_path: Path):
    with pytest.raises(HostError, match="'no-such-program' is not installed"):
        run_logged(["no-such-program"], tmp_path / "log", silence=1)


def test_a_logged_program_may_take_its_time_as_long_as_it_says_something(tmp_path: Path):
    talks = "for each in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 0.1; echo $each; done"
    assert run_logged(["sh", "-c", talks], tmp_path / "log", silence=1.0).ok


def test_a_logged_program_that_falls_silent_is_stopped(tmp_path: Path):
    log = tmp_path / "log"
    with pytest.raises(FellSilent) as caught:
        run_logged(["sh", "-c", f"echo $$ >{tmp_path}/id; exec sleep 100"], log, silence=0.3)
    assert caught.value.what.endswith("sleep 100'` printed nothing for 0.005 minutes")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "id").read_text()), 0)


def test_an_attached_program_has_our_outputs_and_only_the_environment_it_is_given(
    capfd: pytest.CaptureFixture[str],
):
    status = attach([PYTHON, "-c", "import os; print(*os.environ); raise SystemExit(3)"], env={})
    assert status == 3
    assert "HOME" not in capfd.readouterr().out.split()


def test_an_attached_program_that_a_signal_ended_is_told_as_shells_do():
    program = "import os; os.kill(os.getpid(), 15)"
    assert attach([PYTHON, "-c", program], env={}) == 143


@pytest.mark.parametrize("told", ["SIGHUP", "SIGTERM"])
def test_what_stops_us_stops_an_attached_program(tmp_path: Path, told: str):
    ours = (
        "import os, signal; from testbed.run import attach\n"
        f"signal.signal(signal.{told}, signal.default_int_handler)\n"
        f"child = 'import os, signal, time; os.kill(os.getppid(), signal.{told}); time.sleep(60)'\n"
        f"raise SystemExit(attach([{PYTHON!r}, '-c', child], env={{}}))\n"
    )
    assert subprocess.run([PYTHON, "-c", ours], timeout=30, check=False).returncode == 143


def test_a_program_beside_us_ends_with_the_block():
    with beside(["sleep", "100"]) as running:
        assert running.ended() is None
    assert running.process.returncode == -15


def test_what_a_program_beside_us_complained_of_is_told_once_it_has_ended():
    with beside(["sh", "-c", "echo one >&2; echo two >&2; exit 3"]) as running:
        running.process.wait()
        assert running.ended() == "two"
    with beside(["sh", "-c", "exit 3"]) as running:
        running.process.wait()
        assert running.ended() == "it exited with status 3"


def test_a_program_that_is_missing_is_named_wherever_it_is_to_run():
    for start in (
        lambda: attach(["no-such-program"], env={}),
        beside(["no-such-program"]).__enter__,
    ):
        with pytest.raises(HostError, match="the program 'no-such-program' is not installed"):
            start()
