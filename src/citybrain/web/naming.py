"""What departments, people and articles are called on pages."""

from citybrain.city.organisation import Permission, Post
from citybrain.city.whole import City
from citybrain.kernel.messages import Language, say

_DIGITS = "零一二三四五六七八九"
_TOLD: tuple[Permission, ...] = ("operate_hub", "grant_data", "request_data", "repair_rows", "issue_tasks")
_LAWS = {"hangzhou-2021": "law_hangzhou", "nanjing-2025": "law_nanjing"}


def department_name(city: City, ref: str, language: Language) -> str:
    """Say what a department is called; a scenario that issues tasks is called by its own name.

    Args:
        city: The revision in force.
        ref: ``dept:…`` or ``scenario:…``.
        language: ``zh`` or ``en``.

    """
    if ref in city.departments:
        return city.departments[ref].name.said(language)
    if ref in city.scenarios:
        return city.scenarios[ref].name.said(language)
    return ref


def person_name(city: City, person: str, language: Language) -> str:
    """Say what a person is called.

    Args:
        city: The revision in force.
        person: Short name, or the Ref of a scenario that acts by itself.
        language: ``zh`` or ``en``.

    """
    known = next((item for item, _, _ in city.people() if item.person == person), None)
    return known.name.said(language) if known else department_name(city, person, language)


def what_it_does(post: Post, language: Language) -> str:
    """Say in one line what a post mainly does here.

    Args:
        post: Any post.
        language: ``zh`` or ``en``.

    """
    does = [say(f"edge.sees_{act}", language) for act in _TOLD if act in post.may]
    told = [say(f"edge.sees_level_{post.level}", language), *(does or [say("edge.sees_nothing_more", language)])]
    return say("web.comma", language).join(told)


def numeral(number: int) -> str:
    """Write a number below one hundred the way articles are numbered.

    Args:
        number: 1 to 99.

    Examples:
        >>> numeral(7), numeral(10), numeral(12), numeral(20), numeral(26)
        ('七', '十', '十二', '二十', '二十六')

    """
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_DIGITS[tens]}十")
    return head + (_DIGITS[ones] if ones else "")


def article_name(ref: str, language: Language) -> str:
    """Say which article is meant.

    Args:
        ref: Such as ``hangzhou-2021/11``.
        language: ``zh`` or ``en``.

    Examples:
        >>> article_name("hangzhou-2021/11", "zh"), article_name("hangzhou-2021/11", "en")
        ('杭州条例第十一条', 'Hangzhou art. 11')

    """
    law, _, article = ref.partition("/")
    number = article.split(".")[0]
    if law not in _LAWS or not number.isdecimal() or not 0 < int(number) < 100:
        return ref
    return say(f"edge.{_LAWS[law]}", language, article=numeral(int(number)) if language == "zh" else article)


def article_href(ref: str) -> str:
    """Return where an article can be read.

    Args:
        ref: Such as ``nanjing-2025/3``.

    Examples:
        >>> article_href("nanjing-2025/3")
        '/law?pack=nanjing-2025'

    """
    return f"/law?pack={ref.partition('/')[0]}"
