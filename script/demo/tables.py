"""Tables for the demo's dashboard: Markdown cards over what `lists.yaml` asks the integration.

Cards that every hub has. Whoever wants such a table at home copies the card and the entity it reads.
"""

from typing import Final

from .client import Data

_WALLETS: Final = """\
{%- set look = {'ok': ['mdi:check-circle', 'green', 'OK'], 'low': ['mdi:alert', 'orange', 'Low'],
  'exempt': ['mdi:shield-check', 'teal', 'Quota'], 'grace': ['mdi:timer-sand', 'darkorange', 'Grace'],
  'cut_off': ['mdi:power-plug-off', 'red', 'Cut off'], 'closed': ['mdi:lock', 'gray', 'Closed']} -%}
| Unit | Left | | State | Days |
|:--|--:|:-:|:--|--:|
{% for unit, available, state, days in ROWS -%}
{%- set icon, colour, text = look.get(states(state), ['mdi:help-circle', 'gray', '–']) -%}
| {{ unit }} | {{ states(available, rounded=true) }} | \
<font color="{{ colour }}"><ha-icon icon="{{ icon }}"></ha-icon></font> | \
{{ text | replace(' ', '&nbsp;') }} | {{ states(days, rounded=true) if has_value(days) else '–' }} |
{% endfor %}
*How many days it lasts is known once a whole day was used.*
"""
_CUTS: Final = """\
{% set wallets = state_attr('sensor.cut_list', 'wallets') or [] -%}
{% if wallets -%}
| Supply | Cut at | To pay |
|:--|:--|--:|
{% for one in wallets -%}
{%- if one.spared -%}
| {{ one.unit }} | *spared* | {{ one.missing }} |
{% endif -%}
{%- for cut in one.cuts -%}
| {{ cut.name }} | <font color="red">\
{{ as_local(as_datetime(cut.at)).strftime('%a %H:%M') }}</font> | {{ one.missing }} |
{% endfor -%}
{%- endfor %}
A payment takes a flat off this list, and so does the action *Veto a cut*.
{%- else -%}
<ha-icon icon="mdi:check-circle"></ha-icon> Nobody will be cut by the end of tomorrow.
{%- endif %}
"""
_PRICES: Final = """\
{% for tariff in state_attr('sensor.price_list', 'tariffs') or [] -%}
{%- set now = tariff.versions[-1] %}
**{{ now.name }}**

{% if now.rates is defined -%}
| Rate | Price | When |
|:--|--:|:--|
{% for rate, price in now.rates.items() -%}
{%- set bands = now.bands | selectattr('rate', 'eq', rate) | list -%}
| {{ rate }} | {{ price }} | {% for band in bands %}{{ band.from }}–{{ band.to }}\
{{ ', Mon–Fri' if band.days | count == 5 }}{{ '' if loop.last else '; ' }}{% else %}the rest{% endfor %} |
{% endfor %}
{%- elif now.price is defined -%}
{{ now.price }} for each {{ {'energy': 'kWh', 'volume': 'm³', 'mass': 't'}.get(now.quantity, 'unit') }}
{%- elif now.counted is defined -%}
{{ now.counted.uses }} uses for {{ now.counted.price }}, then {{ now.counted.use_price }} each
{%- elif now.fixed is defined -%}
{{ now.fixed.price }} for each m² and {{ now.fixed.every }}
{%- endif %}
{% for tiers in [now.ladder | default(now.tiers | default([]))] if tiers %}
*On top, by what was used in the month:*

| Used in the month | On top |
|:--|--:|
{% for tier in tiers -%}
| {{ 'up to ' ~ tier.up_to ~ ' kWh' if tier.up_to is defined else 'more' }} | + {{ tier.price }} |
{% endfor %}
{%- endfor %}
{%- for levy in now.levies | default([]) %}
{{ levy.name }} {{ levy.percent }} % is included.
{% endfor %}
{% endfor %}
"""
_USAGE: Final = """\
| Meter, rate, tier | Price | Used | Cost |
|:--|--:|--:|--:|
{% for one in state_attr('ENTITY', 'usage') or [] -%}
{%- for rate in one.rates -%}
| NAMES{{ '' if rate.rate == 'flat' else ', ' ~ rate.rate }}, {{ rate.tier + 1 }} | \
{{ rate.price }} | {{ rate.quantity | float | round(2) }}&nbsp;{{ one.unit }} | {{ rate.cost }} |
{% endfor -%}
{%- else %}
| *nothing was charged yet* | | | |
{%- endfor %}
"""
_BILLS: Final = """\
{%- set look = {'issued': ['mdi:clock-outline', 'darkorange'], 'paid': ['mdi:check-circle', 'green'],
  'part_paid': ['mdi:circle-half-full', 'darkorange'], 'void': ['mdi:cancel', 'gray'],
  'draft': ['mdi:pencil', 'gray'], 'written_off': ['mdi:delete', 'gray']} -%}
| | Bill | Unit | For | Total | Open | Due |
|:-:|:--|:--|:--|--:|--:|:--|
{% for bill in state_attr('sensor.bills', 'bills') or [] -%}
{%- set icon, colour = look[bill.state] -%}
| <font color="{{ 'red' if bill.overdue else colour }}">\
<ha-icon icon="{{ icon }}"></ha-icon></font> | {{ (bill.number or bill.bill) | replace('-', '‑') }} | \
{{ bill.unit | replace('-', '‑') }} | {{ bill.lines[0].text | truncate(14, true, '…') }} | {{ bill.total }} | {{ bill.open }} | \
{{ (bill.due_on or '–')[-5:] | replace('-', '‑') }} |
{% endfor %}
"""
_UNITS: Final = """\
| Unit | Use | m² | Persons | State |
|:--|:--|--:|--:|:--|
{% for unit in state_attr('sensor.unit_list', 'units') or [] -%}
| {{ unit.name }} | {{ unit.use }} | {{ unit.area }} | {{ unit.persons or '–' }} | \
{{ '<font color="darkorange">vacant</font>' if unit.vacant else 'occupied' }} |
{% endfor %}
"""
_ZONES: Final = """\
| Zone | Whose | Places | Taken |
|:--|:--|--:|--:|
{% for one in state_attr('ENTITY', 'zones') or [] -%}
| {{ one.zone or '–' }} | {{ {'owned': 'owners', 'rented': 'rented', 'temporary': 'visitors'}[one.tenure] }} | \
{{ one.places }} | {{ one.taken }} |
{% endfor %}
"""
_STAYS: Final = """\
{%- set look = {'inside': ['mdi:parking', 'green', 'inside'], 'arriving': ['mdi:car-arrow-right', 'gray', 'arriving'],
  'leaving': ['mdi:car-arrow-left', 'gray', 'leaving'], 'left': ['mdi:check', 'gray', 'left'],
  'unpaid': ['mdi:alert', 'red', 'unpaid'], 'backed_out': ['mdi:undo', 'gray', 'turned back']} -%}
| | Plate | As | When | Paid |
|:-:|:--|:--|:--|--:|
{% for one in state_attr('sensor.stays', 'stays') or [] -%}
{%- set icon, colour, text = look.get(one.state, ['mdi:lock', 'gray', one.state]) -%}
| <font color="{{ colour }}"><ha-icon icon="{{ icon }}"></ha-icon></font> | {{ (one.plate or '–') | replace('*', '&#42;') }} | \
{{ {'temporary': 'visitor', 'overflow': 'visitor', 'visitor': 'invited'}.get(one.kind, one.kind) }} | \
{{ as_local(as_datetime(one.entered_at)).strftime('%H:%M') if one.entered_at }}–\
{{ as_local(as_datetime(one.left_at)).strftime('%H:%M') if one.left_at }} | \
{{ one.paid if one.paid != '0.00' else '' }} |
{% else -%}
| | *nobody has come yet* | | | |
{% endfor %}
"""
_CARDS: Final = """\
| Unit | Plates | By | Until |
|:--|:--|:--|:--|
{% for one in state_attr('sensor.card_list', 'cards') or [] -%}
{%- set permit = one.permits | first | default({}) -%}
| {{ one.unit | replace('-', '‑') }} | {{ one.credentials | join(', ') | replace('*', '&#42;') }} | \
{% if one.state != 'active' %}<font color="red">{{ one.state }}</font>\
{% elif permit %}{{ permit.package or 'rented space' }}\
{{ ' <font color="red">unpaid</font>' if permit.state == 'unpaid' }}\
{% else %}{{ 'own space' if one.space else 'each stay' }}{% endif %} | \
{{ permit.last | default('–') | replace('-', '‑') }} |
{% endfor %}
"""
_CODES: Final = """\
{% set codes = state_attr('sensor.code_list', 'codes') or [] -%}
| Code for | |
|:--|:--|
{% for one in codes -%}
| {{ one.name }} | <a target="_blank" href="{{ one.url }}">open its page</a> |
{% endfor %}
<a target="_blank" href="{{ state_attr('sensor.code_list', 'sheet') }}">Print them all as stickers</a>
"""
_ORDERS: Final = """\
{% set orders = state_attr('sensor.order_list', 'orders') or [] -%}
{% if orders -%}
| At | For | Amount | |
|:--|:--|--:|:--|
{% for one in orders -%}
| {{ as_local(as_datetime(one.at)).strftime('%H:%M') }} | {{ one.aim }} | {{ one.amount }} | {{ one.state }} |
{% endfor %}
{%- else -%}
Nobody was asked for money yet.
{%- endif %}
"""


