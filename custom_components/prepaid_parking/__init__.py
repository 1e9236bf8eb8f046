"""Prepaid Parking: a hub as the prepaid metering and parking office of a building."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HassJob, HomeAssistant
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import device_registry as dr
import homeassistant.helpers.config_validation as cv
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.typing import ConfigType

from .archived import archive_folder
from .backup import is_frozen
from .bill_pages import BillView
from .code_sheet_view import CodeSheetView
from .code_view import CodeView
from .const import CONF_SITE, DOMAIN, PLATFORMS
from .coordinator import PrepaidConfigEntry, PrepaidData
from .core.errors import StoreError
from .emergency_repairs import async_watch_emergency
from .hearing import async_announce
from .hint_repairs import async_watch_hints
from .hub_repairs import async_watch_hubs
from .invoice_page import InvoiceView
from .lasting import async_spare, unsearched
from .notice_view import NoticeView
from .opening import books_path, open_site
from .operations.site import utc_now
from .pay_repairs import async_watch_payments
from .pay_view import PayView
from .picture_view import PictureView
from .receipt_page import ReceiptView
from .recording import async_record_hours
from .repairs import async_watch_site
from .roster import async_begin, async_rest, async_shown, is_shown
from .services import async_setup_services
from .statement_view import StatementView
from .terminal_view import TerminalView
from .use_repairs import async_watch_uses
from .voucher_view import VouchersView
from .wiring import SiteWiring, wire
from .wiring_mqtt import forget_sessions

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
MINUTE: Final = timedelta(minutes=1)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001
    """Register the actions and pages; they look for a loaded site when they are called."""
    async_setup_services(hass)
    hass.http.register_view(StatementView())
    hass.http.register_view(BillView())
    hass.http.register_view(PictureView())
    hass.http.register_view(CodeView())
    hass.http.register_view(ReceiptView())
    hass.http.register_view(InvoiceView())
    hass.http.register_view(TerminalView())
    hass.http.register_view(PayView())
    hass.http.register_view(NoticeView(hass))
    hass.http.register_view(CodeSheetView())
    hass.http.register_view(VouchersView())
    return True


async def async_setup_entry(hass: HomeAssistant, entry: PrepaidConfigEntry) -> bool:
    """Open the books, show what is in them, then begin to read meters and lanes."""
    with unsearched():
        await _set_up(hass, entry)
        async_spare(hass, entry)
    return True


async def _set_up(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
    data = entry.runtime_data = await _open(hass, entry)
    data.books.overtaken = partial(hass.config_entries.async_schedule_reload, entry.entry_id)
    closing = data.closing
    entry.async_on_unload(closing.close)
    entry.async_on_unload(hass.async_add_shutdown_job(HassJob(closing.quiet, "prepaid stop")))
    entry.async_on_unload(
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, closing.on_final_write)
    )
    entry.async_on_unload(data.coordinator.listen(data.tally.hear))
    entry.async_on_unload(data.coordinator.listen(data.passages.hear))
    await async_begin(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(async_watch_site(hass, entry))
    entry.async_on_unload(async_watch_hints(hass, entry))
    entry.async_on_unload(async_watch_uses(hass, entry))
    entry.async_on_unload(async_watch_hubs(hass, entry))
    entry.async_on_unload(async_watch_emergency(hass, entry))
    entry.async_on_unload(async_watch_payments(hass, entry))
    entry.async_on_unload(async_announce(hass, entry))
    async_record_hours(hass, entry)
    entry.async_create_background_task(hass, data.coordinator.run(), f"{DOMAIN} publisher")
    entry.async_create_background_task(hass, data.keeper.run(), f"{DOMAIN} keeper")
    wiring = await wire(hass, entry, data)
    await async_shown(hass, entry)
    entry.async_on_unload(entry.add_update_listener(_on_update(wiring)))
    entry.async_on_unload(
        async_track_time_interval(hass, _minutely(data), MINUTE, cancel_on_shutdown=True)
    )


async def async_unload_entry(hass: HomeAssistant, entry: PrepaidConfigEntry) -> bool:
    """Let what is on its way to a device end, then take the entities away.

    In this order: what the hub ends afterwards, it ends all at once, and a connection that is given
    back in the middle of a pulse would leave a contact closed.
    """
    await entry.runtime_data.closing.quiet()
    async_rest(hass, entry)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_config_entry_device(
    hass: HomeAssistant,  # noqa: ARG001
    entry: PrepaidConfigEntry,
    device: dr.AnyDeviceEntry,
) -> bool:
    """Let a person delete a device that stands for nothing any more."""
    return not is_shown(entry, device)


async def async_remove_entry(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
    """Archive the ledger: money records are never deleted. Pictures are, and what brokers keep is."""
    await forget_sessions(entry)
    path = books_path(hass, entry.data[CONF_SITE])
    await hass.async_add_executor_job(_archive, path, archive_folder(hass))


async def _open(hass: HomeAssistant, entry: PrepaidConfigEntry) -> PrepaidData:
    try:
        return await open_site(hass, entry, frozen=is_frozen(hass))
    except StoreError as err:
        broken = ConfigEntryNotReady if err.key == "locked" else ConfigEntryError
        raise broken(
            translation_domain=DOMAIN,
            translation_key=f"store_{err.key}",
            translation_placeholders={"detail": err.detail},
        ) from err


type _Updated = Callable[[HomeAssistant, PrepaidConfigEntry], Coroutine[None, None, None]]
type _Timed = Callable[[datetime], Coroutine[None, None, None]]


def _on_update(wiring: SiteWiring) -> _Updated:
    async def updated(hass: HomeAssistant, entry: PrepaidConfigEntry) -> None:
        """Change just what was changed; only a line's own settings load the entry anew."""
        if entry.state is ConfigEntryState.LOADED and not await wiring.sync():
            hass.config_entries.async_schedule_reload(entry.entry_id)

    return updated


def _minutely(data: PrepaidData) -> _Timed:
    async def minutely(_: datetime) -> None:
        """Follow the books' sums and write down how far they are."""
        if data.books.writable:
            await data.tally.follow(data.books, utc_now())
            await data.books.write_anchor()

    return minutely


def _archive(path: Path, folder: Path) -> None:
    rmtree(path.with_suffix(".pictures"), ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    for file in path.parent.glob(f"{path.stem}.*"):
        file.replace(folder / file.name)
