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


async def given_text(call: Call, field: str, columns: Collection[str] = ()) -> str:
    """Return what was typed or pasted into a field, or what is in the file that was named instead.

    `columns` are known by the file's first line where it is no UTF-8 (`core/table_file.py`).
    """
    text, path = call.text(field), call.text("path")
    if bool(text) is bool(path):
        raise CoreError("file_or_path", field=field)
    if not path:
        if len(text) > MOST_BYTES:
            raise CoreError("file_too_large", most=MOST_BYTES // 1_000_000)
        return text
    data = await call.hass.async_add_executor_job(_read, call.hass, path)
    return table_text(data, columns)


def _read(hass: HomeAssistant, path: str) -> bytes:
    """Read a file from where the hub lets actions read, and no more of it than may be taken in.

    What is elsewhere is not told from what is not there: nobody looks around on the hub by this.
    """
    try:
        if not hass.config.is_allowed_path(path):
            raise CoreError("file_not_there", path=path)
        with Path(path).open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as err:
        raise CoreError("file_not_there", path=path) from err
    if len(data) > MOST_BYTES:
        raise CoreError("file_too_large", most=MOST_BYTES // 1_000_000)
    return data
