"""What every test may ask for."""

import signal

from postgres import postgres

__all__ = ["postgres", "pytest_configure"]


def pytest_configure() -> None:
    """Processes that tests start begin with signals as a user's terminal gives them. Whoever runs these tests in the
    background (``nohup``, ``&`` in a script) has SIGINT or SIGHUP ignored, and ignored signals are handed on."""
    for name, usual in (
        ("SIGINT", signal.default_int_handler),
        ("SIGHUP", signal.SIG_DFL),
        ("SIGTERM", signal.SIG_DFL),
    ):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)
