"""Law packs (条例包): the articles of a law, the duties in them, and the live check of each duty."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from citybrain.city.names import Identifier, Name, Noun

Rank = Literal["law", "wish"]
Binding = Literal["bound", "not_yet", "organisational"]


class Probe(Noun):
    """A check by doing: a named rehearsal of the feature that leaves nothing behind.

    Attributes:
        probe: Its name; see ``citybrain.governance.probes``.
        sabotage: A deliberate break of its own, beside that of the row.

    """

    probe: Identifier
    sabotage: Identifier | None = None


class Statement(Noun):
    """A check by counting: one read-only statement on the running city.

    Attributes:
        sql: Returns one row with a boolean column ``holds``; its other columns are figures for the words.
        say: What was counted; names the figures in braces.

    """

    sql: str
    say: Name


class Page(Noun):
    """A check from outside: one GET on the running instance.

    Attributes:
        get: Path; ``{indicator}`` stands for one of the city's indicators.
        status: Answer that is expected.
        has: Members that the JSON answer must have.

    """

    get: Annotated[str, StringConstraints(pattern=r"^/")]
    status: int = 200
    has: dict[str, Any] = {}


Check = Probe | Statement | Page


class Duty(Noun):
    """One row of the matrix: what an article asks, and how it is seen to hold.

    Attributes:
        id: Row of the requirements, such as ``HZ-8.1c``.
        paragraph: Paragraph and item within the article, such as ``1(4)``; empty where the article has one.
        duty: The duty in few words.
        terms: Phrases that stand literally in the paragraph.
        capabilities: Capabilities of the product that serve it.
        element: Element of the City Brain it belongs to; empty for institutional ones.
        expected: What would be seen where it holds.
        checks: Live checks; all must hold.
        sabotage: Name of the deliberate break in ``tests/law`` that turns the row broken.
        answers: Department that answers where the check names none; none means the data authority.
        organisational: Why no software can prove it.
        note: Limits of what is proved, or what is still missing.

    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]+-[0-9a-z.]+$")]
    paragraph: str = ""
    duty: Name
    terms: tuple[str, ...] = ()
    capabilities: tuple[Annotated[str, StringConstraints(pattern=r"^C\d\d$")], ...] = ()
    element: str = ""
    expected: str = ""
    checks: tuple[Check, ...] = ()
    sabotage: Identifier | None = None
    answers: str | None = None
    organisational: Name | None = None
    note: Name | None = None

    @property
    def sabotages(self) -> tuple[str, ...]:
        """Every deliberate break that must turn the row broken: its own and those of its checks."""
        own = [item.sabotage for item in self.checks if isinstance(item, Probe) and item.sabotage]
        return tuple(name for name in (self.sabotage, *own) if name)

    @property
    def binding(self) -> Binding:
        """How the row stands before anything was measured."""
        if self.checks:
            return "bound"
        return "organisational" if self.organisational is not None else "not_yet"

    @model_validator(mode="after")
    def _one_state(self) -> "Duty":
        if self.checks and self.organisational is not None:
            msg = f"{self.id} is either checked or organisational"
            raise ValueError(msg)
        if bool(self.checks) != bool(self.sabotages):
            msg = f"{self.id}: checks and the sabotage that proves them come together"
            raise ValueError(msg)
        return self


class Article(Noun):
    """One article with its full text.

    Attributes:
        article: Its number, or the place in a text that has no articles.
        text: Paragraphs as published; empty only for texts that are no law.
        duties: Its rows in order.

    """

    article: str
    text: str = ""
    duties: Annotated[tuple[Duty, ...], Field(min_length=1)]


class LawPack(Noun):
    """A law as a list of checks.

    Attributes:
        pack: Short name, such as ``hangzhou-2021``.
        name: Name of the law.
        rank: ``law`` binds; ``wish`` is a draft or an article of a newspaper and is never shown as law.
        source: Where the text was published.
        in_force: First day; none for what never came into force.
        articles: All articles in order.

    """

    pack: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    name: Name
    rank: Rank = "law"
    source: Name
    in_force: date | None = None
    articles: tuple[Article, ...] = ()

    @model_validator(mode="after")
    def _each_row_once(self) -> "LawPack":
        seen: set[str] = set()
        for _, duty in self.duties():
            if duty.id in seen:
                msg = f"{duty.id} stands twice in {self.pack}"
                raise ValueError(msg)
            seen.add(duty.id)
        return self

    def duties(self) -> tuple[tuple[Article, Duty], ...]:
        """Return all rows with their articles, in order."""
        return tuple((article, duty) for article in self.articles for duty in article.duties)

    def binds_on(self, day: date) -> bool:
        """Tell whether the law is in force on a day.

        Args:
            day: A day in the city's zone.

        Source:
            Hangzhou art. 26, Nanjing art. 27 (施行日期).

        """
        return self.rank == "law" and self.in_force is not None and day >= self.in_force
