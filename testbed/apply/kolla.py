"""OpenStack's files for a testbed, and whether what they make kolla-ansible fetch is in reach."""

import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

from testbed.apply import access, ceph, keys
from testbed.apply.folders import Folders, make_private, write_private
from testbed.apply.observe import Testbed
from testbed.apply.reaching import Place, Reached, from_here, from_machine, reach
from testbed.apply.session import session
from testbed.deploy import kolla
from testbed.deploy.ceph.clients import users
from testbed.deploy.ceph.secrets import Caps
from testbed.deploy.kolla import guide
from testbed.deploy.kolla.ceph import asking_for_key
from testbed.deploy.kolla.sources import Sources, read_sources
from testbed.errors import CannotWrite, DeployError, GuestError, HostError, StateError
from testbed.guest import Script, TalkingGuest
from testbed.plan.cloud import Cloud
from testbed.plan.models import Plan
from testbed.plan.storage import Storage
from testbed.together import side_by_side
from testbed.topology.models import CloudProvider

_COMMAND = 60.0  # seconds
_APT = Script(
    r"sed -n 's|^deb \(\[[^]]*] \)\{0,1\}\(http[^ ]*\) \([^ ]*\) .*|\2/dists/\3/Release|p' "
    "/etc/apt/sources.list"
)
_UNSPLIT = re.compile(r"[\w./+@:,~-]+")  # kolla-ansible hands the folder on as key=value words


def must_be_free(folder: Path) -> None:
    """Raise `CannotWrite` unless it is a folder without files, or none yet, that can be used."""
    where = folder.absolute()
    if not _UNSPLIT.fullmatch(str(where)):
        raise CannotWrite(
            f"kolla-ansible cannot work in '{where}'",
            why="it takes no spaces, quotes or braces in the path of its folder",
            next_step=f"name another folder, for example: testbed kolla write {_a_new_one()}",
        )
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        raise CannotWrite(
            f"'{folder}' is not an empty folder",
            why="passwords and changes of yours may be in it, so nothing was written",
            next_step=f"name a new folder, for example: testbed kolla write {_a_new_one()}",
        )


def _a_new_one() -> str:
    """Return a folder that does not exist yet and can be used, as it is typed."""
    places = ((".", Path.cwd()), ("~", Path.home()), ("/srv", Path("/srv")))
    typed, place = next(each for each in places if _UNSPLIT.fullmatch(str(each[1])))
    names = ("kolla" if number == 1 else f"kolla-{number}" for number in count(1))
    return next(f"{typed}/{name}" for name in names if not (place / name).exists())


def of_testbed(folders: Folders, testbed: Testbed) -> Mapping[str, str]:
    """Return the files for an existing testbed; its Ceph makes the keys of OpenStack's users."""
    plan = testbed.plan
    cloud, storage = wanted(plan)
    made = {user: _key(folders, testbed, user, caps) for user, caps in users(storage).items()}
    way_in = access.ssh_config(folders, plan)
    return kolla.files(plan, cloud, storage, keys=made, ssh_config=way_in)


def of_topology(plan: Plan) -> Mapping[str, str]:
    """Return the files for a testbed that does not exist: no keys, and no way in."""
    return kolla.files(plan, *wanted(plan))


def wanted(plan: Plan) -> tuple[Cloud, Storage]:
    """Return the cloud and the Ceph of a plan; raises `StateError` where it has no cloud."""
    if plan.cloud is None or plan.storage is None:
        raise StateError(
            f"the topology of '{plan.name}' has no OpenStack",
            why="it has no 'cloud' section",
            next_step="add 'cloud: {provider: kolla}' to a file of yours; what can stand in it: "
            "testbed schema",
        )
    if plan.cloud.provider is not CloudProvider.KOLLA:
        raise StateError(
            f"the OpenStack of '{plan.name}' is not kolla-ansible's",
            why=f"its topology says 'provider: {plan.cloud.provider}', which `testbed up` deploys",
            next_step="write provider: kolla into a file of yours, or run: testbed up TOPOLOGY",
        )
    return plan.cloud, plan.storage


def shortcomings(plan: Plan) -> tuple[str, ...]:
    """Return what the topology lacks for a deployment, a sentence each."""
    return tuple(guide.shortcomings(plan, wanted(plan)[0]))


