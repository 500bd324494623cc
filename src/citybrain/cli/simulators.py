"""The department simulators that ``up`` starts: own processes, each with a key of its own, labelled as simulators."""

import importlib.util
import sys

from citybrain.blueprint.instance import Instance
from citybrain.city.whole import City
from citybrain.hub import credentials
from citybrain.kernel.processes import Program
from citybrain.systems.polling import replayed_contracts
from citybrain.systems.registry import Folders


def simulator_programs(instance: Instance, city: City) -> list[Program]:
    """Describe a program for each simulated system that has a simulator and whose contracts no real file is played for.

    Args:
        instance: This process's instance.
        city: The revision in force.

    Returns:
        Programs in the order of their systems; none where no simulators are installed.

    """
    if importlib.util.find_spec("simulators") is None:
        return []
    from simulators import SIMULATORS  # noqa: PLC0415  not installed everywhere

    settings = instance.settings
    replayed = replayed_contracts(city, Folders(settings.data_dir, settings.home / "geography"))
    programs = []
    for system in city.systems.values():
        module = SIMULATORS.get(system.ref)
        if not system.simulated or module is None or set(system.provides) <= replayed:
            continue
        with instance.database.transaction() as connection:
            _, secret = credentials.issue(
                connection, city, system.ref, "simulator", "citybrain up", instance.clock, instance.new_id
            )
        name = module.rsplit(".", 1)[-1]
        store = settings.home / "simulators" / f"{city.settings.city.id}-{name}.sqlite"
        where = ("--url", f"http://{settings.host}:{settings.port}", "--store", str(store))
        env = {"CITYBRAIN_SYSTEM_KEY": secret}
        programs.append(Program(f"simulator-{name}", (sys.executable, "-m", module, *where), env))
    return programs