def wallets(rows: list[tuple[str, ...]]) -> Data:
    """Return the table of all wallets: its name, and the entities of its money, state and days."""
    return _table(_WALLETS.replace("ROWS", repr(rows)))


def cuts() -> Data:
    """Return the list of what will be cut by the end of tomorrow."""
    return _table(_CUTS)


def prices() -> Data:
    """Return the price list."""
    return _table(_PRICES)


def usage(entity: str, meters: dict[str, str]) -> Data:
    """Return what a wallet's meters used this month, by rate and tier; `meters` are names by id."""
    named = f"{{{{ {meters!r}.get(one.meter, one.meter) }}}}"
    return _table(_USAGE.replace("ENTITY", entity).replace("NAMES", named))


def bills() -> Data:
    """Return the latest bills."""
    return _table(_BILLS)


def units() -> Data:
    """Return the register of units."""
    return _table(_UNITS)


def zones(entity: str) -> Data:
    """Return the places by zone and tenure; `entity` counts what is taken."""
    return _table(_ZONES.replace("ENTITY", entity))


def stays() -> Data:
    """Return the latest stays."""
    return _table(_STAYS)


def cards() -> Data:
    """Return the parking cards."""
    return _table(_CARDS)


def codes() -> Data:
    """Return the codes to pay, as links for a second window."""
    return _table(_CODES)


def orders() -> Data:
    """Return what payers were asked for last, and what became of it."""
    return _table(_ORDERS)


def _table(content: str) -> Data:
    return {"type": "markdown", "content": content, "grid_options": {"columns": "full"}}
