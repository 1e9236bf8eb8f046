"""A file that is given to an action: as text, or by its path on the hub, in whichever encoding it was saved."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
import probatio as vol

from ..core.errors import CoreError
from ..core.table_file import MOST_BYTES, table_text
from .call import Call, Fields

PATH: Final[Fields] = {vol.Optional("path"): cv.string}
MEGABYTE: Final = 1_000_000


async def given_text(call: Call, field: str, columns: Collection[str] = ()) -> str:
    """Return what was typed or pasted into a field, or what is in the file that was named instead.

    `columns` are known by the file's first line where it is no UTF-8 (`core/table_file.py`).
    """
    found = await given(call, field)
    if isinstance(found, str):
        return found
    return await call.hass.async_add_executor_job(table_text, found, columns)


async def given(call: Call, field: str, most: int = MOST_BYTES) -> str | bytes:
    """Return what was typed into a field, or the bytes of the file that was named instead.

    Of a file that may have more than can be typed, `most` says how many bytes it may have.
    """
    text, path = call.text(field), call.text("path")
    if bool(text) is bool(path):
        raise CoreError("file_or_path", field=field)
    if path:
        return await call.hass.async_add_executor_job(_read, call.hass, path, most)
    if len(text) > MOST_BYTES:
        key = "text_too_large" if most > MOST_BYTES else "file_too_large"
        raise CoreError(key, most=MOST_BYTES // MEGABYTE)
    return text


def _read(hass: HomeAssistant, path: str, most: int) -> bytes:
    """Read a file from where the hub lets actions read, and no more of it than may be taken in.

    What is elsewhere is not told from what is not there: nobody looks around on the hub by this. What is
    no file, as a pipe, would never come to its end.
    """
    try:
        if not hass.config.is_allowed_path(path) or not Path(path).is_file():
            raise CoreError("file_not_there", path=path)
        with Path(path).open("rb") as opened:
            data = opened.read(most + 1)
    except (OSError, ValueError) as err:
        raise CoreError("file_not_there", path=path) from err
    if len(data) > most:
        raise CoreError("file_too_large", most=most // MEGABYTE)
    if not data.strip():
        raise CoreError("file_is_empty", path=path)
    return data
