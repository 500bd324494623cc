"""The city's own policies (策略) in Cedar: they can forbid more than the house does, for things or for single rows."""

from typing import Annotated

from pydantic import StringConstraints

from citybrain.city.names import Identifier, Noun


class Policy(Noun):
    """One file of policies, ``policies/<name>.cedar``.

    Attributes:
        policy: Short name: the file's.
        cedar: What stands in it. ``@id``, ``@article``, ``@zh`` and ``@en`` say which rule it is, the law it rests on,
            and how a refusal reads.

    """

    policy: Identifier
    cedar: Annotated[str, StringConstraints(min_length=1)]

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"policy:{self.policy}"
