"""The API is what its description says: no answer breaks its schema, and nothing a program sends is a fault of ours."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.web.sessions import COOKIE, sign_in, viewer_in
from tests.http.serving import serving

pytestmark = pytest.mark.compat
REPOSITORY = Path(__file__).parents[2]
UV = os.environ.get("UV") or shutil.which("uv") or "uv"
APART = [UV, "run", "--project", str(REPOSITORY), "--isolated", "--only-group", "compat", "--locked", "--quiet"]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES = 60


@pytest.fixture
def remote(settings: Settings) -> Iterator[tuple[str, dict[str, str]]]:
    """A running city: its address, and headers of a system and of somebody who is signed in."""
    told = settings.model_copy(update={"demo": True})
    instance = Instance(told, SystemClock(), new_id)
    with instance.database.transaction() as connection:
        apply(connection, load(REPOSITORY / "cities" / "tiny"), "test", instance.clock, new_id)
    instance.city.look()
    with instance.database.transaction() as connection:
        city = instance.city_now()
        secret = credentials.issue(connection, city, "system:metro/afc", "t", "t", instance.clock, new_id)[1]
    session = sign_in(instance, "lin")
    headers = {
        "Authorization": f"Bearer {secret}", "Cookie": f"{COOKIE}={session}",
        "X-CSRF-Token": viewer_in(instance, {COOKIE: session}).csrf,
    }  # fmt: skip
    with serving(told) as served:
        yield f"http://127.0.0.1:{served.port}", headers
    instance.close()


def test_schemathesis_finds_no_fault_of_ours_and_no_breach_of_the_description(
    remote: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    address, headers = remote
    command = [*APART, "schemathesis", "run", f"{address}/openapi.json", "--checks", CHECKS]
    command += ["--max-examples", str(EXAMPLES), "--seed", "1", "--no-color", "--phases", "examples,coverage,fuzzing"]
    command += ["--suppress-health-check", "filter_too_much"]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    told = re.sub(r"cbk_[\w-]+", "***", done.stdout)[-6_000:]
    assert done.returncode == 0, told
    assert "No issues found" in told or "passed" in told, told
