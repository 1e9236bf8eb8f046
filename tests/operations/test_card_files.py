"""Files of terminals without a line: each payment once, the whole file or nothing, and none is missed."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
import json
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.prepaid_parking.core.card_file import CardFile, CardRecord, mac_of
from custom_components.prepaid_parking.core.errors import CoreError, StoreError
from custom_components.prepaid_parking.core.ledger import Receipt
from custom_components.prepaid_parking.operations import card_files
from custom_components.prepaid_parking.operations.card_files import (
    Taken,
    import_terminal_file,
    missing_files,
    set_card_terminal,
)
from custom_components.prepaid_parking.operations.cards import issue_card
from custom_components.prepaid_parking.operations.cashier import close_wallet
from custom_components.prepaid_parking.operations.changing_cards import transfer_card
from custom_components.prepaid_parking.operations.topping_up import take_in
from custom_components.prepaid_parking.operations.wallet_run import WalletRun
from custom_components.prepaid_parking.store.records import SubjectField
from tests.operations.conftest import MakeWorld
from tests.operations.world import MANAGER, World

PRIVATE: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
MAC_KEY: Final = bytes(range(100, 132))
CARD: Final = "04AB12CD"
AT: Final = "2026-06-30T18:04:00+08:00"


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Verify as the hub does."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except Exception:  # noqa: BLE001 - whatever is wrong with it
        return False
    return True


def record(card: str = CARD, counter: int = 1, amount: str = "50.00", **more: Any) -> str:
    """A payment as a terminal writes it down."""
    said = CardRecord(line=0, card=card, counter=counter, amount=amount, at=AT, mac="")
    line = {
        "card_id": card,
        "card_counter": counter,
        "amount": amount,
        "at": AT,
        "mac": mac_of(MAC_KEY, said),
    }
    return json.dumps(line | more)


def file_of(
    *records: str, number: int = 1, key: Ed25519PrivateKey = PRIVATE, **more: object
) -> str:
    """A terminal's file, signed."""
    digest = sha256("\n".join(records).encode()).hexdigest()
    head = json.dumps(
        {"terminal": "lobby", "number": number, "records": len(records), "sha256": digest} | more
    )
    seal = json.dumps({"signature": key.sign(head.encode()).hex()})
    return "\n".join((head, seal, *records)) + "\n"


async def terminal(world: World) -> WalletRun:
    """Set up the terminal of the lobby, and a wallet with a card."""
    await set_card_terminal(
        world.site,
        terminal="lobby",
        public_key=PRIVATE.public_key().public_bytes_raw(),
        mac_key=MAC_KEY.hex(),
        actor=MANAGER,
    )
    wallet = await world.wallet()
    await issue_card(world.site, wallet=wallet.wallet.id, tags=[CARD], actor=MANAGER)
    return wallet


async def give(world: World, text: str, **fields: Any) -> Taken:
    """Bring a file to the hub."""
    told: dict[str, Any] = {"actor": MANAGER, "signed": is_signed} | fields
    return await import_terminal_file(world.site, text=text, **told)


async def test_a_file_is_taken_in_once(world: World) -> None:
    """Who copies the stick twice must not credit anybody twice."""
    wallet = await terminal(world)
    text = file_of(record(counter=1), record(counter=2, amount="20.00"))
    first = await give(world, text)
    assert (first.booked, first.repeated, first.total_minor) == (2, 0, 7000)
    await world.restart()
    again = await give(world, text.replace("\n", "\r\n"))
    assert (again.booked, again.repeated, again.known) == (0, 2, True)
    assert world.site.wallet(wallet.wallet.id).posted_minor == 7000


async def test_a_payment_in_two_files_is_one(world: World) -> None:
    """A terminal that could not tell whether its file arrived brings the payment again with the next."""
    wallet = await terminal(world)
    await give(world, file_of(record(counter=1)))
    second = await give(world, file_of(record(counter=1), record(counter=2), number=2))
    assert (second.booked, second.repeated, wallet.posted_minor) == (1, 1, 10_000)


