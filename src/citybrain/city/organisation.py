"""Who is in the city: departments, their posts and the people who hold them (Hangzhou art. 6, 10)."""

from typing import Literal

from citybrain.city.creditcode import CreditCode
from citybrain.city.names import DepartmentRef, Identifier, Level, Name, Noun

Permission = Literal[
    "issue_tasks",
    "operate_hub",
    "repair_rows",
    "apply_plans",
    "see_law_checks",
    "request_data",
    "grant_data",
    "approve_important",
]


class Person(Noun):
    """Somebody who holds a post.

    Attributes:
        person: Short name, unique in the city.
        name: What people call them.
        demo: True when the person is made up for the demonstration.

    """

    person: Identifier
    name: Name
    demo: bool = False


class Post(Noun):
    """A post of a department: what its holder may do and at which level.

    Attributes:
        name: What people call it.
        post: Short name; cockpits and indicators name it in their audience.
        level: City, district or street.
        may: Acts beyond looking.
        held_by: The people on the post.

    """

    post: Identifier
    name: Name
    level: Level = "city"
    may: tuple[Permission, ...] = ()
    held_by: tuple[Person, ...] = ()


class Department(Noun):
    """A body with duties: bureau, district government, or enterprise with public tasks.

    Attributes:
        name: What people call it.
        parent: Department above it.
        duties: Its duties, in words.
        posts: Its posts.
        department: Short name; other files write ``dept:<name>``.
        credit_code: Unified social credit code; the catalogue names the provider by it.
        division: Code of the division it answers for; none means the whole city.
        kind: What sort of body.
        profile: How the law applies where it applies by reference: ``judicial`` or ``utility``.
        phone: Where people reach it offline.

    """

    department: Identifier
    name: Name
    kind: Literal["bureau", "district", "street", "enterprise", "institution"] = "bureau"
    profile: Literal["judicial", "utility"] | None = None
    division: str | None = None
    parent: DepartmentRef | None = None
    duties: tuple[Name, ...] = ()
    phone: str | None = None
    credit_code: CreditCode | None = None
    posts: tuple[Post, ...] = ()

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"dept:{self.department}"

    @property
    def own_domain(self) -> bool:
        """Whether it alone administers its objects: a court or procuratorate (参照适用)."""
        return self.profile == "judicial"

    @property
    def needs_limits(self) -> bool:
        """Whether it uses data only under a limit: an enterprise that is no public utility (政企协同)."""
        return self.kind == "enterprise" and self.profile != "utility"
