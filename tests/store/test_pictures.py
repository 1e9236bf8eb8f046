"""Pictures lie sealed, are deleted in time, and stand in nobody's way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from custom_components.prepaid_parking.core.picture import MOST_BYTES, kind_of
from custom_components.prepaid_parking.store import pictures
from custom_components.prepaid_parking.store.pictures import PictureFiles

JPEG = b"\xff\xd8\xff\xe0" + b"a stranger's car" * 20
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = bytes(range(32))


async def opened(folder: Path, key: bytes = KEY) -> PictureFiles:
    """The pictures of a site, as they are found at a start."""
    return await PictureFiles.open(folder / "site.pictures", key)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        b"<svg onload=alert(1)>",
        b"GIF89a",
        b" " + JPEG,
        JPEG[:4].ljust(MOST_BYTES + 1),
    ],
)
async def test_what_is_no_picture_or_too_large_is_not_kept(tmp_path: Path, content: bytes) -> None:
    """A page that calls itself a picture would run in the browser of who looks at it."""
    files = await opened(tmp_path)
    assert kind_of(content) is None
    assert not await files.put("a", content, NOW)
    assert not files.has("a")
    assert await files.get("a") is None


@pytest.mark.parametrize("content", [JPEG, PNG, JPEG[:4].ljust(MOST_BYTES)])
async def test_a_picture_is_read_back_and_lies_sealed(tmp_path: Path, content: bytes) -> None:
    """A folder that leaks by itself shows nobody's car."""
    files = await opened(tmp_path)
    assert await files.put("a", content, NOW)
    assert await files.get("a") == content
    (file,) = (tmp_path / "site.pictures").iterdir()
    assert content[:4] not in file.read_bytes()[:32]
    assert content[4:] not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


async def test_a_picture_is_there_after_a_restart_and_only_with_its_key(tmp_path: Path) -> None:
    """A review is looked at on Monday; a stolen folder is looked at never."""
    await (await opened(tmp_path)).put("a", JPEG, NOW)
    assert await (await opened(tmp_path)).get("a") == JPEG
    assert await (await opened(tmp_path, bytes(32))).get("a") is None


async def test_a_picture_under_another_name_is_none(tmp_path: Path) -> None:
    """Who may write into the folder cannot show one car as another."""
    await (await opened(tmp_path)).put("a", JPEG, NOW)
    folder = tmp_path / "site.pictures"
    (folder / "b").write_bytes((folder / "a").read_bytes())
    (folder / "c").write_bytes(b"")
    files = await opened(tmp_path)
    assert [await files.get(name) for name in ("b", "c", "../site.pictures/a")] == [None] * 3


async def test_what_is_older_goes_also_after_a_restart(tmp_path: Path) -> None:
    """The age is the picture's, not how long the hub has been running."""
    files = await opened(tmp_path)
    for name, days in (("old", 8), ("new", 6)):
        await files.put(name, JPEG, NOW - timedelta(days=days))
    files = await opened(tmp_path)
    await files.drop_before(NOW - timedelta(days=7))
    assert (files.has("old"), files.has("new")) == (False, True)
    assert [one.name for one in (tmp_path / "site.pictures").iterdir()] == ["new"]


async def test_the_oldest_go_first_when_there_are_too_many(tmp_path: Path) -> None:
    """Whoever knows a lane's address could fill the disk with one picture a second."""
    files = await opened(tmp_path)
    with patch.object(pictures, "MOST_FILES", 3):
        for number in (4, 1, 3, 2, 5):
            await files.put(str(number), JPEG, NOW + timedelta(seconds=number))
    assert [number for number in range(1, 6) if files.has(str(number))] == [3, 4, 5]


async def test_a_picture_that_was_half_written_goes_at_the_next_start(tmp_path: Path) -> None:
    """A power cut leaves no file that nobody deletes."""
    await (await opened(tmp_path)).put("a", JPEG, NOW)
    (tmp_path / "site.pictures" / "b.draft").write_bytes(b"half")
    files = await opened(tmp_path)
    assert [one.name for one in (tmp_path / "site.pictures").iterdir()] == ["a"]
    assert not files.has("b")


async def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """The next picture has room again as soon as somebody has made some."""
    files = await opened(tmp_path)

    def full(place: Path, content: bytes) -> None:
        place.with_name(f"{place.name}.draft").write_bytes(content[:10])
        raise OSError(28, "No space left on device")

    with patch.object(pictures, "write_whole", full), pytest.raises(OSError, match="No space"):
        await files.put("a", JPEG, NOW)
    assert not list((tmp_path / "site.pictures").iterdir())
    assert await files.put("a", JPEG, NOW)
