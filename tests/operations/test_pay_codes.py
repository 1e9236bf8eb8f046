"""Pay codes: made once for a thing, gone for good when revoked, and nothing is found by guessing."""

from dataclasses import replace
from datetime import timedelta
import secrets
from typing import Any, Never, override

import pytest

from custom_components.prepaid_parking.core.entry_kind import EntryKind
from custom_components.prepaid_parking.core.errors import CoreError
from custom_components.prepaid_parking.core.identity import PayCodeId
from custom_components.prepaid_parking.core.page import Part
from custom_components.prepaid_parking.core.pay_code import PayCode, PayFor, code_token
from custom_components.prepaid_parking.operations.closing_wallet import close_wallet
from custom_components.prepaid_parking.operations.pay_code_book import PayCodeBook
from custom_components.prepaid_parking.operations.pay_codes import (
    MOST_CODES,
    codes_ever,
    codes_in_force,
    find_pay_code,
    make_pay_codes,
    revoke_pay_code,
)
from custom_components.prepaid_parking.operations.pay_tokens import (
    CODE_KEY,
    SCREEN_LASTS,
    lasting_token,
    name_of,
    opened_by,
    person_token,
    screen_token,
    take,
)
from tests.operations.world import DAY, MANAGER, NOON, SECOND, World


async def made(world: World, *targets: str, **fields: Any) -> list[PayCode]:
    """Make codes for wallets."""
    about: dict[str, Any] = {"kind": PayFor.WALLET, "targets": targets} | fields
    return (await make_pay_codes(world.site, actor=MANAGER, **about))[1]


async def wallets(world: World, count: int = 1) -> list[str]:
    """Open wallets."""
    return [(await world.wallet(unit=f"Flat {no}")).wallet.id for no in range(count)]


class Locked(dict[Any, Any]):
    """A book that must not be opened."""

    @override
    def get(self, *_: object) -> Never:
        raise AssertionError("looked up")

    @override
    def __contains__(self, _: object) -> Never:
        raise AssertionError("looked up")


async def test_a_code_opens_what_it_was_made_for_also_after_a_restart(world: World) -> None:
    """The sticker on the gate is older than the hub's last reboot."""
    (wallet,) = await wallets(world)
    (code,) = await made(world, wallet)
    token = lasting_token(world.site, code)
    assert (code.id, code.no, name_of(world.site, code.kind, code.target)) == ("pc1", 1, "Flat 0")
    await world.restart()
    opened = opened_by(world.site, token)
    assert opened is not None
    assert (opened.kind, opened.target, opened.code) == (PayFor.WALLET, wallet, code.id)
    (entry,) = await world.site.books.entries(kinds=(EntryKind.PAY_CODE_MADE,))
    assert entry.actor == str(MANAGER)
    assert entry.detail["made"] == {code.id: wallet}
    assert token not in str(entry.detail)


async def test_a_revoked_code_opens_nothing_and_stays_revoked_after_a_restart(
    world: World,
) -> None:
    """A sticker that was swapped or photographed is worthless from now on, whatever happens to the hub."""
    (wallet,) = await wallets(world)
    (code,) = await made(world, wallet)
    token = lasting_token(world.site, code)
    receipt, revoked = await revoke_pay_code(
        world.site, code=code.id, reason="peeled off", actor=MANAGER
    )
    assert opened_by(world.site, token) is None
    await world.restart()
    assert opened_by(world.site, token) is None
    assert codes_in_force(world.site) == []
    assert await codes_ever(world.site, Part()) == [revoked]
    again, still = await revoke_pay_code(world.site, code="PC1", actor=MANAGER)
    assert (again.entry, again.repeated, still) == (receipt.entry, True, revoked)


async def test_a_thing_keeps_its_code_unless_another_one_is_wanted(world: World) -> None:
    """Who prints a sheet twice must not make the stickers on the wall worthless."""
    one, two = await wallets(world, 2)
    (first,) = await made(world, one)
    receipt, both = await make_pay_codes(
        world.site, kind=PayFor.WALLET, targets=[one, two, one], actor=MANAGER
    )
    assert receipt is not None
    assert both[0] == first
    nothing, same = await make_pay_codes(
        world.site, kind=PayFor.WALLET, targets=[one, two], actor=MANAGER
    )
    assert (nothing, same) == (None, both)
    (anew,) = await made(world, one, anew=True)
    assert opened_by(world.site, lasting_token(world.site, first)) is None
    assert opened_by(world.site, lasting_token(world.site, anew)) is not None
    await world.restart()
    assert codes_in_force(world.site) == [both[1], anew]
    old = await find_pay_code(world.site, first.id)
    assert old.revoked_at == NOON


async def test_asked_for_again_by_its_reference_the_same_codes_are_told(world: World) -> None:
    """An automation that runs twice orders one set of stickers."""
    one, two = await wallets(world, 2)
    codes = await made(world, one, two, anew=True, reference="stickers")
    assert await made(world, one, two, anew=True, reference="stickers") == codes
    with pytest.raises(CoreError, match="reference"):
        await made(world, one, anew=True, reference="stickers")


