"""What every page must be: accessible, silent, self-contained, and no wider than its window."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True, slots=True)
class Visit:
    """A page and all it did since it was opened.

    Attributes:
        page: The open page.
        outside: Addresses it asked for that are not this server's.
        errors: Errors and warnings of its console, and uncaught errors.

    """

    page: Page
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def watch(page: Page, address: str) -> Visit:
    """Watch a page from before it is opened.

    Args:
        page: A new page.
        address: The only server it may talk to.

    Returns:
        What it does, filled as it happens.

    """
    visit = Visit(page)
    own = urlsplit(address).netloc

    def asked(url: str) -> None:
        if urlsplit(url).netloc != own:
            visit.outside.append(url)

    page.on("request", lambda request: asked(request.url))
    page.on(
        "console",
        lambda message: visit.errors.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    return visit


def axe_findings(page: Page) -> list[str]:
    """Run axe-core on the page.

    Args:
        page: An open page.

    Returns:
        One line per finding: rule, what is wrong, first place.

    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, { runOnly: tags })", AXE_TAGS)
    return [f"{each['id']}: {each['help']} at {each['nodes'][0]['target']}" for each in found["violations"]]


def assert_page_is_clean(visit: Visit) -> None:
    """Fail on any axe finding, outside request, console error or sideways scroll.

    Args:
        visit: A page that has loaded.

    Raises:
        AssertionError: With everything that was found.

    """
    width, window = visit.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    found = [f"outside request: {url}" for url in visit.outside]
    found += [f"console: {text}" for text in visit.errors]
    found += [f"{width} px wide in a window of {window} px"] if width > window else []
    found += axe_findings(visit.page)
    assert not found, "\n".join([visit.page.url, *found])
