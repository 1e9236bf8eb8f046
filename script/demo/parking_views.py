"""The pages of the car park: how full it is and what it earns, and the attendant's own."""

from typing import Final

from custom_components.prepaid_parking.simulator.demo import DEMO
from custom_components.prepaid_parking.simulator.visitor_call import TOPIC

from . import tables
from .cards import HALF, HOUR, WHOLE, action, heading, history, logbook, tile, view
from .client import Data
from .names import Names
from .tenants import unit_of

_PLACES: Final = 18
"""For visitors, in the yard and on the deck."""


def parking(names: Names) -> Data:
    """Show how full the car park is, who is inside, and what waits for a person."""
    full = [
        heading("Car park", "mdi:parking"),
        tile(names.entity("park", "cars_inside"), "Inside now", icon="mdi:car-multiple"),
        tile(names.entity("park", "free_places"), "Free places", icon="mdi:car-select"),
        tile(names.entity("park", "passages_today"), "Passages", icon="mdi:car-arrow-right"),
        tile(
            names.entity("park", "parking_revenue_today"), "Earned today", icon="mdi:cash-register"
        ),
        tile(
            names.entity("park", "parking_arrears"),
            "Owed for parking",
            icon="mdi:alert-circle-outline",
            columns=WHOLE,
        ),
        {
            "type": "gauge",
            "entity": names.entity("park", "free_places"),
            "name": "Free for visitors",
            "min": 0,
            "max": _PLACES,
            "needle": True,
            "severity": {"green": 4, "yellow": 1, "red": 0},
            "grid_options": {"columns": "full"},
        },
        heading("Places by zone", "mdi:map-marker-radius"),
        tables.zones(names.entity("park", "taken_places")),
        history("Cars inside", [(names.entity("park", "cars_inside"), "Cars inside")], HOUR),
    ]
    inside = [
        heading("Stays", "mdi:car-clock"),
        tables.stays(),
        heading("Cards", "mdi:card-account-details"),
        tables.cards(),
    ]
    waiting = [
        heading("To look at", "mdi:clipboard-text-search"),
        {
            "type": "todo-list",
            "entity": names.entity("park", "reviews"),
            "hide_create": True,
            "grid_options": {"columns": "full"},
        },
        heading("Renewals and visitors", "mdi:calendar-clock"),
        {
            "type": "calendar",
            "entities": [names.entity("park", "renewals")],
            "initial_view": "listWeek",
            "grid_options": {"columns": "full"},
        },
        heading("Parking wallets", "mdi:wallet-outline"),
        *(
            tile(names.wallet(one, "available"), unit_of(one), colour="blue", icon="mdi:wallet")
            for one in DEMO.wallets
            if one.purpose == "parking"
        ),
    ]
    return view("Parking", "parking", full, inside, waiting)


def lanes(names: Names) -> Data:
    """Show each lane as an attendant needs it; everything on it works without the internet."""
    return view("Lanes", "lanes", *(_lane(names, one.name) for one in DEMO.lanes), _desk(names))


def _lane(names: Names, name: str) -> list[Data]:
    lane = names.told(lane=name)
    passage = names.of(name, "passage")
    due = names.maybe(name, "due")
    cards = [
        heading(name, "mdi:boom-gate"),
        tile(names.of(name, "barrier"), "Barrier", icon="mdi:boom-gate")
        | {
            "features": [{"type": "cover-open-close"}],
            "features_position": "inline",
            "grid_options": {"columns": WHOLE},
        },
        tile(names.of(name, "last_plate"), "Last plate", icon="mdi:car-back"),
        tile(names.of(name, "answer"), "Answer", icon="mdi:message-text"),
        tile(names.of(name, "entry_loop"), "Before the arm", icon="mdi:car-brake-parking"),
        tile(names.of(name, "safety_loop"), "Under the arm", icon="mdi:car-brake-alert"),
    ]
    call = action("Call for help", "mdi:phone-in-talk", "help_call", lane, columns=HALF)
    if due is not None:
        paid = {**lane, "channel": "cash"}
        cards += [
            tile(due, "To pay", icon="mdi:cash-clock", colour="red", columns=WHOLE),
            action("Take what is due", "mdi:cash-register", "pay_stay", paid, columns=HALF),
            call,
        ]
    else:
        ticket = action("No plate: a ticket", "mdi:ticket", "issue_ticket", lane, columns=HALF)
        cards += [ticket, call]
    return [
        *cards,
        action("Open", "mdi:boom-gate-up", "script.lane_release", lane, columns=HALF),
        action("Correct the plate", "mdi:car-info", "script.lane_correct", lane, columns=HALF),
        logbook("Cars", [passage]),
    ]


def visitors_pay() -> Data:
    """Let visitors pay at the terminal beside the exit, or wait for somebody who takes it."""
    return tile("input_boolean.visitors_pay", "Visitors pay", columns=WHOLE) | {
        "features": [{"type": "toggle"}],
        "features_position": "inline",
    }


def visitor_calls() -> list[Data]:
    """Let a visitor's car come, and leave: else they come by chance."""
    return [
        action(name, icon, "mqtt.publish", {"topic": TOPIC, "payload": direction}, columns=HALF)
        for name, icon, direction in (
            ("A visitor comes", "mdi:car-arrow-left", "in"),
            ("A visitor leaves", "mdi:car-arrow-right", "out"),
        )
    ]


def _desk(names: Names) -> list[Data]:
    ended, begun = names.told(reason="ended at the desk"), names.told(reason="desk")
    reset = action("End the emergency", "mdi:shield-check", "end_emergency", ended)
    alarm = action("Emergency: open all", "mdi:alarm-light", "report_emergency", begun)
    for button, asked in (
        (alarm, "Open and hold every barrier, and charge nobody?"),
        (reset, "Is the danger over? The barriers are let go."),
    ):
        button["tap_action"]["confirmation"] = {"text": asked}
    return [
        heading("For the buttons", "mdi:gesture-tap-button"),
        _row("input_select.lane_reason"),
        _row("input_text.lane_plate"),
        {
            "type": "markdown",
            "content": (
                "The reason is written down with every opening and correction, "
                "and under whose name it was done."
            ),
            "grid_options": {"columns": "full"},
        },
        heading("Visitors", "mdi:account-clock"),
        visitors_pay(),
        *visitor_calls(),
        heading("Emergency", "mdi:alarm-light"),
        alarm,
        reset,
    ]


def _row(entity: str) -> Data:
    return {"type": "entities", "entities": [entity], "grid_options": {"columns": "full"}}
