"""Nothing leaves: looked at from inside a machine and from QEMU's own system calls."""

import re
import shutil
import stat
import subprocess
import time
from pathlib import Path

import pytest
from conftest import Cli

pytestmark = pytest.mark.e2e

# Addresses a scan would try: the host behind slirp, the host's loopback, private ranges, the world.
# The machine itself answers: a scan that does not find it finds nobody else either.
SCAN = """\
ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1 && echo "pinged 127.0.0.1"
for address in 192.0.2.2 192.0.2.3 198.51.100.2 198.51.100.3 127.0.0.1 10.255.0.1 172.16.0.1 \
192.168.122.1 169.254.169.254 203.0.113.9; do
  for port in 22 80 443 2200 2203; do
    limit=1; [ $address = 127.0.0.1 ] && limit=10
    timeout $limit bash -c "exec 3<>/dev/tcp/$address/$port" 2>/dev/null &&
      echo "reached $address:$port"
  done
  case $address in
    127.*|192.0.2.*|198.51.100.*) continue ;;  # the machine itself, and QEMU's own two networks
  esac
  ping -c 1 -W 1 $address >/dev/null 2>&1 && echo "pinged $address"
done
true
"""


def emulator(domain: str) -> int:
    """Return the process id of a domain's QEMU."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.startswith(f"guest={domain},".encode()) for word in words):
            return int(entry.parent.name)
    raise AssertionError(f"no emulator runs {domain}")


def addresses_sent_to(trace: str) -> set[str]:
    """Return every IP address in connect, sendto and sendmsg calls that strace saw."""
    return set(re.findall(r'inet_addr\("([0-9.]+)"\)', trace))


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("machine", ["node1", "router"])
def test_a_scan_from_inside_never_leaves_the_emulator(
    cli: Cli, aolda: str, machine: str, tmp_path: Path
) -> None:
    log = tmp_path / "trace"
    process = emulator(f"testbed-{aolda}-{machine}")
    argv = ["strace", "-f", "-q", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(log)]
    watching = subprocess.Popen([*argv, "-p", str(process)], stderr=subprocess.PIPE)
    try:
        time.sleep(2)
        reached = cli.guest(aolda, machine, SCAN, timeout=300)
    finally:
        watching.terminate()
        watching.wait(timeout=30)
    loopback = cli.json("status", "--name", aolda)[0]["machines"][0]["ssh"].split(":")[0]
    sent = addresses_sent_to(log.read_text(errors="replace"))
    assert loopback in sent, "strace saw nothing: the test proves nothing"
    assert sent == {loopback}
    assert reached.splitlines() == ["pinged 127.0.0.1", "reached 127.0.0.1:22"]


def test_one_machine_does_not_reach_another_through_oob0(cli: Cli, aolda: str) -> None:
    found = cli.json("status", "--name", aolda)[0]["machines"]
    host, port = next(m["ssh"] for m in found if m["name"] == "node2").split(":")
    assert cli.guest(aolda, "node1", _reaching("127.0.0.1", "22")) == "reached\n"
    assert cli.guest(aolda, "node1", _reaching(host, port)) == ""


def _reaching(host: str, port: str) -> str:
    return f"timeout 10 bash -c 'exec 3<>/dev/tcp/{host}/{port}' 2>/dev/null && echo reached; true"


def test_no_route_and_no_name_server_goes_through_oob0(cli: Cli, aolda: str) -> None:
    routes = cli.guest(aolda, "node1", "ip route show dev oob0")
    assert routes.split()[0] == "192.0.2.0/24"
    assert len(routes.strip().splitlines()) == 1
    assert "nameserver" not in cli.guest(aolda, "node1", "cat /etc/resolv.conf")


def test_no_password_logs_in(cli: Cli, aolda: str) -> None:
    shadow = cli.guest(aolda, "all", "sudo awk -F: '{print $2}' /etc/shadow | sort -u")
    told = [line.split(": ", 1) for line in shadow.splitlines()]
    machines = cli.json("status", "--name", aolda)[0]["machines"]
    assert {machine for machine, _ in told} == {machine["name"] for machine in machines}
    assert [each for each in told if not each[1].startswith(("!", "*"))] == []
    offered = cli.guest(aolda, "node1", "sudo sshd -T | grep -iE '^(password|kbd)'")
    assert "passwordauthentication no" in offered
    assert "kbdinteractiveauthentication no" in offered


def test_each_machine_has_the_host_key_we_made(cli: Cli, aolda: str) -> None:
    keys = cli.guest(aolda, "all", "cat /etc/ssh/ssh_host_*_key.pub")
    seen = {line.split(": ")[0]: line.split()[2] for line in keys.splitlines()}
    assert len(set(seen.values())) == 6
    for machine, key in seen.items():
        assert key in (cli.state(aolda) / "keys" / f"{machine}.pub").read_text()


def test_a_wrong_host_key_is_refused(cli: Cli, aolda: str) -> None:
    mine = cli.state(aolda) / "keys"
    right = (mine / "node1.pub").read_text()
    (mine / "node1.pub").write_text((mine / "node2.pub").read_text())
    try:
        done = cli.run("exec", "node1", "--name", aolda, "--", "true")
    finally:
        (mine / "node1.pub").write_text(right)
    assert done.returncode == 5
    assert "host key" in done.stderr


def test_nothing_of_ours_is_readable_by_others(cli: Cli, aolda: str) -> None:
    for top in (cli.disks(aolda), cli.state(aolda)):
        assert stat.S_IMODE(top.stat().st_mode) == 0o700
    for key in (cli.state(aolda) / "keys").iterdir():
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_tenants_reach_services_and_never_operators(cli: Cli, aolda: str) -> None:
    """The router lets the provider VLAN open connections to `external`, and to nothing else."""
    cli.guest(
        aolda,
        "node1",
        "sudo ip addr add 10.0.40.99/24 dev vlan-provider && "
        "sudo ip rule add from 10.0.40.99 table 99 && "
        "sudo ip route add default via 10.0.40.1 table 99",
    )
    try:
        service = cli.guest(aolda, "node1", _ping_from_provider("10.0.50.12"))
        operator = cli.guest(aolda, "node1", _ping_from_provider("10.0.100.2"))
    finally:
        cli.guest(
            aolda,
            "node1",
            "sudo ip rule del from 10.0.40.99; sudo ip route flush table 99; "
            "sudo ip addr del 10.0.40.99/24 dev vlan-provider",
        )
    assert ", 100% packet loss" not in service
    assert ", 100% packet loss" in operator


def _ping_from_provider(address: str) -> str:
    return f"ping -I 10.0.40.99 -c 3 -W 2 -q {address}; true"
