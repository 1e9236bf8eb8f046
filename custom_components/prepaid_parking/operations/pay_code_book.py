"""The site's pay codes in memory: those in force, and which links were used that open only once."""

from dataclasses import dataclass, field
from datetime import datetime

from ..core.identity import PayCodeId
from ..core.pay_code import PayCode, PayFor


@dataclass(slots=True)
class PayCodeBook:
    """Codes by what finds them: their id, their mark (a scan), what they are for (a picture).

    `used` says when each was last scanned, since the hub started; `taken` are the serials of links
    that open once, each until it ends anyway.
    """

    codes: dict[PayCodeId, PayCode] = field(default_factory=dict)
    marks: dict[bytes, PayCode] = field(default_factory=dict)
    targets: dict[tuple[PayFor, str], PayCode] = field(default_factory=dict)
    used: dict[PayCodeId, datetime] = field(default_factory=dict)
    taken: dict[str, datetime] = field(default_factory=dict)

    def put(self, code: PayCode) -> None:
        """Know a code from now on; one that is revoked is forgotten."""
        if code.revoked_at is None:
            self.codes[code.id] = code
            self.marks[code.mark] = code
            self.targets[code.kind, code.target] = code
            return
        self.codes.pop(code.id, None)
        self.marks.pop(code.mark, None)
        self.used.pop(code.id, None)
        if (known := self.targets.get((code.kind, code.target))) and known.id == code.id:
            del self.targets[code.kind, code.target]
