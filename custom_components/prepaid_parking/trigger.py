"""Triggers: an automation begins when something happened to a wallet, a supply, a lane or the books.

They follow the integration's facts and not the states of entities, so that a wallet without a device
triggers as well, and a restart triggers nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, cast, override

from homeassistant.const import ATTR_DEVICE_ID, CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType
import probatio as vol

from .const import DOMAIN
from .coordinator import PrepaidConfigEntry
from .core.supply import SupplyState
from .hearing import SIGNAL_FACT
from .operations.facts import (
    BooksTrouble,
    DayClosed,
    Fact,
    Hinted,
    OrderEvent,
    OrderFact,
    SupplyChanged,
    UseEvent,
    UseFact,
    WalletEvent,
    WalletFact,
)
from .operations.lane_facts import PassageKind, Passed, ReviewOpened, StayEvent, StayFact
from .operations.risk_facts import OperationEvent, OperationFact, RiskFact
from .operations.site import Site
from .telling import (
    hint_story,
    operation_story,
    order_story,
    passage_story,
    review_story,
    risk_story,
    stay_story,
    supply_story,
    use_story,
    wallet_story,
)

CONF_WALLET: Final = "wallet"
IDS: Final = vol.All(cv.ensure_list, [cv.string])
OFF: Final = frozenset({SupplyState.OFF, SupplyState.ARMED, SupplyState.HELD})
COMMANDED_OFF: Final = frozenset({SupplyState.CUTTING, SupplyState.FAULT})
"""What a supply passes on its way to off when we cut it; what is switched off by hand does not."""

OPERATION_ENDS: Final = (
    *(OperationEvent.DONE, OperationEvent.FAILED),
    *(OperationEvent.BLOCKED, OperationEvent.EXPIRED, OperationEvent.DECLINED),
)

type Story = dict[str, Any]
type Tell = Callable[[Site, Fact], Story | None]


def _wallet_event(*events: WalletEvent) -> Tell:
    def tell(site: Site, fact: Fact) -> Story | None:
        if isinstance(fact, WalletFact) and fact.event in events:
            return {"event": str(fact.event), **wallet_story(site, fact)}
        return None

    return tell


def _supply_cut(site: Site, fact: Fact) -> Story | None:
    if isinstance(fact, SupplyChanged) and fact.before in COMMANDED_OFF and fact.state in OFF:
        return supply_story(site, fact)
    return None


def _supply_restored(site: Site, fact: Fact) -> Story | None:
    if not isinstance(fact, SupplyChanged) or fact.state is not SupplyState.ON:
        return None
    was_off = fact.before in OFF or fact.before in (SupplyState.RESTORING, SupplyState.FAULT)
    return supply_story(site, fact) if was_off else None


def _passage(*kinds: PassageKind) -> Tell:
    def tell(site: Site, fact: Fact) -> Story | None:
        if isinstance(fact, Passed) and fact.kind in kinds:
            return passage_story(site, fact)
        return None

    return tell


def _stay(event: StayEvent) -> Tell:
    def tell(site: Site, fact: Fact) -> Story | None:
        if isinstance(fact, StayFact) and fact.event is event:
            return stay_story(site, fact)
        return None

    return tell


def _review_opened(site: Site, fact: Fact) -> Story | None:
    return review_story(site, fact) if isinstance(fact, ReviewOpened) else None


def _day_closed(_: Site, fact: Fact) -> Story | None:
    return dict(fact.report) if isinstance(fact, DayClosed) else None


def _use(event: UseEvent) -> Tell:
    def tell(site: Site, fact: Fact) -> Story | None:
        if isinstance(fact, UseFact) and fact.event is event:
            return use_story(site, fact)
        return None

    return tell


def _operation(*events: OperationEvent) -> Tell:
    def tell(site: Site, fact: Fact) -> Story | None:
        if isinstance(fact, OperationFact) and fact.event in events:
            return operation_story(site, fact)
        return None

    return tell


def _risk(site: Site, fact: Fact) -> Story | None:
    return risk_story(site, fact) if isinstance(fact, RiskFact) else None


def _unreconciled(site: Site, fact: Fact) -> Story | None:
    if isinstance(fact, OrderFact) and fact.event is OrderEvent.UNMATCHED:
        return order_story(site, fact)
    return None


def _ledger_problem(site: Site, fact: Fact) -> Story | None:
    if isinstance(fact, BooksTrouble) and fact.key:
        return {"problem": fact.key, "at": site.clock().isoformat()}
    return None


def _meter_hint(site: Site, fact: Fact) -> Story | None:
    return hint_story(site, fact) if isinstance(fact, Hinted) else None


class FactTrigger(Trigger):
    """A trigger on facts, for everything of every site, or for some devices or wallets."""

    key: ClassVar[str]
    tell: ClassVar[Tell]
    schema: ClassVar[vol.Schema]

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the options."""
        return cast("ConfigType", cls.schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep what is targeted."""
        super().__init__(hass, config)
        options = config.options or {}
        self._devices: list[str] = options.get(ATTR_DEVICE_ID, [])
        self._wallets: list[str] = options.get(CONF_WALLET, [])

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action on each fact that fits."""
        tell = type(self).tell

        @callback
        def async_heard(entry: PrepaidConfigEntry, fact: Fact) -> None:
            site = entry.runtime_data.site
            story = tell(site, fact)
            if story is None or not self._targets(entry, story):
                return
            run_action(
                {**story, "site": site.name, "config_entry_id": entry.entry_id},
                f"{self.key.replace('_', ' ')}: {story.get('unit') or site.name}",
            )

        return async_dispatcher_connect(self._hass, SIGNAL_FACT, async_heard)

    def _targets(self, entry: PrepaidConfigEntry, story: Mapping[str, Any]) -> bool:
        """Tell whether a story is about one of the devices or wallets that were named."""
        if not self._devices and not self._wallets:
            return True
        if story.get("wallet") in self._wallets:
            return True
        uid = entry.unique_id
        about = {uid, *(f"{uid}_{story.get(kind)}" for kind in ("wallet", "meter", "lane"))}
        registry = dr.async_get(self._hass)
        return any(
            (DOMAIN, name) in device.identifiers
            for device_id in self._devices
            if (device := registry.async_get(device_id)) is not None
            for name in about
        )


def _trigger(key: str, tell: Tell, *, wallets: bool = False) -> type[FactTrigger]:
    options: dict[vol.Marker, Any] = {vol.Optional(ATTR_DEVICE_ID): IDS}
    if wallets:
        options[vol.Optional(CONF_WALLET)] = IDS

    class OneTrigger(FactTrigger):
        pass

    OneTrigger.key = key
    OneTrigger.tell = staticmethod(tell)
    OneTrigger.schema = vol.Schema({vol.Optional(CONF_OPTIONS, default=dict): options})
    return OneTrigger


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    key: _trigger(key, tell, wallets=wallets)
    for key, tell, wallets in (
        ("balance_became_low", _wallet_event(WalletEvent.LOW, WalletEvent.LOW_DAYS), True),
        ("grace_started", _wallet_event(WalletEvent.GRACE), True),
        ("top_up_received", _wallet_event(WalletEvent.TOPPED_UP), True),
        ("bill_issued", _wallet_event(WalletEvent.BILL_ISSUED), True),
        ("bill_due", _wallet_event(WalletEvent.BILL_DUE), True),
        ("bill_overdue", _wallet_event(WalletEvent.BILL_OVERDUE), True),
        ("invoice_requested", _wallet_event(WalletEvent.INVOICE_REQUESTED), True),
        (
            "permit_ending",
            _wallet_event(WalletEvent.PERMIT_ENDING, WalletEvent.PERMIT_NOT_FUNDED),
            True,
        ),
        ("supply_cut", _supply_cut, True),
        ("supply_restored", _supply_restored, True),
        ("barrier_opened", _passage(PassageKind.ADMITTED, PassageKind.RELEASED), False),
        ("passage_refused", _passage(PassageKind.REFUSED), False),
        ("vehicle_arrived", _stay(StayEvent.ARRIVED), True),
        ("vehicle_departed", _stay(StayEvent.DEPARTED), True),
        ("stay_overdue", _stay(StayEvent.OVERDUE), True),
        ("tailgated", _passage(PassageKind.TAILGATED), False),
        ("review_opened", _review_opened, False),
        ("day_closed", _day_closed, False),
        ("meter_hint", _meter_hint, False),
        ("use_taken", _use(UseEvent.TAKEN), True),
        ("use_started", _use(UseEvent.STARTED), True),
        ("use_ended", _use(UseEvent.ENDED), True),
        ("use_refused", _use(UseEvent.REFUSED), True),
        ("use_refunded", _use(UseEvent.REFUNDED), True),
        ("use_low", _use(UseEvent.LOW), True),
        ("use_doubted", _use(UseEvent.DOUBTED), True),
        ("use_stuck", _use(UseEvent.STUCK), True),
        ("operation_held", _operation(OperationEvent.HELD), True),
        ("operation_ended", _operation(*OPERATION_ENDS), True),
        ("risk", _risk, True),
        ("payment_unreconciled", _unreconciled, False),
        ("ledger_problem", _ledger_problem, False),
    )
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:  # noqa: ARG001
    """Return the triggers of the integration."""
    return TRIGGERS
