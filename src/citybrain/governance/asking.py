"""Asking the pages of a running instance, as anybody outside could."""

from typing import Any

import httpx

from citybrain.governance.bench import Answer

PATIENCE_S = 5.0


class WebProcess:
    """Asks the pages of one running web process."""

    def __init__(self, address: str) -> None:
        """Remember the address.

        Args:
            address: Scheme, host and port.

        """
        self._address = address

    def __call__(self, path: str) -> Answer:
        """Ask for a page.

        Args:
            path: Begins with a slash.

        Returns:
            What was answered; status 0 when nobody is there.

        """
        try:
            answer = httpx.get(
                self._address + path, headers={"accept": "application/json"}, timeout=PATIENCE_S, trust_env=False
            )
        except httpx.HTTPError:
            return Answer(0)
        return Answer(answer.status_code, _document(answer))


def _document(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
