"""What the demo says of itself once it runs."""

from custom_components.prepaid_parking.simulator.demo import DEMO

from .broker import BrokerChoice
from .car_park import CARDS
from .choices import Ports
from .places import PASSWORD, USER
from .tenants import UNITS


def welcome(
    address: str, provider: str, ports: Ports, broker: BrokerChoice, *, hub: int, fast: bool
) -> str:
    """Say where it is, what is simulated, and what to try."""
    heavy = next(one for one in DEMO.meters if one.serial == DEMO.heavy.serial)
    wallet = next(one.name for one in DEMO.wallets if one.key == heavy.wallet)
    emptying = (
        "Its oven is on: low after a minute,\n     in grace after two, cut after three."
        if fast
        else "With --fast it runs empty\n     within minutes: low, in grace, cut."
    )
    return f"""
  {address}
  user {USER}, password {PASSWORD}

  Simulated: {DEMO.name}
  - {len(DEMO.meters)} meters on two Modbus lines, at ports {ports.tcp} (TCP) and {ports.rtu} (RTU over TCP)
  - an entry with a Shelly barrier and a Frigate camera, behind the {broker.words}
  - an exit with a Modbus relay board and a camera that sends JSON
  - {len(UNITS)} units with {len(DEMO.wallets)} wallets, one of them special, with a quota; an enterprise with three meters
  - prices by tier on top of day and night, by time of use, by cubic metre, by tonne; a card of
    ten washes, a house fee with its bill
  - 40 parking spaces in three places, {len(CARDS)} cards with packages, rentals and spaces of their own
  - {len(DEMO.cars)} cars that come and go; visitors pay at the exit
  - a provider of payments, with a window to pay in: {provider}/window

  Six things to try
  1. Watch {wallet} on the dashboard. {emptying}
     Press "Top up": its meter's relay is switched on again.
  2. Under "Parking" see who is inside, and tick off the car that nobody saw come in. Under
     "Lanes" let the visitors not pay by themselves: the exit stays closed and says what
     is due. Take the money, open with a reason, or type what the camera misread.
  3. Under "House" wash once, and look at the bills. In Developer tools > Actions,
     prepaid_parking.get_bill or get_statement with "Page to print" gives a page on paper.
  4. Under "Supply" see who will be cut by the end of tomorrow: Flat 3-102, whose last cents are
     used some minutes after the first start. Top it up, or spare it with prepaid_parking.veto_cut.
  5. Under "Payments" open the page of {wallet}, as a tenant who scans its code, and pay in
     the payer's window. Or send a visitor to the exit, and pay for the stay.
  6. Kill the hub (kill -9 {hub}) and run script/develop again: every balance goes on
     where its meter is, to the last cent.

  Ctrl-C stops everything."""
