"""The tutorial does what it says."""

import pytest

from tests.docs.conftest import DOCS, NewReader


@pytest.mark.timeout(240)
def test_every_step_of_the_tutorial_does_what_the_page_shows(reader: NewReader) -> None:
    wrong = reader().follow(DOCS / "tutorial" / "first-city.md")
    assert not wrong, wrong
