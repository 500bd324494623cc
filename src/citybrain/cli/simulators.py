"""The department simulators that ``up`` starts: own processes, each with a key of its own, labelled as simulators."""

import os
import socket
import sys

from citybrain.blueprint.instance import Instance
from citybrain.city.whole import City
from citybrain.hub import credentials
from citybrain.kernel.processes import Program
from citybrain.systems.polling import replayed_contracts
from citybrain.systems.registry import Folders
from simulators import SERVICES, SIMULATORS
from simulators.running import KEY_VARIABLE


def simulator_programs(instance: Instance, city: City, address: str, folders: Folders) -> list[Program]:
    """Describe a program for each simulated system that has a simulator.

    Args:
        instance: This process's instance.
        city: The revision in force.
        address: Where the hub listens.
        folders: Where real files are; a contract that is replayed from them is not simulated as well.

    Returns:
        Programs in the order of their systems.

    """
    replayed = replayed_contracts(city, folders)
    store = instance.settings.home / "simulators"
    store.mkdir(parents=True, exist_ok=True)
    programs = []
    for system in city.systems.values():
        module = SIMULATORS.get(system.ref)
        if module is None or not system.simulated or set(system.provides) & replayed:
            continue
        with instance.database.transaction() as connection:
            for known in credentials.keys(connection):
                if known.system == system.ref and known.label == LABEL and known.revoked_at is None:
                    credentials.revoke(connection, known.id, BY, instance.clock, instance.new_id)
            _, secret = credentials.issue(connection, city, system.ref, LABEL, BY, instance.clock, instance.new_id)
        name = module.rpartition(".")[2]
        argv = (sys.executable, "-m", module, "--url", address, "--store", str(store / f"{name}.sqlite"))
        programs.append(Program(f"simulator-{name}", argv, {KEY_VARIABLE: secret}))
    return programs


def service_programs(city: City) -> tuple[list[Program], dict[str, str]]:
    """Describe a program for each service that a simulator answers for.

    Args:
        city: The revision in force.

    Returns:
        The programs, and the variables that tell the hub where they listen.

    """
    programs, told = [], {}
    for service in city.services.values():
        module, variable = SERVICES.get(service.ref), service.url.removeprefix("env:")
        if module is None or variable == service.url or variable in os.environ:
            continue
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            port = asked.getsockname()[1]
        told[variable] = f"http://127.0.0.1:{port}"
        name = module.rpartition(".")[2].replace("_", "-")
        programs.append(Program(f"simulator-{name}", (sys.executable, "-m", module, "--port", str(port))))
    return programs, told


LABEL = "simulator"
BY = "citybrain up"
