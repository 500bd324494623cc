"""Application scenarios (应用场景).

What starts them, what steps people take, how they are left offline (Hangzhou art. 11, 12).
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from citybrain.city.findings import ValueWrong
from citybrain.city.names import DepartmentRef, Duration, Identifier, IndicatorRef, Name, Noun


def _read_due(value: Any) -> Any:
    """Working days are written ``2 working days``; anything else is a plain duration."""
    if isinstance(value, str) and value.endswith(("working days", "working day")):
        try:
            return {"working_days": int(value.split()[0])}
        except ValueError:
            raise ValueWrong("due_form") from None
    if isinstance(value, str):
        return {"within": value}
    return value


class Due(Noun):
    """When a step must be done: a plain duration or working days.

    Attributes:
        within: Time from issue to done.
        working_days: Working days from issue to done.
        sign_within: How soon somebody must take the task up; none means only that it is done in time.

    """

    sign_within: Duration | None = None
    within: Duration | None = None
    working_days: Annotated[int, Field(ge=1, le=365)] | None = None


class Step(Noun):
    """One thing somebody does.

    Attributes:
        due: ``45min``, ``2 working days``, or a table with ``sign_within``.
        why: Why this department.
        step: Short name.
        to: Department that does it; ``district`` means the district of the place that alarmed.
        title: What to do; may name ``{place}``, ``{value}``, ``{usual}``.
        after: Steps that must be closed first; empty starts at once.

    """

    step: Identifier
    title: Name
    to: DepartmentRef | Literal["district"]
    due: Annotated[Due, BeforeValidator(_read_due, json_schema_input_type=str | Due)]
    after: tuple[Identifier, ...] = ()
    why: Name | None = None


class Start(Noun):
    """What starts a run.

    Attributes:
        alert: Indicator.
        state: State that starts it.
        by: Dimension; each value has its own run, and only one run at a time.

    """

    alert: IndicatorRef
    state: Literal["warning", "alarm"] = "alarm"
    by: str | None = None


class OfflineChannel(Noun):
    """Where a person helps without any screen (a right under Hangzhou art. 12).

    Attributes:
        phone: Number to call.
        counter: Where somebody helps in person.

    """

    phone: str
    counter: Name


class Measures(Noun):
    """Effort before and after, for the evaluation of the scenario.

    Attributes:
        steps: Steps people take.
        minutes: Minutes it takes.

    """

    steps: int
    minutes: int


class Scenario(Noun):
    """One application scenario.

    Attributes:
        name: What people call it.
        owner: Department that answers for it.
        process: File of a process; steps are a list where that is enough.
        before: Effort without the scenario.
        lifecycle: Where it stands in its life.
        basis: Articles it serves.
        scenario: Short name.
        archetype: Kind of scenario.
        uses: Contracts and indicators it reads.
        starts_when: What starts a run.
        steps: A short list of tasks; a process file takes its place where that is not enough.
        offline_channel: The way without a screen.

    """

    scenario: Identifier
    name: Name
    owner: DepartmentRef
    archetype: Literal["sensing_warning", "one_thing", "benefit", "event", "dispatch"]
    uses: tuple[str, ...]
    starts_when: Start
    process: str | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    offline_channel: OfflineChannel
    before: Measures | None = None
    lifecycle: Literal["draft", "trial", "online", "evaluated", "rectify", "retired"] = "draft"
    basis: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"scenario:{self.scenario}"
