import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from testbed.host import mark
from testbed.host.models import Mark

DOMAIN = """
<domain xmlns:t='urn:aolda:testbed:1'>
  <metadata>
    <t:machine testbed='a' machine='node1' role='node' loopback='127.1.2.3' image='i' digest='d'>
      <t:topology>{"name": "a &lt; b &amp; c"}</t:topology>
    </t:machine>
  </metadata>
  <memory unit='KiB'>65536</memory>
  <devices>
    <interface type='udp'><mac address='52:54:00:00:00:01'/><link state='down'/></interface>
    <interface type='udp'><mac address='52:54:00:00:00:02'/><link state='up'/></interface>
    <interface type='udp'><mac address='52:54:00:00:00:03'/><alias name='ua-eno3'/></interface>
    <serial type='pty'><source path='/dev/pts/3'/><log file='/var/log/c.log' append='on'/></serial>
  </devices>
</domain>
"""


@pytest.fixture
def domain() -> ET.Element:
    return ET.fromstring(DOMAIN)


def test_the_mark_is_read_with_the_topology_unescaped(domain: ET.Element) -> None:
    expected = Mark("a", "node1", "node", "127.1.2.3", "i", "d", '{"name": "a < b & c"}')
    assert mark.read_mark(domain) == expected


def test_a_domain_with_other_metadata_is_not_ours() -> None:
    other = "<domain><metadata><x:machine xmlns:x='urn:other' testbed='a'/></metadata></domain>"
    assert mark.read_mark(ET.fromstring(other)) is None


def test_a_nic_without_a_link_element_has_its_carrier_up(domain: ET.Element) -> None:
    expected = {"52:54:00:00:00:01": False, "52:54:00:00:00:02": True, "52:54:00:00:00:03": True}
    assert mark.read_links(domain) == expected


def test_links_cannot_be_changed_by_whoever_reads_them(domain: ET.Element) -> None:
    with pytest.raises(TypeError):
        mark.read_links(domain)["52:54:00:00:00:01"] = True  # type: ignore[index]


@pytest.mark.parametrize("mac", ["52:54:00:00:00:03", "52:54:00:00:00:02"])
def test_a_pulled_nic_keeps_everything_else(domain: ET.Element, mac: str) -> None:
    text = mark.nic_with_link(domain, mac, up=False)
    assert text is not None
    nic = ET.fromstring(text)
    assert [link.get("state") for link in nic.findall("link")] == ["down"]
    assert nic.find(f"mac[@address='{mac}']") is not None


def test_the_alias_stays_because_the_override_refers_to_it(domain: ET.Element) -> None:
    text = mark.nic_with_link(domain, "52:54:00:00:00:03", up=False)
    assert text is not None
    assert '<alias name="ua-eno3" />' in text


def test_a_mac_is_found_in_either_case() -> None:
    root = ET.fromstring(DOMAIN.replace("52:54:00:00:00:01", "52:54:00:aa:00:01"))
    assert mark.nic_with_link(root, "52:54:00:AA:00:01", up=True) is not None


def test_an_unknown_mac_is_no_nic(domain: ET.Element) -> None:
    assert mark.nic_with_link(domain, "52:54:00:00:00:99", up=True) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<memory unit='KiB'>65536</memory>", 64),
        ("<memory unit='MiB'>64</memory>", 64),
        ("<memory unit='GiB'>2</memory>", 2048),
        ("<memory>65536</memory>", 64),
        ("<memory unit='bytes'>67108864</memory>", 64),
        ("", 0),
    ],
)
def test_memory_is_read_in_any_unit(text: str, expected: int) -> None:
    assert mark.read_memory_mib(ET.fromstring(f"<domain>{text}</domain>")) == expected


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        ("<serial type='pty'><log file='/l'/></serial>", Path("/l")),
        ("<serial type='file'><source path='/f'/></serial>", Path("/f")),
        ("<serial type='pty'><source path='/dev/pts/1'/></serial>", None),
        ("", None),
    ],
)
def test_the_console_log_is_where_the_xml_says(serial: str, expected: Path | None) -> None:
    root = ET.fromstring(f"<domain><devices>{serial}</devices></domain>")
    assert mark.read_console_log(root) == expected
