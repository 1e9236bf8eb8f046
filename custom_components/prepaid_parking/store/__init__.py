"""The durable side: one file, one writing thread, one chain of entries per site.

Nothing here knows a tariff, a device or the hub. What it promises: an act is written whole or not
at all, it is durable when it is acknowledged, and nothing that was written can change unseen.
"""
