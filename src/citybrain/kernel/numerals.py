"""Numbers as people read them: thousands commas, a true minus sign, rounded units per language."""

from typing import Literal

MINUS = "\u2212"
MISSING = "\u2014"


def number(value: float | None, decimals: int = 0) -> str:
    """Write a number in full.

    Args:
        value: The number, or None where there is none.
        decimals: Digits after the point, 0 to 6.

    Returns:
        Digits with thousands commas and a true minus sign; a dash for None.

    Examples:
        >>> number(955023)
        '955,023'
        >>> number(-3.14159, 2)
        '−3.14'
        >>> number(-0.001, 1)
        '0.0'
        >>> number(None)
        '—'

    """
    if value is None:
        return MISSING
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in "123456789" for digit in text)
    return MINUS + text if negative else text


def signed(value: float | None, decimals: int = 0) -> str:
    """Write a change with its sign; zero has none.

    Args:
        value: The change, or None where there is none.
        decimals: Digits after the point.

    Returns:
        The number with + or a true minus sign.

    Examples:
        >>> signed(176078), signed(-2.2, 1), signed(0)
        ('+176,078', '−2.2', '0')

    """
    text = number(value, decimals)
    positive = value is not None and value > 0 and any(digit in "123456789" for digit in text)
    return "+" + text if positive else text


def rounded(value: float | None, language: Literal["zh", "en"]) -> str:
    """Write a rounded number with the large unit of a language: 万 and 亿, or K and M.

    Args:
        value: The number, or None where there is none.
        language: ``zh`` or ``en``.

    Returns:
        One digit after the point before the large unit; small numbers in full.

    Examples:
        >>> rounded(1258642, "zh"), rounded(1258642, "en"), rounded(9879, "zh")
        ('125.9 万', '1.3 M', '9,879')

    """
    if value is None:
        return MISSING
    steps = ((1e8, "亿"), (1e4, "万")) if language == "zh" else ((1e9, "B"), (1e6, "M"), (1e4, "K"))
    for step, unit in steps:
        if abs(value) >= step:
            factor = 1e3 if unit == "K" else step
            return f"{number(value / factor, 1)} {unit}"
    return number(value)
