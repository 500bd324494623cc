"""A rehearsal with persons: rows are about somebody who is asked, and leave under a grant made for the check."""

from dataclasses import replace
from datetime import timedelta

from citybrain.city.whole import City
from citybrain.governance.rehearsal import Stage
from citybrain.governance.scratch import BUREAU, CONTRACT, DESK
from citybrain.hub import grants
from citybrain.hub.question import Condition, Question
from citybrain.hub.release import Release, Releaser
from citybrain.kernel.sql import statements
from citybrain.safeguards.subjects import KEY, token_of

PURPOSE, FIELDS = "law_check", ("place", "amount", "person")
PERSON, OTHER = "somebody", "somebody-else"
PROBE_KEY = b"the persons of a law check are made up"


def asking_city(city: City) -> City:
    """Let the rows of a scratch city be about persons, who are asked.

    Args:
        city: A scratch city.

    """
    contract = city.contracts[CONTRACT]
    fields = tuple(replace(field, grade=2) if field.name == "person" else field for field in contract.fields)
    asking = replace(contract, fields=fields, subject="person", consent=True)
    return replace(city, contracts={**city.contracts, CONTRACT: asking})


def open_use(at: Stage) -> bytes:
    """Make a key and a grant for the rehearsal; return the token of the person.

    Args:
        at: The stage.

    """
    now = at.clock.now()
    order = grants.GrantOrder(
        "law-check-persons", CONTRACT, BUREAU, PURPOSE, {"law": "hangzhou-2021/13"}, FIELDS, now,
        now + timedelta(days=1),
    )  # fmt: skip
    with at.database.transaction() as connection:
        sql = statements("citybrain.governance", "rehearsal")
        connection.execute(sql["persons_key"], {"purpose": KEY, "key": PROBE_KEY})
        grants.make(connection, order, "law-check-clerk", now, at.new_id)
    return token_of(PERSON, PROBE_KEY)


def take_rows(at: Stage, where: tuple[Condition, ...] = ()) -> Release:
    """Take rows under the grant of the rehearsal.

    Args:
        at: The stage.
        where: Conditions.

    """
    releaser = Releaser(at.database, lambda: at.city, at.reader, None, at.clock, at.new_id)
    return releaser.release(Question(CONTRACT, PURPOSE, FIELDS, where), DESK)
