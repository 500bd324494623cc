"""Services as people see them: how they stand, how much they are called, what they replace (Hangzhou art. 6, 8)."""

from collections.abc import Iterator
from datetime import datetime, time

from litestar import Response, get

from citybrain.city.service import Service
from citybrain.cockpits.view import State
from citybrain.hub.calls.address import address_of
from citybrain.hub.calls.breaker import Circuit, circuits
from citybrain.hub.calls.conformance import Report, last_reports
from citybrain.hub.calls.figures import Figures, figures
from citybrain.kernel.numerals import number
from citybrain.web.console.desk import Desk, rail
from citybrain.web.console.sharing_desk import sharing
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.services_view import Channel, ServiceLine, ServicesPage

CIRCUITS: dict[str, State] = {"closed": "ok", "half_open": "warn", "open": "alarm"}
CHANNELS: dict[str, State] = {"planned": "todo", "parallel": "warn", "off": "ok"}


@get("/console/services")
async def listed(request: Asked) -> Response[str]:
    """Show the services: their circuits, today's calls, their tests, and the ways around the hub they replace."""

    def look() -> str:
        with sharing(request) as looked:
            page = _page(request, looked)
        return render("console/services.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk) -> ServicesPage:
    city = looked.city
    today = datetime.combine(looked.now.astimezone(city.zone).date(), time(), city.zone)
    counted, stand, tests = (
        figures(looked.connection, today),
        circuits(looked.connection),
        last_reports(looked.connection),
    )
    lines = [
        _line(looked, item, counted.get(item.ref, Figures()), stand.get(item.ref, Circuit()), tests.get(item.ref))
        for item in city.services.values()
    ]
    channels = [channel for item in city.services.values() for channel in _channels(looked, item)]
    return ServicesPage(
        frame(request, looked.visit, "console"), rail(looked, "services"), tuple(lines), tuple(channels)
    )  # fmt: skip


def _line(looked: Desk, item: Service, counted: Figures, circuit: Circuit, report: Report | None) -> ServiceLine:
    stands = circuit.state(looked.now)
    word = looked.words(f"circuit_{stands}")
    if stands == "open":
        until = (circuit.open_until or looked.now).astimezone(looked.city.zone)
        word = looked.words("circuit_open_until", at=f"{until:%H:%M:%S}")
    test: State = "none" if report is None else "ok" if report.passed else "alarm"
    tested = looked.words(f"test_{test}", at=looked.stamp(report.at) if report else "")
    p95 = looked.words("milliseconds", count=number(counted.p95_ms)) if counted.p95_ms is not None else "—"
    return ServiceLine(
        item.name.said(looked.language), address_of(looked.city, item),
        department_name(looked.city, item.owner, looked.language), looked.words(f"service_{item.status}"),
        CIRCUITS[stands], word, test, tested, number(counted.calls), number(counted.failed + counted.withheld), p95,
        looked.words("of_quota", busiest=number(counted.busiest), quota=number(item.quota)),
    )  # fmt: skip


def _channels(looked: Desk, item: Service) -> Iterator[Channel]:
    for old in item.replaces:
        until = old.until.isoformat() if old.until else ""
        word = looked.words(f"channel_{old.state}")
        name = item.name.said(looked.language)
        yield Channel(name, old.name.said(looked.language), CHANNELS[old.state], word, until)


ROUTES = [listed]
