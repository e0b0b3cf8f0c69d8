"""Every setting, command and option is one that kolla-ansible has."""

import configparser
import importlib.util
import re
from importlib.metadata import entry_points
from io import StringIO
from types import ModuleType
from typing import Any

import pytest
import yaml
from clouds import planned
from offline import SHARE

from testbed.deploy.ceph.clients import client_conf
from testbed.deploy.kolla import RELEASE
from testbed.deploy.kolla.commands import commands, recovery
from testbed.deploy.kolla.settings import globals_yml
from testbed.deploy.kolla.sources import read_sources
from testbed.plan.models import Plan

DEFAULTS = (
    *SHARE.glob("ansible/group_vars/all/*.yml"),
    *SHARE.glob("ansible/roles/*/defaults/*.yml"),
)


def known() -> dict[str, Any]:
    """Return every setting that kolla-ansible has, with its default."""
    found: dict[str, Any] = {}
    for path in DEFAULTS:
        found |= yaml.safe_load(path.read_text()) or {}
    return found


def ours(plan: Plan) -> dict[str, Any]:
    assert plan.cloud and plan.storage
    found: dict[str, Any] = yaml.safe_load(globals_yml(plan.cloud, plan.storage, plan.name))
    return found


def test_every_setting_is_one_of_kolla_ansibles_and_most_are_in_its_example() -> None:
    mine = ours(planned(registry="registry.example:5000/aolda"))
    assert mine.keys() - known().keys() == set()
    example = (SHARE / "etc_examples" / "kolla" / "globals.yml").read_text()
    listed = set(re.findall(r"^#?(\w+):", example, re.MULTILINE))
    assert len(mine.keys() & listed) >= 12


def test_no_setting_only_repeats_a_default() -> None:
    """Those that say which release and which distribution the rest was written for may."""
    defaults = known()
    same = {key for key, value in ours(planned()).items() if defaults[key] == value}
    assert same == {"openstack_release"}


def test_settings_have_the_kind_of_their_defaults() -> None:
    defaults = known()
    for key, value in ours(planned()).items():
        if isinstance(defaults[key], bool | list | dict):
            assert type(value) is type(defaults[key]), key


def test_the_distribution_and_the_virtualization_are_known_ones() -> None:
    defaults = known()
    assert ours(planned())["kolla_base_distro"] in defaults["kolla_base_distro_version_default_map"]
    assert defaults["openstack_release"] == RELEASE


def test_every_command_is_one_of_kolla_ansibles() -> None:
    cloud = planned().cloud
    assert cloud
    there = {point.name.replace("_", "-") for point in entry_points(group="kolla_ansible.cli")}
    named = {each.name for each in (*commands(cloud), recovery())}
    assert named - {"kolla-genpwd"} <= there
    assert "prechecks" in there


def test_what_it_fetches_is_read_from_its_own_files() -> None:
    found = read_sources(SHARE)
    assert found.registry == known()["docker_registry"]
    assert len(found.collections) == 2
    assert all(url.startswith("https://") for url in found.collections)


@pytest.fixture(scope="module")
def merge_configs() -> ModuleType:
    """What reads ceph.conf for glance and cinder."""
    path = SHARE / "ansible" / "action_plugins" / "merge_configs.py"
    spec = importlib.util.spec_from_file_location("merge_configs", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def merged(merge_configs: ModuleType, text: str) -> str:
    parser = merge_configs.OverrideConfigParser()
    parser.parse(StringIO(text))
    out = StringIO()
    parser.write(out)
    return out.getvalue()


def test_ceph_conf_comes_through_kolla_ansibles_parser_as_it_is(merge_configs: ModuleType) -> None:
    storage = planned().storage
    assert storage
    text = client_conf(storage)
    assert merged(merge_configs, text).split() == text.split()
    plain = configparser.ConfigParser()
    plain.read_string(merged(merge_configs, text))
    assert plain["global"]["mon_host"] == "10.0.20.11,10.0.20.12,10.0.20.13"


def test_with_tabs_it_would_not(merge_configs: ModuleType) -> None:
    storage = planned().storage
    assert storage
    tabbed = re.sub(r"^(?=\w)", "\t", client_conf(storage), flags=re.MULTILINE)
    with pytest.raises(Exception, match="nexpected continuation line"):
        merged(merge_configs, tabbed)
