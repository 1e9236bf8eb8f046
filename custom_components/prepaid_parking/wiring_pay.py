"""From the configured channels to those at work: the site's pay book is kept equal to the subentries.

A channel is put up anew when anything of it has changed, its keys or the address for notices
included; the others and the rest of the site notice nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .channel_kind import ChannelKind, Surroundings, WrongFieldError
from .channel_secrets import async_forget_others, async_secrets
from .const import (
    CONF_ADDRESS,
    CONF_CHANNEL,
    CONF_KIND,
    CONF_SUBJECT,
    SUBENTRY_CHANNEL,
)
from .coordinator import SITE, PrepaidConfigEntry, PrepaidData
from .core.chart import Channel
from .core.errors import CoreError, StoreError
from .core.pay_channel import FOR_ANYBODY, Way
from .flow_channel import KINDS
from .operations.pay_book import ChannelRun
from .pay_address import notice_url, public_url
from .pay_listener import PayListener

_LOGGER: Final = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Attached:
    """A channel at work, and by what it is."""

    channel: str
    subject: str
    title: str
    data: Mapping[str, Any]
    notify_url: str


class PayWiring:
    """Keeps the channels at work equal to what is configured."""

    def __init__(self, hass: HomeAssistant, entry: PrepaidConfigEntry, data: PrepaidData) -> None:
        """Begin with none."""
        self._hass = hass
        self._entry = entry
        self._data = data
        self._attached: dict[str, Attached] = {}
        self._begun = False
        self._listener = PayListener(hass)

    async def sync(self) -> None:
        """Take down what is gone or changed and put up what is new; forget the keys of what is gone."""
        wanted = {
            one.subentry_id: one for one in self._entry.get_subentries_of_type(SUBENTRY_CHANNEL)
        }
        if not self._begun:
            self._begun = True
            await self._forget_others([one.data[CONF_SUBJECT] for one in wanted.values()])
        for key, attached in list(self._attached.items()):
            subentry = wanted.get(key)
            if subentry is None or not self._runs(attached, subentry):
                await self._detach(key, gone=subentry is None)
        for key, subentry in wanted.items():
            if key not in self._attached:
                await self._attach(subentry)
        if (api := self._hass.config.api) is not None:
            self._data.site.paying.own_addresses = frozenset({api.local_ip})
        await self._listener.follow(self._entry.options)
        self._data.pay.port, self._data.pay.trouble = self._listener.port, self._listener.trouble
        self._data.coordinator.touch(SITE)

    async def stop(self) -> None:
        """Ask no provider any more, and hear none."""
        await self._listener.stop()
        for key in list(self._attached):
            await self._detach(key, gone=False)

    def _runs(self, attached: Attached, subentry: ConfigSubentry) -> bool:
        return (
            attached.title == subentry.title
            and attached.data == subentry.data
            and attached.notify_url == self._notify_url(subentry)
        )

    async def _attach(self, subentry: ConfigSubentry) -> None:
        data = subentry.data
        kind = KINDS[Channel(data[CONF_KIND])]
        attached = Attached(
            channel=data[CONF_CHANNEL],
            subject=data[CONF_SUBJECT],
            title=subentry.title,
            data=data,
            notify_url=self._notify_url(subentry),
        )
        self._attached[subentry.subentry_id] = attached
        secrets = await async_secrets(self._data.privacy, attached.subject)
        try:
            run = self._made(kind, attached, secrets)
        except WrongFieldError as err:
            _LOGGER.warning(
                "%s cannot be used: %s is wrong (%s)", subentry.title, err.field, err.key
            )
            self._data.pay.idle[attached.channel] = subentry.title
            return
        self._data.site.paying.channels[attached.channel] = run

    def _made(
        self, kind: ChannelKind, attached: Attached, secrets: Mapping[str, str]
    ) -> ChannelRun:
        options = self._entry.options
        typed = {name: secrets.get(name, "") for name in kind.secrets}
        typed |= {name: attached.data[name] for name in (*kind.names, CONF_ADDRESS)}
        around = Surroundings(
            session=async_get_clientsession(self._hass),
            currency=self._data.site.currency.code,
            notify_url=attached.notify_url,
            back_url=public_url(self._hass, options),
        )
        port, payers = kind.make(typed, around), kind.payers(typed, around)
        return ChannelRun(
            key=attached.channel,
            name=attached.title,
            kind=kind.kind,
            port=port,
            ways=FOR_ANYBODY if payers is None else FOR_ANYBODY | {Way.APP},
            payers=payers,
        )

    async def _detach(self, key: str, *, gone: bool) -> None:
        attached = self._attached.pop(key)
        self._data.site.paying.channels.pop(attached.channel, None)
        self._data.pay.idle.pop(attached.channel, None)
        if gone:
            try:
                await self._data.privacy.forget_subject(attached.subject)
            except (CoreError, StoreError) as err:
                # Done when the site is opened next: then nobody names them any more.
                _LOGGER.warning("The keys of %s are not destroyed yet: %s", attached.title, err)

    async def _forget_others(self, subjects: list[str]) -> None:
        if not self._data.books.writable:
            return
        try:
            await async_forget_others(self._data.privacy, subjects)
        except (CoreError, StoreError) as err:
            _LOGGER.warning("Keys of channels that are gone are not destroyed yet: %s", err)

    def _notify_url(self, subentry: ConfigSubentry) -> str:
        return notice_url(self._hass, self._entry.options, subentry.data[CONF_CHANNEL])
