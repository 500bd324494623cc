"""Rights (权属) to what is made together with a partner: who holds it, by which agreement, on which terms.

Source: Hangzhou art. 16.
"""

from typing import Annotated

from pydantic import StringConstraints

from citybrain.city.names import Name, Noun


class Rights(Noun):
    """Who holds a data set that was made with a partner.

    Attributes:
        holder: Who holds it.
        agreement: Reference of the agreement.
        terms: What the agreement allows, in words.

    """

    holder: Name
    agreement: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    terms: Name
