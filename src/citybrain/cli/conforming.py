"""``citybrain conform``: tests a department's own system against what its service promises."""

import getpass
import os
import time
from collections.abc import Mapping

import click
import httpx

from citybrain.city.names import near
from citybrain.city.service import Service
from citybrain.cli.opening import opened
from citybrain.cli.output import tell_json
from citybrain.hub.calls.conformance import Examination, Reply, examine
from citybrain.kernel.errors import NotKnown, Unavailable
from citybrain.kernel.messages import say
from citybrain.kernel.settings import Settings

_SIGNS = {"passed": "✓", "failed": "✗", "advised": "△"}


@click.command()
@click.argument("service")
@click.option("--url", help="被测系统的地址 address of the system under test")
@click.option("--json", "as_json", is_flag=True, help="机读格式 machine-readable")
def conform(service: str, url: str | None, *, as_json: bool) -> None:
    """部门上线前的一致性测试。Test a department's system against its service before it goes live."""
    settings = Settings()
    with opened(settings) as instance:
        city = instance.city_now()
        ref = service if service.startswith("service:") else f"service:{service}"
        tested = city.services.get(ref)
        if tested is None:
            raise NotKnown("calls.service_unknown", address=ref, near=near(ref, city.services))
        base = (url or _address(tested)).rstrip("/")
        with httpx.Client(trust_env=False, follow_redirects=False) as client:

            def ask(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
                begun = time.monotonic()
                try:
                    limit = tested.timeout.total_seconds() * 2
                    answer = client.request(method, base + path, headers=dict(headers), content=body, timeout=limit)
                except (httpx.HTTPError, httpx.InvalidURL):
                    return Reply(0, "", b"", time.monotonic() - begun)
                media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                return Reply(answer.status_code, media, answer.content, time.monotonic() - begun)

            found = list(Examination(tested, base, ask, instance.signer.sign, instance.new_id).points())
        with instance.database.transaction() as connection:
            at, by = instance.clock.now(), getpass.getuser()
            report = examine(connection, tested, found, by, at, instance.new_id)
    points = [
        {"operation": item.operation, "point": item.kind, "result": item.result, "detail": item.detail}
        for item in report.points
    ]
    if as_json:
        tell_json({"service": ref, "passed": report.passed, "points": points})
    else:
        for item in report.points:
            word = say(f"calls.point_{item.kind}", settings.language)
            click.echo(f"{_SIGNS[item.result]} {item.operation}  {word}  {item.detail}".rstrip())
        counts = {name: sum(item.result == name for item in report.points) for name in _SIGNS}
        verdict = "conform_passed" if report.passed else "conform_failed"
        click.echo(say(f"calls.{verdict}", settings.language, service=ref, **counts))
    if not report.passed:
        raise SystemExit(1)


def _address(service: Service) -> str:
    url = service.url
    found = os.environ.get(url.removeprefix("env:"), "") if url.startswith("env:") else url
    if not found:
        raise Unavailable("calls.address_missing", service=service.ref, variable=url.removeprefix("env:"))
    return found
