"""Kinds of fields in the console and at the command line: proposed from what came, decided by a person."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.cli.main import main
from citybrain.hub.scanning import scan_due
from citybrain.kernel.ids import new_id
from citybrain.safeguards import classification
from citybrain.safeguards.detection import Proposal
from citybrain.web.sessions import COOKIE, sign_in
from tests.http.conftest import TINY

PAGE = "/console/classification"
FLOW = "contract:metro/flow_15min"
STATION = f"{PAGE}/metro/flow_15min/station/plate"
Client = TestClient[Any]


@pytest.fixture
def proposed(instance: Instance) -> None:
    """Station looks like a number plate to whoever looked."""
    contract = instance.city_now().contracts[FLOW]
    with instance.database.transaction() as connection:
        seen = [Proposal("station", "plate", 0.9, 50, None, "form"), Proposal("exits", "phone", 0.7, 50, None, "form")]
        assert classification.note(connection, contract, seen, instance.clock.now())


def signed(client: Client, instance: Instance, person: str) -> str:
    """Sign in and return the token every form carries."""
    client.cookies.set(COOKIE, sign_in(instance, person))
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(PAGE).text)
    return found[1] if found else ""


def post(client: Client, path: str, csrf: str, **data: str):
    return client.post(path, data={"csrf": csrf, **data}, follow_redirects=False)


@pytest.mark.usefixtures("proposed")
def test_the_provider_confirms_and_gets_the_lines_for_its_file(client: Client, instance: Instance) -> None:
    csrf = signed(client, instance, "zhou")
    page = client.get(PAGE).text
    assert "90% 相符" in page
    assert "车牌号" in page
    assert post(client, STATION, csrf, decision="confirm").status_code == 303
    assert "待确认 1" in client.get(PAGE).text
    done = client.get(f"{PAGE}?state=confirmed").text
    assert "- {property: kind, value: plate}" in done
    assert "zhou" in done
    assert post(client, STATION, csrf, decision="refuse", reason="late").status_code == 409


@pytest.mark.usefixtures("proposed")
def test_a_refusal_without_a_reason_comes_back_with_what_to_do(client: Client, instance: Instance) -> None:
    csrf = signed(client, instance, "zhou")
    again = post(client, STATION, csrf, decision="refuse", reason=" ")
    assert again.status_code == 422
    assert "请写明为何不是这类数据" in again.text
    assert post(client, STATION, csrf, decision="refuse", reason="站点编号").status_code == 303
    with instance.database.reading() as connection:
        assert classification.proposed_kinds(connection, FLOW) == {"exits": "phone"}


@pytest.mark.usefixtures("proposed")
def test_strangers_and_foreign_forms_decide_nothing(client: Client, instance: Instance) -> None:
    assert client.get(PAGE, follow_redirects=False).status_code in {303, 401}
    csrf = signed(client, instance, "zhou")
    assert post(client, STATION, "forged", decision="confirm").status_code == 403
    assert post(client, f"{PAGE}/metro/lifts/station/plate", csrf, decision="confirm").status_code == 404
    assert post(client, f"{PAGE}/nobody/nothing/x/y", csrf, decision="confirm").status_code == 404
    with instance.database.reading() as connection:
        assert classification.counted(connection, [FLOW]) == {"open": 2}


def test_nothing_proposed_says_so(client: Client, instance: Instance) -> None:
    signed(client, instance, "lin")
    assert "没有待确认的建议" in client.get(PAGE).text
    assert scan_due(instance.database, instance.city_now(), instance.reader, instance.clock) == 0


def test_the_command_proposes_without_keeping_and_exports_important_data(
    client: Client, instance: Instance, headers: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(TINY, tmp_path / "changed"))
    file = folder / "contracts" / "metro" / "flow_15min.odcs.yaml"
    text = file.read_text(encoding="utf-8")
    any_text = text.replace('logicalTypeOptions: {pattern: "^S[0-9]{1,3}$"}', "logicalTypeOptions: {minLength: 1}")
    important = any_text + "  - {property: data_class, value: important}\n"
    assert text != any_text
    file.write_text(important, encoding="utf-8")
    for grant in (folder / "grants").iterdir():
        grant.unlink()  # important data are granted by two persons, not by a file
    with instance.database.transaction() as connection:
        apply(connection, load(folder), "test", instance.clock, new_id)
    instance.city.look()
    now = instance.clock.now().replace(minute=0, second=0, microsecond=0).isoformat()
    rows = [{"slot_start": now, "station": f"浙A{at:05d}", "entries": 1, "exits": 1} for at in range(30)]
    body = "\n".join(json.dumps(row) for row in rows)
    path = "/api/v1/contracts/metro/flow_15min/batches"
    sent = client.post(path, content=body, headers={**headers, "idempotency-key": str(new_id())}).json()
    assert sent["accepted"] == 30
    monkeypatch.setenv("CITYBRAIN_HOME", str(instance.settings.home))
    monkeypatch.setenv("CITYBRAIN_DATABASE_URL", instance.settings.database_url or "")

    def run(*words: str):
        return CliRunner().invoke(main, words)

    told = run("classify", "metro/flow_15min", "--json")
    assert told.exit_code == 0
    assert [item["kind"] for item in json.loads(told.stdout)] == ["plate"]
    assert run("classify", "metro/nothing").exit_code == 1
    assert "station" in run("classify", FLOW).stdout
    lines = json.loads(run("important", "--json").stdout)
    assert {line["ref"]: line["owner"] for line in lines} == {
        FLOW: "dept:metro",
        "indicator:metro.entries": "dept:metro",
    }
    assert "重要" in run("important").stdout
    with instance.database.reading() as connection:
        assert classification.listed(connection, [FLOW]) == []
