"""Custom integrations, as the hub finds them in its configuration folder."""
