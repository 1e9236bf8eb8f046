"""A channel that takes payers' money: what a merchant has from a provider's console, proven before it is saved.

Keys go from the form into the sealed part of the ledger and never back into a form. Whoever changes
a channel types only what is new.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig
import probatio as vol

from .channel_alipay import AlipayKind
from .channel_kind import (
    BASE,
    MERCHANT,
    ChannelKind,
    Surroundings,
    WrongFieldError,
    channel_key,
    is_pretended,
)
from .channel_secrets import async_put_secrets, async_secrets
from .channel_stripe import StripeKind
from .channel_wechat import WeChatKind
from .const import (
    CONF_ADDRESS,
    CONF_CHANNEL,
    CONF_CURRENCY,
    CONF_KIND,
    CONF_REVISION,
    CONF_SITE,
    CONF_SUBJECT,
    SAVED,
    SUBENTRY_CHANNEL,
)
from .core.chart import Channel
from .core.errors import StoreError
from .core.pay_channel import ChannelError
from .flow_fields import PASSWORD
from .pay_address import notice_url, public_url
from .wording import async_words

KINDS: Final[Mapping[Channel, ChannelKind]] = MappingProxyType(
    {one.kind: one for one in (WeChatKind(), AlipayKind(), StripeKind())}
)
OTHER_ADDRESS: Final = "other_address"
PEM: Final = TextSelector(TextSelectorConfig(multiline=True))


class ChannelFlow(ConfigSubentryFlow):
    """Adds or changes a channel."""

    def __init__(self) -> None:
        """Begin with nothing typed."""
        self._names: dict[str, str] = {}
        self._secrets: dict[str, str] = {}

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask which provider: those that take the site's currency."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="site_not_running")
        currency = self._get_entry().data[CONF_CURRENCY]
        fitting = [one for one, kind in KINDS.items() if kind.currency in {"", currency}]
        return self.async_show_menu(step_id="user", menu_options=[one.value for one in fitting])

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the names of a channel; its keys stay where they are."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="site_not_running")
        data = self._get_reconfigure_subentry().data
        kind = KINDS[Channel(data[CONF_KIND])]
        self._names = {name: data[name] for name in (*kind.names, CONF_ADDRESS)}
        privacy = self._get_entry().runtime_data.privacy
        self._secrets = await async_secrets(privacy, data[CONF_SUBJECT])
        return await self._ask(kind, None)

    async def async_step_wechat(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what WeChat Pay's console shows."""
        return await self._ask(KINDS[Channel.WECHAT], user_input)

    async def async_step_alipay(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what Alipay's open platform shows."""
        return await self._ask(KINDS[Channel.ALIPAY], user_input)

    async def async_step_stripe(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what Stripe's dashboard shows."""
        return await self._ask(KINDS[Channel.STRIPE], user_input)

    async def async_step_proven(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """The provider answered; it can send its notices to the address that is shown."""
        return await self._named("proven", user_input)

    async def async_step_proven_quiet(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """The provider answered, and cannot reach this hub: the hub asks."""
        return await self._named("proven_quiet", user_input)

    async def async_step_proven_trial(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """A pretended provider on this machine answered."""
        return await self._named("proven_trial", user_input)

    async def _ask(
        self, kind: ChannelKind, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        detail = ""
        self._kind = kind
        if user_input is not None:
            self._take(kind, user_input)
            try:
                await self._prove(kind)
            except WrongFieldError as err:
                # What stands in the folded part is complained about where it is seen.
                field = BASE if err.field == CONF_ADDRESS else err.field
                errors[field], detail = err.key, err.detail
            else:
                return await self._confirm()
        return self.async_show_form(
            step_id=kind.kind.value,
            data_schema=self.add_suggested_values_to_schema(
                self._schema(kind),
                {**self._names, OTHER_ADDRESS: {CONF_ADDRESS: self._names.get(CONF_ADDRESS, "")}},
            ),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    def _schema(self, kind: ChannelKind) -> vol.Schema:
        """Return the form: of a channel that is there the merchant stays, another is another channel."""
        names = [name for name in kind.names if name != MERCHANT or not self._is_change]
        fields: dict[Any, Any] = {
            (vol.Optional if name in kind.optional else vol.Required)(name): TextSelector()
            for name in names
        }
        for name in kind.secrets:
            fields[vol.Optional(name)] = PEM if name in kind.lines else PASSWORD
        folded = vol.Schema({vol.Optional(CONF_ADDRESS): TextSelector()})
        fields[vol.Required(OTHER_ADDRESS)] = section(folded, {"collapsed": True})
        return vol.Schema(fields)

    def _take(self, kind: ChannelKind, given: Mapping[str, Any]) -> None:
        """Keep what was typed. An empty key is the one before, stored or typed in this dialogue."""
        for name in kind.names:
            if name != MERCHANT or not self._is_change:
                self._names[name] = str(given.get(name, "")).strip()
        self._names[CONF_ADDRESS] = str(given[OTHER_ADDRESS].get(CONF_ADDRESS, "")).strip()
        for name in kind.secrets:
            if typed := str(given.get(name, "")).strip():
                self._secrets[name] = typed

    async def _prove(self, kind: ChannelKind) -> None:
        for name in kind.secrets:
            if not self._secrets.get(name) and name not in kind.optional:
                raise WrongFieldError(name, "secret_missing")
        if not self._is_change and any(
            one.unique_id == self._unique_id
            for one in self._get_entry().get_subentries_of_type(SUBENTRY_CHANNEL)
        ):
            raise WrongFieldError(MERCHANT, "channel_known")
        typed = {name: self._secrets.get(name, "") for name in kind.secrets} | self._names
        port = kind.make(typed, self._around())
        try:
            await kind.prove(port, typed)
            if (payers := kind.payers(typed, self._around())) is not None:
                await payers.prove()
        except ChannelError as err:
            raise kind.fault(err, typed) from err

    def _around(self) -> Surroundings:
        entry = self._get_entry()
        return Surroundings(
            session=async_get_clientsession(self.hass),
            currency=entry.data[CONF_CURRENCY],
            notify_url=notice_url(self.hass, entry.options, self._key),
            back_url=public_url(self.hass, entry.options),
        )

    async def _confirm(self) -> SubentryFlowResult:
        url = notice_url(self.hass, self._get_entry().options, self._key)
        step = "proven" if url else "proven_quiet"
        if is_pretended(self._names[CONF_ADDRESS]):
            step = "proven_trial"
        name = await self._usual_name()
        return self.async_show_form(
            step_id=step,
            data_schema=vol.Schema({vol.Required(CONF_NAME, default=name): TextSelector()}),
            description_placeholders={"url": url or "–"},
        )

    async def _named(self, step_id: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        # A flow is never entered here: the form was shown by the proof.
        assert user_input is not None, step_id
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="site_not_running")
        before = self._get_reconfigure_subentry().data if self._is_change else {}
        try:
            subject = await async_put_secrets(
                entry.runtime_data.privacy, self._secrets, before.get(CONF_SUBJECT, "")
            )
        except StoreError:
            return self.async_abort(reason="not_written")
        title = user_input[CONF_NAME].strip() or await self._usual_name()
        data = {
            CONF_KIND: self._kind.kind.value,
            CONF_CHANNEL: self._key,
            **self._names,
            CONF_SUBJECT: subject,
            CONF_REVISION: before.get(CONF_REVISION, 0) + 1,
        }
        if self._is_change:
            return self.async_update_and_abort(
                entry, self._get_reconfigure_subentry(), title=title, data=data, reason=SAVED
            )
        return self.async_create_entry(title=title, data=data, unique_id=self._unique_id)

    async def _usual_name(self) -> str:
        """Return what the channel is called already, or what payers call it in the hub's language."""
        if self._is_change:
            return self._get_reconfigure_subentry().title
        return (await async_words(self.hass))(f"channel.{self._kind.kind}")

    @property
    def _is_change(self) -> bool:
        return self.source == SOURCE_RECONFIGURE

    @property
    def _key(self) -> str:
        site = self._get_entry().data[CONF_SITE]
        return channel_key(site, self._kind.kind, self._names[MERCHANT])

    @property
    def _unique_id(self) -> str:
        return f"{SUBENTRY_CHANNEL}:{self._key}"