def _key(folders: Folders, testbed: Testbed, user: str, caps: Caps) -> str:
    result = ceph.run(folders, testbed, asking_for_key(user, caps), _COMMAND)
    if not result.ok:
        raise DeployError(
            f"Ceph does not give a key to '{user}'",
            why=result.stderr.strip() or f"exit status {result.exit_status}",
            next_step=f"see what it may do now: testbed ceph -- auth get {user}",
        )
    return result.stdout.strip()


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files so that only their owner can read them."""
    try:
        make_private(folder)
        for name, text in files.items():
            path = folder / name
            for parent in reversed(path.relative_to(folder).parents[:-1]):
                make_private(folder / parent)
            write_private(path, text)
    except OSError as error:
        raise CannotWrite(
            f"cannot write to '{folder}'",
            why=error.strerror or str(error),
            next_step=f"name a folder of yours, for example: testbed kolla write {_a_new_one()}",
        ) from error


def check_testbed(folders: Folders, testbed: Testbed) -> tuple[Reached, ...]:
    """Look whether all can be reached: collections from here, the rest from a node."""
    cloud, _ = wanted(testbed.plan)
    sources = read_sources(installed())
    with session(testbed.plan, keys.read(folders, testbed.plan)) as doors:
        node = cloud.controllers[0].machine
        packages = _packages(doors.guests[node])
        return _reach(sources, cloud, node, from_machine(doors.guests[node]), packages)


def _packages(node: TalkingGuest) -> tuple[str, ...]:
    """Return where a node has Debian's packages from; of one that is silent, all else will tell."""
    with suppress(GuestError):
        return tuple(dict.fromkeys(node.run(_APT).stdout.split()))
    return ()


def check_topology(plan: Plan) -> tuple[Reached, ...]:
    """Look whether all can be reached from here; nodes would ask for the images."""
    cloud, _ = wanted(plan)
    whence, ask = ("here", from_here) if plan.internet else ("nodes", _closed)
    return _reach(read_sources(installed()), cloud, whence, ask)


def _closed(url: str) -> str:
    return "the topology says 'internet: false', and what is inside the testbed only it can tell"


def _reach(
    sources: Sources,
    cloud: Cloud,
    whence: str,
    ask: Callable[[str], str],
    packages: tuple[str, ...] = (),
) -> tuple[Reached, ...]:
    return tuple(side_by_side(tuple(_places(sources, cloud, whence, ask, packages)), reach))


def _places(
    sources: Sources,
    cloud: Cloud,
    whence: str,
    ask: Callable[[str], str],
    packages: tuple[str, ...],
) -> Iterator[Place]:
    for url in sources.collections:
        yield Place("Ansible collections", (url,), "here", from_here)
    for url in packages:
        yield Place("Debian's packages", (url,), whence, ask)
    host = (cloud.registry or sources.registry).partition("/")[0]
    urls = tuple(f"{scheme}://{host}/v2/" for scheme in ("https", "http"))
    insecure = "without TLS: write docker_registry_insecure: true into globals.d/NAME.yml"
    yield Place("container images", urls, whence, ask, insecure)


def must_all_answer(found: tuple[Reached, ...]) -> None:
    """Raise `HostError` that names all that cannot be reached."""
    silent = [each for each in found if each.why]
    if silent:
        raise HostError(
            f"{len(silent)} of {len(found)} places kolla-ansible fetches from are out of reach",
            why="; ".join(map(str, silent)),
            next_step="deploy where there is internet: collections on this computer, packages and "
            "images by 'internet: true' in the topology, or images from a registry in it: "
            "cloud: {provider: kolla, registry: HOST:PORT}",
        )


def installed() -> Path:
    """Return the folder of an installed kolla-ansible's data, on the PATH or beside us."""
    beside = Path(sys.executable).parent
    for path in (None, str(beside)):
        if found := shutil.which("kolla-ansible", path=path):
            return Path(found).resolve().parents[1] / "share" / "kolla-ansible"
    raise HostError(
        "kolla-ansible is not installed",
        why="it is neither on the PATH nor beside testbed; what it fetches is read from its files",
        next_step=f"run: {sys.executable} -m pip install '{kolla.REQUIREMENT}'",
    )
