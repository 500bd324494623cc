"""A department's own system on loopback, whose mood the test sets."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PERMIT = {
    "permit_no": "P1", "holder": "王小明", "phone": "13812340073", "idNumber": "330106198001010014",
    "valid_until": "2027-01-01", "inner_note": "内部", "site": {"street": "文三路", "valid_until": "2026-12-01"},
}  # fmt: skip


class Provider:
    """What the system does next, and what it was asked.

    Attributes:
        status: Status of the next answers.
        pause_s: How long it thinks.
        lost: Whether unknown paths are told as the standard says.
        during: What happens while it is being asked.

    """

    def __init__(self) -> None:
        self.status, self.pause_s, self.answer, self.media = 200, 0.0, None, "application/json"
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.during: Any = None
        self.url, self.large = "", 0
        self.failing = 0
        self.lost = False

    def reply(self, method: str, path: str) -> tuple[int, str, bytes]:
        if self.failing:
            self.failing -= 1
            return 503, "text/plain", b"secret trouble"
        if self.lost and not path.startswith("/permits/"):
            return 404, "application/problem+json", b"{}"
        if method == "GET" and path.endswith("/scan"):
            return self.status, "application/pdf", b"%PDF"
        answer = self.answer if self.answer is not None else PERMIT
        return self.status, self.media, answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = b""
            left = int(self.headers.get("content-length") or 0)
            keep = left < 1_000_000
            while left:
                part = self.rfile.read(min(left, 262_144))
                left -= len(part)
                body += part if keep else b""
            asked = {name.lower(): value for name, value in self.headers.items()}
            provider.asked.append((self.command, self.path, asked, body))
            if provider.during:
                provider.during()
            time.sleep(provider.pause_s)
            if provider.large and self.path.endswith("/scan"):
                self.send_response(200)
                self.send_header("content-type", "application/pdf")
                self.send_header("content-length", str(provider.large))
                self.end_headers()
                for _ in range(provider.large // 65_536):
                    self.wfile.write(bytes(65_536))
                return
            status, media, text = provider.reply(self.command, self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("content-type", media)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider until the test is over."""
    provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
