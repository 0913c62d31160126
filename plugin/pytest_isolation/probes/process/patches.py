"""Register of the functions of the standard library, numpy and Flask that the process probe wraps."""

import sys

from ...patches import Patch

PUTENV = Patch(
    "os.putenv",
    "Flags that an environment variable was set, which saves comparing all of them. Python looks it up in its module.",
    "Python 3.9 and later",
    known=lambda value: callable(value) and sys.version_info >= (3, 9),
)
UNSETENV = Patch(
    "os.unsetenv",
    "The same for a variable that is deleted.",
    "Python 3.9 and later",
    known=lambda value: callable(value) and sys.version_info >= (3, 9),
)
SEED = Patch("random.seed", "Notices that the suite fixes the random numbers.", known=callable)
SETSTATE = Patch("random.setstate", "Notices that a saved state is restored.", known=callable)
NUMPY_SEED = Patch("numpy.random.seed", "The same as `random.seed`, once the suite has imported numpy.", known=callable)
NUMPY_SET_STATE = Patch("numpy.random.set_state", "The same as `random.setstate`.", known=callable)
FLASK = Patch("flask.app.Flask.__init__", "Finds the applications whose configuration and extensions are compared.")

NOT_SEEN_IN_SAFE_MODE = ("random numbers that a test seeds", "the configuration of Flask applications")
PATCHES = (PUTENV, UNSETENV, SEED, SETSTATE, NUMPY_SEED, NUMPY_SET_STATE, FLASK)
