"""Simulators of department systems: each a process with a store of its own, and everything it sends is made up.

``python -m simulators.metro --url http://127.0.0.1:8600 --store metro.sqlite`` with the system's key in
``CITYBRAIN_SYSTEM_KEY``. The shapes of days are tables of our own making; nothing here is an observation.
"""

SIMULATORS = {
    "system:metro/afc": "simulators.metro",
    "system:urban-management/parking": "simulators.parking",
    "system:environment/stations": "simulators.environment",
    "system:hotline/events": "simulators.hotline",
    "system:health/visits": "simulators.visits",
}
"""Module of the simulator that stands for a registered system."""

SERVICES = {"service:hotline/event-lookup": "simulators.hotline_lookup"}
"""Module of the simulator that answers for a service."""
