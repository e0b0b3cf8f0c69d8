"""OpenStack's files: keys from Ceph, a folder of its owner's alone, and what is in reach."""

import stat
import subprocess
from pathlib import Path

import pytest

from testbed.apply import ceph, keys, kolla, observe, reaching
from testbed.apply.folders import Folders
from testbed.apply.reaching import Place, reach
from testbed.errors import DeployError, HostError, StateError
from testbed.guest import Command, Result, Script, Unreachable
from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.topology.models import Topology
from testbed.topology.shipped import find


def planned(*, internet: bool = True, **cloud: object) -> Plan:
    values = find("aolda").model_dump(mode="json")
    values |= {"cloud": {"provider": "kolla", **cloud}, "internet": internet}
    topology = Topology.model_validate(values)
    return plan(topology, name="lab", folder=Path("/lab"), loopback="127.77.0.1")


@pytest.fixture
def testbed(folders: Folders) -> observe.Testbed:
    keys.make(folders, planned())
    return observe.Testbed(planned(), {})


class TestKeys:
    def test_each_user_gets_a_key_with_the_rights_ceph_documents(
        self, folders: Folders, testbed: observe.Testbed, monkeypatch: pytest.MonkeyPatch
    ):
        asked: list[tuple[str, ...]] = []

        def answer(_f: Folders, _t: observe.Testbed, words: tuple[str, ...], _s: float) -> Result:
            asked.append(words)
            return Result(0, f"key-of-{words[2]}\n", "", 1.0)

        monkeypatch.setattr(ceph, "run", answer)
        found = kolla.of_testbed(folders, testbed)
        images, volumes = (
            "profile rbd pool=images",
            "profile rbd pool=volumes, profile rbd pool=vms",
        )
        rights = ("mon", "profile rbd", "osd", images, "mgr", images)
        assert asked == [
            ("auth", "get-or-create-key", "client.glance", *rights),
            (
                *("auth", "get-or-create-key", "client.cinder", "mon", "profile rbd"),
                *("osd", f"{volumes}, profile rbd-read-only pool=images", "mgr", volumes),
            ),
        ]
        keyring = found["config/glance/ceph.client.glance.keyring"]
        assert keyring == "[client.glance]\n\tkey = key-of-client.glance\n"
        assert "Host node1\n  HostName 127.77.0.1\n" in found["ssh_config"]

    def test_a_key_that_ceph_refuses_is_an_error_in_its_words(
        self, folders: Folders, testbed: observe.Testbed, monkeypatch: pytest.MonkeyPatch
    ):
        said = "Error EINVAL: key for client.glance exists but cap osd does not match\n"
        monkeypatch.setattr(ceph, "run", lambda *_: Result(22, "", said, 1.0))
        with pytest.raises(DeployError) as refused:
            kolla.of_testbed(folders, testbed)
        assert list(refused.value.lines()) == [
            "error: Ceph does not give a key to 'client.glance'",
            "  why: Error EINVAL: key for client.glance exists but cap osd does not match",
            " next: see what it may do now: testbed ceph -- auth get client.glance",
        ]

    def test_a_testbed_without_openstack_is_told_what_is_missing(self, folders: Folders):
        plain = plan(find("aolda"), name="lab", folder=Path(), loopback="127.77.0.1")
        with pytest.raises(StateError, match="the topology of 'lab' has no OpenStack"):
            kolla.of_topology(plain)


