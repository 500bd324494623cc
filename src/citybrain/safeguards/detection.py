"""Detection (敏感字段识别): what the contents of fields suggest about their kind.

The gate of every proposal is a person: nothing here changes a contract, and no value is kept, only shares.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import polars as pl

from citybrain.city.contract import Contract, Field, FieldKind

Why = Literal["check_digit", "form", "words", "title"]

LEAST_ROWS: Final = 20
LEAST_SHARE: Final = 0.6
PROTECTED_GRADE: Final = 3
_LOOKED_AT: Final = 20_000
_KINDS: Final[tuple[FieldKind, ...]] = get_args(FieldKind)

# GB/T 2260: first two digits of a division.
_REGIONS: Final = "1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]"
_ID_FORM: Final = rf"^(?:{_REGIONS})\d{{4}}(?:19|20)\d{{9}}[0-9Xx]$"
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_PHONE: Final = r"^(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}$|^0\d{2,3}[- ]\d{7,8}$"
_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE: Final = (
    rf"^[{_PROVINCES}][A-HJ-NP-Z][·•. ]?(?:[A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳]"
    r"|[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJK])$"
)
# UnionPay, Visa, Mastercard, American Express, and the older numbers of two banks.
_CARD: Final = r"^(?:62\d{14,17}|4\d{15}|5[1-5]\d{14}|3[47]\d{13}|9558\d{15}|60\d{14,17})$"
_EMAIL: Final = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"
_ADDRESS: Final = (
    r"(?:路|街|大道|道|巷|弄|胡同|村|里|苑|园|小区|新村|社区)[^,，;；]{0,16}?"
    r"[0-9０-９一二三四五六七八九十]+[^,，;；]{0,6}?(?:号|幢|栋|弄|单元|室|组|楼)"
    r"|(?:省|市|区|县)[^,，;；]{1,20}(?:街道|镇|乡|路|街|大道|村)[^,，;；]{0,20}(?:号|幢|栋|室|单元|组|村)"
)
_PERSON: Final = r"^[\p{Han}]{2,4}$|^[\p{Han}]{1,10}·[\p{Han}]{1,10}$|^[A-Z][a-z]+(?: [A-Z][a-z]+){1,3}$"
_PERSON_TITLE: Final = re.compile(
    r"姓名|联系人|当事人|申请人|经办人|法定代表人|户主|业主|患者|学生|乘客|驾驶员|司机|投诉人|举报人"
)
_PERSON_FIELD: Final = re.compile(
    r"(?:^|_)(?:xm|xingming|full_?name|person_?name|real_?name|contact_?name|applicant|driver_?name|owner_?name"
    r"|patient_?name|customer_?name|first_?name|last_?name|surname)(?:$|_)"
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the contents of a field suggest.

    Attributes:
        field: Short name of the field.
        kind: What its values seem to be.
        share: Part of the values that are of that kind, 0 to 1.
        sample_count: Values that were looked at; nulls and empty texts do not count.
        said_kind: What the contract says; none where it says nothing.
        why: Seen by a check digit, by form, by words, or (weakest) by the field's title.

    """

    field: str
    kind: FieldKind
    share: float
    sample_count: int
    said_kind: FieldKind | None
    why: Why


def propose(frame: pl.DataFrame, contract: Contract) -> list[Proposal]:
    """Propose kinds for the fields of a contract from some of its rows.

    Args:
        frame: ``n`` rows with the contract's fields; texts and whole numbers are looked at, up to 20,000 of each.
        contract: The contract in force.

    Returns:
        At most one proposal a field, in the contract's order: the kind of at least 60 % of at least 20 values, where
        the contract does not say that kind already.

    Source:
        Hangzhou art. 13 (数据安全保护义务); Nanjing art. 23 (分类分级保护).

    """
    found = []
    for field in contract.fields:
        if field.name not in frame.columns:
            continue
        values = _texts(frame.get_column(field.name))
        best = _best(values, field) if values.len() >= LEAST_ROWS else None
        if best is not None and best.kind != field.kind:
            found.append(best)
    return found


