"""Fee items and packages of a car park with their prices, in the site's options."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    TextSelector,
    TimeSelector,
)
import probatio as vol

from .core.category import Category
from .core.periods import IN_MONTHS, Every
from .core.space import Location, Tenure
from .flow_fields import choice, whole
from .flow_park_base import ParkBase, pick
from .operations.fee_items import valid_now
from .wording import async_words

_USUAL_FEES: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "management": ("property", "month", ("owned",)),
    "rent": ("parking", "month", ("rented",)),
    "cleaning": ("property", "month", ()),
    "charging": ("parking", "month", ()),
}
"""The fee items that most car parks have: what for, for which period, for which spaces."""
_USUAL_PACKAGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "monthly": {"months": 1},
    "off_peak": {"months": 1, "from": "18:00:00", "to": "08:00:00"},
    "visits": {"months": 3, "visits": 10},
}


class PriceSteps(ParkBase):
    """The steps of fee items and packages."""

    _fee = ""
    _package = ""

    async def async_step_fee_item(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose a fee item: one that is there, or a usual one."""
        if user_input is not None:
            self._fee = user_input["item"]
            return await self.async_step_fee_price()
        items = self._site.parking.fee_items
        names = {str(key): valid_now(self._site, known).name for key, known in items.items()}
        words = await async_words(self.hass)
        usual = {key: words(f"set_up.fee.{key}") for key in _USUAL_FEES if key not in names}
        return self._form("fee_item", pick("item", names | usual), {}, None)

    async def async_step_fee_price(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what a fee item costs, and which spaces it hits."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if user_input != await self._known_fee():
                errors = await self._act("set_fee_item", item=self._fee, **user_input)
            if not errors:
                return await self.async_step_car_park()
        schema = vol.Schema(
            {
                vol.Required("name"): TextSelector(),
                vol.Required("price"): TextSelector(),
                vol.Required("every", default=str(Every.MONTH)): choice(
                    [str(one) for one in IN_MONTHS], key="every"
                ),
                vol.Required("category", default=str(Category.PARKING)): choice(
                    [str(one) for one in Category if one is not Category.UTILITY],
                    key="bill_category",
                ),
                vol.Optional("tenures", default=list): choice(
                    [str(one) for one in Tenure], key="space_tenure", many=True
                ),
                vol.Optional("locations", default=list): choice(
                    [str(one) for one in Location], key="space_location", many=True
                ),
            }
        )
        return self._form("fee_price", schema, errors, user_input or await self._known_fee())

    async def async_step_package(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose a package: one that is there, or a usual one."""
        if user_input is not None:
            self._package = user_input["package"]
            return await self.async_step_package_price()
        known = self._site.parking.packages
        names = {str(key): versions[-1].name for key, versions in known.items()}
        words = await async_words(self.hass)
        usual = {key: words(f"set_up.package.{key}") for key in _USUAL_PACKAGES if key not in names}
        return self._form("package", pick("package", names | usual), {}, None)

    async def async_step_package_price(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what a package costs, and what it is good for."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if user_input != await self._known_package():
                errors = await self._act("set_parking_package", **self._asked_package(user_input))
            if not errors:
                return await self.async_step_car_park()
        schema = vol.Schema(
            {
                vol.Required("name"): TextSelector(),
                vol.Required("price"): TextSelector(),
                vol.Required("months", default=1): whole(1, 120),
                vol.Optional("visits", default=0): whole(0, 100_000),
                vol.Optional("from"): TimeSelector(),
                vol.Optional("to"): TimeSelector(),
            }
        )
        return self._form(
            "package_price", schema, errors, user_input or await self._known_package()
        )

    async def _known_fee(self) -> dict[str, Any]:
        """Return a fee item as it is, or as it usually is."""
        told = await self._answer("list_fee_items", {})
        for one in told["fee_items"]:
            if one["item"] == self._fee:
                chosen = ("name", "price", "every", "category")
                return {name: str(one[name]) for name in chosen} | {
                    name: [str(value) for value in one["filter"].get(name, ())]
                    for name in ("tenures", "locations")
                }
        category, every, tenures = _USUAL_FEES[self._fee]
        words = await async_words(self.hass)
        return {
            "name": words(f"set_up.fee.{self._fee}"),
            "category": category,
            "every": every,
            "tenures": list(tenures),
            "locations": [],
        }

    async def _known_package(self) -> dict[str, Any]:
        """Return a package as it is, or as it usually is."""
        told = await self._answer("list_parking_packages", {})
        for one in told["packages"]:
            if one["package"] == self._package:
                windows = one["rights"]["windows"]
                hours = {key: windows[0][key] for key in ("from", "to")} if windows else {}
                return {
                    "name": one["name"],
                    "price": one["price"],
                    "months": one["months"],
                    "visits": one["rights"]["visits"] or 0,
                    **{key: f"{value}:00" for key, value in hours.items()},
                }
        words = await async_words(self.hass)
        return {
            "name": words(f"set_up.package.{self._package}"),
            **_USUAL_PACKAGES.get(self._package, {}),
        }

    def _asked_package(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        begin, end = asked.get("from"), asked.get("to")
        given = {name: asked[name] for name in ("name", "price", "months")}
        windows = [{"from": begin[:5], "to": end[:5]}] if begin and end else []
        return {
            "package": self._package,
            **given,
            "visits": asked.get("visits", 0),
            "windows": windows,
        }
