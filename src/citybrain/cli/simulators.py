"""The department simulators that ``up`` starts: own processes, each with a key of its own, labelled as simulators."""

import importlib.util
import sys

from citybrain.blueprint.instance import Instance
from citybrain.city.whole import City
from citybrain.hub import credentials
from citybrain.kernel.processes import Program


def simulator_programs(instance: Instance, city: City) -> list[Program]:
    """Describe a program for each simulated system that has a simulator.

    Args:
        instance: This process's instance.
        city: The revision in force.

    Returns:
        Programs in the order of their systems; none where no simulators are installed.

    """
    programs = []
    for system in city.systems.values():
        name = system.system.replace("/", "_").replace("-", "_")
        if not system.simulated or not _has(name):
            continue
        with instance.database.transaction() as connection:
            _, secret = credentials.issue(
                connection, city, system.ref, "simulator", "citybrain up", instance.clock, instance.new_id
            )
        settings = instance.settings
        env = {
            "CITYBRAIN_KEY": secret,
            "CITYBRAIN_ADDRESS": f"http://{settings.host}:{settings.port}",
            "CITYBRAIN_STORE": str(settings.home / "simulators" / name),
            "CITYBRAIN_CONTRACTS": ",".join(system.provides),
        }
        programs.append(Program(f"simulator-{name}", (sys.executable, "-m", f"simulators.{name}"), env))
    return programs


def _has(name: str) -> bool:
    return (
        importlib.util.find_spec("simulators") is not None
        and importlib.util.find_spec(f"simulators.{name}") is not None
    )