def protect(contract: Contract, proposed: Mapping[str, FieldKind]) -> Contract:
    """Treat fields without a declared kind as sensitive where their contents suggest one.

    Args:
        contract: The contract in force.
        proposed: Kind by field, as :func:`citybrain.safeguards.classification.proposed_kinds` gives them.

    Returns:
        The contract in which those fields have that kind and at least grade 3; what the contract declares stands.

    """
    if not any(field.kind is None and field.name in proposed for field in contract.fields):
        return contract
    return replace(contract, fields=tuple(_protected(field, proposed.get(field.name)) for field in contract.fields))


def kind_named(name: str) -> FieldKind:
    """Return the kind of that name.

    Raises:
        ValueError: There is none.

    """
    for kind in _KINDS:
        if kind == name:
            return kind
    raise ValueError(name)


def _protected(field: Field, kind: FieldKind | None) -> Field:
    if kind is None or field.kind is not None:
        return field
    return replace(field, kind=kind, grade=max(field.grade, PROTECTED_GRADE))


def _texts(values: pl.Series) -> pl.Series:
    if values.dtype != pl.String and not values.dtype.is_integer():
        return pl.Series(values.name, [], dtype=pl.String)
    texts = values.drop_nulls().head(_LOOKED_AT).cast(pl.String).str.strip_chars()
    return texts.filter(texts != "").alias("v")


def _best(values: pl.Series, field: Field) -> Proposal | None:
    shares = values.to_frame().select(**{kind: test(pl.col("v")).mean() for kind, (test, _) in _TESTS.items()}).row(0)
    named = zip(_TESTS.items(), shares, strict=True)
    ranked = [(share, kind, why) for (kind, (_, why)), share in named if kind != "name" or _is_person(field)]
    share, kind, why = max(ranked, key=lambda item: item[0])
    if share < LEAST_SHARE:
        return None
    return Proposal(field.name, kind, round(share, 4), values.len(), field.kind, why)


def _is_person(field: Field) -> bool:
    return bool(_PERSON_TITLE.search(field.title.zh) or _PERSON_FIELD.search(field.name))


def _id_number(column: pl.Expr) -> pl.Expr:
    """Tell which texts are ID numbers by GB 11643: region, day of birth, check digit."""
    digits = [column.str.slice(at, 1).cast(pl.Int32, strict=False) * weight for at, weight in enumerate(_ID_WEIGHTS)]
    # Horizontal sums skip nulls; the form has already refused what is no digit.
    check = pl.sum_horizontal(digits) % 11
    wanted = check.replace_strict(list(range(11)), list(_ID_CHECKS), return_dtype=pl.String)
    born = column.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).is_not_null()
    return column.str.contains(_ID_FORM) & born & (column.str.slice(17, 1).str.to_uppercase() == wanted)


def _bank_card(column: pl.Expr) -> pl.Expr:
    """Tell which texts are card numbers: length, first digits, Luhn's check digit."""
    plain = column.str.replace_all("[ -]", "")
    padded = plain.str.pad_start(19, "0")
    total: list[pl.Expr] = []
    for at in range(19):
        digit = padded.str.slice(at, 1).cast(pl.Int32, strict=False)
        doubled = digit * 2
        total.append(digit if at % 2 == 0 else doubled - pl.when(doubled > 9).then(9).otherwise(0))
    return plain.str.contains(_CARD) & (pl.sum_horizontal(total) % 10 == 0)


def _matching(pattern: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: column.str.contains(pattern)


_TESTS: Final[Mapping[FieldKind, tuple[Callable[[pl.Expr], pl.Expr], Why]]] = {
    "id_number": (_id_number, "check_digit"),
    "bank_card": (_bank_card, "check_digit"),
    "phone": (_matching(_PHONE), "form"),
    "plate": (_matching(_PLATE), "form"),
    "email": (_matching(_EMAIL), "form"),
    "address": (_matching(_ADDRESS), "words"),
    "name": (_matching(_PERSON), "title"),
}
