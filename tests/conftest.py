"""What every test may ask for, and the signals that those which send some need."""

import signal

from postgres import postgres

__all__ = ["postgres"]

# A shell that starts the tests in the background has them ignore Ctrl-C, and nohup has them ignore a hang-up. What is
# ignored stays so in every process they start; what has a handler is at its default there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)
