"""Connecting a system takes the page and YAML, nothing else."""

import pytest

from tests.docs.conftest import DOCS, NewReader


@pytest.mark.timeout(400)
def test_every_step_of_the_page_does_what_it_shows(reader: NewReader) -> None:
    wrong = reader().follow(DOCS / "how-to" / "connect-a-system.md")
    assert not wrong, wrong
