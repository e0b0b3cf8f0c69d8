"""Each check sees the failure it is there for, and says what mends it."""

import errno
import os
import socket
from pathlib import Path

import pytest

from testbed.doctor import files, hypervisor, links, programs, surroundings, users
from testbed.doctor.finding import Verdict
from testbed.doctor.kvm import QEMU, Proof
from testbed.errors import HostError
from testbed.host import HostFacts

OK, WARN, FAIL = Verdict.OK, Verdict.WARN, Verdict.FAIL


def test_an_old_python_fails():
    assert programs.python((3, 10, 12)).verdict is FAIL
    assert programs.python((3, 11, 2)).verdict is OK


def test_every_missing_program_is_named(fake_program):
    fake_program("testbed-has", "exit 0")
    finding = programs.programs(("testbed-has", "testbed-lacks-one", "testbed-lacks-two"))
    assert finding.seen == "not installed: testbed-lacks-one, testbed-lacks-two"
    assert finding.mend == "make set-up"


@pytest.mark.parametrize(
    ("version", "accelerator", "verdict"),
    [
        ("7.2.19 (Debian 1:7.2+dfsg)", "qemu", FAIL),
        ("7.2.19 (Debian 1:7.2+dfsg)", "kvm", WARN),
        ("8.2.2 (Debian 1:8.2.2+ds-0ubuntu1)", "qemu", WARN),
        ("9.1.0", "qemu", WARN),
        ("10.0.2", "qemu", OK),
        ("11.0.0", "kvm", OK),
    ],
)
def test_qemu_is_judged_by_what_is_known_to_break(fake_program, version, accelerator, verdict):
    fake_program(QEMU, f'echo "QEMU emulator version {version}"')
    finding = programs.qemu(accelerator)
    assert finding.verdict is verdict
    assert (finding.verdict is OK) == (finding.cost == "")


def test_a_qemu_that_does_not_tell_its_version_is_a_warning(fake_program):
    fake_program(QEMU, "echo something else")
    assert programs.qemu("qemu").verdict is WARN


@pytest.mark.parametrize(("types", "verdict"), [("socket user tap", OK), ("socket tap", FAIL)])
def test_qemu_must_have_slirp(fake_program, types, verdict):
    fake_program(QEMU, f"printf '%s\\n' 'Available netdev backend types:' {types}")
    assert programs.user_network().verdict is verdict


def test_a_udp_link_passes_a_jumbo_frame_on_any_loopback_address():
    assert links.udp().verdict is OK


def test_an_address_of_nobody_cannot_carry_a_cable():
    finding = links.udp(("192.0.2.1",))
    assert finding.verdict is FAIL
    assert "192.0.2.1" in finding.seen


def test_a_link_that_drops_frames_is_seen(monkeypatch):
    monkeypatch.setattr(socket.socket, "sendto", lambda *_: 0)
    assert "timed out" in links.udp(("127.0.0.1",), timeout=0.01).seen


def test_a_folder_is_written_and_left_empty(tmp_path, fake_program):
    fake_program("qemu-img", "exit 0")
    finding = files.writing("cache folder", tmp_path / "deep" / "cache")
    assert finding.verdict is OK
    assert list((tmp_path / "deep" / "cache").iterdir()) == []


