"""Golden cities fed with real files, when there are any."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def real_files() -> Path:
    """Folder of real city data: named by CITYBRAIN_DATA_DIR, or standing beside the repository."""
    told = os.environ.get("CITYBRAIN_DATA_DIR")
    folder = Path(told) if told else ROOT.parent / "shared" / "data"
    if not (folder / "ground_truth.json").is_file():
        pytest.skip("no real city data: set CITYBRAIN_DATA_DIR to the folder that holds ground_truth.json")
    return folder
