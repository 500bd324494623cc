"""Masking (脱敏): how a value leaves the hub, by what its field declares or by its grade.

Partial masks replace characters one by one, so the length of a text stays visible; an address and an e-mail keep a
fixed tail instead. Masking twice with one key equals masking once, and nothing a mask hid is ever shown again.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from citybrain.city.contract import Field, FieldKind, Mask

_BY_GRADE: Final[Mapping[int, Mask]] = {1: "none", 2: "none", 3: "partial", 4: "token"}
_GRADE_LEFT: Final[Mapping[Mask, int]] = {"none": 4, "partial": 2, "token": 2, "drop": 1}
_STAR: Final = "*"
_HIDDEN_TAIL: Final = "***"
_ALREADY: Final = r"^tk1_[0-9a-f]{32}$"
_TOKEN_BYTES: Final = 16
# Surnames of two characters; where one stands before a given name both of them stay.
_COMPOUND_SURNAMES: Final = (
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "司徒", "司空",
    "端木", "南宫", "夏侯", "轩辕", "呼延", "赫连", "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔", "申屠",
    "仲孙", "钟离", "闻人", "独孤", "第五", "西门", "公羊", "拓跋", "百里", "东郭", "南门", "万俟",
)  # fmt: skip
# Up to the first road behind the street office or town, else up to the district; never across a digit.
_NO_ROAD: Final = "[^0-9０-９*路街巷弄]*?"
_ROAD: Final = (
    f"^((?:{_NO_ROAD}(?:路桥区|路南区|路北区))?(?:{_NO_ROAD}(?:街道|镇|乡))?"
    "[^0-9０-９*]*?(?:街道|大道|大街|路|街|巷|弄|胡同|镇|乡))"
)
_DISTRICTS: Final = ("^([^0-9０-９*]*?(?:区|县|旗))", "^([^0-9０-９*]*?市)", "^([^0-9０-９*]*?省)")
_EMAIL: Final = r"(?s)^([^@*])[^@]+@([^@]+)$"
_EMAIL_HIDDEN: Final = r"(?s)^[^@]+@([^@]+)$"


def mask_of(field: Field, purpose: str) -> Mask:
    """Tell how a field leaves the hub.

    Args:
        field: A field of a contract.
        purpose: What the rows are for. It never loosens a mask; it decides under which key tokens are made.

    Returns:
        The declared mask; else none for grades 1 and 2, partial for 3, token for 4.

    Source:
        Hangzhou art. 13 (数据安全保护义务); Nanjing art. 23 (分类分级保护).

    Examples:
        >>> from citybrain.city.names import Name
        >>> mask_of(Field("phone", Name(zh="电话", en="Phone"), "string", grade=3), "statistics")
        'partial'

    """
    del purpose
    return field.mask if field.mask is not None else _BY_GRADE[field.grade]


def grade_after(field: Field, mask: Mask) -> int:
    """Tell the grade a field still has behind a mask.

    Args:
        field: A field of a contract.
        mask: What covers it.

    Returns:
        1 to 4, never above the field's own: at most 2 behind partial or token, 1 where it is dropped.

    Source:
        Nanjing art. 23 (分类分级保护).

    """
    return min(field.grade, _GRADE_LEFT[mask])


def mask(
    frame: pl.DataFrame, masks: Mapping[str, Mask], kinds: Mapping[str, FieldKind | None], key: bytes
) -> pl.DataFrame:
    """Cover the values of a frame.

    Args:
        frame: ``n`` rows.
        masks: Mask of each column that is covered; a column it does not name stays as it is.
        kinds: What each column's values say about a person or thing; none or absent means nothing is known.
        key: Key of the purpose; tokens under two keys cannot be joined.

    Returns:
        ``n`` rows in the same order and columns. A token is a text whatever the column was; behind a partial mask a
        number or a yes/no is null, and a day or an instant is the start of its year (UTC). Null stays null. A text
        that already has the form of a token stays as it is.

    Source:
        Hangzhou art. 13 (数据安全保护义务).

    """
    made: list[pl.Expr | pl.Series] = []
    for name, dtype in frame.schema.items():
        match masks.get(name, "none"):
            case "none":
                continue
            case "drop":
                made.append(pl.lit(None, dtype=dtype).alias(name))
            case "token":
                made.append(_tokens(frame.get_column(name), key))
            case "partial":
                made.append(_partial(name, dtype, kinds.get(name)))
    return frame.with_columns(made) if made else frame


def _partial(name: str, dtype: pl.DataType, kind: FieldKind | None) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.String:
        return _COVERS[kind](column).alias(name)
    if isinstance(dtype, pl.Date | pl.Datetime):
        return column.dt.truncate("1y")
    return pl.lit(None, dtype=dtype).alias(name)


def _tokens(values: pl.Series, key: bytes) -> pl.Series:
    """Replace values by keyed digests, each distinct value once."""
    texts = values.cast(pl.String)
    distinct = texts.drop_nulls().unique()
    distinct = distinct.filter(~distinct.str.contains(_ALREADY))
    keyed = hmac.new(key, digestmod=hashlib.sha256)
    tokens: list[str] = []
    for text in distinct.to_list():
        one = keyed.copy()
        one.update(text.encode())
        tokens.append(f"tk1_{one.digest()[:_TOKEN_BYTES].hex()}")
    return texts.replace(distinct, pl.Series(tokens, dtype=pl.String))


def _all_covered(column: pl.Expr) -> pl.Expr:
    return pl.when(column.is_not_null()).then(_stars(column.str.len_chars()))


def _stars(count: pl.Expr) -> pl.Expr:
    return pl.lit("").str.pad_end(count, _STAR)


def _between(column: pl.Expr, head: int, tail: int) -> pl.Expr:
    """Keep the first and the last characters of texts that are longer than both together."""
    hidden = column.str.len_chars().cast(pl.Int64) - tail
    return pl.concat_str([column.str.head(head).str.pad_end(hidden.clip(lower_bound=0), _STAR), column.str.tail(tail)])


def _plain(column: pl.Expr) -> pl.Expr:
    return pl.when(column.str.len_chars() >= 4).then(_between(column, 1, 1)).otherwise(_all_covered(column))


def _id_number(column: pl.Expr) -> pl.Expr:
    length = column.str.len_chars()
    old = pl.when(length == 15).then(_between(column, 6, 3)).otherwise(_all_covered(column))
    return pl.when(length == 18).then(_between(column, 6, 4)).otherwise(old)


def _phone(column: pl.Expr) -> pl.Expr:
    length = column.str.len_chars()
    other = pl.when(length >= 8).then(_between(column, 0, 4)).otherwise(_all_covered(column))
    return pl.when(length == 11).then(_between(column, 3, 4)).otherwise(other)


def _name(column: pl.Expr) -> pl.Expr:
    length = column.str.len_chars()
    compound = (length >= 3) & column.str.head(2).is_in(_COMPOUND_SURNAMES)
    single = pl.when(length >= 2).then(_between(column, 1, 0)).otherwise(_all_covered(column))
    return pl.when(compound).then(_between(column, 2, 0)).otherwise(single)


def _plate(column: pl.Expr) -> pl.Expr:
    fits = column.str.len_chars().is_between(7, 9)
    return pl.when(fits).then(_between(column, 2, 2)).otherwise(_all_covered(column))


def _bank_card(column: pl.Expr) -> pl.Expr:
    return pl.when(column.str.len_chars() >= 12).then(_between(column, 0, 4)).otherwise(_all_covered(column))


def _address(column: pl.Expr) -> pl.Expr:
    kept = pl.coalesce(*(column.str.extract(place, 1) for place in (_ROAD, *_DISTRICTS)), pl.lit(""))
    return pl.when(column.is_not_null()).then(pl.concat_str([kept, pl.lit(_HIDDEN_TAIL)]))


def _email(column: pl.Expr) -> pl.Expr:
    shown = pl.concat_str([column.str.extract(_EMAIL, 1), pl.lit(_HIDDEN_TAIL + "@"), column.str.extract(_EMAIL, 2)])
    short = pl.concat_str([pl.lit(_HIDDEN_TAIL + "@"), column.str.extract(_EMAIL_HIDDEN, 1)])
    return pl.when(column.is_not_null()).then(pl.coalesce(shown, short, pl.lit(_HIDDEN_TAIL)))


_COVERS: Final[Mapping[FieldKind | None, Callable[[pl.Expr], pl.Expr]]] = {
    None: _plain,
    "id_number": _id_number,
    "phone": _phone,
    "name": _name,
    "plate": _plate,
    "bank_card": _bank_card,
    "address": _address,
    "email": _email,
}
