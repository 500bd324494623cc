"""What pages of dissents share: who may open them, how a dissent stands, what is contested."""

from contextlib import AbstractContextManager

from citybrain.city.contract import Contract
from citybrain.cockpits.figures_view import State
from citybrain.governance.dissent.case import Dissent
from citybrain.kernel.messages import say
from citybrain.web.console.desk import Desk, desk_for_posts
from citybrain.web.frames import Asked

HERE = "/console/dissents"
RAISING = frozenset({"request_data", "operate_hub", "grant_data"})
CONCERNED = RAISING | {"repair_rows"}
_STATES: dict[str, State] = {
    "open": "todo", "ordered": "warn", "appealed": "warn", "answered": "todo", "closed": "ok", "lapsed": "none",
    "withdrawn": "none",
}  # fmt: skip


def watching(request: Asked) -> AbstractContextManager[Desk]:
    """Open what a page of dissents is made from, for every post that raises, answers or watches.

    Args:
        request: The request.

    Returns:
        Opens the desk; without contracts where the post opens none.

    """
    return desk_for_posts(request, CONCERNED, "dissent.closed_to_post")


def words(looked: Desk, key: str, /, **params: object) -> str:
    """Say a sentence of dissents.

    Args:
        looked: For the language.
        key: Its key.
        **params: Its values.

    """
    return say(f"dissent.{key}", looked.language, **params)


def state_of(looked: Desk, found: Dissent) -> tuple[State, str]:
    """Say how a dissent stands: red when it is overdue.

    Args:
        looked: The desk.
        found: The dissent.

    """
    if found.overdue(looked.now):
        return "alarm", words(looked, f"late_{found.state}")
    key = f"answered_{found.verdict}" if found.state == "answered" else found.state
    return _STATES[found.state], words(looked, f"state_{key}")


def contested(looked: Desk, found: Dissent, contract: Contract | None) -> str:
    """Name what is contested: a field, a row, a batch or a score.

    Args:
        looked: The desk.
        found: The dissent.
        contract: Its contract, where it is still declared.

    """
    if found.kind == "score":
        return words(looked, "score_of", day=found.day)
    if found.field is None:
        return words(looked, "whole_batch" if found.keys is None else "whole_row")
    names = {item.name: item.title.said(looked.language) for item in contract.fields} if contract else {}
    return names.get(found.field, found.field)
