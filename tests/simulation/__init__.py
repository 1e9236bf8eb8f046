"""Whole lives of sites, made from a seed: every fault that a building has seen, and who checks it.

A life is weeks to months of a site with real operations and a real ledger file, on a clock that is
turned by hand. Meters count truly; what becomes of their readings, of the hub and of its disk is
drawn. `audit.py` knows what was used and what it must cost, from the written tariffs alone.
"""
