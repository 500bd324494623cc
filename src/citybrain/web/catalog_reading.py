"""Who reads the catalogue, what they may know of, and an entry as it is answered to them (Hangzhou art. 9, 10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citybrain.blueprint.instance import Instance
from citybrain.city.whole import City
from citybrain.hub import credentials
from citybrain.hub.catalog.names import page_path
from citybrain.hub.catalog.search import Proof, Registered, Supply
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import WrongUse
from citybrain.safeguards.viewing import Viewer, may_see
from citybrain.web.frames import Asked, instance_of
from citybrain.web.sessions import COOKIE, viewer_in


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the catalogue.

    Attributes:
        viewer: On which post; a system reads as its owner without a post; none for society.
        system: Ref of the system, where it is one.
        hidden: Refs whose existence the reader may not know of.

    """

    city: City
    viewer: Viewer | None
    system: str | None
    hidden: tuple[str, ...]

    @property
    def public(self) -> bool:
        """Whether only what is open to society is shown."""
        return self.viewer is None

    def knows(self, entry: Registered) -> bool:
        """Tell whether details of an entry that is not shared are shown."""
        if entry.share != "none":
            return True
        return self.viewer is not None and (
            self.viewer.department == entry.department or "operate_hub" in self.viewer.may
        )


def hidden_from(viewer: Viewer, city: City) -> tuple[str, ...]:
    """List what a viewer may not know of: numbers for other audiences, and what they alone start.

    Args:
        viewer: Who looks.
        city: The revision in force.

    """
    numbers = {ref for ref, item in city.indicators.items() if not may_see(viewer, item)}
    runs = [ref for ref, item in city.scenarios.items() if item.starts_when.alert in numbers]
    return (*sorted(numbers), *runs)


def reader_of(request: Asked) -> Reader:
    """Tell who reads: a system by its key, a person by the session, else society.

    Args:
        request: Any request; the key stands after ``Bearer`` or, as CKAN's clients write it, alone.

    Raises:
        NotAuthenticated: A key or session that is not valid.

    """
    instance = instance_of(request)
    header = request.headers.get("authorization", "")
    secret = header.partition(" ")[2] if header.lower().startswith("bearer ") else header
    if secret.strip():
        return _system(instance, secret.strip())
    if COOKIE in request.cookies:
        visit = viewer_in(instance, request.cookies)
        return Reader(visit.city, visit.viewer, None, hidden_from(visit.viewer, visit.city))
    return Reader(instance.city_now(), None, None, ())


def _system(instance: Instance, secret: str) -> Reader:
    city = instance.city_now()
    with instance.database.reading() as connection:
        ref = credentials.authenticate(connection, secret)
    known = city.systems.get(ref)
    viewer = Viewer(ref, "", known.owner if known else "", "city", None, frozenset())
    return Reader(city, viewer, ref, hidden_from(viewer, city))


def base_of(request: Asked) -> str:
    """Return the address of this site, with a slash at its end.

    Args:
        request: Any request.

    """
    told = instance_of(request).settings.public_url
    return f"{(told or str(request.base_url)).rstrip('/')}/"


def number_in(values: Mapping[str, Any], name: str, usual: int, most: int) -> int:
    """Read a whole number from 0 on.

    Args:
        values: Parameters as sent.
        name: Which one.
        usual: Where it is not sent.
        most: More than this counts as this.

    Raises:
        WrongUse: It is no such number.

    """
    value = values.get(name)
    if value is None or value == "":
        return usual
    text = str(value).removesuffix(".0")
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal():
        raise WrongUse("catalog.number_wrong", name=name)
    return min(int(text[:12]), most)


def listed(reader: Reader, entry: Registered, supply: Supply | None) -> dict[str, Any]:
    """Write an entry for a list.

    Args:
        reader: Who reads.
        entry: As registered.
        supply: What came, for a contract.

    """
    content = {key: value for key, value in entry.content.items() if key != "fields"}
    score = supply.score if supply else None
    return {
        **content,
        "registration": entry.registration,
        "published": city_day(entry.registered_at, reader.city.zone).isoformat(),
        "changed_at": entry.changed_at.isoformat(),
        "revision": entry.revision,
        "quality": {"grade": supply.grade, "score": round(score, 2) if score is not None else None} if supply else None,
        "mounted": supply.mounted if supply else None,
        "consumers": list(entry.around["consumers"]),
        "page": page_path(entry.ref),
    }


def whole(
    reader: Reader,
    entry: Registered,
    supply: Supply | None,
    proof: Proof | None,
    names: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Write everything of an entry that a reader may know.

    Args:
        reader: Who reads.
        entry: As registered.
        supply: What came, for a contract.
        proof: What attests it.
        names: Of the entries around it, by Ref.

    """

    def around(refs: Sequence[str]) -> list[dict[str, Any]]:
        known = [ref for ref in refs if ref in names and ref not in reader.hidden]
        return [{"ref": ref, "name": names[ref]} for ref in known]

    knows = reader.knows(entry)
    return {
        **listed(reader, entry, supply),
        "fields": list(entry.content["fields"]) if knows else [],
        "fields_withheld": not knows,
        "lineage": {"up": around(entry.around["up"]), "down": around(entry.around["down"])} if knows else None,
        "proof": {
            "registration": entry.registration,
            "registered_at": entry.registered_at.isoformat(),
            "version": entry.version,
            "sha256": entry.sha256.hex(),
            "evidence": _proof(proof),
        },
    }


def _proof(proof: Proof | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    return {
        "entry": str(proof.entry),
        "act": proof.act,
        "sha256": proof.sha256.hex(),
        "at": proof.at.isoformat(),
        "sequence": proof.sequence,
        "chain": proof.chain.hex() if proof.chain else None,
        "holds": proof.holds,
    }
