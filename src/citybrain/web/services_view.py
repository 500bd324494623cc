"""The services page of the console."""

from dataclasses import dataclass

from citybrain.cockpits.view import State
from citybrain.web.console_view import RailGroup
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class Channel:
    """A way around the hub that a service replaces.

    Attributes:
        service: Name of the service.
        name: Name of the way.
        state, word: How far it is replaced.
        until: Last day, or empty.

    """

    service: str
    name: str
    state: State
    word: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service.

    Attributes:
        address: Where consumers call it.
        owner: Who answers for it.
        status: Its status in words.
        state, word: How its circuit stands.
        test, tested: Its last conformance test.
        calls, failed: Figures of today, as printed.
        p95: Time within which 95 % of the answers came, as printed.
        quota: Busiest minute of one system, of the quota.

    """

    name: str
    address: str
    owner: str
    status: str
    state: State
    word: str
    test: State
    tested: str
    calls: str
    failed: str
    p95: str
    quota: str


@dataclass(frozen=True, slots=True)
class ServicesPage:
    """All services and the ways around the hub they replace.

    Attributes:
        frame: What stands around the page.
        rail: The console's rail.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    lines: tuple[ServiceLine, ...]
    channels: tuple[Channel, ...]
