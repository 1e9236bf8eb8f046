"""Signatures of Stripe's webhooks: HMAC with SHA-256 over `time.body`, by the endpoint's secret.

While a secret is being replaced a message has a signature for each ("v1", several), and we know two.
"v0" signs test messages of old and proves nothing. Source: docs.stripe.com/webhooks/signature; the
library stripe 16.1.0 agrees in both directions (tests).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import hashlib
import hmac
import re
from typing import Final

from multidict import CIMultiDict

HEADER: Final = "Stripe-Signature"
MOST_ITEMS: Final = 16
"""Of a header; each signature costs a comparison with each secret."""
_TIME: Final = re.compile(r"\d{1,11}", re.ASCII)
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signatures:
    """What the header of a message says; `timestamp` is kept as written, for it is signed."""

    timestamp: str
    values: Sequence[str]

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Signatures | None:
        """Return the signatures of a message, None where it has none that we know."""
        said = CIMultiDict(headers).getall(HEADER, [""])
        items = [item.strip().partition("=") for item in ",".join(said).split(",")]
        times = [value for name, _, value in items if name == "t"]
        values = [value for name, _, value in items if name == "v1" and _SIGNATURE.fullmatch(value)]
        if len(items) > MOST_ITEMS or len(times) != 1 or not values:
            return None
        return cls(times[0], values) if _TIME.fullmatch(times[0]) else None

    def is_of(self, secrets: Sequence[str], body: bytes) -> bool:
        """Tell whether the owner of one of the secrets has signed a body, byte for byte."""
        return any(
            hmac.compare_digest(signature(secret, self.timestamp, body), value)
            for secret in secrets
            for value in self.values
        )


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Sign a body as the provider."""
    text = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
