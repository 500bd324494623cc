"""What departments, people and articles are called on pages."""

from citybrain.city.whole import City
from citybrain.kernel.messages import Language


def department_name(city: City, ref: str, language: Language) -> str:
    """Say what a department is called; a scenario that issues tasks is called by its own name.

    Args:
        city: The revision in force.
        ref: ``dept:…`` or ``scenario:…``.
        language: ``zh`` or ``en``.

    """
    if ref in city.departments:
        return city.departments[ref].name.said(language)
    if ref in city.scenarios:
        return city.scenarios[ref].name.said(language)
    return ref


def person_name(city: City, person: str, language: Language) -> str:
    """Say what a person is called.

    Args:
        city: The revision in force.
        person: Short name, or the Ref of a scenario that acts by itself.
        language: ``zh`` or ``en``.

    """
    known = next((item for item, _, _ in city.people() if item.person == person), None)
    return known.name.said(language) if known else department_name(city, person, language)
