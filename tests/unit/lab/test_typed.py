"""What the recorder of commands makes of a terminal's bytes."""

import pytest

from testbed.lab.screen import Screen
from testbed.lab.typed import Typed, kept

PROMPT = b"aolda@node1:~$ "


def session(*moments: bytes | tuple[bytes]) -> list[str]:
    """Play what is shown (bytes) and what is pressed (a tuple) in order; return the commands."""
    typed = Typed(Screen(80))
    found: list[str] = []
    for moment in moments:
        if isinstance(moment, tuple):
            typed.keys(moment[0])
        else:
            found.extend(typed.shown(moment))
    return found


def test_what_stands_behind_the_prompt_when_enter_is_pressed_is_a_command():
    assert session(PROMPT, b"ip route", (b"\r",), b"\r\n10.0.0.0/8 via\r\n", PROMPT) == ["ip route"]


def test_the_echo_may_come_after_enter():
    assert session(PROMPT, b"ip ro", (b"ute\r",), b"ute\r\n", PROMPT) == ["ip route"]


def test_roots_prompt_and_one_with_colours_and_a_title_are_known():
    root = b"\x1b]0;root@node1: ~\x07\x1b[01;32mroot@node1\x1b[00m:\x1b[01;34m/etc\x1b[00m# "
    assert session(root, b"nft list ruleset", (b"\r",), b"\r\n") == ["nft list ruleset"]


def test_a_plain_shells_prompt_is_known_where_it_stands_alone():
    assert session(b"# ", b"id", (b"\r",), b"\r\n# not a command\r\n# ") == ["id"]


def test_a_password_is_not_shown_and_so_not_kept():
    shown = session(
        PROMPT,
        b"sudo -k id",
        (b"\r",),
        b"\r\n[sudo] password for aolda: ",
        (b"hunter2\r",),
        b"\r\nuid=0(root)\r\n",
        PROMPT,
    )
    assert shown == ["sudo -k id"]


def test_output_that_looks_like_a_prompt_is_no_command():
    printed = b"\r\naolda@node1:~$ rm -rf /\r\n"
    assert session(PROMPT, b"cat notes", (b"\r",), printed, PROMPT) == ["cat notes"]


def test_an_empty_line_is_no_command():
    assert session(PROMPT, (b"\r",), b"\r\n", PROMPT, b"id", (b"\r",), b"\r\n") == ["id"]


def test_a_line_given_up_with_ctrl_c_is_no_command():
    assert session(PROMPT, b"reboot", (b"\x03",), b"^C\r\n", PROMPT) == []


def test_what_was_corrected_is_kept_as_it_was_in_the_end():
    """Two letters deleted backwards, then one inserted further left."""
    corrected = (
        PROMPT,
        b"ip addrx",
        b"\b\x1b[K",
        b"\b\b\b\b\b\b\b",
        b"\x1b[1@I",
        (b"\r",),
        b"\r\n",
    )
    assert session(*corrected) == ["Iip addr"]


def test_a_line_from_the_history_replaces_what_was_there():
    recalled = (PROMPT, b"ping -c1 node2", b"\b" * 14 + b"ip route\x1b[K", (b"\r",), b"\r\n")
    assert session(*recalled) == ["ip route"]


def test_a_search_of_the_history_ends_in_a_prompt_again():
    found = (
        PROMPT,
        b"\r(reverse-i-search)`rou': ip route",
        (b"\r",),
        b"\r" + PROMPT + b"ip route\x1b[K\r\n",
    )
    assert session(*found) == ["ip route"]


@pytest.mark.parametrize("columns", [20, 24, 31])
def test_a_wrapped_line_is_one_command(columns: int):
    typed = Typed(Screen(columns))
    command = b"ping -M do -s 8972 -c 3 10.0.20.12"
    list(typed.shown(PROMPT + command))
    typed.keys(b"\r")
    assert list(typed.shown(b"\r\n")) == [command.decode()]


def test_readline_ends_a_full_row_with_a_blank_and_a_return():
    typed = Typed(Screen(20))
    list(typed.shown(PROMPT + b"ping " + b" \r10.0.20.12"))
    typed.keys(b"\r")
    assert list(typed.shown(b"\r\n")) == ["ping 10.0.20.12"]


def test_enter_on_the_upper_row_of_a_wrapped_line_enters_all_of_it():
    typed = Typed(Screen(20))
    list(typed.shown(PROMPT + b"ping 10.0.20.12" + b"\x1b[A\r"))
    typed.keys(b"\r")
    assert list(typed.shown(b"\n\r\n")) == ["ping 10.0.20.12"]


def test_several_pasted_lines_are_several_commands():
    pasted = (
        PROMPT,
        (b"id\rhostname\rdate\r",),
        b"id\r\nuid=1000\r\n" + PROMPT + b"hostname\r\nnode1\r\n" + PROMPT + b"date\r\n",
    )
    assert session(*pasted) == ["id", "hostname", "date"]


def test_the_keys_of_a_program_with_the_whole_screen_are_none_of_ours():
    editing = (
        PROMPT,
        b"vi x",
        (b"\r",),
        b"\r\n\x1b[?1049h" + PROMPT + b"inside",
        (b"\r",),
        b"\r\n\x1b[?1049l",
        PROMPT,
        b"id",
        (b"\r",),
        b"\r\n",
    )
    assert session(*editing) == ["vi x", "id"]


def test_a_list_of_completions_is_no_command():
    assert session(PROMPT, b"ip a", (b"\t\t",), b"\r\naddr  addrlabel\r\n" + PROMPT + b"ip a") == []


def test_letters_cut_in_two_by_the_network_are_whole_again():
    korean = "echo 안녕".encode()
    assert session(PROMPT, korean[:6], korean[6:], (b"\r",), b"\r\n") == ["echo 안녕"]


def test_an_escape_sequence_may_come_in_two_parts():
    assert session(PROMPT, b"id\x1b", b"[K", (b"\r",), b"\r\n") == ["id"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("mysql --password=hunter2 -u root", "mysql --password=*** -u root"),
        ("x --secret-key abc --pool p", "x --secret-key *** --pool p"),
        ("OS_PASSWORD=abc openstack server list", "OS_PASSWORD=*** openstack server list"),
        ("grep password /etc/passwd", "grep password /etc/passwd"),
        ("ceph --keyring /etc/ceph/k status", "ceph --keyring /etc/ceph/k status"),
        ("x" * 600, "x" * 499 + "…"),
    ],
)
def test_a_command_is_kept_without_secrets_and_not_endless(command: str, expected: str):
    assert kept(command) == expected


def test_a_flood_of_output_costs_little():
    typed = Typed(Screen(80))
    assert list(typed.shown(b"\x00\x07binary" * 1000 + b"line\r\n" * 100_000)) == []
    assert list(typed.shown(b"x" * 1_000_000)) == []
    assert len(typed.screen.line) <= 8192


def test_a_prompt_behind_output_without_an_end_of_line_is_known():
    shown = b"no newline here" + PROMPT
    assert session(shown, b"id", (b"\r",), b"\r\n") == ["id"]


def test_deleting_in_a_wrapped_line_leaves_the_rows_below_where_they_are():
    screen = Screen(10)
    list(screen.feed(b"0123456789abcde"))  # two rows; the cursor is on the second
    list(screen.feed(b"\x1b[A\r\x1b[4P"))
    assert screen.line == "456789    abcde"
    list(screen.feed(b"\x1b[2@"))
    assert screen.line == "  456789  abcde"
