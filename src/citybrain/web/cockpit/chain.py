"""The way from a source to a number, in five steps that can each be opened (Hangzhou art. 10, 12)."""

from citybrain.city.indicator import Indicator
from citybrain.cockpits.board import name_of
from citybrain.cockpits.figures import Look
from citybrain.cockpits.figures_view import Link
from citybrain.hub import monitor
from citybrain.insight.values import Standing
from citybrain.kernel.numerals import number
from citybrain.web.indicator_view import ChainStep, Threshold
from citybrain.web.naming import article_href, article_name, department_name
from citybrain.web.parts_view import Fact
from citybrain.web.sessions import Visit, may_open_contract


def chain(look: Look, visit: Visit, indicator: Indicator, said: Standing) -> tuple[ChainStep, ...]:
    """Lay the five steps out.

    Args:
        look: What is looked at.
        visit: Who looks; links into the console only for those who may open it.
        indicator: The indicator.
        said: What it says.

    """
    contracts = look.city.contracts_read_by(indicator)
    first = contracts[0] if contracts else ""
    console = first in look.city.contracts and may_open_contract(visit.viewer, look.city.contracts[first])
    href = f"/console/contracts/{first.removeprefix('contract:')}" if console else ""
    systems = [item for item in look.city.systems.values() if set(item.provides) & set(contracts)]
    rules = sum(len(look.city.contracts[ref].rules) for ref in contracts)
    batches, _ = monitor.batches(look.connection, first or None, limit=1)
    newest = batches[0] if batches else None
    sums = {"received": number(said.received), "accepted": number(said.accepted)}
    return (
        ChainStep(
            look.words("step_source"),
            look.words("count_systems", count=len(systems)),
            tuple(
                f"{department_name(look.city, item.owner, look.language)} {item.name.said(look.language)}"
                for item in systems[:3]
            ),
        ),
        ChainStep(
            look.words("step_contract"),
            look.words("count_rules", count=rules),
            tuple(look.city.contracts[ref].name.said(look.language) for ref in contracts[:3]),
            Link(first.removeprefix("contract:"), href) if href else None,
        ),
        ChainStep(
            look.words("step_batches"),
            look.words("count_batches", count=number(said.batches)),
            (look.words("sum_holds", **sums, set_aside=number(said.received - said.accepted)),),
            Link(look.words("see_receipts"), f"/console/batches?contract={first}") if console else None,
        ),
        ChainStep(
            look.words("step_calculation"),
            look.words("one_calculation"),
            (look.words("log_position", position=said.position),),
            formula=_formula(indicator),
        ),
        ChainStep(
            look.words("step_evidence"),
            look.words("count_entries", count=number(said.batches)),
            (look.words("newest_batch", batch=str(newest.id)[:13]) if newest else look.words("none_yet"),),
            Link(str(newest.id)[:13], f"/console/batches/{newest.id}") if newest and console else None,
            state="ok" if newest and newest.sequence else ("todo" if newest else "none"),
            word=look.words("sealed") if newest and newest.sequence else look.words("sealing"),
        ),
    )


def _formula(indicator: Indicator) -> str:
    if indicator.derived is not None:
        return " / ".join(ref.removeprefix("indicator:") for ref in indicator.derived)
    text = indicator.measure.text if indicator.measure else ""
    return f"{text} | {indicator.filter.text}" if indicator.filter else text


def facts(look: Look, indicator: Indicator, said: Standing) -> tuple[Fact, ...]:
    """State who answers for an indicator, how it is split, its rhythm and its audience.

    Args:
        look: What is looked at.
        indicator: The indicator.
        said: What it says.

    """
    posts = {post.post: post.name.said(look.language) for item in look.city.departments.values() for post in item.posts}
    audience = [posts.get(post, post) for post in indicator.audience.posts]
    promised = int(said.promised.total_seconds() // 60) if said.promised else None
    articles = [article_name(ref, look.language) for ref in indicator.source_article]
    law = article_href(indicator.source_article[0]) if articles else ""
    return (
        Fact(look.words("fact_owner"), department_name(look.city, indicator.owner, look.language)),
        Fact(look.words("fact_field"), look.words(f"field_{indicator.field}")),
        Fact(
            look.words("fact_by"),
            look.words("between").join(_dimensions(look, indicator)) or look.words("no_dimension"),
        ),
        Fact(look.words("fact_grain"), look.words(f"grain_{indicator.time.grain}")),
        Fact(
            look.words("fact_promise"),
            look.words("within_minutes", minutes=promised) if promised else look.words("no_promise"),
        ),
        Fact(look.words("fact_audience"), look.words("between").join(audience) or look.words("every_post")),
        Fact(look.words("fact_article"), look.words("between").join(articles) or "—", law),
    )


def _dimensions(look: Look, indicator: Indicator) -> list[str]:
    contract = look.city.contracts.get(indicator.source or "")
    return [contract.field(name).title.said(look.language) if contract else name for name in indicator.by]


def thresholds(look: Look, indicator: Indicator) -> tuple[Threshold, ...]:
    """State the thresholds as declared.

    Args:
        look: What is looked at.
        indicator: The indicator.

    """
    limits = indicator.thresholds
    found = []
    if limits.warning is not None:
        found.append(Threshold("warn", _condition(look, limits.warning.text)))
    if limits.alarm is not None:
        found.append(Threshold("alarm", _condition(look, limits.alarm.text)))
    return tuple(found)


def _condition(look: Look, text: str) -> str:
    return text.replace("value", look.words("the_value")).replace("usual", look.words("the_usual"))


def used_in(look: Look, indicator: Indicator) -> tuple[Link, ...]:
    """List the cockpits and scenarios that show an indicator.

    Args:
        look: What is looked at.
        indicator: The indicator.

    """
    found = []
    for cockpit in look.city.cockpits.values():
        if any(widget.indicator == indicator.indicator for widget in cockpit.widgets()):
            href = f"/cockpit/{cockpit.cockpit}" if cockpit.for_each is None else ""
            found.append(Link(name_of(cockpit, None, look.gazetteer, look.language).strip(), href))
    found += [
        Link(item.name.said(look.language), f"/scenario/{item.scenario}")
        for item in look.city.scenarios.values()
        if indicator.ref in {item.starts_when.alert, *item.uses}
    ]
    return tuple(found)