async def test_guessing_finds_nothing_and_looks_nothing_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever tries a hundred thousand codes learns nothing, and costs the site no more than hashes."""
    (wallet,) = await wallets(world)
    (code,) = await made(world, wallet)
    token = lasting_token(world.site, code)
    other = code_token(bytes(32), code.mark)
    monkeypatch.setattr(world.site, "codes", PayCodeBook(marks=Locked(), taken=Locked()))
    for _ in range(1_000):
        guess = code_token(secrets.token_bytes(32), code.mark)
        assert opened_by(world.site, guess) is None
    link, _ = person_token(world.site, PayFor.WALLET, wallet, DAY)
    for forged in (other, token[:-1], token + "A", token.lower(), "", link[:-1], f"{link}A"):
        assert opened_by(world.site, forged) is None
    with pytest.raises(AssertionError, match="looked up"):
        opened_by(world.site, token)


async def test_a_mark_that_was_never_written_down_opens_nothing(world: World) -> None:
    """A file that was rolled back has lost a code: its sticker opens nothing, and nothing breaks."""
    token = code_token(world.site.privacy.index_key(CODE_KEY), bytes(8))
    assert opened_by(world.site, token) is None


async def test_a_code_of_what_is_no_more_opens_nothing(world: World) -> None:
    """The flat's wallet was closed: the next tenant's money must not go to the last one's."""
    (wallet,) = await wallets(world)
    (code,) = await made(world, wallet)
    token = lasting_token(world.site, code)
    link, _ = person_token(world.site, PayFor.WALLET, wallet, DAY)
    await close_wallet(world.site, wallet=wallet, actor=MANAGER)
    assert opened_by(world.site, token) is None
    assert opened_by(world.site, link) is None
    assert name_of(world.site, code.kind, code.target) == wallet
    with pytest.raises(CoreError, match="wallet_closed"):
        await made(world, wallet)


async def test_a_screens_code_opens_once_within_a_minute(world: World) -> None:
    """A photograph of the screen is sent to a friend: it opens nothing."""
    (wallet,) = await wallets(world)
    token, until = screen_token(world.site, PayFor.WALLET, wallet)
    assert until == NOON + SCREEN_LASTS
    opened = opened_by(world.site, token)
    assert opened is not None
    assert take(world.site, opened)
    assert not take(world.site, opened)
    assert opened_by(world.site, token) is None
    late, _ = screen_token(world.site, PayFor.WALLET, wallet)
    world.clock.now += SCREEN_LASTS
    assert opened_by(world.site, late) is None


async def test_what_was_used_is_remembered_only_until_it_ends(world: World) -> None:
    """A screen that shows a code a minute for years does not fill the hub's memory."""
    (wallet,) = await wallets(world)
    for _ in range(10):
        opened = opened_by(world.site, screen_token(world.site, PayFor.WALLET, wallet)[0])
        assert opened is not None
        assert take(world.site, opened)
        world.clock.now += 31 * SECOND
    assert len(world.site.codes.taken) <= 2


async def test_a_persons_link_opens_until_it_ends(world: World) -> None:
    """A tenant opens the link in a message today and next week, and not next year."""
    (wallet,) = await wallets(world)
    token, until = person_token(world.site, PayFor.WALLET, wallet, 7 * DAY)
    assert until == NOON + 7 * DAY
    for _ in range(2):
        opened = opened_by(world.site, token)
        assert opened is not None
        assert (opened.target, opened.code, opened.once) == (wallet, None, "")
        assert take(world.site, opened)
    await world.restart()
    assert opened_by(world.site, token) is not None
    world.clock.now = until
    assert opened_by(world.site, token) is None


async def test_when_a_code_was_used_last_is_known_until_a_restart(world: World) -> None:
    """Who checks a sticker wants to see that it works; nobody keeps a list of who paid when."""
    (wallet,) = await wallets(world)
    (code,) = await made(world, wallet)
    opened = opened_by(world.site, lasting_token(world.site, code))
    assert opened is not None
    assert world.site.codes.used == {}
    world.clock.now += timedelta(hours=1)
    assert take(world.site, opened)
    assert world.site.codes.used == {code.id: world.clock.now}


async def test_what_cannot_have_a_code_is_refused(world: World) -> None:
    """A slip of the hand makes no stickers that lead nowhere."""
    (wallet,) = await wallets(world)
    for fields, key in (
        ({"kind": PayFor.STAY}, "pay_code_wrong_kind"),
        ({"targets": ()}, "pay_code_for_nothing"),
        ({"targets": [f"w{no}" for no in range(MOST_CODES + 1)]}, "pay_code_too_many"),
        ({"targets": [wallet, "w9"]}, "unknown_wallet"),
        ({"kind": PayFor.LANE, "targets": ["l9"]}, "unknown_lane"),
        ({"kind": PayFor.SPACE, "targets": ["sp9"]}, "unknown_space"),
        ({"kind": PayFor.METER, "targets": ["m9"]}, "unknown_meter"),
        ({"kind": PayFor.CARD, "targets": ["c9"]}, "unknown_card"),
    ):
        with pytest.raises(CoreError) as refused:
            await made(world, wallet, **fields)
        assert refused.value.key == key
    assert await codes_ever(world.site, Part()) == []
    with pytest.raises(CoreError, match="unknown_pay_code"):
        await revoke_pay_code(world.site, code="pc9", actor=MANAGER)


async def test_codes_of_one_kind_are_listed_alone(world: World) -> None:
    """Who prints stickers for the meters does not want the flats between them."""
    (wallet,) = await wallets(world)
    await made(world, wallet)
    assert codes_in_force(world.site, PayFor.METER) == []
    assert [one.id for one in codes_in_force(world.site, PayFor.WALLET)] == ["pc1"]


def test_a_revoked_code_does_not_take_its_followers_place() -> None:
    """The new sticker goes on working when the old one is struck out late."""
    old = PayCode(
        id=PayCodeId("pc1"), no=1, kind=PayFor.LANE, target="l1", mark=b"a" * 8, made_at=NOON
    )
    new = replace(old, id=PayCodeId("pc2"), no=2, mark=b"b" * 8)
    book = PayCodeBook()
    for code in (old, new, replace(old, revoked_at=NOON)):
        book.put(code)
    assert book.targets == {(PayFor.LANE, "l1"): new}
    assert book.marks == {new.mark: new}
