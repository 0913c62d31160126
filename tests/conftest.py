"""What every test may ask for."""

from postgres import postgres

__all__ = ["postgres"]
