"""The page of one dissent: what is contested, its course, and what this person can do now."""

from collections.abc import Mapping

from citybrain.city.contract import Contract
from citybrain.city.profile import own_domain
from citybrain.cockpits.figures_view import Link
from citybrain.governance.dissent import case, consequences
from citybrain.governance.dissent.case import FOR_PROVIDER, Dissent, Raiser
from citybrain.hub import corrections
from citybrain.kernel.errors import CityBrainError, NotKnown
from citybrain.web.console.desk import HIDDEN, Desk, rail
from citybrain.web.console.dissent_desk import HERE, contested, state_of, words
from citybrain.web.console.lines import contract_href
from citybrain.web.dissent_view import DissentForm, DissentPage, Looking, Typed
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.naming import department_name
from citybrain.web.parts_view import Fact, FieldError, Option, Step


def one_page(
    request: Asked,
    looked: Desk,
    number: str,
    *,
    code: str = "",
    errors: tuple[FieldError, ...] = (),
    typed: Mapping[str, str] | None = None,
) -> DissentPage:
    """Make the page of one dissent.

    Args:
        request: The request.
        looked: The desk.
        number: Number of the dissent.
        code: Tracking code, when it was raised just now for somebody outside.
        errors: What was wrong with a form.
        typed: What was typed in it.

    Raises:
        NotKnown: No such dissent, or it does not concern this person.

    """
    found, viewer = case.one(looked.connection, number), looked.visit.viewer
    looking = consequences.redecisions(looked.connection, found.id)
    if not case.may_see(found, viewer) and viewer.department not in {item.department for item in looking}:
        raise NotKnown("dissent.unknown", number=number)
    contract = looked.city.contracts.get(found.contract)
    state, word = state_of(looked, found)
    title = words(looked, "title", contract=_name(looked, found), contested=contested(looked, found, contract))
    return DissentPage(
        frame=frame(request, looked.visit, "console"),
        rail=rail(looked, "dissents"),
        number=found.number,
        title=title,
        state=state,
        word=word,
        crumbs=(Link(looked.words("rail_dissents"), HERE), Link(found.number, "", current=True)),
        facts=_facts(looked, found),
        values=_values(request, looked, found, contract),
        course=tuple(_step(looked, item) for item in case.course(looked.connection, found.id)),
        grounds=found.grounds,
        answer=found.answer,
        outsider=_outsider(looked, found),
        looking=tuple(
            Looking(
                department_name(looked.city, item.department, looked.language),
                item.basis,
                "ok" if item.done_at else "todo",
                words(looked, "looked_again" if item.done_at else "to_look_again"),
                item.words,
            )
            for item in looking
        ),
        forms=tuple(_forms(looked, found, contract, looking, typed or {})),
        code=code,
        errors=errors,
    )  # fmt: skip


def _name(looked: Desk, found: Dissent) -> str:
    contract = looked.city.contracts.get(found.contract)
    return contract.name.said(looked.language) if contract else found.contract


def _step(looked: Desk, step: case.Event) -> Step:
    said = words(looked, f"act_{step.act}") + _colon(looked, step.words)
    return Step(looked.stamp(step.at), said, _who(looked, step.person))


def _colon(looked: Desk, text: str) -> str:
    return f"{words(looked, 'colon')}{text}" if text else ""


def _who(looked: Desk, person: str) -> str:
    if person in {"clock", "citizen"}:
        return words(looked, f"by_{person}")
    for known, _, department in looked.city.people():
        if known.person == person:
            return f"{department.name.said(looked.language)} {known.name.said(looked.language)}"
    system = looked.city.systems.get(person)
    return system.name.said(looked.language) if system else person


def _facts(looked: Desk, found: Dissent) -> tuple[Fact, ...]:
    link = contract_href(found.contract) if found.contract in looked.contracts else ""
    raiser = words(looked, f"raiser_{found.raiser_kind}")
    if found.raiser_department:
        raiser = department_name(looked.city, found.raiser_department, looked.language)
    facts = [
        Fact(words(looked, "contract"), _name(looked, found), link),
        Fact(words(looked, "provider"), department_name(looked.city, found.provider, looked.language)),
        Fact(words(looked, "raiser"), raiser),
        Fact(words(looked, "channel"), words(looked, f"channel_{found.channel}")),
        Fact(words(looked, "raised"), looked.stamp(found.raised_at)),
        Fact(words(looked, "due"), looked.stamp(found.due_at)),
    ]
    if found.state == "answered":
        facts.append(Fact(words(looked, "reaction_due"), looked.stamp(found.reaction_due_at)))
    if found.corrected is not None and found.contract in looked.contracts:
        facts.append(
            Fact(words(looked, "corrected"), str(found.corrected), f"/console/batches/{found.corrected}", True)
        )
    elif found.corrected is not None:
        facts.append(Fact(words(looked, "corrected"), str(found.corrected), code=True))
    return tuple(facts)


