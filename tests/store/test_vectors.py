"""What lies in files for years: a change of it is a migration, never an accident.

`python -m tests.store.test_vectors` writes the vectors of a new version, after its migration exists.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
import json
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import create_engine

from tests.hub_free import stand_in_for_the_package

if __name__ == "__main__":
    stand_in_for_the_package(always=True)

from custom_components.prepaid_parking.core.chart import (
    Bucket,
    Channel,
    SiteAccount,
    channel_account,
    site_account,
    wallet_account,
)
from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.identity import (
    SYSTEM,
    Actor,
    ActorKind,
    EntryId,
    InstallationId,
    MeterId,
    energy_event,
    installation_id,
)
from custom_components.prepaid_parking.core.ledger import Act, BooksState, Posting, Reference
from custom_components.prepaid_parking.store import chain, schema
from custom_components.prepaid_parking.store.codec import canonical_json

FOLDER: Final = Path(__file__).parent / "vectors"
AT: Final = datetime(2026, 7, 1, 12, 30, 15, 123456, tzinfo=UTC)
KEY: Final = bytes(range(32))
DETAIL: Final = {
    "tariff": "居民阶梯",
    "lines": [{"rate": "peak", "quantity": 1_500_000, "price_micro": 800_000}],
    "carry": [-1, 2**62],
    "provisional": True,
    "note": 'quote " backslash \\ newline \n tab \t null \x00 del \x7f €',
}
LEGS: Final = [(257, 32, 120), (257, 4, 2**53 + 1)]


def made_schema() -> dict[str, Any]:
    """Return the file's shape, statement by statement."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        schema.create(connection)
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"
        ).all()
        application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    engine.dispose()
    statements = {name: " ".join(sql.split()) for name, sql in rows}
    whole = json.dumps(statements, sort_keys=True).encode()
    return {
        "version": schema.VERSION,
        "application_id": application,
        "hash": blake2b(whole, digest_size=16).hexdigest(),
        "statements": statements,
    }


def made_chain() -> dict[str, Any]:
    """Return the canonical bytes of two entries and the hashes they make."""
    first = chain.Link(
        1, 1, "usage", "energy/m1.1/0-1500000", 1_782_909_015_123_456, 1_782_909_016_000_000,
        "user:abc", "零点结算", canonical_json(DETAIL), None, b"",
    )  # fmt: skip
    second = chain.Link(
        2, 3, "reversal", "reversal/1", -1, 0, "system", "", "{}", 1, bytes(range(32))
    )
    start = chain.genesis(KEY, "0123456789abcdef" * 2, "CNY")
    one = chain.next_hash(KEY, start, first, LEGS)
    return {
        "version": chain.VERSION,
        "detail": canonical_json(DETAIL),
        "key_check": chain.key_check(KEY),
        "genesis": start.hex(),
        "canonical": [chain.canonical(first, LEGS).hex(), chain.canonical(second, []).hex()],
        "hashes": [one.hex(), chain.next_hash(KEY, one, second, []).hex()],
    }


def made_references() -> dict[str, Any]:
    """Return idempotency keys and the fingerprints beside them."""
    act = Act(
        kind=EntryKind.TOP_UP,
        event="topup/cash/r1",
        occurred=AT,
        actor=SYSTEM,
        postings=(Posting(source=site_account(SiteAccount.CASH), target=wallet_account(1),
                          amount_minor=10_000),),
        reference=Reference(scope="topup", key="r1"),
        reverses=EntryId(7),
    )  # fmt: skip
    asked = Act(
        kind=EntryKind.WALLET_OPENED,
        event="wallet/w1/opened",
        occurred=AT,
        actor=SYSTEM,
        reference=Reference(scope="open_wallet", key="k", content={"unit": "3-201 室", "no": 3}),
    )
    assert act.reference
    return {
        "keys": {
            "topup, r1": chain.reference_key(act.reference).hex(),
            "topup/r, 1": chain.reference_key(Reference(scope="topup/r", key="1")).hex(),
        },
        "fingerprints": {
            "by act": chain.fingerprint(act).hex(),
            "by content": chain.fingerprint(asked).hex(),
        },
    }


def made_ids() -> dict[str, Any]:
    """Return the forms of ids and account numbers, and the words that are in the hash."""
    return {
        "installation": installation_id(MeterId("m7"), 2),
        "energy": energy_event(InstallationId("m7.2"), -500, 1_000),
        "actors": [str(Actor(kind=kind, id=who)) for kind in ActorKind for who in ("", "0123abcd")],
        "accounts": {
            "site": {code.name: site_account(code) for code in SiteAccount},
            "wallet 1": {bucket.name: wallet_account(1, bucket) for bucket in Bucket},
            "wallet 20000": wallet_account(20_000),
            "channels": {channel: channel_account(channel) for channel in Channel},
        },
        "entry_kinds": sorted(EntryKind),
        "states": sorted(BooksState),
    }


VECTORS: Final[dict[str, tuple[Callable[[], dict[str, Any]], str]]] = {
    "schema": (made_schema, "needs a new schema.VERSION and its step in migrations.py"),
    "chain": (made_chain, "needs a new chain.VERSION beside the old one: old entries must verify"),
    "references": (made_references, "needs a migration: repeats of old payments would be credited"),
    "ids": (made_ids, "needs a migration of what is written: old entries speak the old words"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_what_lies_in_files_has_not_changed(name: str) -> None:
    """A hub that updates must still understand, and still believe, its own ledger."""
    make, remedy = VECTORS[name]
    kept = json.loads((FOLDER / f"{name}.json").read_text())
    made = json.loads(json.dumps(make()))
    assert common(made, kept) == kept if name == "ids" else made == kept, f"{name}: {remedy}"


def common(made: Any, kept: Any) -> Any:
    """Return of what is made now that which was there before: new words and accounts are welcome."""
    if isinstance(kept, dict):
        return {key: common(made.get(key), value) for key, value in kept.items()}
    if isinstance(kept, list):
        return [value for value in kept if value in made]
    return made


def write() -> None:
    """Write today's vectors."""
    for name, (make, _) in VECTORS.items():
        text = json.dumps(make(), indent=1, sort_keys=True, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    write()
