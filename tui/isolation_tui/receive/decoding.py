"""From a line to a fact. Lines come from another process or from a file: nothing in them is believed unchecked."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from pytest_isolation.events import KINDS

from ..model import Stamped


class BadLine(ValueError):
    """Not a line of ours."""


_decode_json = msgspec.json.Decoder(dict[str, Any]).decode


@cache
def _fields(kind: type) -> tuple[tuple[str, ...], dict[str, Any]]:
    return kind._fields, kind._field_defaults  # type: ignore[attr-defined]


def decode(line: bytes) -> Stamped | None:
    """The fact of a line; None for a kind that this version does not know.

    Fields that are unknown are ignored, missing ones have their defaults. Raises :class:`BadLine` where the line is no
    JSON object, or a field is missing or of another type than the contract says.
    """
    try:
        given = _decode_json(line)
        kind = KINDS.get(given["kind"])
        if kind is None:
            return None
        names, defaults = _fields(kind)  # type: ignore[arg-type]
        values = [given[name] if name in given else defaults[name] for name in names]
        fact = msgspec.convert(values, kind, strict=True)
        return Stamped(msgspec.convert(given["worker"], str), msgspec.convert(given["at"], float), fact)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadLine(str(error)) from error
