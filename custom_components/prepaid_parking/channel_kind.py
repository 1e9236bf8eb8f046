"""A kind of channel as the dialogue and the wiring need it: what is typed, what is made of it, what is proven.

What a merchant types comes apart in two: names, which lie in the configuration, and secrets, which
lie sealed beside the books. Where it is wrong, the field is named in which it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
import re
from typing import ClassVar, Final

from aiohttp import ClientSession
from yarl import URL

from .const import CONF_MERCHANT
from .core.chart import Channel
from .core.errors import CoreError
from .core.pay_channel import ChannelError, ChannelFault
from .links.pay.exchange import THIS_MACHINE
from .operations.pay_port import PayChannel, Payers
from .subentry_probe import ProbeError

type Typed = Mapping[str, str]
"""Names and secrets by their field."""

BASE: Final = "base"
"""The field of what is wrong in no single one."""
MERCHANT: Final = CONF_MERCHANT


class WrongFieldError(ProbeError):
    """What was typed cannot be used: the field, the sentence for it, and what the provider said."""

    def __init__(self, field: str, key: str, detail: str = "") -> None:
        """Name the field; `base` where it is none of them alone."""
        super().__init__(key, detail)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a channel is given of the hub and the site.

    `notify_url` is where the provider sends its notices, `back_url` where a phone goes afterwards;
    both are empty where the hub cannot be reached.
    """

    session: ClientSession
    currency: str
    notify_url: str
    back_url: str


class ChannelKind(ABC):
    """What all channels of a provider have in common."""

    kind: ClassVar[Channel]
    currency: ClassVar[str]
    """The only one it takes; empty where it takes the site's, whatever that is."""
    home: ClassVar[str]
    """Where it is asked."""
    hosts: ClassVar[frozenset[str]]
    """Its own hosts, test environments among them: secrets go to no others."""
    names: ClassVar[Sequence[str]]
    """Fields that are no secret, the merchant's first."""
    secrets: ClassVar[Sequence[str]]
    optional: ClassVar[frozenset[str]]
    """Fields that may stay empty."""
    lines: ClassVar[frozenset[str]]
    """Fields of several lines: keys as a console shows them."""
    patterns: ClassVar[Mapping[str, re.Pattern[str]]]
    """What a field looks like in the provider's console."""

    @abstractmethod
    def make(self, typed: Typed, around: Surroundings) -> PayChannel:
        """Return the channel; a WrongFieldError where something typed cannot be right."""

    def check(self, typed: Typed) -> None:
        """Refuse what cannot be from the provider's console: a slip is found without asking anybody."""
        for name, pattern in self.patterns.items():
            if not pattern.fullmatch(typed[name]):
                raise WrongFieldError(name, f"{self.kind}_{name}_malformed")

    def payers(self, typed: Typed, around: Surroundings) -> Payers | None:
        """Return what finds out who pays inside the provider's app; None where it is not paid there."""
        return None

    @abstractmethod
    async def prove(self, port: PayChannel, typed: Typed) -> None:
        """Ask the provider for what only the right keys can get; raises ChannelError, WrongFieldError."""

    @abstractmethod
    def blame(self, err: ChannelError, typed: Typed) -> WrongFieldError | None:
        """Return which field the provider objects to, None where it is not said."""

    def address(self, typed: str) -> str:
        """Return where the provider is asked: at home, unless one of its own hosts was typed.

        A pretended provider is on this machine. A mistyped or talked-in address would be given the
        merchant's keys.
        """
        if not (text := typed.strip()):
            return self.home
        try:
            url = URL(text)
            is_plain = not (url.query_string or url.fragment or url.user or url.password)
            is_here = url.scheme in {"http", "https"} and url.host in THIS_MACHINE
            is_own = url.scheme == "https" and url.host in self.hosts and url.port == 443
        except ValueError:
            is_plain = is_here = is_own = False
        if not (is_plain and (is_here or is_own)):
            raise WrongFieldError("address", "address_not_own", ", ".join(sorted(self.hosts)))
        return text.rstrip("/")

    def fault(self, err: ChannelError, typed: Typed) -> WrongFieldError:
        """Return what to tell a person when the provider did not answer as it should."""
        found = self.blame(err, typed)
        if found is not None:
            return found
        detail = " ".join(one for one in (err.code, err.detail) if one)
        match err.fault:
            case ChannelFault.UNREACHABLE:
                return WrongFieldError(BASE, "provider_unreachable", detail)
            case ChannelFault.REFUSED:
                return WrongFieldError(BASE, "provider_refused", detail)
            case _:
                return WrongFieldError(BASE, "provider_unclear", detail)


@contextmanager
def in_field(name: str) -> Iterator[None]:
    """Name the field whose content is refused in here."""
    try:
        yield
    except CoreError as err:
        raise WrongFieldError(name, err.key) from err


def is_pretended(address: str) -> bool:
    """Tell whether a provider is on this machine, where no real money moves."""
    return bool(address) and URL(address).host in THIS_MACHINE


def channel_key(site: str, kind: Channel, merchant: str) -> str:
    """Return a channel's own name in orders and addresses.

    The same merchant that is taken off and added again has the same: its orders go on. Another site
    of this hub has another, for an address of notices names nothing else.
    """
    digest = blake2b(f"{site}/{kind}/{merchant}".encode(), digest_size=6).hexdigest()
    return f"{kind}_{digest}"
