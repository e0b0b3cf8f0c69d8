"""What the provider sends is documented, and what the programs print is read."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from fake_microceph import FakeCluster
from microceph_contract import CONTRACT, Undocumented, check_mon, entry, parse
from test_microceph_flow import FILES, storage, up

from testbed.deploy.microceph.members import joining_step, token_step
from testbed.deploy.microceph.node import MICROCEPH, TOKENS, facts_script, read_facts
from testbed.deploy.microceph.snap import SNAP
from testbed.image.reading import read_recipe, recipes_folder

PROGRAMS = re.compile(rf"(?<!-v )(?<!-x )(?:{SNAP}|{MICROCEPH}) [^\n|;&)]*")
REDIRECTION = re.compile(r"\d?>(&\d|\S+)")


def commands_of(script: str) -> list[list[str]]:
    """Return every command of the contract's programs in a script."""
    return [shlex.split(found) for found in PROGRAMS.findall(REDIRECTION.sub("", script))]


def test_every_entry_names_a_known_source():
    named = [*CONTRACT["commands"], *CONTRACT["monitors"].values()]
    assert all(each["source"] for each in named)
    assert {source for each in named for source in each["source"]} <= set(CONTRACT["sources"])


def test_every_entry_is_used_and_every_command_is_in_the_contract():
    """The fake refuses what is not in the contract; here every entry is seen to be needed."""
    online, offline = FakeCluster(storage()), FakeCluster(storage(), store=False)
    for node in offline.nodes.values():
        node.files = set(FILES)
    run = {change.partition(": ")[2] for cluster in (online, offline) for change in up(cluster)}
    words = {" ".join(each["words"]) for each in CONTRACT["commands"] if each["changes"]}
    assert {command for command in run if command.startswith(("snap", "microceph"))} <= words
    invited = {"microceph cluster add"}  # from a script: below
    assert words - run == invited


def test_the_scripts_only_use_documented_commands():
    wanted = storage()
    node = wanted.nodes[0]
    look = [parse(argv)[0] for argv in commands_of(facts_script(wanted, node).text)]
    asked = {tuple(each["words"]) for each in CONTRACT["commands"] if not each["changes"]}
    assert set(look) == asked
    invite = token_step(node, "node2").command
    assert [parse(argv)[0] for argv in commands_of(invite.text)] == [
        ("microceph", "cluster", "add")
    ]


@pytest.mark.parametrize(
    "argv",
    [
        ("microceph", "cluster", "recover"),
        ("microceph", "disk", "add", "/dev/vdb", "--force"),
        ("microceph", "cluster", "join", "a", "b"),
    ],
    ids=["command", "flag", "arguments"],
)
def test_the_contract_refuses_what_is_not_documented(argv):
    with pytest.raises(Undocumented):
        parse(argv)


def test_the_contract_knows_the_monitors_commands():
    check_mon("osd pool set", ["pool", "var", "val"])
    with pytest.raises(Undocumented):
        check_mon("osd pool set", ["pool", "forced"])


def program(folder: Path, name: str, script: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def prints(*words: str) -> str:
    """Return a branch of a shell's `case` that prints what the contract records."""
    return f"'{' '.join(words[1:])}'*) cat <<'END'\n{entry(*words)['prints']}END\n;;"


def shell(text: str, folder: Path) -> str:
    """Run a script with the programs of the folder in place of the real ones."""
    for real, path in ((SNAP, folder / "snap"), (MICROCEPH, folder / "microceph")):
        text = text.replace(real, str(path))
    text = text.replace(TOKENS, str(folder / "tokens"))
    done = subprocess.run(
        ["sh", "-euc", text], capture_output=True, text=True, env=os.environ, check=True
    )
    return done.stdout


def test_the_facts_of_a_member_are_read(tmp_path):
    wanted = storage()
    listed = (("snap", "list"), ("snap", "services"))
    branches = "\n".join(prints(*words) for words in listed)
    program(tmp_path, "snap", f'case "$*" in\n{branches}\nesac')
    listed = (
        ("microceph", "cluster", "list"),
        ("microceph", "disk", "list"),
        ("microceph", "client", "config", "list"),
    )
    branches = "\n".join(prints(*words) for words in listed)
    program(tmp_path, "microceph", f'case "$*" in\n{branches}\nesac')
    node = wanted.nodes[0]
    facts = read_facts(shell(facts_script(wanted, node).text, tmp_path), node)
    assert facts.members == {"node1"}
    assert facts.snaps.ready
    assert facts.snaps.held == {"microceph"}
    assert facts.disks == {"osd1"}
    assert facts.active == {"daemon"}
    assert facts.settings == {"rbd_cache": "false"}


def test_the_facts_of_a_node_in_no_cluster_are_read(tmp_path):
    wanted = storage()
    program(tmp_path, "snap", "echo")
    said = entry("microceph", "cluster", "list")["refuses"]
    program(tmp_path, "microceph", f"echo {shlex.quote(said)} >&2; exit 1")
    node = wanted.nodes[0]
    facts = read_facts(shell(facts_script(wanted, node).text, tmp_path), node)
    assert facts.members == frozenset()
    assert not facts.disks


@pytest.mark.parametrize("said", ["", "Error: Database is still starting", "Error: timed out"])
def test_silence_is_not_taken_for_no_cluster(said):
    node = storage().nodes[0]
    facts = read_facts(f"== snaps\n== members\n{said}\n", node)
    assert facts.members is None
    assert facts.silence == (said or "it said nothing")


def test_a_disk_known_by_another_name_is_known():
    node = storage().nodes[0]
    disks = '{"ConfiguredDisks":[{"osd":1,"path":"/dev/vdb","location":"node1"}]}'
    names = "== names\n/dev/disk/by-id/virtio-osd1 ../../vdb\n"
    rows = "== members\n| NAME |\n| node1 |\n"
    assert read_facts(f"{names}{rows}== disks\n{disks}\n", node).disks == {"osd1"}
    elsewhere = disks.replace("node1", "node2")
    assert read_facts(f"{names}{rows}== disks\n{elsewhere}\n", node).disks == frozenset()


def test_a_second_try_gives_the_same_token(tmp_path):
    program(tmp_path, "microceph", f'echo "$*" >>{tmp_path}/asked; echo token-of-$3')
    script = token_step(storage().nodes[0], "node2").command
    first, second = (shell(script.text, tmp_path) for _ in range(2))
    assert first == second == "token-of-node2\n"
    assert (tmp_path / "asked").read_text() == "cluster add node2\n"
    assert (tmp_path / "tokens" / "node2").stat().st_mode & 0o777 == 0o600


def test_a_token_arrives_over_stdin(tmp_path):
    microceph = program(tmp_path, "microceph", 'echo "$*"')
    step = joining_step(storage().nodes[1], "eyJuYW1lIjoi==")
    argv = [str(microceph) if word == MICROCEPH else word for word in step.command.argv]
    done = subprocess.run(argv, input=step.stdin, capture_output=True, check=True)
    assert done.stdout.decode() == "cluster join eyJuYW1lIjoi== --microceph-ip 10.0.20.12\n"
    assert "eyJ" not in f"{step.command!r} {step.command.argv}"


def test_the_image_can_be_read():
    recipe = read_recipe(recipes_folder() / "microceph")
    assert recipe.parent == "storage"
    assert ("snapd",) in [stage.packages for stage in recipe.stages]
