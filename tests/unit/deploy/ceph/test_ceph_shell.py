"""What is said to a node's shell to see and to make Ceph's daemons, run by one."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))  # the shell is shared

from shell_room import SYSTEMCTL, Room

from testbed.deploy.ceph import files, node
from testbed.deploy.ceph.node import NodeFacts
from testbed.deploy.ceph.secrets import new_secrets
from testbed.deploy.step import Step
from testbed.plan.decide import plan
from testbed.plan.storage import Storage
from testbed.topology.shipped import find

STORE = "var/lib/ceph/mon/ceph-node1"
OSD = "var/lib/ceph/osd/ceph-0"
MAKING = "var/lib/ceph/testbed.making"
LAST = "for last; do :; done\n"
FAKES = {
    "systemctl": SYSTEMCTL,
    "chown": "",
    "install": f'{LAST}mkdir -p "$last"',
    "sync": "",
    "monmaptool": f'{LAST}echo map >"$last"',
}


@pytest.fixture(scope="module")
def storage() -> Storage:
    found = plan(find("aolda"), name="lab", folder=Path("/lab"), loopback="127.77.0.1").storage
    assert found is not None
    return found


@pytest.fixture
def room(tmp_path: Path, storage: Storage) -> Room:
    """A node with its files and its disk, and as yet without a daemon."""
    made = Room(tmp_path / "node1")
    for name, text in FAKES.items():
        made.say(name, text)
    made.say(
        "ceph-mon",
        f"mkdir {made.root / STORE}/store.db; touch {made.root / STORE}/store.db/CURRENT",
    )
    made.say("ceph-osd", f"touch {made.root / OSD}/ready")
    made.put("etc/ceph/testbed.digest", text="0a1b\n")
    made.put(f"{OSD}/keyring", "dev/vdb")
    disk = made.root / "dev/disk/by-id" / f"virtio-{storage.nodes[0].osds[0].serial}"
    disk.symlink_to("../../vdb")
    return made


def look(room: Room, storage: Storage) -> NodeFacts:
    done = room.run(node.facts_script(storage, storage.nodes[0]))
    assert done.returncode == 0, done.stderr
    return node.read_facts(done.stdout)


def step(room: Room, storage: Storage, name: str) -> Step:
    one = storage.nodes[0]
    wanted = files.files(storage, one, new_secrets(storage))
    steps = node.making(storage, one, wanted, look(room, storage))
    return next(each for each in steps if each.name == name)


def test_a_node_that_was_given_its_files_has_no_daemon_yet(room: Room, storage: Storage):
    units = {"ceph-mon@node1", "ceph-mgr@node1", "ceph-osd@0"}
    assert look(room, storage) == NodeFacts("0a1b", False, frozenset(), frozenset(units))


def test_a_node_without_anything_is_looked_at_as_well(tmp_path: Path, storage: Storage):
    room = Room(tmp_path / "node1")
    room.say("systemctl", SYSTEMCTL.replace("active", "inactive"))
    nothing = NodeFacts("none", False, frozenset(), frozenset(), keyless=frozenset({0}))
    assert look(room, storage) == nothing


@pytest.mark.parametrize(
    ("there", "made"),
    [
        ((), False),
        ((f"{STORE}/store.db/half",), False),
        ((f"{STORE}/store.db/CURRENT",), True),  # whoever made it
        ((f"{STORE}/store.db/CURRENT", MAKING), False),
    ],
)
def test_a_monitor_is_one_whoever_made_its_store(room: Room, storage: Storage, there, made: bool):
    room.put(*there)
    assert look(room, storage).monitor == made


def test_the_osds_are_those_whose_making_has_ended(room: Room, storage: Storage):
    osds = "var/lib/ceph/osd"
    room.put(f"{osds}/ceph-0/ready", f"{osds}/ceph-12/ready", f"{osds}/ceph-3/block")
    assert look(room, storage).osds == {0, 12}


@pytest.mark.parametrize("verb", ["show", "is-enabled"])
def test_where_systemd_does_not_answer_the_look_fails(room: Room, storage: Storage, verb: str):
    room.say("systemctl", f'[ "$1" != {verb} ] || exit 1\n{SYSTEMCTL}')
    assert room.run(node.facts_script(storage, storage.nodes[0])).returncode != 0


def test_a_monitor_is_made_that_knows_the_others(room: Room, storage: Storage):
    done = room.run(step(room, storage, "monitor").command)
    assert done.returncode == 0, done.stderr
    (known,) = (line for line in room.said if line.startswith("monmaptool"))
    for mon in storage.monitors:
        assert f"--addv {mon.machine} [v2:{mon.address}:3300,v1:{mon.address}:6789]" in known
    assert f"--create --fsid {storage.fsid} " in known
    assert not (room.root / MAKING).exists()
    assert list((room.root / "run").iterdir()) == []
    assert [line.split()[0] for line in room.said[-2:]] == ["ceph-mon", "sync"]
    assert look(room, storage).monitor


def test_what_an_interrupted_try_left_goes_and_nothing_else(room: Room, storage: Storage):
    others = ("var/lib/ceph/mon/ceph-node2/store.db/CURRENT", f"{OSD}/ready")
    room.put(f"{STORE}/store.db/half", MAKING, *others)
    room.put(f"{STORE}-old/store.db/CURRENT", "run/testbed.monmap", text="older")
    done = room.run(step(room, storage, "monitor").command)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (room.root / STORE / "store.db").iterdir()] == ["CURRENT"]
    assert all((room.root / path).exists() for path in (*others, f"{STORE}-old"))


def test_a_monitor_whose_making_fails_is_none(room: Room, storage: Storage):
    whole = (room.root / "programs/ceph-mon").read_text()
    making = step(room, storage, "monitor").command
    (room.root / "programs/ceph-mon").write_text(f"{whole}exit 1\n")
    assert room.run(making).returncode != 0
    assert (room.root / STORE / "store.db/CURRENT").exists()
    assert not look(room, storage).monitor
    (room.root / "programs/ceph-mon").write_text(whole)
    assert room.run(step(room, storage, "monitor").command).returncode == 0
    assert look(room, storage).monitor


def test_an_osd_is_made_on_the_disk_with_its_serial(room: Room, storage: Storage):
    osd = storage.nodes[0].osds[0]
    done = room.run(step(room, storage, "disk").command)
    assert done.returncode == 0, done.stderr
    assert look(room, storage).osds == {osd.id}
    disk, folder = room.root / "dev/vdb", room.root / OSD
    assert (folder / "block").resolve() == disk
    assert [line for line in room.said if line.startswith("chown")] == [
        f"chown ceph:ceph {folder} {disk}",
        f"chown -h ceph:ceph {folder}/block",
    ]
    (made,) = (line for line in room.said if line.startswith("ceph-osd"))
    assert made.endswith(f"--mkfs --no-mon-config -i {osd.id} --osd-uuid {osd.uuid}")


def test_without_its_disk_no_osd_is_made(room: Room, storage: Storage):
    (room.root / "dev/vdb").unlink()
    done = room.run(step(room, storage, "disk").command)
    serial = storage.nodes[0].osds[0].serial
    assert (done.returncode, done.stderr) == (1, f"there is no disk with the serial {serial}\n")
    assert not [line for line in room.said if line.startswith(("chown", "ceph-osd"))]
    assert look(room, storage).osds == frozenset()


def test_an_osd_whose_making_fails_is_none_and_is_made_again(room: Room, storage: Storage):
    whole = (room.root / "programs/ceph-osd").read_text()
    room.say("ceph-osd", "exit 1")
    assert room.run(step(room, storage, "disk").command).returncode != 0
    assert look(room, storage).osds == frozenset()
    (room.root / "programs/ceph-osd").write_text(whole)
    assert room.run(step(room, storage, "disk").command).returncode == 0
    assert look(room, storage).osds == {0}
