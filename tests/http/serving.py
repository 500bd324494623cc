"""One web process of its own on loopback, whose memory can be watched."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from citybrain.kernel.settings import Settings


class Served:
    """A web process."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self.process = port, process

    def peak_bytes(self) -> int:
        """Return the most memory the process and its children have held."""
        peak = 0
        for one in [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]:
            with open(f"/proc/{one.pid}/status") as status:
                peak = max(peak, *(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")))
        return peak

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=110)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def serving(settings: Settings, **more: str) -> Iterator[Served]:
    """Serve an instance until the test is over."""
    port = _free_port()
    told = {
        "CITYBRAIN_HOME": str(settings.home), "CITYBRAIN_DATABASE_URL": settings.database_url or "",
        "CITYBRAIN_PORT": str(port), "CITYBRAIN_DEMO": "true",
    }  # fmt: skip
    code = "from citybrain.kernel.settings import Settings\nfrom citybrain.web.server import serve\nserve(Settings())"
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **told, **more}, cwd=settings.home)
    served = Served(port, process)
    try:
        ends = time.monotonic() + 40
        while True:
            try:
                if served.ask("GET", "/readyz")[0] == 200:
                    break
            except OSError:
                pass
            if time.monotonic() > ends or process.poll() is not None:
                raise RuntimeError("the web process did not start")
            time.sleep(0.2)
        yield served
    finally:
        process.terminate()
        process.wait(15)
