"""From a line to facts. Lines come from another process or from a file: nothing in them is believed unchecked."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from pytest_isolation.events import KINDS

from ..model import Stamped

_decode_json = msgspec.json.Decoder(list[Any]).decode
_FIELDS = {kind: len(kind._fields) for kind in KINDS.values()}
_MOST = 1 << 63
"""No moment is that many microseconds after the epoch, and nothing lasts that many nanoseconds."""


class Decoded(NamedTuple):
    """``facts`` in their order, and what is wrong with the line ('' nothing): what is damaged in it is left out."""

    facts: list[Stamped]
    damage: str = ""


def decode(line: bytes) -> Decoded:
    """The facts of a line, but for those of a kind that this version does not know.

    Values beyond the fields that are known are ignored, fields without one have their defaults. Damaged is a line that
    is no JSON array with a name in front, and a fact without a moment, or with a value of another type than the
    contract says.
    """
    facts: list[Stamped] = []
    try:
        worker, *given = _decode_json(line)
        if type(worker) is not str:
            return Decoded([], "nobody says it")
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return Decoded([], str(error))
    damage = "" if given else "there are no facts in it"
    for each in given:
        try:
            name, at, *values = each
            kind = KINDS.get(name)
            if type(at) is not int or not 0 <= at < _MOST:
                raise ValueError(f"no moment: {at!r}")
            if kind is not None:
                fact = msgspec.convert(values[: _FIELDS[kind]], kind, strict=True)
                if any(type(value) is int and not -_MOST < value < _MOST for value in fact):
                    raise ValueError("a number beyond all measure")
                facts.append(Stamped(worker, at / 1e6, fact))
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
            damage = str(error)
    return Decoded(facts, damage)
