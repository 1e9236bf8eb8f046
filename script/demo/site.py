"""The demo's site, set up through the hub's own forms and the integration's own actions.

Each step looks at what is there first, so that a start that was interrupted is taken up again.
"""

from dataclasses import dataclass, field
from typing import Final

from custom_components.prepaid_parking.simulator.demo import DEMO, DemoMeter, DemoWallet

from . import show
from .answers import MQTT_LINE, broker_answers, lane_answers, line_answers, meter_answers
from .broker import BrokerChoice
from .car_park_setup import CarParkSetup
from .choices import Ports
from .client import Data, Hub
from .flows import CONFIG, OPTIONS, SUBENTRY, Steps, fill_in, give_up
from .patience import until
from .payments_setup import PaymentsSetup
from .tenants import (
    CONTRACTS,
    FAST,
    HOUSE_FEE,
    NO_ALERT,
    NO_LONGER_LOW,
    POLICIES,
    STANDARD,
    TENANTS,
    UNITS,
    WASHES,
    tariff_of,
    tariffs,
    unit_of,
)
from .trouble import DemoError

DOMAIN: Final = "prepaid_parking"
_PUBLISH_S: Final = 5
_FIRST_READING_S: Final = 60.0
_SETTLED_S: Final = 15.0


@dataclass(slots=True, kw_only=True)
class SiteSetup:
    """The set-up of the demo's site, step by step."""

    hub: Hub
    ports: Ports
    broker: BrokerChoice
    fast: bool
    url: str
    """Where payers open the pages: the demo's own hub."""
    provider: str
    entry: str = ""
    lines: dict[str, str] = field(default_factory=dict)
    """Subentry ids by the key of the line; the broker's is empty."""

    async def run(self) -> None:
        """Bring the site to where the demo begins."""
        await self._hub_broker()
        await self._site()
        await self._options()
        await self._devices()
        await self._rules()
        await self._register()
        await self._wallets()
        await self._bindings()
        await self._house()
        await CarParkSetup(hub=self.hub, wallets=await self._wallets_by_key()).run()
        await PaymentsSetup(
            hub=self.hub, entry=self.entry, url=self.url, provider=self.provider
        ).run()
        await self._pace()

    async def _hub_broker(self) -> None:
        if await self._entry("mqtt"):
            return
        show.step("Telling the hub about its MQTT broker")
        address = self.broker.address
        form: Data = {
            "broker": address.host,
            "port": address.port,
            "protocol": "5" if self.broker.version_5 else "3.1.1",
            "other_settings": {
                "set_client_cert": False,
                "set_ca_cert": "off",
                "transport": "tcp",
            },
        }
        if address.username:
            form |= {"username": address.username, "password": address.password or ""}
        await fill_in(self.hub, CONFIG, "mqtt", Steps(title="MQTT", answers={"broker": form}))

    async def _site(self) -> None:
        known = await self._entry(DOMAIN)
        if known is None:
            show.step(f"Adding the site {DEMO.name}")
            answers = {"user": {"name": DEMO.name, "currency": DEMO.currency}}
            steps = Steps(title=DEMO.name, answers=answers)
            shown = await fill_in(self.hub, CONFIG, DOMAIN, steps)
            if following := shown[-1].get("next_flow"):
                # The form for the first meter would open now; the lines come first here.
                await give_up(self.hub, SUBENTRY, following[1])
            known = await self._entry(DOMAIN)
        assert known is not None
        self.entry = self.hub.site = known["entry_id"]

        async def loaded() -> Data | None:
            entry = await self._entry(DOMAIN)
            return entry if entry and entry["state"] == "loaded" else None

        if not await until(loaded, 30):
            entry = await self._entry(DOMAIN) or {}
            message = f"The site is not loaded: {entry.get('state')} {entry.get('reason') or ''}"
            raise DemoError(message)

    async def _options(self) -> None:
        """Publish balances every few seconds, which people look at in a demo; let the desk take cash."""
        menu = await self.hub.rest("POST", OPTIONS, {"handler": self.entry})
        path = f"{OPTIONS}/{menu['flow_id']}"
        flow = await self.hub.rest("POST", path, {"next_step_id": "settings"})
        shown = {
            one["name"]: (one.get("description") or {}).get("suggested_value")
            for one in flow["data_schema"]
        }
        wanted = {"publish_s": _PUBLISH_S, "register_beside": True}
        if {name: shown.get(name) for name in wanted} == wanted:
            await give_up(self.hub, OPTIONS, flow["flow_id"])
            return
        known = {name: value for name, value in shown.items() if value not in (None, "")}
        await self.hub.rest("POST", path, known | wanted)

    async def _devices(self) -> None:
        known = {one["title"]: one["subentry_id"] for one in await self._subentries()}
        for line in DEMO.lines:
            if line.name not in known:
                show.step(f"Adding the Modbus line {line.name}")
                await self._add("line", line.name, line_answers(line, self.ports))
        if MQTT_LINE not in known:
            show.step(f"Adding the MQTT line {MQTT_LINE}")
            await self._add("line", MQTT_LINE, broker_answers(self.broker))
        known |= {one["title"]: one["subentry_id"] for one in await self._subentries()}
        self.lines = {line.key: known[line.name] for line in DEMO.lines} | {"": known[MQTT_LINE]}
        for meter in DEMO.meters:
            if meter.name not in known:
                shown = await self._add(
                    "meter", meter.name, meter_answers(meter, self.lines[meter.line])
                )
                show.step(f"Adding the meter {meter.name}: it reads {_read(shown)}")
        for lane in DEMO.lanes:
            if lane.name not in known:
                show.step(f"Adding the lane {lane.name}")
                await self._add(
                    "lane", lane.name, lane_answers(lane, self.lines[lane.line], self.lines[""])
                )

    async def _rules(self) -> None:
        known = {one["tariff"] for one in (await self.hub.act("list_tariffs"))["tariffs"]}
        missing = [one for one in tariffs(DEMO.prices) if one["tariff"] not in known]
        if missing:
            show.step("Publishing the tariffs: day and night with tiers, flat, water, washes, fee")
        for document in missing:
            await self.hub.act("publish_tariff", **document)
        policies = (await self.hub.act("list_policies"))["policies"]
        named = {one["policy"]: one["name"] for one in policies}
        for policy in POLICIES:
            if named.get(policy["policy"]) != policy["name"]:
                await self.hub.act("set_policy", **policy)

    async def _wallets(self) -> None:
        known = await self._units()
        missing = [one for one in DEMO.wallets if (unit_of(one), one.purpose) not in known]
        if missing:
            show.step(f"Opening {len(missing)} wallets")
        for wallet in missing:
            tenant = TENANTS[wallet.key]
            await self.hub.act(
                "open_wallet",
                unit=unit_of(wallet),
                purpose=wallet.purpose,
                kind=tenant.kind,
                **self._terms(wallet),
                **({"exempt_quota": tenant.exempt_quota} if tenant.exempt_quota else {}),
                person={"name": tenant.name, "phone": tenant.phone},
                reference=f"demo-open-{wallet.key}",
            )
        ids = await self._wallets_by_key()
        for wallet in DEMO.wallets:
            # By its reference a top-up that was made already is made once.
            await self.hub.act(
                "top_up",
                wallet=ids[wallet.key],
                amount=wallet.opening,
                reference=f"demo-opening-{wallet.key}",
            )

    async def _bindings(self) -> None:
        wallets = await self._wallets_by_key()
        unbound = [one for one in DEMO.meters if not (await self._meter(one))["wallet"]]
        if unbound:
            show.step(f"Binding {len(unbound)} meters to the wallets that pay for them")
        for meter in unbound:

            async def read(meter: DemoMeter = meter) -> Data | None:
                seen = await self._meter(meter)
                return seen if seen["register"] is not None else None

            if not await until(read, _FIRST_READING_S):
                message = f"{meter.name} was not read within {_FIRST_READING_S:.0f} s."
                raise DemoError(message)
            await self.hub.act(
                "bind_meter",
                meter=meter.name,
                wallet=wallets[meter.wallet],
                tariff=tariff_of(meter.commodity, meter.wallet),
            )

    async def _register(self) -> None:
        known = {one["name"] for one in (await self.hub.act("list_units"))["units"]}
        missing = [one for one in UNITS if one["name"] not in known]
        if missing:
            show.step(f"Registering {len(missing)} units")
        for unit in missing:
            await self.hub.act("set_unit", **unit, reference=f"demo-unit-{unit['name']}")

    async def _house(self) -> None:
        """Let the tenants move in; sell a card of washes, bill the house's fee."""
        wallets = await self._wallets_by_key()
        utility = {unit_of(one): one for one in DEMO.wallets if one.purpose == "utility"}
        units = (await self.hub.act("list_units"))["units"]
        for unit in (one for one in units if one["vacant"]):
            wallet = utility[unit["name"]]
            meters = [one.name for one in DEMO.meters if one.wallet == wallet.key]
            await self.hub.act("set_unit", unit=unit["unit"], meters=meters)
            await self.hub.act("move_in", unit=unit["unit"], wallet=wallets[wallet.key])
        contract = wallets[CONTRACTS]
        # By their references they are made once, however often the demo is started.
        await self.hub.act(
            "sell_package", wallet=contract, tariff=WASHES, reference="demo-wash-card"
        )
        await self.hub.act(
            "use_package", wallet=contract, uses=3, reference="demo-washes", reason="washed"
        )
        await self.hub.act(
            "set_recurring",
            name="House fee",
            category="property",
            wallet=contract,
            tariff=HOUSE_FEE,
            reference="demo-house-fee",
        )
        # It would be billed within minutes; whoever looks now sees it.
        await self.hub.act("run_billing")

    async def _pace(self) -> None:
        """Let one wallet run empty within minutes, or leave that to the day."""
        heavy = _heavy()
        wallet = (await self._wallets_by_key())[heavy.key]
        policy = FAST if self.fast else STANDARD
        seen = await self.hub.act("get_wallet", wallet=wallet)
        if seen["policy"] != policy or seen["alert"] == NO_ALERT:
            terms: Data = {"policy": policy, "alert": None}
            await self.hub.act("update_wallet", wallet=wallet, reason="demo", **terms)
        if not self.fast:
            return
        if seen["state"] != "ok":
            await self._make_good(wallet, _minor(seen["available"]))
            seen = await self.hub.act("get_wallet", wallet=wallet)
        over = _minor(seen["available"]) - _minor(heavy.opening)
        action, amount = ("refund", over) if over > 0 else ("top_up", -over)
        if amount:
            show.step(f"Bringing {heavy.name} to {heavy.opening} {DEMO.currency}")
            await self.hub.act(action, wallet=wallet, amount=_amount(amount), reason="demo")

    def _terms(self, wallet: DemoWallet) -> Data:
        """Return how a new wallet is warned: the one that is to run empty not before it does."""
        return {"policy": FAST, "alert": NO_ALERT} if self.fast and wallet == _heavy() else {}

    async def _make_good(self, wallet: str, available_minor: int) -> None:
        """Lift a wallet until its warning is over, so that the next one is seen to come."""
        lift = max(0, -available_minor) + _minor(NO_LONGER_LOW)
        await self.hub.act("top_up", wallet=wallet, amount=_amount(lift), reason="demo")

        async def good() -> Data | None:
            seen = await self.hub.act("get_wallet", wallet=wallet)
            return seen if seen["state"] == "ok" else None

        await until(good, _SETTLED_S)

    async def _add(self, kind: str, title: str, answers: Data) -> list[Data]:
        steps = Steps(title=title, answers=answers)
        return await fill_in(self.hub, SUBENTRY, [self.entry, kind], steps)

    async def _entry(self, domain: str) -> Data | None:
        entries: list[Data] = await self.hub.ask("config_entries/get", domain=domain)
        return entries[0] if entries else None

    async def _subentries(self) -> list[Data]:
        listed: list[Data] = await self.hub.ask(
            "config_entries/subentries/list", entry_id=self.entry
        )
        return listed

    async def _meter(self, meter: DemoMeter) -> Data:
        return await self.hub.act("get_meter", meter=meter.name)

    async def _units(self) -> dict[tuple[str, str], str]:
        listed = await self.hub.act("list_wallets")
        return {(one["unit"], one["purpose"]): one["wallet"] for one in listed["wallets"]}

    async def _wallets_by_key(self) -> dict[str, str]:
        units = await self._units()
        return {one.key: units[unit_of(one), one.purpose] for one in DEMO.wallets}


def _heavy() -> DemoWallet:
    """Return the wallet whose meter can draw so much that it runs empty."""
    meter = next(one for one in DEMO.meters if one.serial == DEMO.heavy.serial)
    return next(one for one in DEMO.wallets if one.key == meter.wallet)


def _read(shown: list[Data]) -> str:
    """Return what the live probe read, as its form says it."""
    for form in shown:
        if form.get("step_id") == "details":
            return str(form["description_placeholders"]["register"])
    return "–"


def _minor(amount: str) -> int:
    whole, _, part = amount.lstrip("-").partition(".")
    minor = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    return -minor if amount.startswith("-") else minor


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
