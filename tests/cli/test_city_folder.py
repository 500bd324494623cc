"""A city folder at the command line.

All findings at once, a plan a person can sign, an apply that is what was planned.
"""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from citybrain.cli.main import main
from citybrain.kernel.settings import Settings

TINY = Path(__file__).parents[2] / "cities" / "tiny"
FLOW = "contracts/metro/flow_15min.odcs.yaml"
UNANSWERABLE = ["slot_start > station", "entries > station", "entries + exits", "day_of(entries) > 1"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "city"))


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CITYBRAIN_HOME", str(settings.home))
    monkeypatch.setenv("CITYBRAIN_DATABASE_URL", settings.database_url or "")

    def command(*words: str) -> Result:
        return CliRunner().invoke(main, words, catch_exceptions=False)

    return command


def replace_in(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_sound_folder_has_no_findings(run, folder: Path) -> None:
    result = run("check", str(folder))
    assert (result.exit_code, result.stderr) == (0, "")


def test_every_finding_is_listed_at_once_with_file_line_and_column(run, folder: Path) -> None:
    replace_in(folder, "indicators/metro.entries.yaml", "owner: dept:metro", "owner: dept:metros")
    replace_in(folder, FLOW, "value: slot_start}", "value: slot_begin}")
    replace_in(folder, "cockpits/city.yaml", "number metro.entries", "number metro.entires")
    (folder / "grants").mkdir(exist_ok=True)
    (folder / "grants" / "broken.yaml").write_text("grant: x\nfrom: [unclosed\n", encoding="utf-8")
    result = run("check", str(folder), "--json")
    found = {(item["code"], item["file"], item["line"]) for item in json.loads(result.stdout)}
    assert result.exit_code == 1
    lines = (folder / "indicators/metro.entries.yaml").read_text(encoding="utf-8").splitlines()
    owner = next(number for number, line in enumerate(lines, 1) if line.startswith("owner:"))
    assert ("blueprint.name_unknown", "indicators/metro.entries.yaml", owner) in found
    assert {"contracts/metro/flow_15min.odcs.yaml", "cockpits/city.yaml", "grants/broken.yaml"} <= {
        item[1] for item in found
    }
    near = [item for item in json.loads(result.stdout) if item["file"] == "cockpits/city.yaml"]
    assert "metro.entries" in " ".join(near[0]["next"])


def test_a_thing_that_cannot_be_read_is_not_also_reported_as_missing(run, folder: Path) -> None:
    replace_in(folder, "indicators/metro.entries.yaml", "field: public_service", "field: happiness")
    found = json.loads(run("check", str(folder), "--json").stdout)
    assert [item["code"] for item in found] == ["blueprint.value_wrong"]


def test_nothing_is_applied_while_there_are_findings(run, folder: Path) -> None:
    replace_in(folder, "indicators/metro.entries.yaml", "owner: dept:metro", "owner: dept:nobody")
    result = run("apply", str(folder))
    assert result.exit_code == 1
    assert "dept:nobody" in result.stderr
    assert json.loads(run("plan", str(TINY), "--json").stdout)["base"] == 0


def test_a_plan_says_what_changes_and_whom_it_affects_and_apply_does_just_that(run, folder: Path) -> None:
    assert json.loads(run("apply", str(folder), "--json").stdout)["revision"] == 1
    assert json.loads(run("plan", str(folder), "--json").stdout)["stages"] == []
    replace_in(folder, "indicators/metro.entries.yaml", "measure: sum(entries)", "measure: sum(exits)")
    planned = json.loads(run("plan", str(folder), "--json").stdout)
    (stage,) = planned["stages"]
    assert (stage["act"], stage["ref"]) == ("change", "indicator:metro.entries")
    assert stage["changes"] == [{"path": "measure", "before": "sum(entries)", "after": "sum(exits)"}]
    assert "cockpit:city" in stage["affects"]
    applied = json.loads(run("apply", str(folder), "--plan", planned["plan"], "--json").stdout)
    assert (applied["revision"], applied["stages"]) == (2, planned["stages"])


def test_a_signed_plan_is_refused_when_the_city_has_moved_on(run, folder: Path) -> None:
    planned = json.loads(run("plan", str(folder), "--json").stdout)["plan"]
    run("apply", str(folder))
    replace_in(folder, "indicators/metro.entries.yaml", "measure: sum(entries)", "measure: sum(exits)")
    result = run("apply", str(folder), "--plan", planned)
    assert result.exit_code == 1
    assert "blueprint.plan_stale" in result.stderr


def test_an_older_revision_can_be_brought_back(run, folder: Path) -> None:
    run("apply", str(folder))
    replace_in(folder, "indicators/metro.entries.yaml", "measure: sum(entries)", "measure: sum(exits)")
    run("apply", str(folder))
    back = json.loads(run("apply", "--to-revision", "1", "--json").stdout)
    assert back["revision"] == 3
    assert json.loads(run("plan", str(TINY), "--json").stdout)["stages"] == []
    assert run("apply", "--to-revision", "9").exit_code == 1


def test_suspected_duplicate_construction_needs_a_reason(run, folder: Path) -> None:
    run("apply", str(folder))
    text = (
        (folder / FLOW)
        .read_text(encoding="utf-8")
        .replace("flow_15min", "flow_again")
        .replace("地铁分时客流", "又一份客流")
    )
    (folder / "contracts/metro/flow_again.odcs.yaml").write_text(text, encoding="utf-8")
    refused = run("apply", str(folder))
    assert refused.exit_code == 1
    assert "contract:metro/flow_15min" in refused.stderr
    assert json.loads(run("apply", str(folder), "--reason", "并行试验三个月", "--json").stdout)["revision"] == 2


def test_a_change_that_would_break_consumers_is_refused(run, folder: Path) -> None:
    run("apply", str(folder))
    replace_in(
        folder, FLOW, "name: entries\n        logicalType: integer", "name: entries\n        logicalType: string"
    )
    text = (folder / FLOW).read_text(encoding="utf-8")
    (folder / FLOW).write_text(
        text.replace("logicalTypeOptions: {minimum: 0, maximum: 50000}", "logicalTypeOptions: {}", 1), encoding="utf-8"
    )
    result = run("apply", str(folder))
    assert result.exit_code == 1
    assert "blueprint.breaking_type_changed" in result.stderr


def test_explain_tells_a_thing_and_an_error_and_offers_near_names(run, folder: Path) -> None:
    run("apply", str(folder))
    told = json.loads(run("explain", "contract:metro/flow_15min", "--json").stdout)
    assert "indicator:metro.entries" in told["used_by"]
    assert json.loads(run("explain", "hub.key_wrong", "--json").stdout)["next"]
    wrong = run("explain", "contract:metro/flow")
    assert wrong.exit_code == 1
    assert "contract:metro/flow_15min" in wrong.stderr


def test_verify_finds_nothing_in_a_sound_city_and_names_what_was_changed(run, folder: Path, database) -> None:
    run("apply", str(folder))
    rows = folder.parent / "rows.ndjson"
    rows.write_text('{"slot_start": "2026-11-20T08:15:00+08:00", "station": "S1", "entries": 3, "exits": 1}\n')
    receipt = json.loads(run("ingest", "contract:metro/flow_15min", str(rows), "--json").stdout)
    assert (receipt[0]["received"], receipt[0]["accepted"]) == (1, 1)
    assert json.loads(run("ingest", "contract:metro/flow_15min", str(rows), "--json").stdout)[0]["repeated"]
    sound = run("verify", "--json")
    assert (sound.exit_code, json.loads(sound.stdout)["faults"]) == (0, [])
    with database.transaction() as connection:
        connection.execute("UPDATE hub_batch SET payload = payload || '\\x00' WHERE contract LIKE '%flow%'")
    broken = run("verify", "--json")
    assert (broken.exit_code, json.loads(broken.stdout)["faults"][0]["kind"]) == (1, "payload_changed")


def test_a_pattern_that_no_rule_can_run_is_found_before_any_batch_comes(run, folder: Path) -> None:
    replace_in(folder, FLOW, "^S[0-9]{1,3}$", "^(?!S9)S[0-9]{1,3}$")
    replace_in(folder, "contracts/metro/lifts.odcs.yaml", "^S[0-9]{1,3}$", "^S[0-9{1,3}$")
    found = json.loads(run("check", str(folder), "--json").stdout)
    assert all("logicalTypeOptions" in str(item) for item in found)
    assert sorted(item["file"] for item in found) == [FLOW, "contracts/metro/lifts.odcs.yaml"]


@pytest.mark.parametrize("bound", ["many", "'2026-01-31'", "true", "[1]"])
def test_a_bound_that_no_number_can_be_compared_with_is_found(run, folder: Path, bound: str) -> None:
    replace_in(folder, FLOW, "{minimum: 0, maximum: 50000}", f"{{minimum: {bound}, maximum: 50000}}")
    result = run("check", str(folder), "--json")
    assert result.exit_code == 1
    assert {item["file"] for item in json.loads(result.stdout)} == {FLOW}


@pytest.mark.parametrize("relation", UNANSWERABLE)
def test_a_relation_that_no_row_can_answer_is_found(run, folder: Path, relation: str) -> None:
    rule = f"- {{type: custom, engine: citybrain, implementation: {{rule: side, relation: {relation}}}}}"
    replace_in(folder, FLOW, "    quality:\n", f"    quality:\n      {rule}\n")
    result = run("check", str(folder))
    assert result.exit_code == 1
    assert "relation_unfit" in result.stderr
    assert relation in result.stderr
    replace_in(folder, FLOW, relation, "entries >= exits")
    assert run("check", str(folder)).exit_code == 0


@pytest.mark.parametrize(
    ("line", "code", "mend"),
    [
        ("share, value: none", "unshared_without_basis", "share, value: conditional"),
        ("consent, value: true", "consent_without_subject", "consent, value: false"),
    ],
)
def test_a_promise_about_sharing_that_names_no_ground_is_found(
    run, folder: Path, line: str, code: str, mend: str
) -> None:
    path = folder / FLOW
    path.write_text(path.read_text(encoding="utf-8") + f"  - {{property: {line}}}\n", encoding="utf-8")
    result = run("check", str(folder))
    assert result.exit_code == 1
    assert code in result.stderr
    replace_in(folder, FLOW, line, mend)
    assert run("check", str(folder)).exit_code == 0
