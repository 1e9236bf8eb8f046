"""When parking bills are due, and what visitors pay, in the site's options."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
)
import probatio as vol

from .core.category import Category
from .flow_fields import choice, whole
from .flow_park_base import ParkBase
from .operations.bill_book import rules_of
from .operations.parking_rules import rules_now
from .operations.reports import tariff_list
from .wording import async_words

_VISITORS: Final = "visitors"


class BillingSteps(ParkBase):
    """The step of billing and visitors."""

    async def async_step_billing(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask when bills are due, what an unpaid one does at a lane, and what visitors pay."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._bill(user_input)
            if not errors:
                return await self.async_step_car_park()
        unpaid = choice(["admit", "ask", "refuse"], key="unpaid")
        schema = vol.Schema(
            {
                vol.Required("due_days", default=14): whole(0, 365, unit="d"),
                vol.Required("automatic", default=True): BooleanSelector(),
                vol.Required("owned", default="admit"): unpaid,
                vol.Required("rented", default="refuse"): unpaid,
                vol.Required("temporaries", default=True): BooleanSelector(),
                vol.Optional("hour_price"): TextSelector(),
                vol.Optional("first_hour"): TextSelector(),
                vol.Optional("day_cap"): TextSelector(),
                vol.Required("free_minutes", default=15): whole(0, 1440, unit="min"),
            }
        )
        return self._form("billing", schema, errors, user_input or self._known_billing())

    def _known_billing(self) -> dict[str, Any]:
        rules, billing = rules_now(self._site), rules_of(self._site, Category.PARKING)
        terms = self._visitors().get("duration", {})
        return {
            "due_days": billing.due_days,
            "automatic": billing.automatic,
            "owned": str(rules.owned),
            "rented": str(rules.rented),
            "temporaries": rules.temporaries or not rules.version,
            "hour_price": terms.get("price", ""),
            "first_hour": next((one["price"] for one in terms.get("first", ())), ""),
            "day_cap": terms.get("caps", {}).get("day", ""),
            "free_minutes": int(terms.get("free", 15)),
        }

    def _visitors(self) -> dict[str, Any]:
        """Return the tariff of visitors as it was published last; empty where there is none."""
        for one in tariff_list(self._site):
            if one["tariff"] == self._tariff:
                versions: Any = one["versions"]
                return dict(versions[-1])
        return {}

    @property
    def _tariff(self) -> str:
        tariffs = rules_now(self._site).tariffs
        return str(tariffs[0].tariff) if tariffs else _VISITORS

    async def _bill(self, asked: Mapping[str, Any]) -> dict[str, str]:
        """Write down what is new of the billing: a form that is sent again changes nothing."""
        known = self._known_billing()
        said = {name: asked.get(name, "") for name in known}
        rules = {name: said[name] for name in ("owned", "rented", "temporaries")}
        bills = {name: said[name] for name in ("due_days", "automatic")}
        prices = {name: said[name] for name in known if name not in {**rules, **bills}}
        try:
            if not prices["hour_price"] and rules["temporaries"]:
                return {"hour_price": "price_missing"}
            if prices["hour_price"] and prices != {name: known[name] for name in prices}:
                await self._answer("publish_tariff", await self._priced(prices))
            if not rules_now(self._site).version or rules != {name: known[name] for name in rules}:
                tariffs = [{"tariff": self._tariff}] if prices["hour_price"] else []
                fits = {} if rules_now(self._site).tariffs else {"tariffs": tariffs}
                await self._answer("set_parking_rules", {**rules, **fits})
            if bills != {name: known[name] for name in bills}:
                await self._answer("set_billing", {"category": str(Category.PARKING), **bills})
        except (HomeAssistantError, vol.Invalid) as err:
            return self._refused(err)
        return {}

    async def _priced(self, prices: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tariff of visitors with new prices; what the form does not ask for stays."""
        words = await async_words(self.hass)
        known = self._visitors()
        terms = known.get("duration", {}) | {
            "price": prices["hour_price"],
            "free": prices["free_minutes"],
        }
        terms["first"] = (
            [{"length": 60, "price": prices["first_hour"]}] if prices["first_hour"] else []
        )
        caps = {key: cap for key, cap in terms.get("caps", {}).items() if key != "day"}
        terms["caps"] = caps | ({"day": prices["day_cap"]} if prices["day_cap"] else {})
        return {
            "tariff": self._tariff,
            "name": known.get("name") or words("set_up.visitors"),
            "kind": "duration",
            "duration": terms,
        }
