"""Decode a line into facts. Lines come from another process or a file, so every value is checked."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from pytest_isolation.events import KINDS

from ..model import Stamped

_decode_json = msgspec.json.Decoder(list[Any]).decode
_FIELDS = {kind: len(kind._fields) for kind in KINDS.values()}
_MOST = 1 << 63
"""A limit for every number: moments in microseconds, durations in nanoseconds, counts."""


class Decoded(NamedTuple):
    """The facts of a line in order, and what is wrong with it ('' nothing). Damaged facts are left out."""

    facts: list[Stamped]
    damage: str = ""


def decode(line: bytes) -> Decoded:
    """Decode a line; facts of a kind that this version does not know are left out.

    Values beyond the known fields are ignored, and fields without a value have their defaults. A line is damaged unless
    it is a JSON array that begins with the worker's name; a fact is damaged if it has no moment, or a value of another
    type than the contract says.
    """
    facts: list[Stamped] = []
    try:
        worker, *given = _decode_json(line)
        if type(worker) is not str:
            return Decoded([], "it names no worker")
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return Decoded([], str(error))
    damage = "" if given else "it contains no facts"
    for each in given:
        try:
            name, at, *values = each
            kind = KINDS.get(name)
            if type(at) is not int or not 0 <= at < _MOST:
                raise ValueError(f"not a moment: {at!r}")
            if kind is not None:
                fact = msgspec.convert(values[: _FIELDS[kind]], kind, strict=True)
                if any(type(value) is int and not -_MOST < value < _MOST for value in fact):
                    raise ValueError("a number out of range")
                facts.append(Stamped(worker, at / 1e6, fact))
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
            damage = str(error)
    return Decoded(facts, damage)
