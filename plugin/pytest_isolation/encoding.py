"""How a line of the contract is written. Like :mod:`.events` it imports the standard library alone."""

import json
import re
from typing import Any, Callable, Dict

from .events import KINDS, PROTOCOL, FixtureSetUp, FixtureTornDown, PhaseFinished, Place, TestStarted, Unit

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode
_escape = json.encoder.encode_basestring_ascii
_URL_PASSWORD = re.compile(r"(://[^:/?#\s@\"']*):[^@\s\"'/]+@")
_QUERY_PASSWORD = re.compile(r"([?&](?:password|passwd|pwd|secret|token)=)[^&\s\"'\\]+", re.IGNORECASE)
_NO_DEFAULT = object()
_HUGE = 1e300

_SHAPES = {
    kind: (
        '{"kind":%s,"worker":' % _escape(name),
        [(",%s:" % _escape(field), kind._field_defaults.get(field, _NO_DEFAULT)) for field in kind._fields],
    )
    for name, kind in KINDS.items()
}
"""Kind -> (how its lines begin, (key, default) of each field)."""


def encode(worker: str, at: float, fact: Any) -> str:
    """One line, without its newline. Fields at their default are left out; passwords inside database URLs are replaced
    by ``***``.

    Raises TypeError for a value that JSON does not know, ValueError for a number that it does not. Written by hand
    because it runs on the suite's own processor: 2 us a fact where the general encoder takes 6, and one for what every
    test tells.
    """
    kind = type(fact)
    usual = _usual_line(_escape(worker), at, fact)
    if usual:
        return usual
    head, fields = _SHAPES[kind]
    parts = [head, _escape(worker), ',"at":%.6f' % at]
    for (key, default), value in zip(fields, fact):
        if value is default or value == default:
            continue
        kind = type(value)
        if kind is str:
            parts.append(key + _escape(value))
        elif kind is int or (kind is float and -_HUGE < value < _HUGE):
            parts.append(key + repr(value))
        elif kind is list and value and type(value[0]) is int:  # ids of lives; lists of the contract hold one type
            parts.append(key + str(value).replace(" ", ""))
        elif kind is list and value and type(value[0]) is str:
            parts.append("%s[%s]" % (key, ",".join(map(_escape, value))))
        elif kind is Place and type(value[2]) is int:
            module, file, line, function = value
            parts.append("%s[%s,%s,%d,%s]" % (key, _escape(module), _escape(file), line, _escape(function)))
        elif kind is Unit and type(value[2]) is int:
            nodeid, phase, life, step = value
            parts.append("%s[%s,%s,%d,%s]" % (key, _escape(nodeid), _escape(phase), life, _escape(step)))
        else:
            parts.append(key + _encode(value))
    parts.append("}")
    line = "".join(parts)
    if "://" in line:
        line = _QUERY_PASSWORD.sub(r"\1***", _URL_PASSWORD.sub(r"\1:***@", line))
    return line


def _ids(numbers: Any) -> str:
    return "[%d]" % numbers[0] if len(numbers) == 1 else str(numbers).replace(" ", "")


def _test_started(worker: str, at: float, fact: TestStarted) -> str:
    nodeid, attempt, file, line = fact
    if attempt != 1 or not (file and line) or "://" in nodeid or "://" in file:
        return ""
    return _TEST_STARTED % (worker, at * 1e6, _escape(nodeid), _escape(file), line)


def _phase_passed(worker: str, at: float, fact: PhaseFinished) -> str:
    nodeid, attempt, when, outcome, duration, _, _, _, _, _, uses, _, _ = fact
    if outcome != "passed" or when not in _PHASES or fact[5:10] != _NOTHING_RAISED or fact[11:] != _NO_MORE:
        return ""
    if type(duration) is not float or not 0 <= duration < _LONG or "://" in nodeid:
        return ""
    if not uses:
        return _PHASE_PASSED % (worker, at * 1e6, _escape(nodeid), attempt, when, duration * 1e9, "")
    if type(uses[0]) is not int:
        return ""
    return _PHASE_PASSED % (
        worker, at * 1e6, _escape(nodeid), attempt, when, duration * 1e9, ',"uses":' + _ids(uses),
    )  # fmt: skip


def _fixture_set_up(worker: str, at: float, fact: FixtureSetUp) -> str:
    life, definition, nodeid, parameter, parent, depends, began, duration, exception, message = fact
    if parameter is not None or parent or exception or message or not nodeid or "://" in nodeid:
        return ""
    if type(began) is not float or type(duration) is not float or not (0 < began < _LATE and 0 <= duration < _LONG):
        return ""
    if depends and type(depends[0]) is not int:
        return ""
    after = '"depends":%s,' % _ids(depends) if depends else ""
    return _FIXTURE_SET_UP % (
        worker, at * 1e6, life, definition, _escape(nodeid), after, began * 1e6, duration * 1e9,
    )  # fmt: skip


def _fixture_torn_down(worker: str, at: float, fact: FixtureTornDown) -> str:
    life, nodeid, duration = fact
    if type(duration) is not float or not 0 <= duration < _LONG or "://" in nodeid:
        return ""
    return _FIXTURE_TORN_DOWN % (worker, at * 1e6, life, _escape(nodeid), duration * 1e9)


# Times are written as whole numbers of microseconds and nanoseconds: a float's shortest form takes three times as long.
_START = '{"kind":"%s","worker":%%s,"at":%%de-6,'
_TEST_STARTED = _START % "TestStarted" + '"nodeid":%s,"file":%s,"line":%d}'
_PHASE_PASSED = _START % "PhaseFinished" + (
    '"nodeid":%s,"attempt":%d,"when":"%s","outcome":"passed","duration":%de-9%s}'
)
_FIXTURE_SET_UP = _START % "FixtureSetUp" + ('"life":%d,"definition":%d,"nodeid":%s,%s"began":%de-6,"duration":%de-9}')
_FIXTURE_TORN_DOWN = _START % "FixtureTornDown" + '"life":%d,"nodeid":%s,"duration":%de-9}'
_LONG, _LATE = 1e6, 1e11
"""Seconds that have more digits than a float are not written so."""
_PHASES = ("setup", "call", "teardown")
_NOTHING_RAISED = tuple(PhaseFinished._field_defaults[field] for field in PhaseFinished._fields[5:10])
_NO_MORE = tuple(PhaseFinished._field_defaults[field] for field in PhaseFinished._fields[11:])

_USUAL: Dict[type, Callable[[str, float, Any], str]] = {
    TestStarted: _test_started,
    PhaseFinished: _phase_passed,
    FixtureSetUp: _fixture_set_up,
    FixtureTornDown: _fixture_torn_down,
}
"""Kinds that every test tells -> how their lines are written where nothing is out of the ordinary, else ''. The worker
is given as JSON has it."""


def _usual_line(worker: str, at: float, fact: Any) -> str:
    """'' where it is none of these, or out of the ordinary. ``worker`` as JSON has it."""
    write = _USUAL.get(type(fact))
    try:
        return write(worker, at, fact) if write is not None else ""
    except Exception:  # not the values that the contract has
        return ""


def handshake_line(token: str) -> str:
    """The first line of a connection, without its newline: proves that the peer was started by the listener."""
    return _encode({"isolation": PROTOCOL, "token": token})
