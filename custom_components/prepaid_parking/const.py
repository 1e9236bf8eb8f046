"""Names and numbers that more than one file of the shell needs, each with its reason."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "prepaid_parking"

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.COVER,
    Platform.EVENT,
    Platform.IMAGE,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TODO,
    Platform.VALVE,
)

# --- the configuration: what is written into the hub's storage, so frozen once released ---

SAVED: Final = "reconfigure_successful"
"""How a dialogue ends that changed something. Our words: the hub has its own in few languages."""
SUBENTRY_LINE: Final = "line"
SUBENTRY_METER: Final = "meter"
SUBENTRY_LANE: Final = "lane"
SUBENTRY_OFFICE: Final = "office"
SUBENTRY_CHANNEL: Final = "channel"

CONF_SITE: Final = "site"
"""The uuid that names the ledger file; the file holds it too, so a mixed-up file is noticed."""
CONF_CURRENCY: Final = "currency"
"""Fixed for good: the ledger's amounts are in its minor units."""
CONF_SECOND_ANCHOR: Final = "second_anchor"
"""A folder outside the hub's own: a copy of the anchor there outlives a disk that is swapped."""
CONF_CHECKPOINT_S: Final = "checkpoint_s"
"""How often open charges are noted down: the most that has to be recomputed after a crash."""
CONF_OUTDOOR: Final = "outdoor"
"""The thermometer outside: without one heat is never cut, because nobody knows how cold it is."""
CONF_OUTDOOR_LEAST: Final = "outdoor_least"
"""Degrees Celsius below which no heat is cut."""
DEFAULT_OUTDOOR_LEAST: Final = 12
CONF_DESK_OPEN: Final = "desk_open"
"""Whether the cash desk counts as a way to pay; without any, grace stands still."""
CONF_REGISTER_BESIDE: Final = "register_beside"
"""Whether a certified cash register is used beside the desk, where the law asks for one."""
DEFAULT_CHECKPOINT_S: Final = 60
CONF_IDLE_DAYS: Final = "idle_days"
"""Days without use after which a meter that used to count is said to stand still."""
CONF_MORE_PERCENT: Final = "more_percent"
"""Percent of the usual day from which on a meter is said to count much more."""
CONF_LOSS_PERCENT: Final = "loss_percent"
"""Percent of what a main meter counts that may be lost behind it before it is said."""
CONF_HINT_REVERSE: Final = "hint_reverse"
"""Whether a meter that counts back is said; not where solar panels make it do so."""
CONF_RESTORE_SPACING_S: Final = "restore_spacing_s"
DEFAULT_RESTORE_SPACING_S: Final = 2
"""An inrush is over after a second or two."""
CONF_PICTURE_DAYS: Final = "picture_days"
"""After how many days the pictures of the lanes are deleted; 0 keeps none."""
DEFAULT_PICTURE_DAYS: Final = 7
CONF_PAY_PAGE: Final = "pay_page"
"""Whether payers can open their page: off until somebody wants it seen from outside."""
CONF_PAY_URL: Final = "pay_url"
"""Under which address payers and providers reach this hub; empty where it is the hub's own."""
CONF_PAY_PORT: Final = "pay_port"
"""The port that serves payments alone; 0 opens none."""
CONF_PAY_BIND: Final = "pay_bind"
"""The address of this machine on which that port listens; empty for all of them."""
CONF_PAY_PROXIES: Final = "pay_proxies"
"""The reverse proxies in front of that port, which are believed when they say who asked."""
CONF_PUBLISH_S: Final = "publish_s"
"""How often counters and balances are published; charging does not wait for it."""
DEFAULT_PUBLISH_S: Final = 30

# A line.
CONF_LINK: Final = "link"
CONF_TRANSPORT: Final = "transport"
CONF_BAUDRATE: Final = "baudrate"
CONF_BYTESIZE: Final = "bytesize"
CONF_PARITY: Final = "parity"
CONF_STOPBITS: Final = "stopbits"
CONF_SPACING: Final = "spacing"
"""Seconds of silence between requests: some meters need a pause to hear the next one."""
CONF_TLS: Final = "tls"
LINK_MODBUS: Final = "modbus"
LINK_MQTT: Final = "mqtt"
TRANSPORT_TCP: Final = "tcp"
TRANSPORT_RTU_OVER_TCP: Final = "rtu_over_tcp"
TRANSPORT_SERIAL: Final = "serial"
PROTOCOL_311: Final = "3.1.1"
PROTOCOL_5: Final = "5"
DEFAULT_MODBUS_PORT: Final = 502
DEFAULT_MQTT_PORT: Final = 1883
DEFAULT_REQUEST_S: Final = 1.0
"""A wired meter answers in a tenth of this; a dead one holds the others up for no longer."""

