"""Write laws/ from the matrix of requirements and the texts of the laws; what was written by hand stays.

Usage: ``uv run python scripts/law_packs.py <requirements.csv>``; the texts lie beside the matrix.

From the matrix come id, paragraph, English duty, key terms, capabilities, element and what is expected; from the
texts the words of each article. Written by hand and kept: the Chinese duty, checks, sabotage, answers, organisational,
note, and the whole of ``pack.yaml``. A new row has its key terms as Chinese duty until somebody
writes better words.
"""

import csv
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

LAWS = Path(__file__).parent.parent / "laws"
PACKS = {"hangzhou-2021": "hangzhou-2021", "nanjing-2025": "nanjing-2025"}
WISHES = "wishes"
Row = Mapping[str, str]
_ARTICLE = re.compile(r"^第([一二三四五六七八九十]+)条\s*")
_DIGITS = "零一二三四五六七八九十"
_ORDER = (
    "id", "paragraph", "duty", "terms", "capabilities", "element", "expected", "checks", "sabotage", "answers",
    "organisational", "note",
)  # fmt: skip


def number_of(chinese: str) -> int:
    """Read a Chinese number below one hundred.

    Args:
        chinese: Such as ``二十六``.

    Examples:
        >>> number_of("十"), number_of("十二"), number_of("二十"), number_of("二十六")
        (10, 12, 20, 26)

    """
    tens, ten, ones = chinese.rpartition("十")
    value = _DIGITS.index(ones) if ones else 0
    return value + (10 * (_DIGITS.index(tens) if tens else 1) if ten else 0)


def texts_of(file: Path) -> dict[str, str]:
    """Split a law into its articles.

    Args:
        file: The text; an article begins with its number, its paragraphs follow.

    Returns:
        Number of the article to its words.

    """
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        match = _ARTICLE.match(line)
        if match:
            current = found.setdefault(str(number_of(match[1])), [])
        current.append(line[match.end() if match else 0 :].strip())
    return {number: "\n".join(lines).strip() + "\n" for number, lines in found.items()}


def merged(row: Row, before: CommentedMap | None) -> CommentedMap:
    """Bring a row of the matrix together with what was written by hand.

    Args:
        row: Of the matrix.
        before: The row as it stands in the pack; none for a new one.

    """
    made = before if before is not None else CommentedMap()
    duty = made.get("duty") or CommentedMap(zh=row["key_terms_zh"])
    duty["en"] = row["duty_en"]
    terms = CommentedSeq(row["key_terms_zh"].split("；"))
    terms.fa.set_flow_style()
    known = CommentedSeq(row["capabilities"].split())
    known.fa.set_flow_style()
    given: dict[str, Any] = {
        "id": row["id"], "paragraph": row["paragraph"] if row["article"].isdecimal() else "", "duty": duty,
        "terms": terms, "capabilities": known, "element": row["element"], "expected": row["evidence"],
    }  # fmt: skip
    if row["software"] != "yes" and "checks" not in made:
        reason = made.get("organisational") or CommentedMap(zh="由机构履行")
        english = row["reason_if_no"]
        reason["en"] = row["capability_note_en"] if english in {"", "mostly institutional"} else english
        made["organisational"] = reason
    for key, value in given.items():
        if value in ("", []):
            made.pop(key, None)
        else:
            made[key] = value
    return CommentedMap((key, made[key]) for key in _ORDER if key in made)


def grouped(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Group rows by article, in the order of the matrix.

    Args:
        rows: Rows of one law.

    Yields:
        Article and its rows.

    """
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["article"] or "0", []).append(row)
    yield from found.items()


def editor() -> YAML:
    """Return a YAML reader and writer that keeps what people wrote."""
    yaml = YAML(typ="rt")
    yaml.width = 116
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def duties_in(file: Path, yaml: YAML) -> dict[str, CommentedMap]:
    """Read the rows of a file by id.

    Args:
        file: A file of a pack; it need not exist.
        yaml: Reader.

    """
    if not file.is_file():
        return {}
    content = yaml.load(file.read_text(encoding="utf-8"))
    articles = content.get("articles", [content])
    return {duty["id"]: duty for article in articles for duty in article["duties"]}


def article_of(number: str, text: str, rows: list[Row], before: Mapping[str, CommentedMap]) -> CommentedMap:
    """Lay an article out.

    Args:
        number: Its number.
        text: Its words; empty for what is no law.
        rows: Its rows.
        before: Rows as they stood, by id.

    """
    made = CommentedMap(article=number)
    if text:
        made["text"] = LiteralScalarString(text)
    made["duties"] = CommentedSeq([merged(row, before.get(row["id"])) for row in rows])
    return made


def write(matrix: Path) -> int:
    """Write all packs.

    Args:
        matrix: The CSV file.

    Returns:
        Rows written.

    """
    yaml = editor()
    with matrix.open(encoding="utf-8", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    for law, pack in PACKS.items():
        texts = texts_of(matrix.parent / f"{law}.txt")
        for number, mine in grouped([row for row in rows if row["law"] == law]):
            target = LAWS / pack / f"article-{int(number):02d}.yaml"
            save(article_of(number, texts[number], mine, duties_in(target, yaml)), target, yaml)
    others = [row for row in rows if row["law"] not in PACKS]
    for law in dict.fromkeys(row["law"] for row in others):
        target = LAWS / WISHES / f"{law}.yaml"
        before = duties_in(target, yaml)
        mine = [row for row in others if row["law"] == law]
        made = CommentedMap(articles=CommentedSeq())
        for number, part in grouped(mine):
            made["articles"].append(article_of(f"{law}/{number}", "", part, before))
        save(made, target, yaml)
    return len(rows)


def save(content: CommentedMap, target: Path, yaml: YAML) -> None:
    """Write one file of a pack.

    Args:
        content: What it holds.
        target: The file.
        yaml: Writer.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8") as out:
        yaml.dump(content, out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: law_packs.py <requirements.csv>")
    print(f"{LAWS}: {write(Path(sys.argv[1]))} rows")
