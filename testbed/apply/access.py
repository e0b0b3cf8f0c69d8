"""Other programs' way into the machines: an ssh_config, and commands in many at once."""

from collections.abc import Mapping
from pathlib import Path

from testbed.apply import keys
from testbed.apply.folders import Folders, write_private
from testbed.apply.session import session
from testbed.errors import GuestError
from testbed.guest import Command, Result
from testbed.plan.models import Machine, Plan
from testbed.render import ssh
from testbed.together import side_by_side


def ssh_config(folders: Folders, plan: Plan) -> str:
    """Return the text of an ssh_config for every machine; the known hosts file it names is made."""
    own = keys.read(folders, plan)
    known_hosts = folders.of_testbed(plan.name) / "known_hosts"
    public = {name: pair.public for name, pair in own.hosts.items()}
    write_private(known_hosts, ssh.known_hosts(plan, public))
    return ssh.ssh_config(plan, identity=own.user_file, known_hosts=known_hosts)


def write_ssh_config(folders: Folders, plan: Plan) -> Path:
    """Return a file with the testbed's ssh_config."""
    path = folders.of_testbed(plan.name) / "ssh_config"
    write_private(path, ssh_config(folders, plan))
    return path


def execute(
    folders: Folders,
    plan: Plan,
    machines: tuple[Machine, ...],
    argv: tuple[str, ...],
    timeout: float,
) -> Mapping[str, Result | GuestError]:
    """Return what the command gave in each machine, or why there is nothing of one."""
    with session(plan, keys.read(folders, plan)) as doors:

        def ask(machine: Machine) -> Result | GuestError:
            try:
                return doors.guest(machine).run(Command(argv), timeout=timeout)
            except GuestError as error:
                return error

        results = side_by_side(machines, ask)
    return dict(zip((machine.name for machine in machines), results, strict=True))
