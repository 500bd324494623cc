"""Going live (上线): a service runs only after its system has passed the conformance test (Hangzhou art. 6, 9)."""

from collections.abc import Iterator

from citybrain.blueprint.plan import Plan, Stage
from citybrain.city.findings import Finding
from citybrain.city.whole import City
from citybrain.hub.calls.conformance import last_reports
from citybrain.kernel.errors import DeclarationWrong
from citybrain.kernel.postgres import Connection


def require_tested(connection: Connection, made: Plan, city: City) -> None:
    """Let services go live that have passed their test, or say where else it was passed.

    Args:
        connection: Any transaction.
        made: What an apply would do.
        city: What it leads to.

    Raises:
        DeclarationWrong: A service would begin to run untested; all of them are listed.

    """
    findings = list(_untested(connection, made, city))
    if findings:
        raise DeclarationWrong("blueprint.findings", findings=findings, count=len(findings))


def _untested(connection: Connection, made: Plan, city: City) -> Iterator[Finding]:
    starting = [
        service
        for stage in made.stages
        if (service := city.services.get(stage.ref)) is not None and service.status == "running" and _begins(stage)
    ]
    if not starting:
        return
    reports = last_reports(connection)
    for service in starting:
        report = reports.get(service.ref)
        if service.tested_elsewhere is None and (report is None or not report.passed):
            code = "blueprint.service_untested" if report is None else "blueprint.service_test_failed"
            yield Finding(code, service.ref, ("status",), {"service": service.service})


def _begins(stage: Stage) -> bool:
    return stage.act == "add" or any(change.path == "status" for change in stage.changes)
