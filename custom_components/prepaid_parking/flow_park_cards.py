"""Cards of a car park: who pays, which plates, which package, in the site's options."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    TextSelector,
)
import probatio as vol

from .core.wallet import Purpose
from .flow_park_base import options_of
from .flow_park_rental import RentalSteps


class CardSteps(RentalSteps):
    """The steps of the cards."""

    async def async_step_card(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Issue a card to a wallet, or to a unit that gets one; sell a package to it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._issue(user_input)
            if not errors:
                return await self.async_step_cards()
        parking = self._site.parking
        wallets = {
            str(run.wallet.id): f"{run.wallet.unit} ({run.wallet.id})"
            for run in self._site.wallets.values()
            if run.wallet.purpose is Purpose.PARKING and run.wallet.closed_at is None
        }
        spaces = [one.name for one in parking.spaces.values() if one.closed_at is None]
        packages = {str(key): known[-1].name for key, known in parking.packages.items()}
        schema = vol.Schema(
            {
                vol.Optional("wallet"): options_of(wallets),
                vol.Optional("unit"): TextSelector(),
                vol.Required("plates"): TextSelector(),
                vol.Optional("space"): options_of({name: name for name in sorted(spaces)}),
                vol.Optional("package"): options_of(packages),
            }
        )
        return self._form("card", schema, errors, user_input)

    async def _issue(self, asked: Mapping[str, Any]) -> dict[str, str]:
        """Issue a card; its number in this flow is its plates, so that it is issued once."""
        unit, wallet = asked.get("unit", "").strip(), asked.get("wallet", "")
        plates = [one.strip() for one in asked["plates"].split(",") if one.strip()]
        if bool(unit) == bool(wallet):
            return {"base": "wallet_or_unit"}
        if not plates:
            return {"plates": "plates_missing"}
        number = f"set-up-{self.flow_id}-{','.join(plates)}"
        try:
            card = await self._answer(
                "issue_card",
                {
                    "wallet": wallet or await self._wallet_of(unit),
                    "plates": plates,
                    **({"space": asked["space"]} if asked.get("space") else {}),
                    "reference": number,
                },
            )
            if package := asked.get("package"):
                await self._answer(
                    "sell_parking_package",
                    {"card": card["card"], "package": package, "reference": f"{number}-{package}"},
                )
        except (HomeAssistantError, vol.Invalid) as err:
            return self._refused(err)
        return {}

    async def _wallet_of(self, unit: str) -> str:
        """Return the parking wallet of a unit, opened where it has none."""
        for run in self._site.wallets.values():
            wallet = run.wallet
            if (wallet.unit, wallet.purpose) == (unit, Purpose.PARKING) and not wallet.closed_at:
                return str(wallet.id)
        told = await self._answer("open_wallet", {"unit": unit, "purpose": str(Purpose.PARKING)})
        return str(told["wallet"])
