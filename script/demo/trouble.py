"""What ends the demo with a sentence instead of a traceback."""


class DemoError(Exception):
    """Something a person has to know; its text is shown as it is."""
