"""What is told to type next names the testbed, where another one could be meant."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.host import Host

# Commands that mean a testbed and do not name it. `up` with a topology means that one's, `graph`
# with one means none.
_NAMELESS = re.compile(
    r"\btestbed (?:ssh|exec|console|ceph|openstack|suspend|resume|restart|link (?:up|down)"
    r"|power (?:on|off)|checkpoint (?:save|restore|list|delete)|logs collect|ssh-config"
    r"|open (?:horizon|proxy)|lab (?:start|guide|status|check|hint|note|reset|debrief|finish|prove)"
    r"|down(?: --forget)?|up(?=$|[,;]| --to)|graph(?! (?!--)))"
    r"(?![\w-])(?![^;,:]*--name)",
    re.ASCII,  # a particle of Korean grammar follows a command without a space
)


def naming(existing: Collection[str], name: str) -> str:
    """Return the option that a printed command needs to mean a testbed; "" for the only one."""
    return f" --name {name}" if any(each != name for each in existing) else ""


def named(advice: str, option: str) -> str:
    """Return advice whose commands have the option right after their verb."""
    return _NAMELESS.sub(lambda found: found[0] + option, advice)


@contextmanager
def meaning(host: "Host", name: str) -> Iterator[None]:
    """Let what errors inside the block tell to type next mean the testbed of that name."""
    from testbed.apply.observe import names

    try:
        yield
    except TestbedError as error:
        with suppress(TestbedError):  # the host may have gone: then nobody knows who else is there
            error.next_step = named(error.next_step, naming(names(host), name))
        raise
