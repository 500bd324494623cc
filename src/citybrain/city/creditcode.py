"""Unified social credit codes (统一社会信用代码): 18 signs, the last a check sign.

Source:
    GB 32100-2015.
"""

from typing import Annotated, Final

from pydantic import AfterValidator

from citybrain.city.findings import ValueWrong

_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LENGTH: Final = 18


def check_sign(first: str) -> str:
    """Reckon the check sign of a code.

    Args:
        first: Its first 17 signs.

    Examples:
        >>> check_sign("91330100799655058")
        'B'

    """
    total = sum(_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(first))
    return _SIGNS[-total % 31]


def _hold(code: str) -> str:
    """Let only a code through that holds together."""
    right = len(code) == _LENGTH and set(code) <= set(_SIGNS)
    if not right:
        raise ValueWrong("credit_code_form")
    if check_sign(code[:-1]) != code[-1]:
        raise ValueWrong("credit_code_check", sign=check_sign(code[:-1]))
    return code


CreditCode = Annotated[str, AfterValidator(_hold)]