class TestFolder:
    def test_everything_in_it_is_its_owners_alone(self, tmp_path: Path):
        folder = tmp_path / "new" / "kolla"
        kolla.must_be_free(folder)
        kolla.write(folder, {"a": "1\n", "config/cinder/volume/b": "2\n"})
        assert (folder / "config/cinder/volume/b").read_text() == "2\n"
        for path in (folder, *folder.rglob("*")):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)

    def test_an_empty_one_will_do(self, tmp_path: Path):
        kolla.must_be_free(tmp_path)

    @pytest.mark.parametrize("name", ["file", "hidden", "link", "a b", "it's", "a{b}"])
    def test_one_that_holds_something_or_has_a_name_ansible_splits_is_refused(
        self, tmp_path: Path, name: str
    ):
        folder = tmp_path / name
        if name == "file":
            folder.write_text("mine\n")
        elif name == "hidden":
            folder.mkdir()
            (folder / ".passwords").touch()
        elif name == "link":
            folder.symlink_to(tmp_path / "nowhere")
        with pytest.raises(kolla.CannotWrite) as refused:
            kolla.must_be_free(folder)
        assert refused.value.next_step.startswith("name a")

    @pytest.mark.parametrize(
        ("here", "home", "typed"),
        [
            ("work", "ann", "./kolla-2"),
            ("my work", "ann", "~/kolla"),
            ("{work}", "ann lee", "/srv/kolla"),
        ],
    )
    def test_what_is_proposed_instead_would_be_taken(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str, home: str, typed: str
    ):
        taken = tmp_path / here / "kolla"
        taken.mkdir(parents=True)
        (taken / "globals.yml").touch()
        (tmp_path / home).mkdir()
        monkeypatch.chdir(tmp_path / here)
        monkeypatch.setenv("HOME", str(tmp_path / home))
        with pytest.raises(kolla.CannotWrite) as refused:
            kolla.must_be_free(Path("kolla"))
        assert refused.value.next_step.endswith(f": testbed kolla write {typed}")
        kolla.must_be_free(Path(typed).expanduser())

    def test_where_nothing_can_be_written_it_says_so(self, tmp_path: Path):
        (tmp_path / "file").touch()
        with pytest.raises(kolla.CannotWrite, match="cannot write to"):
            kolla.write(tmp_path / "file" / "kolla", {"a": "1\n"})


def place(*urls: str, refuses: dict[str, str]) -> Place:
    return Place("images", urls, "node1", lambda url: refuses.get(url, ""), "say so")


class TestReach:
    def test_one_answer_is_enough(self):
        found = reach(place("https://r/", "http://r/", refuses={"https://r/": "no TLS"}))
        assert str(found) == "images (http://r/, from node1): answers; say so"
        found = reach(place("https://r/", "http://r/", refuses={}))
        assert str(found) == "images (https://r/, from node1): answers"

    def test_where_none_answers_the_first_refusal_is_told(self):
        found = reach(place("a", "b", refuses={"a": "no such name", "b": "refused"}))
        assert str(found) == "images (a, from node1): no such name"

    def test_all_that_is_out_of_reach_is_named_at_once(self):
        good = reach(place("a", refuses={}))
        bad = [reach(place(url, refuses={url: "silence"})) for url in "bc"]
        kolla.must_all_answer((good,))
        with pytest.raises(HostError) as refused:
            kolla.must_all_answer((good, *bad))
        assert refused.value.what == ("2 of 3 places kolla-ansible fetches from are out of reach")
        assert refused.value.why == (
            "images (b, from node1): silence; images (c, from node1): silence"
        )
        assert refused.value.exit_code == 4


class Machine:
    """A machine in which curl ends as it is told."""

    name = "node1"

    def __init__(self, gives: Result | Exception) -> None:
        self.gives, self.ran = gives, []

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        self.ran.append(command)
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives


@pytest.mark.parametrize(
    ("gives", "why"),
    [
        (Result(0, "200", "", 1.0), ""),
        (Result(0, "401", "", 1.0), ""),
        (Result(0, "400", "", 1.0), "HTTP status 400"),
        (
            Result(6, "", "curl: (6) Could not resolve host: x\n", 1.0),
            "curl: (6) Could not resolve",
        ),
        (Result(28, "", "", 1.0), "curl ended with 28"),
        (Unreachable("node1: it does not answer"), "node1: it does not answer"),
    ],
    ids=["answer", "login", "TLS", "refusal", "silence", "off"],
)
def test_a_machine_is_asked_with_curl(gives: Result | Exception, why: str):
    machine = Machine(gives)
    found = reaching.from_machine(machine)("https://registry.example/v2/")
    assert found.startswith(why) and bool(found) == bool(why), found
    assert machine.ran[0].argv[0] == "curl"
    assert machine.ran[0].argv[-1] == "https://registry.example/v2/"


