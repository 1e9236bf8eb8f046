"""Providers that take payers' money, one file each."""
