"""Does a client's writing go on?"""

from testbed.lab import writer
from testbed.lab.format.probes import Writer
from testbed.lab.format.sentinels import SequenceWriter
from testbed.lab.observation import Heard, Observation, Value, error, failed, judged
from testbed.lab.probes.hearing import deaf, hear
from testbed.lab.world import World


def hear_writer(probe: Writer, world: World) -> Heard:
    sentinel = world.sentinels.get(probe.sentinel)
    if not isinstance(sentinel, SequenceWriter):
        return {"-": {"silent": f"there is no writer '{probe.sentinel}'"}}
    look = writer.age_script(probe.sentinel)
    return {sentinel.source: hear(world, sentinel.source, look, probe.timeout)}


def read_writer(probe: Writer, heard: Heard) -> Observation:
    if unheard := deaf(heard):
        return unheard
    ((machine, told),) = heard.items()
    if told["status"] != 0:
        return error("probe.unreachable", machine=machine, detail=told["last"])
    age = writer.read_age(told["out"])
    if age is None:
        return failed("probe.writer.never", machine=machine)
    values: dict[str, Value] = {
        "machine": machine,
        "seconds": round(age, 1),
        "limit": probe.stalled_below,
    }
    return judged(age < probe.stalled_below, "probe.writer.pass", "probe.writer.fail", **values)
