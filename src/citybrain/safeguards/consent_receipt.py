"""Consent receipts as they are handed out: the record of ISO/IEC TS 27560, in the words of the Data Privacy Vocabulary.

The person stands in it as a token, so a receipt that is lost tells nobody whose it was.
"""

from collections.abc import Mapping
from typing import Any

from citybrain.city.contract import Contract
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.safeguards.consent import Consent

_CONTEXT: Mapping[str, Any] = {"dpv": "https://w3id.org/dpv#", "dct": "http://purl.org/dc/terms/"}
SCHEMA = "ISO/IEC TS 27560"


def receipt(held: Consent, contract: Contract, city: City, subject: bytes) -> dict[str, Any]:
    """Write a receipt.

    Args:
        held: The consent.
        contract: The contract it is about.
        city: The revision in force.
        subject: Token of the person.

    Returns:
        A JSON-LD document: record metadata, the parties, what is processed and the events of the consent.

    """
    status = "dpv:ConsentGiven" if held.open else "dpv:ConsentWithdrawn"
    events = [{"@type": "dpv:ConsentGiven", "dct:date": held.given_at.isoformat()}]
    if held.withdrawn_at is not None:
        events.append({"@type": "dpv:ConsentWithdrawn", "dct:date": held.withdrawn_at.isoformat()})
    given_by = (
        {"@type": "dpv:GuardianOfDataSubject", "dct:title": held.guardian} if held.guardian else "dpv:DataSubject"
    )
    return {
        "@context": dict(_CONTEXT),
        "@type": "dpv:ConsentRecord",
        "dct:identifier": held.number,
        "dct:conformsTo": SCHEMA,
        "dpv:hasDataSubject": f"urn:citybrain:person:{subject.hex()}",
        "dpv:isIndicatedBy": given_by,
        "dpv:hasDataController": _body(city, contract.provider),
        "dpv:hasRecipient": _body(city, held.department) if held.department else "every body that holds a grant",
        "dpv:hasLegalBasis": "dpv:ExplicitlyExpressedConsent" if held.sensitive else "dpv:Consent",
        "dpv:hasConsentStatus": status,
        "dpv:hasProcess": {
            "@type": "dpv:Process",
            "dct:source": held.contract,
            "dct:hasVersion": held.version,
            "dct:title": _said(contract.name),
            "dpv:hasPurpose": {"dct:identifier": held.purpose, "dct:title": _purpose(city, held.purpose)},
            "dpv:hasPersonalData": [_field(contract, name, sensitive=held.sensitive) for name in held.fields],
            "dpv:hasStorageCondition": str(contract.retention) if contract.retention else None,
        },
        "dpv:hasConsentEvent": events,
    }


def _field(contract: Contract, name: str, *, sensitive: bool) -> dict[str, Any]:
    known = next((field for field in contract.fields if field.name == name), None)
    return {
        "@type": "dpv:SensitivePersonalData" if sensitive else "dpv:PersonalData",
        "dct:identifier": name,
        "dct:title": _said(known.title) if known else {"zh": name, "en": name},
    }


def _body(city: City, ref: str) -> dict[str, Any]:
    department = city.departments.get(ref)
    return {
        "dct:identifier": ref,
        "dct:title": _said(department.name) if department else {"zh": ref, "en": ref},
        "dpv:hasContact": department.phone if department else None,
    }


def _purpose(city: City, purpose: str) -> dict[str, str]:
    named = city.settings.purposes.get(purpose)
    return _said(named) if named else {"zh": purpose, "en": purpose}


def _said(name: Name) -> dict[str, str]:
    return {"zh": name.said("zh"), "en": name.said("en")}
