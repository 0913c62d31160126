"""Parse the comparison that failed out of an assertion's message."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

_ASSERT = re.compile(r"^(?:AssertionError: )?assert (.+)$", re.MULTILINE)
_UNITTEST = re.compile(r"^AssertionError: (?:\w+ differ: )?(.+?) != (.+?)(?: : .*)?$", re.MULTILINE)
_OPERATOR = re.compile(r" (==|!=|<=|>=|<|>|is not|is|not in|in) ")


@dataclass(frozen=True, slots=True)
class ComparedValues:
    """A comparison ``left operator right``. A side is a value if it is a literal, else text, which pytest may truncate.

    ``operator`` is ``not`` without a right side, and '' if the message does not show which side was expected
    (``assertEqual``). ``explained`` is the whole message."""

    left: object
    operator: str
    right: object
    explained: str

    @property
    def numbers(self) -> tuple[float, float] | None:
        left, right = self.left, self.right
        if isinstance(left, bool) or isinstance(right, bool):
            return None
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return left, right
        return None

    @property
    def status(self) -> bool:
        """Whether HTTP statuses are compared: an error with a success, or values named so."""
        numbers = self.numbers
        if numbers is None:
            return False
        return "status" in self.explained or (400 <= numbers[0] < 600 and 200 <= numbers[1] < 400)

    @property
    def more(self) -> bool:
        """Whether the value found is larger than expected, or different: the effect of leftover rows."""
        match self.operator:
            case "==" | "is":
                return self._is_more()
            case "":
                return None not in (self.left, self.right)
            case "not":
                return self.left not in (False, None)
            case operator:
                return operator in ("<", "<=", "not in")

    def _is_more(self) -> bool:
        left, right = self.left, self.right
        if left is None or isinstance(left, bool):
            return left is True
        if self.numbers is not None:
            return self.numbers[0] > self.numbers[1]
        if type(left) is type(right) and isinstance(left, (list, tuple, dict, set)) and isinstance(right, type(left)):
            return len(left) >= len(right)
        return "Left contains" in self.explained or "Right contains" not in self.explained


def compared(message: str) -> ComparedValues | None:
    """The comparison in the message; None without one."""
    found = _ASSERT.search(message)
    if found is not None:
        text = found.group(1)
        if text.startswith("not "):
            return ComparedValues(_value(text[4:]), "not", None, message)
        operator = _OPERATOR.search(text)
        if operator is None:
            return None
        return ComparedValues(
            _value(text[: operator.start()]), operator.group(1), _value(text[operator.end() :]), message
        )
    unlike = _UNITTEST.search(message)
    return ComparedValues(_value(unlike.group(1)), "", _value(unlike.group(2)), message) if unlike is not None else None


def _value(text: str) -> object:
    """The value of a literal; any other text itself."""
    try:
        value: object = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value
