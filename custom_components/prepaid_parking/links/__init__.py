"""The ways to devices: Modbus, MQTT and the hub's own entities, and the profiles that describe them.

A link turns what a device says into a `Sample` and what went wrong into a `DeviceError`; it knows
nothing of money, books or rules.
"""
