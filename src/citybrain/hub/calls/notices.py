"""Notices that an answer has come: signed, without data, to the address a consumer gave with its call."""

import hashlib
from typing import Final

import httpx
import orjson

from citybrain.hub.calls.later import NOTICE, QUEUE, location_of
from citybrain.hub.calls.signatures import Message, digest_header
from citybrain.hub.calls.signing import NOTICE as NOTICE_COVERS
from citybrain.hub.calls.signing import Signer
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Unavailable
from citybrain.kernel.jobs import Job
from citybrain.kernel.postgres import Database
from citybrain.kernel.workers import Outside, Worker

TIMEOUT_S: Final = 10.0


def noticing(database: Database, signer: Signer, clock: Clock) -> Worker:
    """Return the worker that tells consumers.

    Args:
        database: Where the jobs are.
        signer: Signs what the hub sends.
        clock: Present instant.

    """
    return Worker(database, clock, (Outside(NOTICE, lambda job: _tell(signer, job)),), queues=(QUEUE,), batch=1)


def _tell(signer: Signer, job: Job) -> None:
    """Send a notice; what is not taken with 2xx is sent again, ever more slowly."""
    call, url = str(job.payload["call"]), str(job.payload["reply_to"])
    body = orjson.dumps({"call": call, "location": location_of(call), "state": "arrived"})
    headers = {
        "content-type": "application/json", "content-digest": digest_header(hashlib.sha256(body).digest()),
        "x-citybrain-call": call,
        "idempotency-key": str(job.id),
    }  # fmt: skip
    headers |= signer.sign(Message("POST", url, headers), NOTICE_COVERS)
    try:
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            status = client.post(url, content=body, headers=headers).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        raise Unavailable("calls.notice_not_taken") from None
    if not 200 <= status < 300:
        raise Unavailable("calls.notice_not_taken", status=status)
