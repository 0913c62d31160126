"""A recording's facts as text, one a line: when, from which process, what kind, and its fields by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..recording import RecordedLine
from ..text.sanitize import clean
from ..text.wording import number

LONGEST_VALUE = 200
"""Characters of a value that are shown; output and tracebacks are longer."""


def fact_lines(recorded: Iterator[RecordedLine]) -> Iterator[str]:
    """One line for each fact, and one for each damaged line of the file.

    Fields that have their default value are left out. All text comes from the suite, so it is shown escaped.
    """
    start: float | None = None
    for line in recorded:
        for stamped in line.facts:
            start = stamped.at if start is None else start
            fields = " ".join(_fields(stamped.fact))
            moment = f"{stamped.at - start:+12.6f}"
            yield f"{moment}  {clean(stamped.worker):8}  {type(stamped.fact).__name__}  {fields}".rstrip()
        if line.damage:
            yield f"line {line.number} is damaged: {_shortened(clean(line.damage))}"


def _fields(fact: Any) -> Iterator[str]:
    defaults = fact._field_defaults
    for name, value in zip(fact._fields, fact, strict=True):
        if name not in defaults or value != defaults[name]:
            yield f"{name}={_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, tuple) and hasattr(value, "_fields"):  # a Place, a Unit
        return f"{type(value).__name__}({' '.join(_fields(value))})"
    if isinstance(value, list):
        return _shortened(f"[{', '.join(map(_value, value))}]")
    return _shortened(clean(repr(value)))


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_VALUE:
        return text
    return f"{text[:LONGEST_VALUE]}... ({number(len(text), 'character')})"
