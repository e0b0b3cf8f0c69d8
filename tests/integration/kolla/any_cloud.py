"""A strategy for topologies with a cloud: nodes of one or of several wirings, names of any kind."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from testbed.topology.models import Topology

Draw = Callable[[st.SearchStrategy[Any]], Any]
_NAMES = ("node1", "n-2", "worker3", "enable", "b4", "localhost5", "control6")
_VLANS = {"ops": 11, "disk": 22, "vxlan": 33, "provider": 44}
_VLANS_IN = {name: {"id": tag, "subnet": f"10.{tag}.0.0/24"} for name, tag in _VLANS.items()}


@st.composite
def clouds(draw: Draw) -> Topology:
    """Draw a topology with a cloud that passes every rule."""
    count = draw(st.sampled_from((1, 3, 4, 5)))
    names = draw(st.permutations(_NAMES))[:count]
    cables = [["router:down", "sw:router"]]
    nodes = {name: _node(draw, name, 11 + n, cables) for n, name in enumerate(names)}
    return Topology.model_validate(
        {
            "name": draw(st.sampled_from(("lab", "a-cloud"))),
            "internet": draw(st.booleans()),
            "vlans": _VLANS_IN,
            "machines": {"sw": {"role": "switch", "memory": 320}, "router": _router(), **nodes},
            "cables": cables,
            "storage": {
                "vlan": "disk",
                "replicas": 1,
                "min_replicas": 1,
                "pools": draw(st.permutations(("images", "volumes", "vms", "backups", "more"))),
            },
            "cloud": _cloud(draw),
        }
    )


def _cloud(draw: Draw) -> dict[str, Any]:
    vip = draw(st.sampled_from((None, "10.11.0.200")))
    registry = draw(st.sampled_from((None, "registry.example", "10.11.0.9:5000/my/own")))
    return {"provider": "kolla", "vip": vip, "registry": registry}


def _router() -> dict[str, Any]:
    own = {name: f"10.{tag}.0.1" for name, tag in _VLANS.items()}
    return {"role": "router", "memory": 320, "nics": {"down": {"vlans": own}}}


def _node(draw: Draw, name: str, host: int, cables: list[list[str]]) -> dict[str, Any]:
    """Draw a node: everything tagged on one NIC, or some VLANs untagged on NICs of their own."""
    own: dict[str, str | None] = {vlan: f"10.{tag}.0.{host}" for vlan, tag in _VLANS.items()}
    own["provider"] = None
    alone = draw(st.lists(st.sampled_from(sorted(own)), unique=True, max_size=3))
    nics: dict[str, Any] = {"eno1": {"vlans": {v: a for v, a in own.items() if v not in alone}}}
    nics |= {f"eno{n}": {"access": v, "address": own[v]} for n, v in enumerate(alone, start=2)}
    cables += [[f"{name}:{nic}", f"sw:{name}{nic[3:]}"] for nic in nics]
    return {
        "role": "node",
        "image": "kolla",
        "memory": draw(st.sampled_from((1024, 8192))),
        "gateway": "ops",
        "nics": nics,
        "disks": [{"serial": "osd1", "size": 4096}],
    }
