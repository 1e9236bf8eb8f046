"""Spaces from a file or a table in the set-up of a car park: looked at first, then taken."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
import tempfile

from aiohttp import FormData
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.prepaid_parking.const import DOMAIN
from custom_components.prepaid_parking.core.table_file import MOST_BYTES
from tests.journeys.conftest import Hub

from .park_guide import Guide

HEAD = "name;location;tenure\n"
GOOD = HEAD + "A-1;underground;temporary\nA-2;open_air;rented\n"
BAD = HEAD + "A-1;underground;temporary\nA-2;on | the moon;temporary\n;building;owned\n"
CHINESE = "车位;位置;产权\n地下-1;地下;自有\n"

type Upload = Callable[[bytes], Awaitable[str]]


@pytest.fixture(name="guide")
async def guide_(hub: Hub) -> Guide:
    """A manager before the form for a list of spaces."""
    guide = await Guide.opened(hub)
    await guide.chooses("spaces", "space_list")
    return guide


@pytest.fixture(name="upload")
async def upload_(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Upload:
    """A browser that sends the file that was picked, as the hub's own field does.

    All hubs of a machine keep such files in one folder, and each one that begins empties it: a demo
    that runs beside this would lose its own.
    """
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert await async_setup_component(hass, "file_upload", {})
    client = await hass_client()

    async def upload(data: bytes) -> str:
        form = FormData()
        form.add_field("file", data, filename="spaces.csv")
        answer = await client.post("/api/file_upload", data=form)
        assert answer.status == HTTPStatus.OK
        return str((await answer.json())["file_id"])

    return upload


async def spaces(guide: Guide) -> list[str]:
    """The names that are registered."""
    return [str(one["name"]) for one in (await guide.hub.call("list_spaces"))["spaces"]]


async def test_a_file_is_looked_at_first_and_taken_when_that_is_said(
    guide: Guide, upload: Upload
) -> None:
    """A name that is there already changes a space: nobody wants to find that out afterwards."""
    await guide.hub.call("add_space", name="A-1", location="underground", tenure="owned")
    await guide.answers(file=await upload(GOOD.encode()))
    assert guide.shown["step_id"] == "space_check"
    assert (guide.said("new"), guide.said("changed"), guide.said("unchanged")) == ("1", "1", "0")
    assert await spaces(guide) == ["A-1"]
    await guide.chooses("space_import")
    assert guide.said("spaces") == "2"
    assert await spaces(guide) == ["A-1", "A-2"]
    await guide.chooses("space_list")
    await guide.answers(file=await upload(GOOD.encode()))
    assert (guide.said("new"), guide.said("changed"), guide.said("unchanged")) == ("0", "0", "2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_chinese_list_is_taken_as_a_spreadsheet_saves_it(
    guide: Guide, upload: Upload, encoding: str
) -> None:
    """In China "CSV" means GBK: the first file that is tried must not be refused."""
    await guide.answers(file=await upload(CHINESE.encode(encoding)))
    await guide.chooses("space_import")
    assert await spaces(guide) == ["地下-1"]


@pytest.mark.parametrize("by_file", [True, False])
async def test_a_bad_list_shows_every_bad_row_in_a_table_and_registers_nothing(
    guide: Guide, upload: Upload, by_file: bool
) -> None:
    """Half a list of five hundred spaces is worse than none."""
    given = {"file": await upload(BAD.encode())} if by_file else {"table": BAD}
    await guide.answers(**given)
    assert guide.shown["errors"] == {"base": "bad_rows"}
    assert guide.said("detail") == "2"
    head, line, first, second = guide.said("problems").splitlines()
    assert (head, line) == ("| Line | Space | What is wrong |", "|---|---|---|")
    assert first.startswith("| 3 | A\\-2 | on \\| the moon is not known in column location")
    assert second.startswith("| 4 |  | ")
    assert await spaces(guide) == []
    await guide.answers(table=GOOD)
    await guide.chooses("space_import")
    assert guide.said("spaces") == "2"


async def test_the_lines_are_counted_as_they_were_pasted(guide: Guide) -> None:
    """Line 4 of the table is line 4 of the spreadsheet, or the search for it begins anew."""
    await guide.answers(table="\n\n" + HEAD + "A-2;on the moon;temporary\n")
    assert guide.said("problems").splitlines()[2].startswith("| 4 | A")


async def test_thousands_of_bad_rows_are_counted_and_the_first_shown(guide: Guide) -> None:
    """A wrong word in a whole column must not lock up the manager's browser."""
    rows = "".join(f"A-{number};cellar;owned\n" for number in range(2_000))
    await guide.answers(table=HEAD + rows)
    assert guide.said("detail") == "2000"
    assert guide.said("problems").count("\n| ") == 500
    assert guide.said("problems").endswith("And 1500 more rows.")


async def test_a_form_that_is_shown_anew_no_longer_shows_what_was_wrong_before(
    guide: Guide,
) -> None:
    """A table of errors above an empty form reads as if nothing had been mended."""
    await guide.answers(table=BAD)
    await guide.answers(table=GOOD)
    await guide.chooses("space_list")
    assert guide.said("problems") == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04 a workbook", "Save the sheet as CSV first, and choose that file"),
        ((GOOD + "Süd-1;underground;owned\n").encode("latin-1"), "CSV UTF-8"),
        (b"x" * (MOST_BYTES + 1), "larger than 2 MB"),
        (b"", "The table is empty"),
        (b"a;b\n1;2\n", "columns that are not known: a, b"),
    ],
)
async def test_a_file_that_is_no_list_says_what_to_do(
    guide: Guide, upload: Upload, data: bytes, said: str
) -> None:
    """Whoever picks it is no engineer: which file, and saved how, is all that has to be known."""
    await guide.answers(file=await upload(data))
    assert guide.shown["errors"] == {"base": "refused"}
    assert said in guide.said("detail")
    await guide.answers(file=await upload(GOOD.encode()))
    assert guide.shown["step_id"] == "space_check"


async def test_a_file_that_is_gone_and_two_lists_at_once_are_told_apart(
    guide: Guide, upload: Upload
) -> None:
    """A second click, or a hub that was restarted meanwhile, is no riddle."""
    await guide.answers()
    assert guide.shown["errors"] == {"base": "file_or_table"}
    file = await upload(BAD.encode())
    await guide.answers(file=file, table=GOOD)
    assert guide.shown["errors"] == {"base": "file_or_table"}
    await guide.answers(file=file)
    assert guide.shown["errors"] == {"base": "bad_rows"}
    await guide.answers(file=file)
    assert guide.shown["errors"] == {"file": "file_gone"}


async def test_what_is_refused_is_said_in_the_language_of_the_hub(guide: Guide) -> None:
    """A Chinese page with an English reason is no reason for who reads it."""
    hass = guide.hub.hass
    hass.config.language = "zh-Hans"
    await async_get_translations(hass, "zh-Hans", "exceptions", {DOMAIN})
    await guide.answers(table=BAD)
    head, _, first, _ = guide.said("problems").splitlines()
    assert head == "| 行 | 车位 | 问题 |"
    assert "无法识别" in first
    await guide.answers(table="Ort\nA-1")
    assert guide.said("detail").startswith("表格中有未知的列")