def _values(request: Asked, looked: Desk, found: Dissent, contract: Contract | None) -> tuple[Fact, ...]:
    field = next((item for item in contract.fields if item.name == found.field), None) if contract else None
    mine = found.raiser_department == looked.visit.viewer.department
    hidden = contract is not None and looked.hides(contract, field) and not mine
    shown = [Fact(f"{words(looked, 'key')} {name}", value, code=True) for name, value in (found.keys or {}).items()]
    if found.batch is not None:
        shown.append(Fact(words(looked, "batch"), str(found.batch), code=True))
    for name, value in (("seen", found.seen), ("claimed", found.claimed)):
        if value:
            shown.append(Fact(words(looked, name), HIDDEN if hidden else value))
    now = _standing(request, looked, found, contract)
    if now is not None:
        shown.append(Fact(words(looked, "standing"), HIDDEN if hidden else now))
    return tuple(shown)


def _standing(request: Asked, looked: Desk, found: Dissent, contract: Contract | None) -> str | None:
    """Say what stands there now; nothing where the row has gone or the whole row is contested."""
    if contract is None or found.keys is None or found.field is None:
        return None
    try:
        row = corrections.locate(looked.connection, instance_of(request).reader, contract, found.keys)
    except CityBrainError:
        return words(looked, "row_gone")
    value = row[found.field].item()
    return "—" if value is None else str(value)


def _outsider(looked: Desk, found: Dissent) -> str:
    if found.raiser_kind != "outsider" or found.raiser_department != looked.visit.viewer.department:
        return ""
    told = case.outsider(looked.connection, found.id)
    return words(looked, "between").join(part for part in told if part) if told else ""


def _forms(
    looked: Desk,
    found: Dissent,
    contract: Contract | None,
    looking: list[consequences.Redecision],
    typed: Mapping[str, str],
) -> list[DissentForm]:
    viewer, base = looked.visit.viewer, f"{HERE}/{found.number}"
    authority = "operate_hub" in viewer.may and viewer.department == looked.city.settings.data_authority
    provider = viewer.department == found.provider and "grant_data" in viewer.may
    mine = found.raised_by(Raiser("person", viewer.person, viewer.department))
    alone, forms = own_domain(looked.city, found.provider), []
    judge_of_itself = mine and viewer.department != found.provider
    answers = provider or (authority and not alone)
    if found.kind == "value" and found.state in FOR_PROVIDER and answers and not judge_of_itself:
        forms.append(_answer_form(looked, found, contract, base, typed))
    if found.state in FOR_PROVIDER and authority:
        forms.append(_form(looked, base, "urge", ("urge",)))
    if found.state == "appealed" and authority:
        verdicts = ("rejected",) if alone else ("upheld", "rejected")
        forms.append(_form(looked, base, "decide", verdicts, required=True))
    if mine and found.state == "answered":
        forms.append(_form(looked, base, "accept", ("accept",)))
        if found.appealed_at is None and not alone:
            forms.append(_form(looked, base, "appeal", ("appeal",), required=True))
    if mine and found.state == "open":
        forms.append(_form(looked, base, "withdraw", ("withdraw",), act="accept"))
    if any(item.department == viewer.department and item.done_at is None for item in looking):
        forms.append(_form(looked, base, "redecide", ("redecide",), required=True))
    return forms


def _form(
    looked: Desk, base: str, name: str, buttons: tuple[str, ...], *, required: bool = False, act: str = ""
) -> DissentForm:
    return DissentForm(
        f"{base}/{act or name}",
        words(looked, f"form_{name}"),
        tuple(Option(button, words(looked, f"{name}_{button}")) for button in buttons),
        words(looked, f"form_{name}_hint"),
        (),
        words(looked, f"text_{name}"),
        required,
    )


def _answer_form(
    looked: Desk, found: Dissent, contract: Contract | None, base: str, typed: Mapping[str, str]
) -> DissentForm:
    fields: tuple[Typed, ...] = ()
    if contract is not None and found.keys is not None:
        wanted = [item for item in contract.fields if item.key is None and found.field in {None, item.name}]
        claimed = "" if found.field is None or looked.hides(contract, contract.field(found.field)) else found.claimed
        fields = tuple(
            Typed(
                f"field.{item.name}",
                words(looked, "new_value", field=item.title.said(looked.language)),
                typed.get(f"field.{item.name}", claimed),
                required=False,
            )
            for item in wanted
        )
    buttons = ("upheld",) if found.state == "ordered" else ("upheld", "rejected")
    return DissentForm(
        f"{base}/answer",
        words(looked, "form_answer"),
        tuple(Option(button, words(looked, f"answer_{button}")) for button in buttons),
        words(looked, "form_answer_hint"),
        fields,
        words(looked, "text_answer"),
        True,
    )
