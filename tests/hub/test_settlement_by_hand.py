"""A provider's own file that somebody brings to the hub: as large as it is, and refused in words."""

from datetime import UTC, date, datetime
import os
from pathlib import Path
from typing import Final

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.prepaid_parking.core.chart import Channel
from custom_components.prepaid_parking.core.table_file import MOST_BYTES
from custom_components.prepaid_parking.operations.pay_book import ChannelRun
from custom_components.prepaid_parking.operations.settling_views import MOST_SHOWN
from custom_components.prepaid_parking.simulator.pay_alipay_bill import packed, text as alipay_text
from custom_components.prepaid_parking.simulator.pay_books import Movement
from custom_components.prepaid_parking.simulator.pay_wechat_told import day_file
from custom_components.prepaid_parking.wiring_statements import LARGEST_GIVEN
from tests.journeys.conftest import Hub
from tests.operations.provider import Provider, connect

AT: Final = datetime(2026, 7, 1, 4, tzinfo=UTC)
DAY: Final = date(2026, 7, 1)
SELLER: Final = "2088102146225135"


def movement(number: int) -> Movement:
    """A payment that nobody here asked for."""
    return Movement(
        out_no=f"SHOP-{number:024d}",
        reference=f"42000{number:023d}",
        amount_minor=100,
        fee_minor=1,
        at=AT,
        currency="CNY",
    )


def bill(rows: int, merchant: str = Provider.merchant) -> str:
    """A day of WeChat Pay with so many of them."""
    movements = [movement(number) for number in range(rows)]
    return day_file(movements, {}, app="wx1", merchant=merchant)


@pytest.fixture
def folder(hub: Hub, tmp_path: Path) -> Path:
    """A folder that the hub lets actions read, and two ways to pay."""
    hub.hass.config.allowlist_external_dirs = {str(tmp_path)}
    provider = Provider()
    provider.currency = hub.data.site.currency.code
    connect(hub.data.site, provider)
    other = Provider()
    other.merchant = SELLER
    run = ChannelRun(key="ch2", name="Alipay", kind=Channel.ALIPAY, port=other)
    hub.data.site.paying.channels["ch2"] = run
    return tmp_path


async def test_the_file_of_a_large_site_is_taken_from_where_it_lies(hub: Hub, folder: Path) -> None:
    """The provider keeps a file for weeks: a day that was missed and is too long to paste is lost else."""
    rows = 8_700
    whole = bill(rows)
    assert len(whole) > MOST_BYTES
    (folder / "bill.csv").write_text(whole)
    asked = {"channel": "ch1", "path": str(folder / "bill.csv")}
    with pytest.raises(ServiceValidationError, match=r"2 MB.*\(path\)"):
        await hub.call("import_settlement", channel="ch1", csv=whole)
    seen = await hub.call("import_settlement", **asked, dry_run=True)
    assert (seen["rows"], seen["new"], len(seen["table"])) == (rows, rows, MOST_SHOWN)
    taken = await hub.call("import_settlement", **asked)
    assert (taken["rows"], taken["new"], taken["differences_count"]) == (rows, rows, rows)
    assert len(taken["differences"]) == MOST_SHOWN
    assert (await hub.call("list_differences"))["count"] == rows
    (folder / "gbk.csv").write_bytes(whole.removeprefix("\ufeff").encode("gbk"))
    again = await hub.call("import_settlement", channel="ch1", path=str(folder / "gbk.csv"))
    assert (again["rows"], again["new"], again["differences_count"]) == (rows, 0, 0)


async def test_the_zip_of_alipay_is_taken_as_it_comes(hub: Hub, folder: Path) -> None:
    """Who unpacks it and opens it in a spreadsheet has lost the last digits of every number."""
    movements = [movement(1), movement(2)]
    (folder / "bill.zip").write_bytes(packed(movements, DAY, SELLER))
    taken = await hub.call("import_settlement", channel="ch2", path=str(folder / "bill.zip"))
    assert (taken["rows"], taken["new"]) == (2, 2)
    (folder / "bill.csv").write_bytes(alipay_text(movements, DAY, SELLER).encode("gbk"))
    again = await hub.call("import_settlement", channel="ch2", path=str(folder / "bill.csv"))
    assert (again["rows"], again["new"]) == (2, 0)
    (folder / "half.zip").write_bytes(packed(movements, DAY, SELLER)[:-30])
    with pytest.raises(ServiceValidationError, match="no whole file of Alipay"):
        await hub.call("import_settlement", channel="ch2", path=str(folder / "half.zip"))


async def test_a_file_that_is_not_the_right_one_is_refused_in_words(hub: Hub, folder: Path) -> None:
    """A clerk who picked the wrong file of ten must know which one is wrong, and why."""
    alipay = alipay_text([movement(1)], DAY, SELLER).encode("gbk")
    (folder / "folder.csv").mkdir()
    os.mkfifo(folder / "pipe.csv")
    for channel, name, content, said in (
        ("ch1", "none.csv", None, "lets actions read"),
        ("ch1", "folder.csv", None, "lets actions read"),
        ("ch1", "pipe.csv", None, "lets actions read"),
        ("ch1", "../outside.csv", None, "lets actions read"),
        ("ch1", "empty.csv", b"\r\n", "empty.csv is empty"),
        ("ch1", "film.csv", b"a" * (LARGEST_GIVEN + 1), "larger than 33 MB"),
        ("ch1", "book.csv", b"PK\x03\x04", "workbook"),
        ("ch1", "half.csv", bill(3).encode()[:-90], "no whole file of WeChat Pay"),
        ("ch1", "theirs.csv", bill(3, "1900000002").encode(), "another merchant's"),
        ("ch1", "alipay.csv", alipay, "not about WeChat Pay"),
        ("ch2", "wechat.csv", bill(3).encode(), "not about Alipay"),
        ("ch2", "theirs.zip", packed([], DAY, "2099"), "another merchant's"),
        ("ch2", "stripe.csv", b"reporting_category,gross\ncharge,1", "not about Alipay"),
        ("ch2", "half.csv", alipay[:-200], "no whole file of Alipay"),
    ):
        if content is not None:
            (folder / name).write_bytes(content)
        with pytest.raises(ServiceValidationError, match=said):
            await hub.call("import_settlement", channel=channel, path=str(folder / name))
    assert (await hub.call("list_differences", open=False))["count"] == 0
