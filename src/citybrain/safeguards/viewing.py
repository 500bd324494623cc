"""Who may see and do what.

Person, post, department, level and division; a cockpit can only narrow it (Hangzhou art. 10).
"""

from dataclasses import dataclass

from citybrain.city.cockpit import Cockpit
from citybrain.city.contract import Contract
from citybrain.city.indicator import Indicator
from citybrain.city.names import Level
from citybrain.city.organisation import Permission
from citybrain.city.whole import City
from citybrain.kernel.errors import AccessRefused, NotKnown


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody looking: the holder of one post.

    Attributes:
        person: Short name of the person.
        department: Ref of the department.
        division: Code the department answers for; none means the whole city.

    """

    person: str
    post: str
    department: str
    level: Level
    division: str | None
    may: frozenset[Permission]

    @property
    def scope(self) -> str:
        """What decides everything this viewer is shown; streams of equal scope share their bytes."""
        return f"{self.post}|{self.department}|{self.level}|{self.division or ''}"


def viewer_of(city: City, person: str) -> Viewer:
    """Tell on which post somebody looks.

    Args:
        city: The revision in force.
        person: Short name.

    Raises:
        NotKnown: Nobody of that name holds a post in this revision.

    """
    for known, post, department in city.people():
        if known.person == person:
            return Viewer(person, post.post, department.ref, post.level, department.division, frozenset(post.may))
    raise NotKnown("safeguards.person_unknown", person=person)


def administers(viewer: Viewer, contract: Contract) -> bool:
    """Tell whether somebody administers what a body provides because of running the hub.

    Args:
        viewer: Who acts.
        contract: A contract, or a service read as one.

    Returns:
        False for a body with a domain of its own, such as a court: it alone administers its objects.

    Source:
        Hangzhou art. 25 (参照适用).

    """
    mine = viewer.department == contract.provider
    return "operate_hub" in viewer.may and (mine or not contract.own_domain)


def may_see(viewer: Viewer, indicator: Indicator) -> bool:
    """Tell whether an indicator's audience includes a viewer.

    Args:
        viewer: Who looks.
        indicator: The number.

    """
    posts, departments = indicator.audience.posts, indicator.audience.departments
    if viewer.department == indicator.owner:
        return True
    if posts and viewer.post not in posts:
        return False
    return not departments or viewer.department in departments


def may_open(viewer: Viewer, cockpit: Cockpit, division: str | None = None) -> bool:
    """Tell whether somebody may open a cockpit.

    Args:
        viewer: Who looks.
        cockpit: The cockpit.
        division: Division of a cockpit that is made for each of them.

    """
    if viewer.post not in cockpit.audience.posts:
        return False
    if division is not None and viewer.level != "city":
        return viewer.division == division
    return True


def require(viewer: Viewer, permission: Permission) -> None:
    """Stop somebody whose post does not include an act.

    Args:
        viewer: Who acts.
        permission: The act.

    Raises:
        AccessRefused: The post does not include it.

    Source:
        Hangzhou art. 10 (权限设定).

    """
    if permission not in viewer.may:
        raise AccessRefused("safeguards.post_may_not", post=viewer.post, permission=permission)


def require_indicator(viewer: Viewer, city: City, ref: str) -> Indicator:
    """Return an indicator, for somebody who may see it.

    Args:
        viewer: Who looks.
        city: The revision in force.
        ref: ``indicator:…``.

    Raises:
        NotKnown: There is none, or the viewer may not know of it.

    """
    indicator = city.indicators.get(ref)
    if indicator is None or not may_see(viewer, indicator):
        raise NotKnown("safeguards.indicator_unknown", indicator=ref)
    return indicator
