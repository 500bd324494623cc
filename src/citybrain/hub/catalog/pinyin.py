"""How Chinese is typed: the pinyin of a text, whole and by first letters."""

from pypinyin import Style, lazy_pinyin


def typed(text: str) -> tuple[str, str]:
    """Spell a text the way it is typed.

    Args:
        text: A name or title; what is no Chinese is left out.

    Returns:
        The whole pinyin without spaces, and the first letters.

    Examples:
        >>> typed("重庆绿化 15min")
        ('chongqinglvhua', 'cqlh')

    """
    whole = lazy_pinyin(text, errors="ignore")
    first = lazy_pinyin(text, style=Style.FIRST_LETTER, errors="ignore")
    return "".join(whole), "".join(first)