def test_a_folder_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    finding = files.writing("cache folder", tmp_path / "file" / "cache")
    assert finding.verdict is FAIL
    assert "Not a directory" in finding.seen


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (errno.EACCES, "sudo chown $USER {there}; chmod u+rwx {there}"),
        (errno.ENOSPC, "testbed image prune && testbed gc"),
    ],
)
def test_what_mends_a_folder_is_about_what_is_there(tmp_path, monkeypatch, error, mend):
    def refused(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    there = tmp_path / "my disk"
    there.mkdir()
    monkeypatch.setattr(Path, "mkdir", refused)
    finding = files.writing("data folder", there / "deep" / "testbed")
    assert (finding.verdict, finding.mend) == (FAIL, mend.format(there=f"'{there}'"))


def test_a_file_system_that_takes_no_images_fails(tmp_path, fake_program):
    fake_program("qemu-img", 'echo "qemu-img: Operation not supported" >&2; exit 1')
    finding = files.writing("data folder", tmp_path)
    assert finding.verdict is FAIL
    assert "Operation not supported" in finding.seen


def room_in(folder: Path, image_mib: int, **kept: int) -> files.Room:
    return files.Room(folder / "cache", folder / "data", image_mib, 5_000, kept)


@pytest.mark.parametrize(
    ("image_mib", "free", "verdict"),
    [
        (8_000, 7_999, FAIL),  # the build would refuse
        (8_000, 12_999, WARN),
        (8_000, 13_000, OK),
        (0, 4_999, WARN),
        (0, 5_000, OK),  # all images are built
    ],
)
def test_disk_is_judged_by_images_and_one_testbed(monkeypatch, tmp_path, image_mib, free, verdict):
    monkeypatch.setattr(files, "_free_mib", lambda _: free)
    assert files.room(room_in(tmp_path, image_mib)).verdict is verdict


@pytest.mark.parametrize(
    ("cache", "data", "verdict"),
    [(13_000, 5_000, OK), (13_000, 4_999, WARN), (3_000, 99_000, FAIL)],
)
def test_file_systems_are_judged_by_what_goes_into_each(
    monkeypatch, tmp_path, cache, data, verdict
):
    monkeypatch.setattr(files, "_device", lambda path: path.name)
    monkeypatch.setattr(files, "_free_mib", lambda path: cache if path.name == "cache" else data)
    finding = files.room(room_in(tmp_path, 8_000))
    assert finding.verdict is verdict
    assert f"{data / 1024:.1f} GiB for {tmp_path / 'data'}" in finding.seen


def test_images_that_are_built_are_not_told_to_take_room(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "_free_mib", lambda _: 2_000)
    assert files.room(room_in(tmp_path, 0)).cost == "full disks take 4.9 GiB"


def test_room_that_kept_testbeds_take_can_be_had_back(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "_free_mib", lambda _: 2_000)
    finding = files.room(room_in(tmp_path, 5_000, lab=9_523))
    assert finding.seen.endswith(", 9.3 GiB taken by kept testbeds")
    assert "forget" not in finding.mend, "what is kept is not given up by a pasted line"


def write_ids(etc: Path, subuid: str, subgid: str) -> None:
    (etc / "subuid").write_text(subuid)
    (etc / "subgid").write_text(subgid)


def test_a_user_with_ranges_has_subordinate_ids(tmp_path):
    write_ids(tmp_path, "ann:100000:65536\n", "ann:100000:65536\n")
    assert users.subordinate_ids("ann", 1000, tmp_path).verdict is OK


def test_a_range_may_be_given_to_the_user_id(tmp_path):
    write_ids(tmp_path, "1000:100000:65536\n", "1000:100000:65536\n")
    assert users.subordinate_ids("ann", 1000, tmp_path).verdict is OK


def test_a_missing_range_is_offered_behind_the_others(tmp_path):
    write_ids(tmp_path, "bob:100000:65536\n", "bob:100000:65536\n")
    finding = users.subordinate_ids("ann", 1000, tmp_path)
    assert finding.verdict is FAIL
    assert finding.mend == "sudo usermod --add-subuids 165536-231071 ann"


def test_group_ids_are_needed_too(tmp_path):
    write_ids(tmp_path, "ann:100000:65536\n", "ann:100000:1000\n")
    assert "--add-subgids" in users.subordinate_ids("ann", 1000, tmp_path).mend


def test_no_range_at_all_starts_at_a_hundred_thousand(tmp_path):
    assert "100000-165535 ann" in users.subordinate_ids("ann", 1000, tmp_path).mend


def test_root_builds_images_without_subordinate_ids(tmp_path):
    assert users.subordinate_ids("root", 0, tmp_path).verdict is OK


def write_sysctls(folder: Path, **values: str) -> Path:
    for key, value in values.items():
        file = folder / key.replace("__", "/")
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{value}\n")
    return folder


def refused() -> str:
    return "unshare: unshare failed: Operation not permitted"


@pytest.fixture
def id_mappers(fake_program) -> None:
    """The programs that give a namespace more ids are installed."""
    for name in programs.ID_MAPPERS:
        fake_program(name, "exit 0")


@pytest.mark.usefixtures("id_mappers")
def test_apparmor_is_named_where_it_restricts_namespaces(tmp_path):
    there = write_sysctls(tmp_path, kernel__apparmor_restrict_unprivileged_userns="1")
    finding = users.namespaces(1000, refused, there)
    assert finding.seen == f"AppArmor restricts them: {refused()}"
    assert finding.mend.startswith("sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 ")


@pytest.mark.usefixtures("id_mappers")
def test_only_keys_that_the_kernel_has_are_set(tmp_path):
    assert users.namespaces(1000, refused, tmp_path).mend.startswith("uname -r ")
    there = write_sysctls(tmp_path, user__max_user_namespaces="0")
    finding = users.namespaces(1000, refused, there)
    assert finding.mend == "sudo sysctl -w user.max_user_namespaces=10000"
    there = write_sysctls(tmp_path, kernel__unprivileged_userns_clone="0")
    finding = users.namespaces(1000, refused, there)
    both = "kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
    assert finding.mend == f"sudo sysctl -w {both}"


def test_namespaces_are_proven_by_using_one(tmp_path):
    assert users.namespaces(1000, lambda: "", tmp_path).verdict is OK
    assert users.namespaces(1000, refused, tmp_path).verdict is FAIL
    assert users.namespaces(0, refused, tmp_path).verdict is OK


def test_no_key_is_blamed_for_a_program_that_is_not_installed(monkeypatch, tmp_path):
    monkeypatch.setattr("testbed.doctor.programs.search_path", lambda: str(tmp_path))
    there = write_sysctls(tmp_path, user__max_user_namespaces="10000")
    finding = users.namespaces(1000, refused, there)
    assert (finding.seen, finding.mend) == ("not installed: newuidmap, newgidmap", "make set-up")


def facts(version: tuple[int, int, int] = (11, 3, 0)) -> HostFacts:
    return HostFacts("test:///", "x86_64", 2, 8000, 8000, None, (10, 0, 2), version)


class Clock:
    """A clock that shows the next time each time it is read."""

    def __init__(self, *times: float) -> None:
        self._times = iter(times)

    def __call__(self) -> float:
        return next(self._times)


def test_a_libvirt_that_answers_is_fine():
    finding = hypervisor.libvirt(facts, Clock(0.0, 0.01))
    assert (finding.verdict, finding.seen) == (OK, "11.3.0 answers")


def test_a_libvirt_that_forgets_qemu_is_a_warning():
    finding = hypervisor.libvirt(facts, Clock(0.0, 120.0))
    assert finding.verdict is WARN
    assert "took 120 s" in finding.seen
    assert "/dev/kvm" in finding.mend


def test_an_old_libvirt_fails():
    assert hypervisor.libvirt(lambda: facts((8, 0, 0)), Clock(0.0, 0.0)).verdict is FAIL


def test_libvirts_own_sentence_is_shown():
    def ask() -> HostFacts:
        raise HostError("cannot connect", why="Failed to connect socket", next_step="do this")

    finding = hypervisor.libvirt(ask)
    assert (finding.verdict, finding.seen) == (FAIL, "Failed to connect socket")
    assert finding.mend == "do this"


_LASTING_RUNTIME = (
    "sudo install -d -m 700 -o $USER /srv/$USER-run; "
    "echo 'export XDG_RUNTIME_DIR=/srv/$USER-run' >> ~/.profile; . ~/.profile"
)
_LASTING = (
    "sudo install -d -m 700 -o $USER /srv/$USER; "
    "echo 'export XDG_CONFIG_HOME=/srv/$USER' >> ~/.profile; . ~/.profile"
)


def test_a_socket_path_has_a_longest(tmp_path):
    short = Path("/home/ann")
    assert hypervisor.socket_paths("", short / ".config", short / ".cache").verdict is OK
    long = Path("/home") / ("ann" * 20)
    finding = hypervisor.socket_paths("", long / ".config", short / ".cache")
    assert (finding.verdict, finding.mend) == (FAIL, _LASTING)
    finding = hypervisor.socket_paths("", short / ".config", Path("/" + "x" * 36))
    assert (finding.verdict, finding.mend) == (FAIL, _LASTING_RUNTIME)


def test_a_runtime_folder_of_somebody_else_fails(tmp_path):
    finding = hypervisor.socket_paths(str(tmp_path / "gone"), tmp_path, tmp_path)
    assert finding.mend == "unset XDG_RUNTIME_DIR"


def test_missing_kvm_says_what_it_costs():
    finding = surroundings.kvm(Proof("qemu", "there is no /dev/kvm", "device", "modprobe"), 2)
    assert finding.verdict is WARN
    assert "several times slower" in finding.cost
    assert "`up` takes about 3 minutes" in finding.cost


def test_another_kind_of_processor_fails():
    assert surroundings.processor("x86_64").verdict is OK
    finding = surroundings.processor("aarch64")
    assert (finding.verdict, finding.seen) == (FAIL, "aarch64")
    assert finding.mend


def test_working_kvm_costs_nothing():
    assert surroundings.kvm(Proof("kvm", "a kernel booted", "kernel"), 2).verdict is OK


@pytest.mark.parametrize(
    ("free_kib", "verdict"), [(16_000_000, OK), (5_000_000, WARN), (900_000, FAIL)]
)
def test_memory_is_judged_by_what_topologies_need(tmp_path, free_kib, verdict):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: 99 kB\nMemAvailable: {free_kib} kB\n")
    assert surroundings.memory({"large": 7_000, "small": 3_000}, meminfo).verdict is verdict


def test_only_the_topologies_that_do_not_fit_are_named(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemAvailable: 5000000 kB\n")
    finding = surroundings.memory({"large": 7_168, "small": 3_000}, meminfo)
    assert finding.cost == "'large' needs 7.0 GiB"


def test_a_clock_before_our_own_files_is_wrong(tmp_path):
    source = tmp_path / "source"
    source.touch()
    os.utime(source, (2_000_000_000, 2_000_000_000))
    assert surroundings.clock(0.0, source).verdict is FAIL
    assert surroundings.clock(2_000_000_001.0, source).verdict is OK


def test_a_terminal_without_utf_8_is_a_warning():
    assert surroundings.terminal("UTF-8").verdict is OK
    assert surroundings.terminal("ANSI_X3.4-1968").verdict is WARN
