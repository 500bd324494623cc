"""Bulk reads become tasks: of the provider's responsible person and of the data authority (Hangzhou art. 13)."""

from datetime import timedelta

from citybrain.casework import tasks
from citybrain.city.offering import shared
from citybrain.city.whole import City
from citybrain.hub import bulk_reads
from citybrain.hub.bulk_reads import BulkRead
from citybrain.kernel.clock import Clock
from citybrain.kernel.ids import NewId
from citybrain.kernel.messages import Language, say
from citybrain.kernel.postgres import Connection

DUE = timedelta(hours=24)


def watch_bulk_reads(connection: Connection, city: City, clock: Clock, new_id: NewId) -> list[BulkRead]:
    """Note what was read in bulk and order that it is looked into, once an occurrence.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        What is new.

    """
    found = bulk_reads.note_new(connection, city, clock, new_id)
    for item in found:
        _order(connection, city, item, clock, new_id)
    return found


def _order(connection: Connection, city: City, item: BulkRead, clock: Clock, new_id: NewId) -> None:
    contract, authority = shared(city, item.thing), city.settings.data_authority
    provider = contract.provider if contract is not None else authority
    holders = {person.person: person.name for person, _, _ in city.people()}
    named = holders.get(contract.person) if contract is not None else None
    reader = city.departments.get(item.department)
    for department in dict.fromkeys((provider, authority)):

        def said(key: str, language: Language) -> str:
            return say(
                f"bulk.{key}", language, grant=item.grant, seen=f"{item.seen:,}", most=f"{item.most:,}",
                name=contract.name.said(language) if contract else item.thing,
                reader=reader.name.said(language) if reader else item.department,
                person=named.said(language) if named else say("bulk.nobody", language),
            )  # fmt: skip

        order = tasks.Order(
            title=said("task", "zh"),
            title_en=said("task", "en"),
            note=said(f"note_{item.bound}", "zh"),
            note_en=said(f"note_{item.bound}", "en"),
            department=department,
            due_at=clock.now() + DUE,
            due_words="24 h",
            urgency="alarm",
            once=f"bulk/{item.id}/{department}",
        )
        tasks.issue(connection, order, authority, authority, city.zone, clock, new_id)
