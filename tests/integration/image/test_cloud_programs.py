"""What the cloud image brings along, run or read here: a build of it takes minutes."""

import http.server
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.deploy.openstack.node import WAVES
from testbed.image.models import DebianRecipe
from testbed.image.reading import read_recipe, recipes_folder

CLOUD = recipes_folder() / "cloud"
SERVICES = (CLOUD / "50-services.sh").read_text()
STAGES = {script.name: script.read_text() for script in sorted(CLOUD.glob("[0-9]*.sh"))}


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers every request with the status that its path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def listen() -> Iterator[Callable[[bytes], str]]:
    """Give addresses that accept connections, and say something to whoever connects."""
    sockets: list[socket.socket] = []

    def serve(server: socket.socket, greeting: bytes) -> None:
        while True:
            try:
                talking, _ = server.accept()
            except OSError:
                return
            with talking:
                talking.sendall(greeting)

    def start(greeting: bytes) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        sockets.append(server)
        threading.Thread(target=serve, args=(server, greeting), daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield start
    for server in sockets:
        server.close()


def wait_for(
    folder: Path, gates: str, unit: str, *, seconds: float, user: str | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """Return what came of waiting for a unit with those gates."""
    file = folder / "gates"
    file.write_text(gates)
    return subprocess.run(
        ["bash", shutil.copy(CLOUD / "wait-for", folder), unit],
        env={**os.environ, "GATES": str(file), **env},
        user=user,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def passes(tmp_path: Path, places: str, *, unit: str = "nova-api", seconds: float = 5) -> bool:
    """Return whether a unit whose line in the gates is `places` may start."""
    gates = f"keystone tcp:127.0.0.1:1\nnova-api {places}\n"
    try:
        return wait_for(tmp_path, gates, unit, seconds=seconds).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def test_a_service_starts_once_what_it_needs_answers(tmp_path, listen, web):
    assert passes(tmp_path, f"greeting:{listen(b'5')} tcp:{listen(b'')} {web}/200")


@pytest.mark.parametrize("needs", ["tcp:127.0.0.1:1", "greeting:SILENT", "WEB/503", "tcp"])
def test_a_service_waits_for_what_only_accepts_or_reports_an_error(tmp_path, listen, web, needs):
    needs = needs.replace("SILENT", listen(b"")).replace("WEB", web)
    assert not passes(tmp_path, needs, seconds=1.5)


def test_a_place_nobody_understands_is_an_error_and_not_waited_for(tmp_path):
    done = wait_for(tmp_path, "nova-api udp:127.0.0.1:1\n", "nova-api", seconds=10)
    assert done.returncode == 2
    assert "udp:127.0.0.1:1" in done.stdout


def test_what_answers_after_its_start_is_not_waited_for_once_its_process_is_gone(tmp_path, web):
    gone = subprocess.Popen(["true"])
    gone.wait()
    unit, gates = "nova-api-answers", f"nova-api-answers {web}/503\n"
    assert wait_for(tmp_path, gates, unit, seconds=5, MAINPID=str(gone.pid)).returncode == 1
    with pytest.raises(subprocess.TimeoutExpired):
        wait_for(tmp_path, gates, unit, seconds=1.5, MAINPID=str(os.getpid()))


def test_a_process_of_roots_is_there_for_a_user_who_may_not_send_it_a_signal(web):
    unit, gates = "nova-api-answers", f"nova-api-answers {web}/503\n"
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as name:  # others may not look into tmp_path
        folder = Path(name)
        folder.chmod(0o755)
        with pytest.raises(subprocess.TimeoutExpired):
            wait_for(folder, gates, unit, seconds=1.5, user=user, MAINPID="1")


def test_a_service_without_a_line_waits_for_nothing(tmp_path):
    assert passes(tmp_path, "tcp:127.0.0.1:1", unit="cinder-api")


@pytest.mark.parametrize(
    ("state", "options"),
    [
        ("seqno:   -1\n", ["--wsrep-new-cluster", "--wsrep_start_position=7"]),
        ("seqno:   7\n", ["--wsrep-new-cluster"]),
        (None, ["--wsrep-new-cluster"]),
    ],
)
def test_a_database_looks_for_its_last_transaction_only_when_it_was_not_stopped(
    tmp_path, state, options
):
    for name, text in (
        ("mariadbd", 'printf "%s\\n" "$@"'),
        ("galera_recovery", "echo --wsrep_start_position=7"),
    ):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    if state:
        (tmp_path / "grastate.dat").write_text(state)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "DATADIR": str(tmp_path)}
    argv = ["sh", str(CLOUD / "mariadb-start"), "--wsrep-new-cluster"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == options


def test_every_service_we_start_our_way_is_off_until_it_is_deployed():
    ours = set(re.findall(r"^(?:api|answering|worker|service) ([a-z-]+)", SERVICES, re.MULTILINE))
    disabled = SERVICES.partition("for unit in mariadb")[2].partition(";")[0].split()
    assert len(ours) > 10
    assert ours - set(disabled) == set()
    assert "systemctl enable" not in "".join(STAGES.values())


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Units as the image's stage writes them, by name; apache2 has only what we add to Debian's.

    The rest of the stage is for an image, never for this computer: its part with the units is cut
    out by marks that must be there, and finds no program that could do more than write them.
    """
    folder, programs = tmp_path_factory.mktemp("units"), tmp_path_factory.mktemp("programs")
    for name in ("cat", "mkdir"):
        (programs / name).symlink_to(str(shutil.which(name)))
    _, writing = SERVICES.split("units=/etc/systemd/system\n")
    writing, _ = writing.split("# The parent of cinder-volume")
    script = f"set -eu\nunits={folder}\n{writing}"
    subprocess.run(["/bin/sh", "-c", script], check=True, env={"PATH": str(programs)})
    written: dict[str, str] = {}
    for path in sorted((*folder.glob("*.service"), *folder.glob("*.service.d/*.conf"))):
        unit = path.relative_to(folder).parts[0].partition(".")[0]
        written[unit] = written.get(unit, "") + path.read_text()
    return written


def test_services_start_in_the_order_of_a_deployment_and_two_at_a_time(units):
    order = [unit for wave in WAVES for unit in wave]
    assert set(units) == set(order)
    after = {
        unit: [each for each in order if re.search(rf"^After=.*\b{each}\.service", text, re.M)]
        for unit, text in units.items()
    }
    first = [unit for unit in order if not after[unit]]
    rows = [unit for unit in order if after[unit]]
    assert len(first) == 2
    for unit in rows:
        (before,) = after[unit]
        assert order.index(before) < order.index(unit)
    assert len({after[unit][0] for unit in rows}) == len(rows), "three at a time"


def test_a_unit_has_started_when_its_service_is_up(units):
    for name, text in units.items():
        if name != "apache2":
            says_so_itself = "\nType=notify\n" in text
            assert says_so_itself != ("wait-for %N-answers\n" in text), name


def test_no_unit_of_ours_pulls_in_a_service_of_another_node():
    wants = re.findall(r"(?:Wants|Requires|BindsTo)=([^\n\\]*)", SERVICES)
    assert wants == ["libvirtd.service"]


def test_packages_come_first_and_the_database_after_the_tiny_instance():
    recipe = read_recipe(CLOUD)
    assert isinstance(recipe, DebianRecipe)
    names = [stage.name for stage in recipe.stages]
    assert names[0] == "packages"
    assert names.index("tiny") < names.index("database") < names.index("services")


def test_every_account_of_the_seed_is_locked():
    script = STAGES["40-database.sh"]
    assert script.index("ACCOUNT LOCK") < script.index("--wsrep-new-cluster")
    assert re.findall(r"IDENTIFIED BY '([^']*)'", script) == ["placeholder"]


def test_the_image_knows_the_address_of_no_testbed():
    addresses = {
        address
        for file in CLOUD.iterdir()
        for address in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", file.read_text())
    }
    assert addresses == {"127.0.0.1", "192.0.2.250"}


def test_every_shell_script_is_one():
    shells = {file: file.read_text().partition("\n")[0] for file in CLOUD.iterdir()}
    scripts = {file: first for file, first in shells.items() if first.endswith("sh")}
    assert len(scripts) > len(STAGES)
    for file, first in scripts.items():
        shell = "bash" if first.endswith("bash") else "sh"
        assert subprocess.run([shell, "-n", str(file)]).returncode == 0
