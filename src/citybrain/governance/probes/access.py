"""Probes of access: who gets a key, what a key opens, how fast it closes (Hangzhou art. 9, 18; Nanjing art. 7)."""

from dataclasses import replace

from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.figures import today
from citybrain.governance.probes.exchange import STRANGER
from citybrain.governance.rehearsal import stage
from citybrain.governance.scratch import AMOUNT, CONTRACT, METER, SCENARIO, THEME, reading, scratch_city, scratch_files
from citybrain.hub import credentials
from citybrain.hub.formats import Layout
from citybrain.hub.parcel import Parcel, digest
from citybrain.kernel.errors import AccessRefused, NotAuthenticated, NotKnown

LABEL = "law check"


def stranger_gets_no_key(bench: Bench) -> Seen:
    """Ask for a key for an unregistered system, and look for keys of systems that are not in the register."""
    city = bench.city
    for system in city.systems.values():
        demand(system.owner in city.departments, "system_without_owner", system=system.ref)
    with stage(bench) as at, at.database.transaction() as connection:

        def ask() -> None:
            credentials.issue(connection, at.city, STRANGER, LABEL, LABEL, at.clock, at.new_id)

        refused(ask, NotKnown, "stranger_got_key")
    with bench.database.reading() as connection:
        live = [key for key in credentials.keys(connection) if key.revoked_at is None]
    loose = sorted({key.system for key in live} - set(city.systems))
    demand(not loose, "key_of_unregistered", systems=loose)
    running = sum(system.status == "running" for system in city.systems.values())
    return seen("stranger_gets_no_key", systems=len(city.systems), running=running, keys=len(live))


def key_connects(bench: Bench) -> Seen:
    """Connect as a new system would: a key, three formats, a receipt for each."""
    with stage(bench) as at:
        with at.database.transaction() as connection:
            _, secret = credentials.issue(connection, at.city, METER, LABEL, LABEL, at.clock, at.new_id)
            known = credentials.authenticate(connection, secret)
        demand(known == METER, "key_opens_another", system=known)
        now = at.clock.now().isoformat()
        bodies = {
            "ndjson": f'{{"read_at":"{now}","place":"P1","amount":1}}\n',
            "json": f'[{{"read_at":"{now}","place":"P2","amount":1}}]',
            "csv": f"read_at,place,amount\n{now},P3,1\n",
        }
        for name, text in bodies.items():
            body = text.encode()
            layout = Layout(name, ("read_at", "place", "amount", "person"))
            got = at.gate.admit(Parcel(CONTRACT, known, (body, layout), digest(body), name))
            demand(got.accepted == 1, "format_not_taken", format=name)
    return seen("key_connects", formats=len(bodies), **today(bench))


def stop_works_at_once(bench: Bench) -> Seen:
    """Suspend a key and a system: the next call is refused; list what rests on a contract."""
    with stage(bench) as at, at.database.transaction() as connection:
        key, secret = credentials.issue(connection, at.city, METER, LABEL, LABEL, at.clock, at.new_id)
        credentials.revoke(connection, key, LABEL, at.clock, at.new_id)
        refused(lambda: credentials.authenticate(connection, secret), NotAuthenticated, "revoked_key_works")
    city = scratch_city(bench.city)
    suspended = city.systems[METER].model_copy(update={"status": "maintenance"})
    with stage(bench, replace(city, systems={METER: suspended})) as at:
        refused(lambda: at.send([reading(at.clock.now())]), AccessRefused, "suspended_system_admitted")
    affected = bench.doors.affected(scratch_files(), CONTRACT)
    demand({AMOUNT, THEME, SCENARIO} <= set(affected), "scope_is_incomplete", affected=list(affected))
    return seen("stop_works_at_once", affected=len(affected))


def only_registered_channels(bench: Bench) -> Seen:
    """Try to bring data past the register: no key, no system, no contract; then look at who has delivered."""
    stranger_gets_no_key(bench)
    with stage(bench) as at:
        row = [reading(at.clock.now())]
        refused(lambda: at.send(row, system=STRANGER), AccessRefused, "stranger_admitted")
        refused(
            lambda: at.send(row, key="b", contract="contract:law-check/no_contract"),
            NotKnown,
            "without_contract_admitted",
        )
    return seen("only_registered_channels", **today(bench))