async def test_a_dry_run_shows_and_moves_nothing(world: World) -> None:
    """A manager looks first: wallets, amounts, and what was booked before."""
    wallet = await terminal(world)
    await give(world, file_of(record(counter=1)))
    text = file_of(record(counter=1), record(counter=2), number=2)
    shown = await give(world, text, dry_run=True)
    assert [(one.wallet, one.amount_minor, one.again) for one in shown.lines] == [
        (wallet.wallet.id, 5000, True),
        (wallet.wallet.id, 5000, False),
    ]
    assert (wallet.posted_minor, len(await world.books.load(CardFile))) == (5000, 1)


async def test_one_bad_line_refuses_the_whole_file_before_anything_moves(world: World) -> None:
    """Half a file in the books is a day of searching; the table says what is wrong with which line."""
    wallet = await terminal(world)
    gone = await world.wallet()
    await issue_card(world.site, wallet=gone.wallet.id, tags=["DEAD"], actor=MANAGER)
    await close_wallet(world.site, wallet=gone.wallet.id, reason="x", actor=MANAGER)
    await give(world, file_of(record(counter=9)))
    bad = {
        "card_record_not_proven": record(counter=3, amount="50.00", mac="00" * 32),
        "credential_unknown": record(card="0000", counter=1),
        "amount_not_positive": record(counter=5, amount="-1.00"),
        "amount_too_fine": record(counter=6, amount="1.001"),
        "wallet_closed": record(card="DEAD", counter=1),
        "card_record_twice": record(counter=2),
        "reference_reused": record(counter=9, amount="51.00"),
    }
    taken = await give(world, file_of(record(counter=2), *bad.values(), number=2))
    assert [one.refusal.key for one in taken.bad if one.refusal] == list(bad)
    assert [one.record.line for one in taken.bad] == list(range(4, 11))
    assert (taken.booked, wallet.posted_minor) == (0, 5000)
    assert len(await world.books.load(CardFile)) == 1
    assert (await give(world, file_of(record(counter=2), number=2))).booked == 1


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda text: text.replace("50.00", "90.00"), "card_file_incomplete"),
        (lambda text: text.rsplit("\n", 2)[0], "card_file_incomplete"),
        (lambda text: text.replace('"number": 1', '"number": 2'), "card_file_not_signed"),
        (lambda text: text.replace('"lobby"', '"other"'), "unknown_card_terminal"),
        (lambda text: text.replace('"number": 1', '"number": 1.5'), "card_file_malformed"),
        (lambda text: text.replace('"number": 1', '"number": true'), "card_file_malformed"),
        (lambda text: "", "card_file_malformed"),
        (lambda text: "[" * 100_000 + "\n{}", "card_file_malformed"),
        (lambda text: "null\nnull", "card_file_malformed"),
        (lambda text: text + "x" * 600_000, "card_file_too_long"),
        (lambda text: text.split("\n")[0] + "\n{}\n", "card_file_incomplete"),
    ],
    ids=(
        "an amount",
        "a line less",
        "a number",
        "a name",
        "half a number",
        "no number",
        "nothing",
        "a pit",
        "null",
        "too much",
        "no seal",
    ),
)
async def test_a_file_that_is_not_what_the_terminal_wrote_is_refused(
    world: World, spoil: Callable[[str], str], refusal: str
) -> None:
    """Whoever edits a file on the way, or cuts it, must not move a cent."""
    wallet = await terminal(world)
    with pytest.raises(CoreError, match=refusal):
        await give(world, spoil(file_of(record(counter=1), record(counter=2))))
    assert wallet.posted_minor == 0


async def test_another_key_or_another_text_under_one_number_is_refused(world: World) -> None:
    """Neither a terminal that somebody built, nor two files with one number, are taken for the lobby's."""
    wallet = await terminal(world)
    forged = file_of(record(), key=Ed25519PrivateKey.from_private_bytes(bytes(32)))
    with pytest.raises(CoreError, match="card_file_not_signed"):
        await give(world, forged)
    await give(world, file_of(record(counter=1)))
    with pytest.raises(CoreError, match="card_file_number_taken"):
        await give(world, file_of(record(counter=2)))
    assert wallet.posted_minor == 5000


