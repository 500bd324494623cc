"""Addresses the hub sends to on somebody else's word: encrypted, or on this machine."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

MOST_URL: Final = 2_000


def is_safe(url: str) -> bool:
    """Tell whether an address is https, or plain http to this machine, and nothing but an address.

    Args:
        url: As somebody gave it.

    Examples:
        >>> is_safe("https://example.org/in"), is_safe("http://127.0.0.1:8600/in"), is_safe("http://example.org/in")
        (True, True, False)

    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= MOST_URL
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    return bool(plain and secure and host and port != 0 and parts.username is None and not parts.fragment)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
