"""The actions of the integration: who calls, on which site, with which words if it is refused."""

from functools import partial
from typing import Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry
import probatio as vol

from .acting import acting
from .actions import (
    agents,
    agreements,
    attending,
    billing,
    bills,
    buyers,
    card_files,
    cards,
    collection,
    debts,
    deposits,
    desk,
    fee_items,
    gates,
    invoices,
    lab,
    ledger,
    losses,
    merchants,
    meters,
    money,
    moves,
    packages,
    park_reports,
    parking_packages,
    parking_rules,
    pay_books,
    pay_codes,
    paying,
    permits,
    promotions,
    recommending,
    recurring,
    rerating,
    reviews,
    risk,
    rules,
    shares,
    spaces,
    statements,
    stays,
    supplies,
    supply_rules,
    tariffs,
    tokens,
    top_up_fees,
    units,
    uses,
    vehicle_rules,
    visiting,
    vouchers,
    wallets,
)
from .actions.call import Action, Call
from .const import DOMAIN
from .coordinator import ROSTER, PrepaidConfigEntry
from .core.texts import check_texts
from .errors import translated

ACTIONS: Final = (
    *wallets.ACTIONS,
    *collection.ACTIONS,
    *money.ACTIONS,
    *promotions.ACTIONS,
    *top_up_fees.ACTIONS,
    *debts.ACTIONS,
    *desk.ACTIONS,
    *agents.ACTIONS,
    *meters.ACTIONS,
    *units.ACTIONS,
    *moves.ACTIONS,
    *shares.ACTIONS,
    *losses.ACTIONS,
    *supplies.ACTIONS,
    *supply_rules.ACTIONS,
    *tariffs.ACTIONS,
    *rerating.ACTIONS,
    *rules.ACTIONS,
    *lab.ACTIONS,
    *deposits.ACTIONS,
    *packages.ACTIONS,
    *uses.ACTIONS,
    *bills.ACTIONS,
    *billing.ACTIONS,
    *invoices.ACTIONS,
    *buyers.ACTIONS,
    *recurring.ACTIONS,
    *spaces.ACTIONS,
    *fee_items.ACTIONS,
    *cards.ACTIONS,
    *parking_packages.ACTIONS,
    *permits.ACTIONS,
    *recommending.ACTIONS,
    *gates.ACTIONS,
    *attending.ACTIONS,
    *parking_rules.ACTIONS,
    *vehicle_rules.ACTIONS,
    *visiting.ACTIONS,
    *stays.ACTIONS,
    *merchants.ACTIONS,
    *reviews.ACTIONS,
    *risk.ACTIONS,
    *agreements.ACTIONS,
    *park_reports.ACTIONS,
    *pay_codes.ACTIONS,
    *paying.ACTIONS,
    *pay_books.ACTIONS,
    *vouchers.ACTIONS,
    *tokens.ACTIONS,
    *card_files.ACTIONS,
    *ledger.ACTIONS,
    *statements.ACTIONS,
)


SHOWS_SPACES: Final = frozenset({"add_space", "set_space", "remove_space", "import_spaces"})
"""After these, other spaces may be shown as devices, and the first one brings the car park."""


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action; each answers with data."""
    for action in ACTIONS:
        hass.services.async_register(
            DOMAIN,
            action.name,
            partial(_async_call, hass, action),
            schema=vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string, **action.fields}),
            supports_response=SupportsResponse.OPTIONAL,
        )


async def _async_call(hass: HomeAssistant, action: Action, call: ServiceCall) -> ServiceResponse:
    """Find out who calls and on which site, then act. The site may be left out while there is one."""
    actor = await acting(hass, call.context)
    entry: PrepaidConfigEntry = async_get_config_entry(
        hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
    )
    parts = entry.runtime_data
    with translated():
        check_texts(call.data)
        answer = await action.handler(
            Call(hass=hass, entry_id=entry.entry_id, parts=parts, actor=actor, data=call.data)
        )
    for kind in ("wallet", "meter"):
        if isinstance(told := answer.get(kind), str):
            parts.coordinator.touch(f"{kind}:{told}")
    if action.name in SHOWS_SPACES:
        parts.coordinator.touch(ROSTER)
    return answer
