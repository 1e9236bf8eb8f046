"""What is paid without a connection, in memory: batches of vouchers, meters that take tokens, terminals."""

from dataclasses import dataclass, field

from ..core.card_file import CardTerminal
from ..core.identity import CardTerminalId, TokenMeterId, VoucherBatchId
from ..core.token_meter import TokenMeter
from ..core.voucher import VoucherBatch
from ..core.wrong_tries import WrongTries


@dataclass(slots=True)
class OfflineBook:
    """Batches by id, and those who guess; the meters and terminals that are in use.

    `doubtful`: a write failed, and may be on disk all the same.
    """

    batches: dict[VoucherBatchId, VoucherBatch] = field(default_factory=dict)
    tries: WrongTries = field(default_factory=WrongTries)
    meters: dict[TokenMeterId, TokenMeter] = field(default_factory=dict)
    terminals: dict[CardTerminalId, CardTerminal] = field(default_factory=dict)
    doubtful: bool = False
