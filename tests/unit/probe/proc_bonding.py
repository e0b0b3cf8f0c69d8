"""What the kernel writes in /proc/net/bonding, as root sees it."""

ACTIVE_BACKUP = """\
Ethernet Channel Bonding Driver: v6.12.43+deb13-cloud-amd64

Bonding Mode: fault-tolerance (active-backup)
Primary Slave: eno1 (primary_reselect always)
Currently Active Slave: eno1
MII Status: up
MII Polling Interval (ms): 100
Up Delay (ms): 0
Down Delay (ms): 0
Peer Notification Delay (ms): 0

Slave Interface: eno1
MII Status: up
Speed: Unknown
Duplex: Unknown
Link Failure Count: 0
Permanent HW addr: 52:54:8a:01:02:03
Slave queue ID: 0

Slave Interface: eno2
MII Status: up
Speed: Unknown
Duplex: Unknown
Link Failure Count: 1
Permanent HW addr: 52:54:8a:01:02:04
Slave queue ID: 0
"""

PULLED = ACTIVE_BACKUP.replace("Active Slave: eno1", "Active Slave: eno2").replace(
    "Slave Interface: eno1\nMII Status: up", "Slave Interface: eno1\nMII Status: down"
)

ALONE = ACTIVE_BACKUP[: ACTIVE_BACKUP.index("\nSlave Interface: eno2")]

_MEMBER = """
Slave Interface: {name}
MII Status: up
Speed: 10000 Mbps
Duplex: full
Link Failure Count: 0
Permanent HW addr: 52:54:8a:0a:0b:0{number}
Slave queue ID: 0
Aggregator ID: {aggregator}
Actor Churn State: none
Partner Churn State: none
Actor Churned Count: 0
Partner Churned Count: 0
details actor lacp pdu:
    system priority: 65535
    system mac address: 52:54:11:22:33:44
    port key: 15
    port priority: 255
    port number: {number}
    port state: 63
details partner lacp pdu:
    system priority: 65535
    system mac address: {partner}
    oper key: 15
    port priority: 255
    port number: {number}
    port state: 63
"""

_LACP = """\
Ethernet Channel Bonding Driver: v6.12.43+deb13-cloud-amd64

Bonding Mode: IEEE 802.3ad Dynamic link aggregation
Transmit Hash Policy: layer3+4 (1)
MII Status: up
MII Polling Interval (ms): 100
Up Delay (ms): 0
Down Delay (ms): 0
Peer Notification Delay (ms): 0

802.3ad info
LACP active: on
LACP rate: fast
Min links: 0
Aggregator selection policy (ad_select): stable
"""

_AGGREGATOR = """\
System priority: 65535
System MAC address: 52:54:11:22:33:44
Active Aggregator Info:
	Aggregator ID: 1
	Number of ports: {ports}
	Actor Key: 15
	Partner Key: 15
	Partner Mac Address: {partner}
"""


def lacp(partner: str = "52:54:aa:bb:cc:dd", aggregators: tuple[int, int] = (1, 1)) -> str:
    """Return the text of an 802.3ad bond of eno3 and eno4."""
    members = (
        _MEMBER.format(name=name, number=number, aggregator=aggregator, partner=partner)
        for number, (name, aggregator) in enumerate(
            zip(("eno3", "eno4"), aggregators, strict=True), 1
        )
    )
    head = _LACP + _AGGREGATOR.format(ports=aggregators.count(1), partner=partner)
    return "".join((head, *members))


def lacp_without_root() -> str:
    """Return what anybody but root sees of a healthy 802.3ad bond: no partner."""
    hidden = ("system", "port", "oper", "details")
    whole = lacp().replace(_AGGREGATOR.format(ports=2, partner="52:54:aa:bb:cc:dd"), "")
    return "".join(
        line for line in whole.splitlines(keepends=True) if not line.lstrip().startswith(hidden)
    )


def lacp_without_aggregator() -> str:
    """Return what root sees while no member has carrier."""
    down = lacp("00:00:00:00:00:00", (1, 2)).replace("MII Status: up", "MII Status: down")
    start = down.index("Active Aggregator Info:")
    end = down.index("\nSlave Interface: eno3")
    return f"{down[:start]}bond bond1 has no active aggregator\n{down[end:]}"
