"""Every page with sample data on a loopback server, to be looked at and tested before a city exists.

Run ``python -m tests.browser.gallery`` and open the printed address; ``--outline file`` draws real outlines.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from citybrain.cockpits.outline import Outline, project
from citybrain.kernel.messages import Language
from citybrain.web.assets import built_file
from citybrain.web.pages import Theme, render, render_widget, widget_id
from citybrain.web.views import CockpitPage, Frame, Section
from tests.browser import (
    sample_catalog,
    sample_cockpit,
    sample_console,
    sample_destruction,
    sample_dissent,
    sample_emergencies,
    sample_exchange,
    sample_law,
    sample_limits,
    sample_portal,
    sample_scenario,
    sample_services,
    sample_work,
)
from tests.browser.sample_tiles import tiles
from tests.browser.sample_words import NOW, both

CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
Page = tuple[str, Callable[[Language, dict[str, str]], object]]


def frame(language: Language, path: str, section: Section | None, *, signed_in: bool = True) -> Frame:
    """Make the frame of a sample page."""
    b = both
    other = "en" if language == "zh" else "zh"
    return Frame(
        city=b(language, "杭州城市大脑", "Hangzhou City Brain"),
        now=NOW,
        language_href=f"{path}?lang={other}",
        section=section,
        person=b(language, "陈值班", "Chen") if signed_in else "",
        post=b(language, "值班负责人", "Duty officer"),
        department=b(language, "数据资源局", "Data Bureau"),
        demo=True,
        csrf="sample",
        open_tasks=3,
        legend=("replay", "borrowed", "simulated"),
        data_until="18:30",
        wall_href=f"{path}?theme=wall&lang={language}" if section == "cockpit" else "",
        desk_href=f"{path}?lang={language}",
    )


def pages(outline: Outline | None = None) -> dict[str, Page]:
    """Name every page of the gallery: path to template and the maker of its data."""

    def with_frame(
        path: str, section: Section | None, make: Callable[[Language, Frame], object]
    ) -> Callable[[Language, dict[str, str]], object]:
        return lambda language, asked: make(language, frame(language, path, section))

    def cockpit(language: Language, asked: dict[str, str]) -> object:
        shown = sample_cockpit.cockpit(language, outline)
        shown = replace(shown, tiles=shown.tiles[: int(asked.get("tiles", "8"))])
        shown = sample_cockpit.silent(shown) if asked.get("silent") == "1" else shown
        return CockpitPage(frame(language, "/cockpit", "cockpit"), shown)

    def law(language: Language, asked: dict[str, str]) -> object:
        return sample_law.law(language, frame(language, "/law", "law"), asked.get("status", ""))

    def indicator(language: Language, asked: dict[str, str]) -> object:
        wrong = asked.get("wrong") == "1"
        return sample_work.indicator(language, frame(language, "/indicator", "cockpit"), wrong=wrong)

    def tasks(language: Language, asked: dict[str, str]) -> object:
        return sample_work.tasks(language, frame(language, "/tasks", "tasks"), none=asked.get("tab") == "done")

    def catalog(language: Language, asked: dict[str, str]) -> object:
        shown = frame(language, "/console/catalog", "console")
        return sample_catalog.catalog(language, shown, asked.get("list", "search"), asked.get("q", ""))

    def login(language: Language, asked: dict[str, str]) -> object:
        return sample_scenario.login(language, frame(language, "/login", None, signed_in=False))

    console = {
        f"/console/{name}": (
            f"console/{name}.html",
            with_frame(f"/console/{name}", "console", getattr(sample_console, name)),
        )
        for name in ("contracts", "contract", "batches", "batch", "quarantine", "classification", "plan")
    }
    console |= {
        f"/console/{name}": (
            f"console/{name}.html",
            with_frame(f"/console/{name}", "console", getattr(sample_dissent, name)),
        )
        for name in ("dissents", "dissent", "quality", "quality_resource")
    }

    console |= {
        f"/console/{name}": (
            f"console/{name}.html",
            with_frame(f"/console/{name}", "console", getattr(sample_exchange, name)),
        )
        for name in (
            "exports",
            "export",
            "effect",
            "subscriptions",
            "subscription",
            "statements",
            "usage",
        )
    }

    console |= {
        f"/console/{name}": (
            f"console/{name}.html",
            with_frame(f"/console/{name}", "console", getattr(sample_services, name)),
        )
        for name in ("services", "lineage_graph")
    }

    console |= {
        f"/console/{name}": (
            f"console/{name}.html",
            with_frame(f"/console/{name}", "console", getattr(sample_destruction, name)),
        )
        for name in ("destructions", "destruction")
    }

    console |= {
        f"/console/{name}": (
            f"console/{name}.html",
            with_frame(f"/console/{name}", "console", getattr(sample_emergencies, name)),
        )
        for name in ("emergencies", "emergency")
    }

    def explained(language: Language, asked: dict[str, str]) -> object:
        return sample_destruction.explained(language, replace(frame(language, "/portal/explained", None), sections=()))

    limited = ("apply", "bulk_reads", "grant", "grants", "request", "standards")
    console |= {
        f"/console/{name}": (
            f"console/{name}.html",
            with_frame(f"/console/{name}", "console", getattr(sample_limits, name)),
        )
        for name in limited
    }

    def my_data(language: Language, asked: dict[str, str]) -> object:
        shown = replace(frame(language, "/portal/my-data", None), sections=())
        return sample_portal.my_data(language, shown)

    def my_rows(language: Language, asked: dict[str, str]) -> object:
        return sample_portal.my_rows(language, replace(frame(language, "/portal/my-rows", None), sections=()))

    return {
        "/portal/explained": ("portal/explained.html", explained),
        "/portal/my-rows": ("portal/my_rows.html", my_rows),
        "/portal/my-data": ("portal/my_data.html", my_data),
        "/cockpit": ("cockpit.html", cockpit),
        "/indicator": ("indicator.html", indicator),
        "/tasks": ("tasks.html", tasks),
        "/task": ("task.html", with_frame("/task", "tasks", sample_work.task)),
        "/scenarios": ("scenarios.html", with_frame("/scenarios", "scenario", sample_scenario.scenarios)),
        "/scenario": ("scenario.html", with_frame("/scenario", "scenario", sample_scenario.scenario)),
        "/law": ("law.html", law),
        "/login": ("login.html", login),
        "/console/catalog": ("console/catalog.html", catalog),
        "/console/entry": ("console/entry.html", with_frame("/console/entry", "console", sample_catalog.entry)),
        "/problem": ("problem.html", with_frame("/problem", None, sample_scenario.problem)),
        **console,
    }


class Gallery(ThreadingHTTPServer):
    """The loopback server; ``silent`` makes its stream stop, as a broken line would; ``streams`` counts them."""

    daemon_threads = True

    def __init__(self, port: int = 0, outline: Outline | None = None) -> None:
        """Listen on a port of the loopback interface; 0 takes a free one."""
        super().__init__(("127.0.0.1", port), Visitor)
        self.pages = pages(outline)
        self.silent = False
        self.streams = 0

    @property
    def address(self) -> str:
        """Say where the gallery is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Visitor(BaseHTTPRequestHandler):
    """One request."""

    server: Gallery
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer a form by going back."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(303)
        self.send_header("location", self.headers.get("referer", "/cockpit"))
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """Answer a page, a built file or the stream."""
        url = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(url.query).items()}
        language: Language = "en" if asked.get("lang") == "en" else "zh"
        theme: Theme = "wall" if asked.get("theme") == "wall" else "desk"
        if url.path.startswith("/static/"):
            return self._file(url.path.removeprefix("/static/"))
        if url.path.startswith("/stream/"):
            return self._stream(language)
        known = self.server.pages.get(url.path)
        if known is None:
            links = "".join(f'<li><a href="{path}">{path}</a></li>' for path in self.server.pages)
            return self._send(200 if url.path == "/" else 404, "text/html; charset=utf-8", f"<ul>{links}</ul>".encode())
        template, make = known
        html = render(template, make(language, asked), language=language, theme=theme)
        return self._send(200, "text/html; charset=utf-8", html.encode())

    def _send(self, status: int, kind: str, body: bytes, **more: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", CSP)
        for key, value in more.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def _file(self, name: str) -> None:
        built = built_file(name, self.headers.get("accept-encoding", ""))
        if built is None:
            return self._send(404, "text/plain", b"")
        return self._send(200, built.media_type, built.content, **built.headers)

    def _stream(self, language: Language) -> None:
        if self.server.silent:
            return self._send(503, "text/plain", b"")
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("cache-control", "no-store")
        self.send_header("connection", "close")
        self.end_headers()
        self.server.streams += 1
        tile = tiles(language)[0]
        try:
            for tick in range(1, 10_000):
                if self.server.silent:
                    return None
                self._event("state", {"published": f"18:{30 + tick % 30:02d}"})
                fresh = replace(tile, value=(tile.value or 0) + 37 * tick)
                self._event("widget", {"id": widget_id(fresh), "html": render_widget(fresh, language=language)})
                if tick == 2:
                    worse = replace(tiles(language)[3], state="alarm")
                    self._event("widget", {"id": widget_id(worse), "html": render_widget(worse, language=language)})
                time.sleep(1)
        except OSError:
            pass
        return None

    def _event(self, kind: str, data: dict[str, str]) -> None:
        self.wfile.write(f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode())
        self.wfile.flush()


def main() -> None:
    """Serve the gallery until interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--outline", type=Path, help="a GeoJSON file of district outlines")
    parser.add_argument("--code-key", default="adcode")
    asked = parser.parse_args()
    outline = (
        project(json.loads(asked.outline.read_text(encoding="utf-8-sig")), code_key=asked.code_key)
        if asked.outline
        else None
    )
    gallery = Gallery(asked.port, outline)
    print(gallery.address)  # noqa: T201 - the address is the output
    gallery.serve_forever()


if __name__ == "__main__":
    main()