def test_a_node_says_where_its_packages_come_from():
    told = "http://mirror.example/debian/dists/trixie/Release\n"
    assert kolla._packages(Machine(Result(0, told, "", 0.1))) == (told.strip(),)
    assert kolla._packages(Machine(Unreachable("node1: it does not answer"))) == ()


def test_a_sources_list_is_read_line_by_line(tmp_path: Path):
    text = """\
# deb http://old.example/debian trixie main
deb http://m.example/debian trixie main
deb [signed-by="/usr/share/keyrings/debian.gpg"] http://n.example/debian trixie main
"""
    (tmp_path / "sources.list").write_text(text)
    script = kolla._APT.text.replace("/etc/apt", str(tmp_path))
    done = subprocess.run(["/bin/sh", "-euc", script], capture_output=True, text=True)
    assert done.stdout.split() == [
        "http://m.example/debian/dists/trixie/Release",
        "http://n.example/debian/dists/trixie/Release",
    ]


class TestCheckOfATopology:
    @pytest.fixture(autouse=True)
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A kolla-ansible on the PATH, and what it fetches from."""
        program = tmp_path / "bin" / "kolla-ansible"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        share = tmp_path / "share" / "kolla-ansible"
        defaults = share / "ansible" / "group_vars" / "all" / "common.yml"
        defaults.parent.mkdir(parents=True)
        defaults.write_text('openstack_release: "2026.1"\ndocker_registry: images.example\n')
        galaxy = "{name: a.b, source: 'https://galaxy.example'}"
        (share / "requirements.yml").write_text(f"collections: [{galaxy}, {galaxy}]\n")
        core = "{name: 'https://git.example/core', type: git, version: stable}"
        (share / "requirements-core.yml").write_text(f"collections: [{core}]\n")
        monkeypatch.setattr(kolla, "from_here", lambda url: "" if "galaxy" in url else "far away")
        self.defaults = defaults

    def test_what_the_installed_kolla_ansible_fetches_from_is_asked(self):
        found = kolla.check_topology(planned())
        assert [str(each) for each in found] == [
            "Ansible collections (https://galaxy.example, from here): answers",
            "Ansible collections (https://git.example/core, from here): far away",
            "container images (https://images.example/v2/, from here): far away",
        ]

    def test_one_that_is_linked_to_is_found_where_it_is(self, tmp_path, monkeypatch):
        links = tmp_path / "links"
        links.mkdir()
        (links / "kolla-ansible").symlink_to(tmp_path / "bin" / "kolla-ansible")
        monkeypatch.setenv("PATH", str(links))
        assert kolla.installed() == tmp_path / "share" / "kolla-ansible"

    def test_the_registry_of_the_topology_takes_the_place_of_the_usual_one(self):
        *_, images = kolla.check_topology(planned(registry="registry.example:5000/own"))
        assert images.place.urls == (
            "https://registry.example:5000/v2/",
            "http://registry.example:5000/v2/",
        )

    def test_nodes_without_internet_reach_no_images(self):
        *_, images = kolla.check_topology(planned(internet=False))
        assert "the topology says 'internet: false'" in str(images)

    def test_another_release_is_refused(self):
        self.defaults.write_text('openstack_release: "2025.2"\n')
        with pytest.raises(HostError) as refused:
            kolla.check_topology(planned())
        assert list(refused.value.lines()) == [
            "error: this kolla-ansible is not one for OpenStack 2026.1",
            "  why: it is for OpenStack 2025.2",
            " next: run: pip install 'kolla-ansible>=22,<23'",
        ]

    def test_files_of_another_layout_are_those_of_another_release(self):
        self.defaults.unlink()
        with pytest.raises(HostError, match="is not one for OpenStack"):
            kolla.check_topology(planned())

    def test_where_there_is_none_it_says_how_to_install_it(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("PATH", "/nowhere")
        monkeypatch.setattr(kolla.sys, "executable", "/nowhere/python")
        with pytest.raises(HostError) as refused:
            kolla.check_topology(planned())
        assert refused.value.next_step == (
            "run: /nowhere/python -m pip install 'kolla-ansible>=22,<23'"
        )
