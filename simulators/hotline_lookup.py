"""The event lookup of 12345 as a service of its own; it answers whatever number is asked for, and all is made up."""

import argparse
import json
import re
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from simulators.curves import DISTRICTS, dice

_EVENT = re.compile(r"^/events/(E\d{8}-\d{5})(/urge)?$")
_CATEGORIES = ("noise", "parking", "road", "water", "garbage", "property", "transport", "other")


def event(number: str, seed: int = 1) -> dict[str, str]:
    """Make up the event of a number; the same number is always the same event.

    Args:
        number: Such as ``E20261120-00001``.
        seed: Another seed has other events.

    """
    thrown = dice(seed, "lookup", number)
    day = f"{number[1:5]}-{number[5:7]}-{number[7:9]}"
    return {
        "event_id": number,
        "opened_at": f"{day}T{thrown.randrange(8, 20):02d}:{thrown.randrange(60):02d}:00+08:00",
        "district": thrown.choice(list(DISTRICTS)),
        "category": thrown.choice(_CATEGORIES),
        "state": thrown.choice(("open", "closed")),
        "caller_phone": f"1380000{thrown.randrange(10_000):04d}",
    }


class Desk(BaseHTTPRequestHandler):
    """Answers one request after the other on each connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer what is asked about an event."""
        match = _EVENT.match(self.path.partition("?")[0])
        found = match is not None and match[2] is None
        self._answer(200, event(match[1])) if match and found else self._unknown()

    def do_PUT(self) -> None:
        """Urge an event."""
        self.rfile.read(int(self.headers.get("content-length") or 0))
        match = _EVENT.match(self.path)
        self._answer(200, {}) if match and match[2] else self._unknown()

    def _unknown(self) -> None:
        self._answer(404, {"type": "about:blank", "title": "没有这张工单", "status": 404}, "application/problem+json")

    def _answer(self, status: int, told: Mapping[str, object], media: str = "application/json") -> None:
        body = json.dumps(told, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-simulated", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def main(argv: list[str] | None = None) -> None:
    """Run the simulator until it is stopped."""
    reader = argparse.ArgumentParser(prog="python -m simulators.hotline_lookup", description="A simulated service.")
    reader.add_argument("--port", type=int, required=True)
    ThreadingHTTPServer(("127.0.0.1", reader.parse_args(argv).port), Desk).serve_forever()


if __name__ == "__main__":
    main()
