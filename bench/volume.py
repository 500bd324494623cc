"""Three million real rows through the project's own connector and gate: rows a second and the memory it takes."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[1]
SOURCE = "source:transport/flights"


def main() -> None:
    """Print the figures, or say that the files are not here."""
    data = os.environ.get("CITYBRAIN_DATA_DIR") or str(ROOT.parent / "shared" / "data")
    if not Path(data, "volume-flights-3m").is_dir():
        print("volume: set CITYBRAIN_DATA_DIR to the folder with volume-flights-3m; nothing measured")
        return
    home = Path(tempfile.mkdtemp(prefix="citybrain-bench-"))
    home.chmod(0o755)
    env = {**os.environ, "CITYBRAIN_HOME": str(home)}
    command = [sys.executable, "-m", "citybrain.cli"]
    try:
        applied = [*command, "apply", str(ROOT / "cities" / "reference"), "--reason", "bench", "--json"]
        subprocess.run(applied, env=env, check=True, stdout=subprocess.DEVNULL)
        start = time.perf_counter()
        taken = [*command, "ingest", SOURCE, "--data-dir", data, "--json"]
        done = subprocess.run(taken, env=env, check=True, capture_output=True)
        seconds = time.perf_counter() - start
        (receipt,) = orjson.loads(done.stdout)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        sums = {key: receipt[key] for key in ("received", "accepted", "set_aside")}
        print(f"volume: {sums}, {len(receipt['parts'])} batches")
        print(
            f"  whole command {seconds:.1f} s, {receipt['received'] / seconds:,.0f} rows/s, peak {peak / 1e6:,.0f} MB"
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)
