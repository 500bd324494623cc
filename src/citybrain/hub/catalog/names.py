"""How an entry is called in addresses, and how a text is laid out for looking it up."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from citybrain.hub.catalog.pinyin import typed

MOST_WORDS = 10
MOST_CHARACTERS = 100
_OTHER = re.compile(r"[^a-z0-9_-]+")


def slug(ref: str) -> str:
    """Name an entry the way clients of catalogues name a data set.

    Args:
        ref: Of the entry.

    Examples:
        >>> slug("contract:metro/flow_15min")
        'contract--metro--flow_15min'

    """
    return _OTHER.sub("--", ref.lower())


def page_path(ref: str) -> str:
    """Return the path of an entry's page.

    Args:
        ref: Of the entry.

    """
    return f"/console/catalog/{quote(ref, safe=':/@._-')}"


def folded(text: str) -> str:
    """Write a text so that letters of either case and width are equal.

    Args:
        text: Anything typed or declared.

    Examples:
        >>> folded("Ｍetro　FLOW")
        'metro flow'

    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words_of(query: str) -> tuple[str, ...]:
    """Take a query apart; what cannot stand in a text of the database is left out.

    Args:
        query: As typed.

    """
    kept = "".join(one for one in query[:MOST_CHARACTERS] if one != "\x00" and not "\ud800" <= one <= "\udfff")
    return tuple(folded(kept).split())[:MOST_WORDS]


def pattern(word: str) -> str:
    """Write a word for ``LIKE`` so that every sign in it stands for itself.

    Args:
        word: A folded word.

    Examples:
        >>> pattern("50%_")
        '%50\\\\%\\\\_%'

    """
    return "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"


class Speller:
    """Spells each text once for a whole publication; titles repeat a thousandfold."""

    def __init__(self) -> None:
        """Begin with nothing spelt."""
        self._known: dict[str, tuple[str, str]] = {}

    def spell(self, text: str) -> tuple[str, str]:
        """Return a text's pinyin, whole and by first letters.

        Args:
            text: A name or title.

        """
        if text not in self._known:
            self._known[text] = typed(text)
        return self._known[text]


def names_of(content: Mapping[str, Any], speller: Speller) -> str:
    r"""Lay the names of an entry out for ranking, each after a line feed.

    Args:
        content: As stored.
        speller: Of this publication.

    """
    name = content["name"]
    parts = [name["zh"], name["en"], *speller.spell(name["zh"])]
    return "".join(f"\n{folded(part)}" for part in parts if part)


def search_text(content: Mapping[str, Any], speller: Speller) -> str:
    """Lay out everything an entry is found by.

    Args:
        content: As stored.
        speller: Of this publication.

    """
    provider = content["provider"]
    said: list[str] = [content["ref"], *content["tags"]]
    for one in (content["name"], content["summary"], provider["name"], *(item["title"] for item in content["fields"])):
        said += [one["zh"], one["en"]]
    said += [item["name"] for item in content["fields"]]
    spelt = _spelt((content["name"]["zh"], provider["name"]["zh"]), speller)
    spelt += _spelt((item["title"]["zh"] for item in content["fields"]), speller)
    return "\n".join(dict.fromkeys(folded(part) for part in (*said, *spelt) if part))


def _spelt(texts: Iterable[str], speller: Speller) -> list[str]:
    return [part for text in texts for part in speller.spell(text)]
