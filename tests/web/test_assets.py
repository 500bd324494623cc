"""Built files are sent compressed, for ever when their name changes with their content, and nothing else is sent."""

import gzip
from importlib import resources

import pytest

from citybrain.web.assets import built_assets, built_file

STATIC = resources.files("citybrain.web") / "static"
built = pytest.mark.skipif(not (STATIC / "manifest.json").is_file(), reason="the user interface is not built")


@built
def test_a_reader_gets_the_encoding_it_takes() -> None:
    name = built_assets().scripts("src/main.ts")[0].removeprefix("/static/")
    plain = built_file(name, "")
    packed = built_file(name, "gzip, deflate")
    small = built_file(name, "gzip, deflate, br;q=0.9")
    assert plain
    assert packed
    assert small
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.content) == plain.content
    assert small.headers["content-encoding"] == "br"
    assert len(small.content) < len(packed.content) < len(plain.content)
    assert "immutable" in plain.headers["cache-control"]
    assert plain.media_type.startswith("text/javascript")


@pytest.mark.parametrize(
    "name", ["../pages.py", "manifest.json", ".sources", "assets/../../pages.py", "no.js", "", "/etc/x.js"]
)
def test_nothing_but_built_files_is_sent(name: str) -> None:
    assert built_file(name, "br") is None


@built
def test_every_entry_of_the_page_is_there() -> None:
    assets = built_assets()
    for path in (*assets.scripts("src/main.ts"), *assets.styles("src/main.ts")):
        assert built_file(path.removeprefix("/static/"), "") is not None
