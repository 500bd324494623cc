"""条例对照: the law as a list of checks."""

from dataclasses import dataclass
from typing import Literal

from citybrain.cockpits.view import Link, Provenance
from citybrain.web.views import Frame

DutyState = Literal["ok", "alarm", "todo", "none"]
DUTY_STATES: tuple[DutyState, ...] = ("ok", "alarm", "todo", "none")
SHOWN_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of an article.

    Attributes:
        id: Row of the law pack ("HZ-10.2e").
        state: 成立, 不成立, 尚未建成 or 机构职责.
        duty: The duty, in words.
        reason: Why it does not hold or why there is no software, or empty.
        evidence: What was measured.
        checked: When, as printed; empty when never.
        answers: Who answers for a broken duty and by when.

    """

    id: str
    state: DutyState
    duty: str
    reason: str = ""
    evidence: str = ""
    checked: str = ""
    answers: Link | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """An article with its duties.

    Attributes:
        label: "第七条" or "Art. 7".
        text: Its text, or the part that is quoted; may be empty.
        duties: Its duties in order.

    """

    label: str
    text: str
    duties: tuple[Duty, ...]

    @property
    def states(self) -> tuple[DutyState, ...]:
        """Name the states that occur, in the order of the page."""
        return tuple(state for state in DUTY_STATES if any(duty.state == state for duty in self.duties))

    def count(self, state: DutyState) -> int:
        """Count duties in a state.

        Args:
            state: The state asked for.

        Returns:
            Number of duties.

        """
        return sum(duty.state == state for duty in self.duties)

    @property
    def shown(self) -> tuple[Duty, ...]:
        """Choose what is shown at once: broken duties, and the first of the others."""
        broken = [duty for duty in self.duties if duty.state == "alarm"]
        others = [duty for duty in self.duties if duty.state != "alarm"]
        return tuple(broken + others[: max(0, SHOWN_AT_ONCE - len(broken))])

    @property
    def folded(self) -> tuple[Duty, ...]:
        """Choose what is folded away."""
        shown = {duty.id for duty in self.shown}
        return tuple(duty for duty in self.duties if duty.id not in shown)


@dataclass(frozen=True, slots=True)
class LawPage:
    """A law pack and what holds now.

    Attributes:
        frame: What stands around the page.
        title: Name of the regulation.
        intro: What it is, when in force, what the page does.
        href: This page without a filter.
        articles: All articles in order.
        packs: The law packs; one is current.
        chosen: Only duties in this state; empty shows all.
        provenance: Words for data that is not this city's own live data.
        round: "最近一轮 18:30，用时 41 秒，每 15 分钟一轮".
        command: What recomputes the page ("citybrain law hangzhou-2021").
        source: Where the full text is.

    """

    frame: Frame
    title: str
    intro: str
    href: str
    articles: tuple[Article, ...]
    packs: tuple[Link, ...] = ()
    chosen: DutyState | Literal[""] = ""
    provenance: tuple[Provenance, ...] = ()
    round: str = ""
    command: str = ""
    source: Link | None = None

    def count(self, state: DutyState) -> int:
        """Count duties in a state; the four counts sum to all duties.

        Args:
            state: The state asked for.

        Returns:
            Number of duties in all articles.

        """
        return sum(article.count(state) for article in self.articles)

    @property
    def total(self) -> int:
        """Count all duties."""
        return sum(len(article.duties) for article in self.articles)
