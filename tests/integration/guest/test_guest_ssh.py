import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import paramiko
import pytest

from testbed.errors import GuestError
from testbed.guest import (
    Command,
    CommandTimeout,
    ConnectionLost,
    HostKeyDiffers,
    Patience,
    Script,
    SshGuest,
    Unreachable,
    UserKeyRefused,
    clock_offset,
    must,
    new_keypair,
    write_file,
)
from testbed.wait import Seen, wait_until

Reach = Callable[..., SshGuest]
BRIEF = Patience(tcp=10, banner=0.5, auth=10, channel=10)  # where nobody ever greets


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """What QEMU's user network is before the guest is up: TCP, and silence."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_command_returns_status_and_both_outputs(guest: SshGuest) -> None:
    result = guest.run(Script("echo out; echo err >&2; exit 3"))
    assert (result.exit_status, result.stdout, result.stderr) == (3, "out\n", "err\n")
    assert result.seconds > 0


def test_a_signal_that_ends_a_command_is_a_status_and_no_broken_connection(
    guest: SshGuest,
) -> None:
    assert guest.run(Command(("sh", "-c", "kill -9 $$"))).exit_status == 128 + 9


def test_arguments_arrive_as_they_were(guest: SshGuest) -> None:
    argv = ("printf", "%s|", "a b", "$HOME", "it's", "*", "", "\\n")
    assert must(guest, Command(argv)) == "a b|$HOME|it's|*||\\n|"


def test_one_connection_carries_many_commands(guest: SshGuest, sshd: Any) -> None:
    for number in range(5):
        assert must(guest, Command(("echo", str(number)))) == f"{number}\n"
    assert len(sshd.transports) == 1
    assert len(sshd.commands) == 5


def test_a_failed_command_is_told_with_its_last_line(guest: SshGuest) -> None:
    with pytest.raises(GuestError) as caught:
        must(guest, Script("echo working; echo 'no such disk' >&2; exit 2"))
    assert caught.value.why == "no such disk"


def test_a_command_that_reads_its_input_gets_it(guest: SshGuest) -> None:
    data = bytes(range(256)) * 4096
    result = guest.run(Command(("md5sum",)), stdin=data)
    assert result.stdout == must(guest, Script(f"head -c {len(data)} | md5sum"), stdin=data)


def test_a_command_that_reads_without_input_does_not_hang(guest: SshGuest) -> None:
    assert guest.run(Command(("cat",)), timeout=10).ok


def test_a_command_may_end_before_it_read_its_input(guest: SshGuest) -> None:
    assert guest.run(Command(("true",)), stdin=b"x" * 5_000_000).ok


def test_ten_megabytes_come_through_both_outputs(guest: SshGuest) -> None:
    text = "head -c 10485760 /dev/zero & head -c 10485760 /dev/zero >&2; wait"
    result = guest.run(Script(text), timeout=60)
    assert (len(result.stdout), len(result.stderr)) == (10485760, 10485760)


def test_bytes_that_are_no_text_are_replaced(guest: SshGuest) -> None:
    assert must(guest, Script(r"printf 'a\377b'")) == "a\ufffdb"


def test_a_command_that_takes_too_long_is_stopped_in_the_guest(
    guest: SshGuest, tmp_path: Path
) -> None:
    text = f"echo $$ >{tmp_path}/pid; sleep 1000 & wait"
    guest.connect()
    with pytest.raises(CommandTimeout) as caught:
        guest.run(Script(text), timeout=2)
    assert caught.value.what.endswith("did not end within 2 s")
    process = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}")
    wait_until(
        "the command is gone",
        lambda: Seen(not process.exists(), "it runs"),
        timeout=20,
        every=0.1,
    )
    assert guest.run(Command(("true",))).ok


def test_a_stranger_with_another_host_key_is_told_nothing(sshd: Any, reach: Reach) -> None:
    guest = reach(sshd.port, host_key=new_keypair()[1])
    with pytest.raises(HostKeyDiffers, match=r"the host key at 127\.0\.0\.1:\d+ differs"):
        guest.run(Command(("echo", "secret")))
    assert sshd.commands == []
    assert not any(transport.is_authenticated() for transport in sshd.transports)


def test_a_stranger_without_an_ed25519_key_is_told_nothing(
    keys: tuple[Path, str], reach: Reach, sshd: Any
) -> None:
    sshd.host_key = paramiko.ECDSAKey.generate()
    with pytest.raises(HostKeyDiffers):
        reach(sshd.port).run(Command(("true",)))


def test_a_key_the_guest_does_not_know_is_refused(sshd: Any, reach: Reach, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(new_keypair()[0])
    with pytest.raises(UserKeyRefused, match="user 'aolda' may not log in"):
        reach(sshd.port, key_file=other).run(Command(("true",)))


def test_a_missing_key_file_is_named(sshd: Any, reach: Reach, tmp_path: Path) -> None:
    with pytest.raises(GuestError, match="cannot read the key for 'node1'"):
        reach(sshd.port, key_file=tmp_path / "none").run(Command(("true",)))


def test_a_port_nobody_listens_at_is_unreachable(listener: socket.socket, reach: Reach) -> None:
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(Unreachable) as caught:
        reach(port).connect()
    assert "refused" in caught.value.why
    assert caught.value.next_step == "look at its console with: testbed console node1"


def test_tcp_without_a_banner_is_unreachable(listener: socket.socket, reach: Reach) -> None:
    with pytest.raises(Unreachable) as caught:
        reach(listener.getsockname()[1], patience=BRIEF).connect()
    assert "banner" in caught.value.why


def test_a_connection_closed_at_once_is_unreachable(listener: socket.socket, reach: Reach) -> None:
    closing = threading.Thread(target=lambda: listener.accept()[0].close())
    closing.start()
    with pytest.raises(Unreachable):
        reach(listener.getsockname()[1]).connect()
    closing.join()


def test_a_dropped_connection_is_made_anew(guest: SshGuest, sshd: Any) -> None:
    must(guest, Command(("true",)))
    sshd.drop_connections()
    assert must(guest, Command(("echo", "back"))) == "back\n"
    assert len(sshd.transports) == 2


def test_a_command_is_never_run_twice_when_the_connection_breaks(
    guest: SshGuest, sshd: Any, tmp_path: Path
) -> None:
    def drop() -> None:
        wait_until(
            "the command runs",
            lambda: Seen((tmp_path / "ran").exists(), "not yet"),
            timeout=20,
            every=0.02,
        )
        sshd.drop_connections()

    dropping = threading.Thread(target=drop)
    dropping.start()
    with pytest.raises(ConnectionLost, match="node1: the connection broke during"):
        guest.run(Script(f"echo >>{tmp_path}/ran; sleep 3"), timeout=30)
    dropping.join()
    assert len(sshd.commands) == 1
    assert must(guest, Command(("echo", "back"))) == "back\n"


def test_a_guest_that_opens_no_session_is_unreachable(guest: SshGuest, sshd: Any) -> None:
    sshd.refuses_sessions = True
    with pytest.raises(Unreachable, match="SSH connects and then opens no session"):
        guest.run(Command(("true",)))


def test_a_paused_machine_is_not_waited_for_beyond_the_deadline(guest: SshGuest, sshd: Any) -> None:
    must(guest, Command(("true",)))
    sshd.awake.clear()
    with pytest.raises(CommandTimeout):
        guest.run(Command(("true",)), timeout=0.3)
    sshd.awake.set()
    assert guest.run(Command(("true",))).ok


def test_secrets_are_shown_in_no_error(guest: SshGuest, sshd: Any) -> None:
    command = Command(("sh", "-c", "sleep 2; echo hunter2"), secrets=("hunter2",))
    with pytest.raises(CommandTimeout) as caught:
        guest.run(command, timeout=0.2)
    sshd.close()
    guest.close()
    with pytest.raises(GuestError) as unreachable:
        guest.run(command)
    for error in (caught.value, unreachable.value):
        assert "hunter2" not in "\n".join(error.lines()) + repr(error)


def test_paramiko_prints_nothing_by_itself(
    listener: socket.socket, reach: Reach, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Unreachable):
        reach(listener.getsockname()[1], patience=BRIEF).connect()
    assert capfd.readouterr() == ("", "")


def test_algorithms_are_cheap_for_an_emulated_guest(
    guest: SshGuest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "paramiko")
    must(guest, Command(("true",)))
    assert "Kex: curve25519-sha256" in caplog.text
    assert "Cipher: aes128" in caplog.text
    assert "Compression: none" in caplog.text


def test_several_threads_share_one_connection(guest: SshGuest, sshd: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        outputs = list(pool.map(lambda n: must(guest, Command(("echo", str(n)))), range(8)))
    assert outputs == [f"{n}\n" for n in range(8)]
    assert len(sshd.transports) == 1


def test_this_computers_clock_is_right_by_itself(guest: SshGuest, sshd: Any) -> None:
    assert abs(clock_offset(guest)) < 1
    assert len(sshd.commands) == 1


def test_a_dialogue_with_what_ends_is_a_lost_connection(guest: SshGuest) -> None:
    with pytest.raises(ConnectionLost), guest.talk(Command(("true",))) as dialogue:
        dialogue.ask()


def test_a_dialogue_nobody_answers_ends_in_time(guest: SshGuest) -> None:
    with (
        pytest.raises(CommandTimeout),
        guest.talk(Command(("sleep", "60")), timeout=0.3) as dialogue,
    ):
        dialogue.ask()


def test_a_file_replaces_the_one_before(guest: SshGuest, tmp_path: Path) -> None:
    file = tmp_path / "it's here"
    for data in (b"first", bytes(range(256))):
        write_file(guest, str(file), data, mode=0o640)
        assert file.read_bytes() == data
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.glob("it's*")] == ["it's here"]


def test_our_keys_are_what_ssh_itself_reads(tmp_path: Path) -> None:
    private, public = new_keypair("me@here")
    file = tmp_path / "key"
    file.write_text(private)
    kind, base64, comment = public.split()
    assert (kind, comment) == ("ssh-ed25519", "me@here")
    assert paramiko.Ed25519Key.from_private_key_file(str(file)).get_base64() == base64