# A meter.
CONF_METER: Final = "meter"
"""The ledger's own id, filled in when the books know the meter."""
CONF_SOURCE: Final = "source"
CONF_LINE_ID: Final = "line_id"
CONF_ROLE: Final = "role"
CONF_CODE: Final = "code"
CONF_PROFILE: Final = "profile"
CONF_UNIT_ID: Final = "unit_id"
CONF_SERIAL: Final = "serial"
CONF_COMMODITY: Final = "commodity"
CONF_QUANTITY: Final = "quantity"
"""What the register counts; with the commodity it is what the books register a meter by."""
CONF_INTERVAL: Final = "interval"
CONF_MAX_POWER: Final = "max_power"
"""Decimal text in display units an hour: the leap limit must not pass through a float."""
CONF_RESTORE: Final = "restore"
CONF_LATENCY: Final = "latency"
CONF_CONSENT: Final = "consent"
"""That a test trip was made: an experimental profile's relay is commanded only then."""
CONF_GENERIC: Final = "generic"
CONF_RELAY: Final = "relay"
CONF_KIND: Final = "kind"
CONF_INVERTED: Final = "inverted"
"""That a contact that is on cuts: a contactor wired to open when energised."""
CONF_TOPIC: Final = "topic"
CONF_UNIT: Final = "unit"
SOURCE_MODBUS: Final = "modbus"
SOURCE_MQTT: Final = "mqtt"
SOURCE_ENTITY: Final = "entity"
RELAY_PROFILE: Final = "profile"
RELAY_COIL: Final = "coil"
RELAY_ENTITY: Final = "entity"
RELAY_NONE: Final = "none"
GENERIC_MODBUS: Final = "generic_modbus"
HUB_ENTITY: Final = "hub_entity"
"""The profile of a meter that is an entity of the hub already."""
DEFAULT_INTERVAL_S: Final = 10
DEFAULT_LATENCY_S: Final = 5

# A lane.
CONF_LANE: Final = "lane"
CONF_BARRIER: Final = "barrier"
CONF_READER: Final = "reader"
CONF_FAMILY: Final = "family"
CONF_COIL: Final = "coil"
CONF_PULSE: Final = "pulse"
CONF_CAMERA: Final = "camera"
CONF_PICTURES: Final = "pictures"
"""The camera of the hub that looks at a lane."""
CONF_LEAST_SCORE: Final = "least_score"
CONF_REMOTE: Final = "remote"
CONF_PAD: Final = "pad"
"""What reads tags and codes at a lane."""
CONF_TAG_READER: Final = "tag_reader"
CONF_CODE_PATH: Final = "code_path"
CONF_DIRECTION: Final = "direction"
CONF_FEE: Final = "fee"
CONF_ZONE: Final = "zone"
"""The part of the car park behind the barrier."""
CONF_FAIL: Final = "fail"
"""What the level output does while nobody decides."""
CONF_INPUTS: Final = "inputs"
"""What is wired to the lane, by the input's name: the source of each."""
CONF_LEVEL: Final = "level"
"""The output that holds the barrier open: another contact than the one that pulses it."""
CONF_CLOSE: Final = "close"
"""The output that asks the barrier to close; only beside a safety loop."""
CONF_CONTACT: Final = "contact"
CONF_CHANNEL: Final = "channel"
FAMILY_ENTITY: Final = "entity"
FAMILY_NONE: Final = "none"

# A channel.
CONF_MERCHANT: Final = "merchant"
CONF_ADDRESS: Final = "address"
"""Where the provider is asked, if not at home: a test environment of its own, or one on this machine."""
CONF_SUBJECT: Final = "subject"
"""Under which id its keys lie sealed beside the books: none of them is in the configuration."""
CONF_REVISION: Final = "revision"
"""Counts the changes of keys, which the configuration does not show otherwise."""
