"""What the requests of a person, and the explanation of a use, say in plain words."""

from collections.abc import Iterator
from datetime import datetime

from citybrain.cockpits.figures_view import Link, State
from citybrain.governance import person_requests
from citybrain.governance.rights import Explanation
from citybrain.kernel.messages import say
from citybrain.web.parts_view import Fact
from citybrain.web.portal.reading import Own
from citybrain.web.portal_view import ExplainedPage, OwnRequest, SourceLine
from citybrain.web.views import Frame

MY_DATA = "/portal/my-data"
_STATES: dict[str, State] = {
    "open": "todo", "granted": "ok", "refused": "alarm", "answered": "ok", "withdrawn": "none",
}  # fmt: skip


def requests(own: Own, now: datetime) -> Iterator[OwnRequest]:
    """Yield the requests of the person, the newest first."""
    for item in person_requests.of_person(own.connection, own.token):
        late = item.late(now)
        due = f"{item.due_at.astimezone(own.city.zone):%Y-%m-%d}"
        word = say(f"destruction.request_{'late' if late else item.state}", own.language, due=due)
        said = own.words("semicolon").join(text for text in (item.answer, item.ground) if text)
        href = f"{MY_DATA}/destructions/{item.certificate}" if item.certificate else ""
        yield OwnRequest(
            item.number, say(f"destruction.request_{item.kind}", own.language), own.contract(item.contract),
            item.words, own.stamp(item.made_at), "warn" if late else _STATES[item.state], word, said, href,
            item.state == "refused", item.state == "open",
        )  # fmt: skip


def explained(own: Own, told: Explanation, frame: Frame) -> ExplainedPage:
    """Make the page that explains a use.

    Args:
        own: What is about the person.
        told: The explanation.
        frame: What stands around the page.

    """
    use = told.use
    clear = [name for name in use.fields if name not in told.masked]
    fields = [own.fields(use.thing, clear)] if clear else []
    if told.masked:
        fields.append(own.words("masked", fields=own.fields(use.thing, told.masked)))
    term = f"{own.stamp(told.granted_at)} – {own.stamp(told.granted_until)}"

    def label(key: str) -> str:
        return say(f"web.{key}", own.language)

    facts = (
        Fact(label("my_at"), own.stamp(use.at)),
        Fact(label("my_who"), own.body(use.department)),
        Fact(own.words("purpose"), own.purpose(use.purpose)),
        Fact(own.words("basis_head"), own.basis(use.basis)),
        Fact(label("my_grant"), f"{use.grant} · {own.words('source_' + told.source)} · {term}"),
        Fact(label("my_what"), own.contract(use.thing)),
        Fact(label("sharing_fields"), own.words("semicolon").join(fields)),
    )
    sources = tuple(
        SourceLine(_system(own, item.system), item.rows, own.stamp(item.first_at), own.stamp(item.last_at))
        for item in told.sources
    )
    return ExplainedPage(
        frame, own.words("why_title", body=own.body(use.department)), Link(label("my_data"), MY_DATA), facts, sources,
        f"{MY_DATA}/uses/{use.id}/questions", own.city.settings.clocks.person_request,
    )  # fmt: skip


def _system(own: Own, ref: str) -> str:
    known = own.city.systems.get(ref)
    return known.name.said(own.language) if known else ref
