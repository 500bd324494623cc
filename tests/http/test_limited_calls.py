"""A service is called as often as agreed; a call that came to nothing does not count, and the last one is answered."""

from pathlib import Path

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import grants, limits
from citybrain.kernel.clock import city_day
from citybrain.kernel.ids import new_id
from tests.http.permits import GRANT, write_city
from tests.http.provider import Provider
from tests.http.test_calls import BASE, acts, key, provider

__all__ = ["provider"]


@pytest.fixture
def desk(instance: Instance, tmp_path: Path, provider: Provider) -> dict[str, str]:
    """The key of a consumer whose grant allows for two calls."""
    loaded = load(write_city(tmp_path / "city", provider.url, grant=GRANT + "limits: {uses: 2}\n"))
    assert not loaded.errors, loaded.errors
    with instance.database.transaction() as connection:
        apply(connection, loaded, "test", instance.clock, new_id)
    instance.city.look()
    return key(instance, "system:clinic/desk")


def used(instance: Instance) -> int:
    with instance.database.reading() as connection:
        held = grants.versions(connection, "clinic-calls-permits")
        day = city_day(instance.clock.now(), instance.city_now().zone)
        return limits.used_of(connection, held, day).get("clinic-calls-permits", limits.Used()).uses


def test_the_third_of_two_calls_is_refused_before_the_provider_is_asked(
    instance: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    assert [client.get(f"{BASE}/permits/P1", headers=desk).status_code for _ in range(2)] == [200, 200]
    asked = len(provider.asked)
    answer = client.get(f"{BASE}/permits/P1", headers=desk)
    assert (answer.status_code, answer.json()["code"]) == (403, "hub.use_uses_spent")
    assert len(provider.asked) == asked
    act, facts = acts(instance)[-1]
    assert (act, facts["lacks"]) == ("hub:call:refused", ["uses_spent"])
    assert used(instance) == 2


def test_a_call_that_fails_at_the_provider_is_given_back(
    instance: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    provider.status = 500
    assert client.get(f"{BASE}/permits/P1", headers=desk).status_code == 503
    assert used(instance) == 0