async def test_a_file_that_never_came_is_missed(world: World) -> None:
    """A stick that was lost is money that somebody paid: it is asked for until it comes."""
    await terminal(world)
    await give(world, file_of(record(counter=1)))
    late = await give(world, file_of(record(counter=4), number=4))
    assert late.missing == [2, 3]
    await give(world, file_of(record(counter=3), number=3))
    known = next(iter(world.site.offline.terminals.values()))
    assert (await missing_files(world.site, known), known.last_number) == ([2], 4)


async def test_a_file_that_broke_off_is_simply_given_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub that loses power in the middle must credit the rest afterwards, and nothing twice."""
    wallet = await terminal(world)
    other = await world.wallet()
    text = file_of(*(record(counter=number) for number in range(1, 6)))
    plain, left = take_in, 3

    async def dying(*args: Any) -> Receipt:
        nonlocal left
        left -= 1
        if left < 0:
            raise StoreError("closed")
        return await plain(*args)

    monkeypatch.setattr(card_files, "take_in", dying)
    with pytest.raises(StoreError):
        await give(world, text)
    monkeypatch.undo()
    await world.restart()
    await transfer_card(
        world.site,
        card=next(iter(world.site.cards)),
        wallet=other.wallet.id,
        reason="sold",
        actor=MANAGER,
    )
    taken = await give(world, text)
    assert (taken.booked, taken.repeated) == (2, 3)
    held = [world.site.wallet(one.wallet.id).posted_minor for one in (wallet, other)]
    assert held == [15_000, 10_000]


async def test_the_key_of_the_records_lies_sealed_and_can_be_changed(world: World) -> None:
    """A ledger file that leaks must not make payments; a stolen terminal gets new keys."""
    wallet = await terminal(world)
    raw = (world.folder / "site.db").read_bytes() + (world.folder / "site.db-wal").read_bytes()
    assert MAC_KEY not in raw
    assert MAC_KEY.hex().encode() not in raw
    fresh = Ed25519PrivateKey.from_private_bytes(bytes(32))
    await set_card_terminal(
        world.site,
        terminal="lobby",
        public_key=fresh.public_key().public_bytes_raw(),
        mac_key=MAC_KEY.hex(),
        actor=MANAGER,
    )
    assert {one.name for one in await world.books.load(SubjectField)} == {"mac_key"}
    assert len(await world.books.load(SubjectField)) == 1
    with pytest.raises(CoreError, match="card_file_not_signed"):
        await give(world, file_of(record()))
    await give(world, file_of(record(), key=fresh))
    assert wallet.posted_minor == 5000


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    files=st.lists(st.lists(st.integers(1, 8), min_size=1, max_size=5, unique=True), max_size=5),
    order=st.lists(st.integers(0, 9), max_size=10),
)
async def test_whatever_files_come_in_whatever_order_each_payment_is_one(
    make_world: MakeWorld, files: list[list[int]], order: list[int]
) -> None:
    """The wallet holds what the distinct payments of the files that came add up to."""
    world = await make_world()
    wallet = await terminal(world)
    came = set[int]()
    for at in order:
        if at >= len(files):
            await world.restart()
            continue
        records = [record(counter=one, amount=f"{one}.00") for one in files[at]]
        assert not (await give(world, file_of(*records, number=at + 1))).bad
        came |= set(files[at])
    assert world.site.wallet(wallet.wallet.id).posted_minor == 100 * sum(came)


def test_what_a_record_says_is_all_in_its_digest() -> None:
    """A digest that left something out would let it be changed on the way."""
    plain = CardRecord(line=3, card=CARD, counter=1, amount="50.00", at=AT, mac="")
    changed = (
        replace(plain, card="04AB12CE"),
        replace(plain, counter=2),
        replace(plain, amount="50.01"),
        replace(plain, at="2026-06-30T18:04:01+08:00"),
    )
    assert len({mac_of(MAC_KEY, one) for one in (plain, *changed)}) == 5
