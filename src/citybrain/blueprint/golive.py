"""Going live (上线): a service runs only as its system has passed the conformance test (Hangzhou art. 6, 9)."""

from collections.abc import Iterator

from citybrain.blueprint.load import read_stored
from citybrain.blueprint.plan import Plan, Stage
from citybrain.blueprint.revisions import one
from citybrain.city.findings import Finding
from citybrain.city.service import Service
from citybrain.city.whole import City
from citybrain.hub.calls.conformance import Report, described, last_reports
from citybrain.kernel.errors import DeclarationWrong
from citybrain.kernel.postgres import Connection


def require_tested(connection: Connection, made: Plan, city: City) -> None:
    """Let services go live that have passed their test, or say where else it was passed.

    Args:
        connection: Any transaction.
        made: What an apply would do.
        city: What it leads to.

    Raises:
        DeclarationWrong: A service would begin to run untested, or go on running as something that was not tested; all
            of them are listed.

    """
    findings = list(_untested(connection, made, city))
    if findings:
        raise DeclarationWrong("blueprint.findings", findings=findings, count=len(findings))


def _untested(connection: Connection, made: Plan, city: City) -> Iterator[Finding]:
    running = [
        (stage, service)
        for stage in made.stages
        if (service := city.services.get(stage.ref)) is not None
        and service.status == "running"
        and service.tested_elsewhere is None
    ]
    starting = [service for stage, service in running if _begins(connection, made, stage, service)]
    if not starting:
        return
    reports = last_reports(connection)
    for service in starting:
        code = _lack(reports.get(service.ref), service)
        if code is not None:
            yield Finding(code, service.ref, ("status",), {"service": service.service})


def _lack(report: Report | None, service: Service) -> str | None:
    if report is None:
        return "blueprint.service_untested"
    if not report.passed:
        return "blueprint.service_test_failed"
    return None if report.described == described(service) else "blueprint.service_test_of_another"


def _begins(connection: Connection, made: Plan, stage: Stage, service: Service) -> bool:
    """Tell whether a service begins to run, or would run as something else than before."""
    if stage.act == "add" or any(change.path == "status" for change in stage.changes):
        return True
    before = read_stored(stage.ref, one(connection, made.base).contents[stage.ref])
    return not isinstance(before, Service) or described(before) != described(service)
