"""A space is let to a card, in the site's options."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import DateSelector, TextSelector
import probatio as vol

from .core.local_day import DAY
from .core.periods import add_months
from .core.space import Tenure
from .flow_markdown import plain
from .flow_park_base import ParkBase, options_of
from .flow_park_state import cards_named, counts
from .operations.bill_book import local_day
from .wording import async_words


class RentalSteps(ParkBase):
    """The step of a rental, and the menu of cards that it stands in."""

    _let = ""
    """What was let last, in a sentence."""

    async def async_step_cards(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer a card, and a rental where there is something to let and somebody to let it to."""
        words = await async_words(self.hass)
        wanting = [
            words(f"set_up.rental_without.{part}")
            for part, there in (
                ("space", self._spaces_for_rent()),
                ("card", cards_named(self._site)),
            )
            if not there
        ]
        return self.async_show_menu(
            step_id="cards",
            menu_options=["card", *([] if wanting else ["rental"]), "car_park"],
            description_placeholders={
                **counts(self._site),
                "note": self._let or " ".join(wanting),
            },
        )

    async def async_step_rental(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let a space to a card for some days."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._rent(user_input)
            if not errors:
                return await self.async_step_cards()
        today = local_day(self._site)
        usual = {
            "first": today.isoformat(),
            "last": (add_months(today, 1) - DAY).isoformat(),
        }
        schema = vol.Schema(
            {
                vol.Required("space"): options_of({one: one for one in self._spaces_for_rent()}),
                vol.Required("card"): options_of(cards_named(self._site)),
                vol.Required("first"): DateSelector(),
                vol.Required("last"): DateSelector(),
                vol.Optional("price"): TextSelector(),
            }
        )
        return self._form("rental", schema, errors, user_input or usual)

    async def _rent(self, asked: dict[str, Any]) -> dict[str, str]:
        """Let it; the same days of the same space to the same card are one rental of this flow."""
        given = {name: value for name, value in asked.items() if value}
        named = [asked[name] for name in ("space", "card", "first", "last")]
        reference = "-".join(["set-up", self.flow_id, *named])
        try:
            told = await self._answer("rent_space", {**given, "reference": reference})
        except (HomeAssistantError, vol.Invalid) as err:
            return self._refused(err)
        words = await async_words(self.hass)
        paid = "unpaid" if told["state"] == "unpaid" else "paid"
        self._let = words(
            f"set_up.rented.{paid}",
            space=plain(asked["space"]),
            card=asked["card"],
            first=asked["first"],
            last=asked["last"],
            price=told["price"],
            currency=self._site.currency.code,
        )
        return {}

    def _spaces_for_rent(self) -> list[str]:
        spaces = self._site.parking.spaces.values()
        return sorted(
            one.name for one in spaces if one.closed_at is None and one.tenure is Tenure.RENTED
        )
