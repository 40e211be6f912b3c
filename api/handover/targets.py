"""Where a webhook may point to, and posting to it: no redirects, no private addresses unless allowed."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

import h11

from classifier.errors import ComplaintsError

_SECONDS: Final = 10.0
"""A receiver has so long to connect, and so long for each piece of its answer."""
_PATIENCE: Final = 20.0
"""And so long in all."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TargetError(ComplaintsError):
    """A webhook's address that nothing may be sent to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said: a status, and after how many seconds to come again."""

    status: int
    retry_after: float | None


def allowed_networks(networks: str) -> tuple[Network, ...]:
    """Read a list of networks with commas. Raises `TargetError`.

    Examples
    --------
    >>> allowed_networks("10.0.0.0/8, 192.168.1.7")
    (IPv4Network('10.0.0.0/8'), IPv4Network('192.168.1.7/32'))
    """
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in networks.split(",") if part.strip())
    except ValueError as error:
        remedy = "Write networks with commas: 10.0.0.0/8,192.168.1.7"
        raise TargetError(str(error), where="COMPLAINTS_WEBHOOK_NETWORKS", remedy=remedy) from error


def check_target(url: str, networks: Sequence[Network]) -> tuple[SplitResult, str]:
    """The parts of an address and the number it is to be reached at.

    The number is looked up and checked each time and then used: a name that means another machine by then is of no use.

    Raises
    ------
    TargetError
        If it is no http(s) address, unencrypted or private without being allowed, or unknown.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise TargetError("is no address of a receiver", where=url, remedy="Write https://host/path, without a user.")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or _PORTS[parts.scheme], type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise TargetError(f"cannot be looked up ({error})", where=url, remedy="Correct the name.") from error
    for *_, place in found:
        address = ipaddress.ip_address(str(place[0]).partition("%")[0])
        allowed = any(address in network for network in networks)
        if not address.is_global and not allowed:
            raise TargetError(
                f"{address} is private", where=url, remedy="Allow its network with COMPLAINTS_WEBHOOK_NETWORKS."
            )
        if parts.scheme == "http" and not allowed:
            raise TargetError(
                "would be told unencrypted", where=url, remedy="Use https, or allow its network: see settings."
            )
    return parts, str(found[0][4][0])


def post(url: str, networks: Sequence[Network], body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post a body to a receiver and read its answer to the end; redirects are not followed.

    Raises
    ------
    TargetError
        As `check_target`.
    OSError
        If the receiver cannot be reached or is too slow.
    h11.RemoteProtocolError
        If what it says is no HTTP, or ends before it is said.
    """
    parts, number = check_target(url, networks)
    until = time.monotonic() + _PATIENCE
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fixed = {"host": parts.netloc, "content-length": str(len(body)), "connection": "close", "user-agent": "complaints"}
    request = h11.Request(method="POST", target=path, headers=list({**fixed, **headers}.items()))
    talk = h11.Connection(h11.CLIENT)
    with _connected(parts, number) as line:
        line.sendall(b"".join(talk.send(part) or b"" for part in (request, h11.Data(data=body), h11.EndOfMessage())))
        answer: h11.Response | None = None
        left = _MOST_BYTES
        while True:
            event = talk.next_event()
            if event is h11.NEED_DATA:
                if time.monotonic() > until or left <= 0:
                    raise TimeoutError(f"no whole answer in {_PATIENCE:.0f} s or {_MOST_BYTES:,} bytes")
                heard = line.recv(4_096)
                left -= len(heard)
                talk.receive_data(heard)
            elif isinstance(event, h11.Response):
                answer = event
            elif isinstance(event, h11.EndOfMessage) and answer is not None:
                return Answer(answer.status_code, _seconds(dict(answer.headers).get(b"retry-after")))


def _connected(parts: SplitResult, number: str) -> socket.socket:
    """A connection to a number, for a name."""
    line = socket.create_connection((number, parts.port or _PORTS[parts.scheme]), _SECONDS)
    if parts.scheme == "http":
        return line
    return ssl.create_default_context().wrap_socket(line, server_hostname=parts.hostname)


def _seconds(retry_after: bytes | None) -> float | None:
    """Retry-After in seconds; dates are not read: few send them."""
    return float(retry_after) if retry_after is not None and retry_after.isdigit() else None


_PORTS: Final = {"http": 80, "https": 443}
_MOST_BYTES: Final = 1 << 16
"""Of an answer: only its status matters."""
