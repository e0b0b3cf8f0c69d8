import shlex

import pytest

from testbed.errors import GuestError
from testbed.guest import Command, Result, Script, must, write_file


class FakeGuest:
    """A guest that answers everything the same, and remembers what it was asked."""

    name = "node1"

    def __init__(self, result: Result) -> None:
        self.result = result
        self.asked: list[tuple[Command | Script, bytes]] = []

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        self.asked.append((command, stdin))
        return self.result


@pytest.mark.parametrize("argv", [("echo", "a b"), ("echo", "$HOME; rm -rf /"), ("echo", "it's")])
def test_arguments_reach_the_guest_as_they_are(argv: tuple[str, ...]) -> None:
    words = shlex.split(Command(argv).shell(61))
    assert tuple(words[words.index("echo") :]) == argv


def test_the_guest_itself_stops_what_takes_too_long_even_as_root() -> None:
    line = Command(("ceph", "status"), sudo=True).shell(61)
    assert line == "sudo -n -- timeout -k 5 61 ceph status"


def test_a_script_stops_at_the_first_line_that_fails() -> None:
    words = shlex.split(Script("false\ntrue", sudo=True).shell(5))
    assert words[-3:] == ["sh", "-euc", "false\ntrue"]


@pytest.mark.parametrize("secret", ["hunter2", "it's a secret", "$(reboot)"])
def test_secrets_are_never_shown(secret: str) -> None:
    for shown in (
        Command(("login", f"--password={secret}", secret), secrets=(secret,)),
        Script(f"login {shlex.quote(secret)}", secrets=(secret,)),
    ):
        assert secret not in str(shown) + repr(shown)
        assert shlex.quote(secret) not in str(shown) + repr(shown)
        assert "***" in str(shown)


def test_a_script_of_many_lines_is_shown_by_its_first() -> None:
    assert str(Script("\nset -x\nreboot\n")) == "set -x …"


def test_a_long_line_of_a_script_is_shown_by_its_beginning() -> None:
    hundred = "ovs-vsctl " + "x" * 90
    assert str(Script(hundred)) == hundred
    assert str(Script(f"{hundred}x")) == f"{hundred} …"


def test_must_returns_what_was_printed() -> None:
    assert must(FakeGuest(Result(0, "out\n", "", 0.1)), Command(("true",))) == "out\n"


def test_must_names_the_guest_the_command_and_the_reason() -> None:
    guest = FakeGuest(Result(2, "", "warning\nno such pool\n", 0.1))
    with pytest.raises(GuestError) as caught:
        must(guest, Command(("ceph", "osd", "pool", "get", "x y")))
    assert list(caught.value.lines()) == [
        "error: node1: `ceph osd pool get 'x y'` exited with status 2",
        "  why: no such pool",
        " next: look around with: testbed ssh node1",
    ]


def test_a_guest_that_repeats_a_secret_does_not_leak_it() -> None:
    guest = FakeGuest(Result(1, "", "bad password hunter2\n", 0.1))
    with pytest.raises(GuestError) as caught:
        must(guest, Command(("login", "hunter2"), secrets=("hunter2",)))
    assert "hunter2" not in "".join(caught.value.lines())


@pytest.mark.parametrize(
    ("stdout", "stderr", "expected"),
    [
        ("out\n", "warn\nerr\n", "err"),
        ("one\ntwo\n", "  \n", "two"),
        ("", "", "it printed nothing"),
    ],
)
def test_the_last_line_is_usually_the_reason(stdout: str, stderr: str, expected: str) -> None:
    assert Result(1, stdout, stderr, 0.0).last_line == expected


def test_a_file_is_put_in_place_whole_or_not_at_all() -> None:
    guest = FakeGuest(Result(0, "", "", 0.1))
    write_file(guest, "/etc/a b", b"data", mode=0o600, sudo=True)
    ((script, stdin),) = guest.asked
    assert isinstance(script, Script)
    assert script.sudo
    assert script.text.endswith("mv -f '/etc/a b.new' '/etc/a b'")
    assert "chmod 600" in script.text
    assert stdin == b"data"
