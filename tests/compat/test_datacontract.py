"""Other people's tools read our contracts."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CONTRACTS = sorted((REPOSITORY / "cities").rglob("*.odcs.yaml"))
UV = os.environ.get("UV") or shutil.which("uv") or "uv"


def lint(file: Path) -> "subprocess.CompletedProcess[str]":
    """Let the linter of the standard's own tool look at a file."""
    apart = [UV, "run", "--isolated", "--only-group", "compat", "--locked", "--quiet"]
    return subprocess.run(
        [*apart, "datacontract", "lint", str(file)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


@pytest.mark.compat
@pytest.mark.parametrize("file", CONTRACTS, ids=lambda file: str(file.relative_to(REPOSITORY / "cities")))
def test_the_linter_of_the_standard_accepts_the_contract(file: Path) -> None:
    done = lint(file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.compat
def test_the_linter_refuses_a_contract_that_is_none(tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.odcs.yaml"
    spoilt.write_text(
        CONTRACTS[0].read_text(encoding="utf-8").replace("logicalType: object", "logicalType: heap"), encoding="utf-8"
    )
    assert lint(spoilt).returncode != 0
