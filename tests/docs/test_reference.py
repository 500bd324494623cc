"""The reference says what the code says, and nothing in it leads nowhere."""

import re
import subprocess
import sys

import pytest

from tests.docs.conftest import DOCS, REPOSITORY

PAGES = sorted(
    [*DOCS.rglob("*.md"), *REPOSITORY.glob("*.md")], key=lambda page: page.relative_to(REPOSITORY).as_posix()
)
_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


def test_the_reference_is_what_the_code_says() -> None:
    argv = [sys.executable, "scripts/reference.py", "--check"]
    told = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_of_a_page_leads_somewhere(page) -> None:
    targets = [target for target in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []
