"""Spaces of a car park from a file or a pasted table, in the site's options: looked at first, then taken."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    FileSelector,
    FileSelectorConfig,
    TextSelector,
    TextSelectorConfig,
)
import probatio as vol

from .core.space_lists import COLUMNS
from .core.table_file import MOST_BYTES, table_text
from .errors import translated
from .flow_markdown import table
from .flow_park_base import ParkBase
from .flow_park_state import counts
from .wording import async_words

_FILES: Final = ".csv,.tsv,.txt,text/csv,text/plain"
_MOST_ROWS: Final = 500
"""So many bad rows are shown: a dialogue with thousands of them is read by nobody."""


class ListSteps(ParkBase):
    """The steps of a list of spaces."""

    _list = ""
    _trial: Mapping[str, Any]

    async def async_step_spaces(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the two ways to register spaces."""
        return self.async_show_menu(
            step_id="spaces",
            menu_options=["space_row", "space_list", "car_park"],
            description_placeholders=counts(self._site),
        )

    async def async_step_space_list(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Look at a list from a file, or a pasted one; every bad row is shown, and nothing is done."""
        self._problems = ""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._look_at(user_input)
            if not errors:
                return await self.async_step_space_check()
        return self._ask_list(errors, user_input)

    async def async_step_space_check(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what the list would do."""
        names = ("new", "changed", "unchanged")
        return self.async_show_menu(
            step_id="space_check",
            menu_options=["space_import", "space_list", "car_park"],
            description_placeholders={name: str(self._trial[name]) for name in names},
        )

    async def async_step_space_import(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Do what the list says: all of it or nothing."""
        if errors := await self._act("import_spaces", csv=self._list):
            return self._ask_list(errors, None)
        return await self.async_step_spaces()

    def _ask_list(
        self, errors: dict[str, str], given: Mapping[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for a list; the file that was given is read and gone, what was pasted stays."""
        schema = vol.Schema(
            {
                vol.Optional("file"): FileSelector(FileSelectorConfig(accept=_FILES)),
                vol.Optional("table"): TextSelector(TextSelectorConfig(multiline=True)),
            }
        )
        return self._form("space_list", schema, errors, {"table": (given or {}).get("table", "")})

    async def _look_at(self, asked: Mapping[str, Any]) -> dict[str, str]:
        file, pasted = asked.get("file", ""), asked.get("table", "")
        if bool(file) == bool(pasted.strip()):
            return {"base": "file_or_table"}
        try:
            with translated():
                self._list = await self._text_of(file) if file else pasted
        except ValueError, OSError:  # It was read before, or the hub was restarted meanwhile.
            return {"file": "file_gone"}
        except HomeAssistantError as err:
            return self._refused(err)
        return await self._tried(csv=self._list)

    async def _text_of(self, file: str) -> str:
        data = await self.hass.async_add_executor_job(_read, self.hass, file)
        return table_text(data, COLUMNS)

    async def _tried(self, **given: Any) -> dict[str, str]:
        """Try a list; its bad rows stand above the form."""
        try:
            self._trial = await self._answer("import_spaces", {**given, "dry_run": True})
        except (HomeAssistantError, vol.Invalid) as err:
            return self._refused(err)
        bad = self._trial["problems"]
        if not bad:
            return {}
        words = await async_words(self.hass)
        head = [words(f"set_up.row.{name}") for name in ("line", "name", "problem")]
        rows = [(one["line"], one["name"], one["problem"]) for one in bad[:_MOST_ROWS]]
        more = len(bad) - len(rows)
        self._problems = table(head, rows) + (
            "\n\n" + words("set_up.row.more", count=more) if more else ""
        )
        self._detail = str(len(bad))
        return {"base": "bad_rows"}


def _read(hass: HomeAssistant, file: str) -> bytes:
    """Return what was uploaded, and no more of it than a list may have; it is removed by that."""
    with process_uploaded_file(hass, file) as path, Path(path).open("rb") as opened:
        return opened.read(MOST_BYTES + 1)
