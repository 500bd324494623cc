"""What somebody typed into a form, kept so that it stands there again when it cannot be taken."""

from typing import Any

from litestar import Request

Typed = dict[str, list[str]]


async def typed_in(request: Request[Any, Any, Any]) -> Typed:
    """Read the form a request carries: every value of every name, in order.

    Args:
        request: A POST of a form.

    """
    data = await request.form()
    return {name: [str(value) for value in data.getall(name)] for name in data}


def first(typed: Typed, name: str) -> str:
    """Return the first value of a name, or nothing.

    Args:
        typed: What was typed.
        name: Of the field.

    Examples:
        >>> first({"reason": ["结束"]}, "reason"), first({}, "reason")
        ('结束', '')

    """
    return (typed.get(name) or [""])[0]
