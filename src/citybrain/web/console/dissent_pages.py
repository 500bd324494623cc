"""The list of dissents with its statistics, and the form that raises one."""

from collections.abc import Mapping
from datetime import timedelta

from citybrain.cockpits.figures_view import Link
from citybrain.governance.dissent import case, statistics
from citybrain.governance.dissent.case import Dissent, Raiser
from citybrain.governance.dissent.raising import contestable
from citybrain.web.console.desk import Desk, address, page_number, pager, rail
from citybrain.web.console.dissent_desk import HERE, RAISING, contested, state_of, words
from citybrain.web.dissent_view import DissentLine, DissentsPage, ProviderLine, RaiseForm, Typed
from citybrain.web.frames import Asked, frame
from citybrain.web.naming import department_name
from citybrain.web.parts_view import FieldError, Option

ON_PAGE = 25
PERIOD = timedelta(days=365)
MOST_OPTIONS = 300  # of more contracts one is named by its Ref


def list_page(
    request: Asked, looked: Desk, typed: Mapping[str, str] | None = None, errors: tuple[FieldError, ...] = ()
) -> DissentsPage:
    """Make the list of dissents.

    Args:
        request: The request.
        looked: The desk.
        typed: What was typed in a form that was refused.
        errors: What was wrong with it.

    """
    viewer = looked.visit.viewer
    among = None if looked.runs_the_hub else [viewer.department]
    chosen = "finished" if request.query_params.get("state") == "finished" else "open"
    page = page_number(request)
    found = case.listed(
        looked.connection, providers=among, raiser_department=viewer.department,
        state="finished" if chosen == "finished" else "open", limit=ON_PAGE + 1, offset=(page - 1) * ON_PAGE,
    )  # fmt: skip
    total = (page - 1) * ON_PAGE + len(found)
    counted = statistics.by_provider(looked.connection, looked.city, looked.now - PERIOD, looked.now, among)
    filters = tuple(
        Link(words(looked, f"filter_{state}"), address(HERE, state=state if state == "finished" else None),
             current=state == chosen)
        for state in ("open", "finished")
    )  # fmt: skip
    return DissentsPage(
        frame(request, looked.visit, "console"),
        rail(looked, "dissents"),
        tuple(line(looked, item) for item in found[:ON_PAGE]),
        filters,
        pager(HERE, page, ON_PAGE, len(found[:ON_PAGE]), total, state=chosen if chosen == "finished" else None),
        tuple(_provider(looked, item) for item in counted),
        words(looked, "period"),
        _form(request, looked, typed or {}, errors) if viewer.may & RAISING else None,
    )


def line(looked: Desk, found: Dissent) -> DissentLine:
    """Make a line of the list.

    Args:
        looked: The desk.
        found: The dissent.

    """
    state, word = state_of(looked, found)
    contract = looked.city.contracts.get(found.contract)
    until = found.reaction_due_at if found.state == "answered" else found.due_at
    return DissentLine(
        found.number,
        f"{HERE}/{found.number}",
        contract.name.said(looked.language) if contract else found.contract,
        contested(looked, found, contract),
        department_name(looked.city, found.provider, looked.language),
        state,
        word,
        looked.stamp(found.raised_at),
        looked.stamp(until) if found.finished_at is None else "—",
    )


def _provider(looked: Desk, item: statistics.ProviderCount) -> ProviderLine:
    name = department_name(looked.city, item.provider, looked.language)
    middle = "—" if item.median_days is None else f"{item.median_days:g}"
    return ProviderLine(name, item.raised, item.waiting, item.upheld, item.rejected, item.overdue, middle)


def _form(request: Asked, looked: Desk, typed: Mapping[str, str], errors: tuple[FieldError, ...]) -> RaiseForm:
    asked = str(typed.get("contract") or request.query_params.get("contract") or "")
    viewer = looked.visit.viewer
    raiser = Raiser("person", viewer.person, viewer.department)
    usable = {item.ref: item for item in contestable(looked.connection, looked.city, raiser, looked.now)}
    options = tuple(
        Option(ref, usable[ref].name.said(looked.language), chosen=ref == asked)
        for ref in (sorted(usable) if len(usable) <= MOST_OPTIONS else [asked] if asked in usable else [])
    )
    contract = usable.get(asked)
    if contract is None:
        return RaiseForm(options, contract=asked, errors=errors, by_ref=len(usable) > MOST_OPTIONS)
    keyed = {item.name: item.title.said(looked.language) for item in contract.fields if item.key is not None}
    given: dict[str, str] = {**{str(name): str(value) for name, value in request.query_params.items()}, **typed}
    keys = tuple(Typed(f"key.{name}", keyed[name], given.get(f"key.{name}", "")) for name in contract.keys)
    if not keys:
        keys = (Typed("batch", words(looked, "batch"), given.get("batch", "")),)
    fields = [Option("", words(looked, "whole_row"), chosen=not given.get("field"))]
    fields += [
        Option(item.name, item.title.said(looked.language), chosen=item.name == given.get("field"))
        for item in contract.fields
        if item.key is None
    ]
    channel = given.get("channel", "console")
    texts = [Typed(name, words(looked, name), given.get(name, ""), required=False) for name in ("seen", "claimed")]
    outside = ("outsider_name", "outsider_contact")
    return RaiseForm(
        options,
        True,
        keys,
        tuple(fields),
        tuple(Option(name, words(looked, f"channel_{name}"), chosen=name == channel)
              for name in ("console", "letter", "phone", "counter")),
        tuple(texts),
        tuple(Typed(name, words(looked, name), given.get(name, ""), required=False) for name in outside),
        given.get("grounds", ""),
        contract.ref,
        errors,
        len(usable) > MOST_OPTIONS,
    )  # fmt: skip
