"""The rules of money, metering and access: pure functions over frozen values.

Nothing here knows a clock, a file, a socket or the hub; time, ids and settings come in as arguments.
"""
