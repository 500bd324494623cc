"""What the rules of a contract promise, in words for its provider (Hangzhou art. 15)."""

from datetime import timedelta

from citybrain.city.contract import Contract, Rule
from citybrain.kernel.messages import Language, say, words

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def duration(length: timedelta, language: Language) -> str:
    """Write a length of time in the largest unit that divides it.

    Args:
        length: Any length.
        language: ``zh`` or ``en``.

    Examples:
        >>> duration(timedelta(minutes=90), "zh"), duration(timedelta(hours=2), "en")
        ('90 分钟', '2 h')

    """
    for unit, name in ((timedelta(days=365), "years"), (DAY, "days"), (HOUR, "hours")):
        if length >= unit and length % unit == timedelta():
            return say(f"console.{name}", language, count=length // unit)
    return say("console.minutes", language, count=int(length.total_seconds() // 60))


def promise(contract: Contract, rule: Rule, language: Language) -> str:
    """Say what a rule asks of a row: the provider's own words, or what its kind means.

    Args:
        contract: The contract the rule stands in.
        rule: The rule.
        language: ``zh`` or ``en``.

    """
    if rule.say is not None:
        return rule.say.said(language)
    match rule.kind:
        case "type":
            return say(f"console.rule_type_{contract.field(rule.fields[0]).type}", language)
        case "range" | "length":
            return _between(rule, language)
        case "codes":
            return say("console.rule_codes", language, codes=rule.codes)
        case "pattern":
            return say("console.rule_pattern", language, pattern=rule.pattern or "")
        case "relation":
            text = rule.relation.text if rule.relation else ""
            return say("console.rule_relation", language, relation=text)
        case "reference":
            return say("console.rule_reference", language, to=(rule.to or "").removeprefix("contract:"))
        case "age":
            return _age(rule, language)
        case _:
            return say(f"console.rule_{rule.kind}", language, fields=" + ".join(rule.fields))


def _between(rule: Rule, language: Language) -> str:
    kind = "console.rule_length" if rule.kind == "length" else "console.rule_range"
    low, high = rule.low, rule.high
    if low is None:
        return say(f"{kind}_high", language, high=high)
    if high is None:
        return say(f"{kind}_low", language, low=low)
    return say(kind, language, low=low, high=high)


def _age(rule: Rule, language: Language) -> str:
    said = []
    if isinstance(rule.high, timedelta):
        said.append(say("console.rule_age_old", language, length=duration(rule.high, language)))
    if isinstance(rule.low, timedelta):
        said.append(say("console.rule_age_ahead", language, length=duration(rule.low, language)))
    return say("web.comma", language).join(said)


def broken_promise(contract: Contract | None, name: str, language: Language) -> str:
    """Say why a row was set aside.

    Args:
        contract: Its contract as it is now; none where it is no longer declared.
        name: The rule that was broken, or the reason why a line was no record.
        language: ``zh`` or ``en``.

    """
    rule = next((item for item in contract.rules if item.name == name), None) if contract else None
    if contract is not None and rule is not None:
        return promise(contract, rule, language)
    key = f"console.{name}"
    return say(key, language) if isinstance(words(language).get(key), str) else name
