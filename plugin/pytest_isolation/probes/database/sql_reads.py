"""Parse what a statement of SQL reads, from its text alone: by regular expression, each text once."""

import re
from typing import Dict, FrozenSet, NamedTuple, Tuple

from .sql_writes import LONGEST_KEPT, MEMO_LIMIT, NAME, QUALIFIED, plain


class Reading(NamedTuple):
    """``tables`` are those behind FROM and JOIN, and that of an UPDATE or DELETE with a WHERE. ``equals`` are the
    columns that are compared with a value by ``=`` or ``IN``, where there is a WHERE; ``one`` tells that it is a single
    comparison of one column with one value. ``target`` is the table that rows are inserted into, or changed in."""

    verb: str = ""
    tables: Tuple[str, ...] = ()
    equals: FrozenSet[str] = frozenset()
    one: bool = False
    target: str = ""
    empties: Tuple[str, ...] = ()
    """Tables that hold nothing afterwards."""
    defines: str = ""
    """The table or view that it creates, or whose unique index."""
    keys: Tuple[str, ...] = ()
    """Columns of that table that tell one row from others, or whose row they belong to."""
    primary: str = ""
    """Its primary key, where that is one column."""


NOTHING = Reading()

# A comment without an end reaches to the end of the text: else the end of each of many would be searched for.
_NOISE = re.compile(r"--[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?|'(?:[^']|'')*'")
_VALUE = r"(?:(?:\?|%\(\w+\)s|%s|:\w+|\$\d+|\d+|'')(?:::\w+)?)"
_ITEM = QUALIFIED + r"(?:\s+AS\s+" + NAME + r"|\s+" + NAME + r"(?=\s*,))?"
_FROM = re.compile(
    r"\b(?:FROM|JOIN)\s+(?:ONLY\s+|LATERAL\s+)?(?P<items>" + _ITEM + r"(?:\s*,\s*" + _ITEM + r")*)", re.IGNORECASE
)
_FIRST = re.compile(QUALIFIED)
_WHERE = re.compile(r"\bWHERE\b", re.IGNORECASE)
# Names are looked for where one begins: else a text without blanks, or of quotes alone, is read again from each of its
# characters.
_EQUALS = re.compile(
    r"(?<![\w$\"])(?P<left>" + NAME + r")\s*\)?\s*(?:=\s*" + _VALUE + r"|IN\s*\()"
    r"|(?<![\w$])" + _VALUE + r"\s*=\s*(?:" + NAME + r"\s*\.\s*)*(?P<right>" + NAME + r")",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"\bWHERE\s+(?:" + NAME + r"\s*\.\s*)*" + NAME + r"\s*=\s*" + _VALUE + r"(?:\s+(?:ORDER|LIMIT)\b.*)?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_CTE = re.compile(
    r"(?<![\w$\"])(?P<name>" + NAME + r")\s*(?:\([^()]*\)\s*)?\bAS\s+(?:(?:NOT\s+)?MATERIALIZED\s+)?\(", re.IGNORECASE
)
_CHANGE = re.compile(
    r"(?:INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?(?:\s+ONLY)?"
    r"|DELETE\s+FROM(?:\s+ONLY)?)\s+(?P<table>" + QUALIFIED + r")",
    re.IGNORECASE,
)
_MEETS = re.compile(r"\bON\s+(?:CONFLICT|DUPLICATE\s+KEY)\b|^INSERT\s+(?:OR\s+|IGNORE\b)|^REPLACE\b", re.IGNORECASE)
_GONE = re.compile(
    r"(?:TRUNCATE\s+(?:TABLE\s+)?(?:ONLY\s+)?|DROP\s+(?:TABLE|VIEW)\s+(?:IF\s+EXISTS\s+)?)"
    r"(?P<names>" + QUALIFIED + r"(?:\s*,\s*" + QUALIFIED + r")*)",
    re.IGNORECASE,
)
_CREATE = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+|UNLOGGED\s+)?"
    r"(?:(?P<kind>TABLE|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>" + QUALIFIED + r")"
    r"|UNIQUE\s+INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?" + QUALIFIED + r"\s+ON\s+(?P<of>" + QUALIFIED + r"))",
    re.IGNORECASE,
)
_KEYS = re.compile(r"\b(?:(?P<primary>PRIMARY)\s+KEY|UNIQUE|FOREIGN\s+KEY)\s*\((?P<columns>[^()]*)\)", re.IGNORECASE)
_KEY_INLINE = re.compile(
    r"[(,]\s*(?P<column>" + NAME + r")\s+[^,()]{0,80}(?:\([^()]{0,40}\)[^,()]{0,80})?"
    r"\b(?:(?P<primary>PRIMARY\s+KEY)|UNIQUE|REFERENCES)\b",
    re.IGNORECASE,
)
_CATALOGUES = ("sqlite_", "pg_", "information_schema.", "mysql.", "performance_schema.")

_readings: Dict[str, Reading] = {}


def reading_of(statement: str) -> Reading:
    """:data:`NOTHING` where it reads no table and has nothing to do with reading."""
    try:
        return _readings[statement]
    except KeyError:
        reading = _reading(_NOISE.sub(_quiet, statement).strip())
        if len(statement) <= LONGEST_KEPT:
            if len(_readings) >= MEMO_LIMIT:
                _readings.clear()
            _readings[statement] = reading
        return reading


def _quiet(noise: "re.Match[str]") -> str:
    return "''" if noise.group(0)[0] == "'" else " "


def _reading(text: str) -> Reading:
    if text.count('"') % 2 or text.count("`") % 2:  # no name ends there, however long one looks for it
        return NOTHING
    head = text[:6].upper()
    if head.startswith(("SELECT", "WITH", "(", "VALUES", "TABLE ")):
        return _query("select", text)
    change = _CHANGE.match(text)
    if change is not None:
        return _changing(text, plain(change.group("table")), head)
    gone = _GONE.match(text)
    if gone is not None:
        return Reading("empty", empties=tuple(plain(name) for name in _FIRST.findall(gone.group("names"))))
    created = _CREATE.match(text)
    if created is None:
        return NOTHING
    if created.group("of"):
        columns = text[created.end() :].strip().strip("()")
        return Reading("create", defines=plain(created.group("of")), keys=_columns(columns))
    name = plain(created.group("name"))
    if created.group("kind").upper() == "VIEW":
        return Reading("view", _tables(text[created.end() :]), defines=name)
    return _table(name, text[created.end() :])


def _query(verb: str, text: str, target: str = "") -> Reading:
    where = _WHERE.search(text)
    equals: FrozenSet[str] = frozenset()
    if where is not None:
        compared = _EQUALS.finditer(text, where.end())
        equals = frozenset(plain(match.group("left") or match.group("right")).lower() for match in compared)
    return Reading(verb, _tables(text), equals, len(equals) == 1 and _ONE.search(text) is not None, target)


def _changing(text: str, target: str, head: str) -> Reading:
    """A write reads the tables of its SELECT, and its own table if it has a WHERE or resolves conflicts."""
    reading = _query("insert" if head in ("INSERT", "REPLAC") else "change", text, target)
    if reading.verb == "insert":
        own = (target,) if _MEETS.search(text) else ()
        return reading._replace(tables=tuple(dict.fromkeys((*own, *reading.tables))))
    if _WHERE.search(text) is None:
        others = tuple(table for table in reading.tables if table != target)
        return reading._replace(tables=others, empties=(target,) if head == "DELETE" and not others else ())
    if reading.one:  # the suite knows this row by its key, and reads no other
        return Reading(reading.verb, target=target)
    return reading._replace(tables=tuple(dict.fromkeys((target, *reading.tables))))


def _tables(text: str) -> Tuple[str, ...]:
    ctes = _CTE.finditer(text) if text[:4].upper() == "WITH" else ()
    named = {plain(match.group("name")).lower() for match in ctes}
    found: Dict[str, None] = {}
    for match in _FROM.finditer(text):
        for item in match.group("items").split(","):
            first = _FIRST.match(item.strip())
            name = plain(first.group(0)) if first is not None else ""
            lower = name.lower()
            if name and lower not in named and lower != "select" and not lower.startswith(_CATALOGUES):
                found[name] = None
    return tuple(found)


def _table(name: str, text: str) -> Reading:
    keys: Dict[str, None] = {}
    primary = ""
    for match in _KEYS.finditer(text):
        columns = _columns(match.group("columns"))
        keys.update(dict.fromkeys(columns))
        if match.group("primary") and len(columns) == 1:
            primary = columns[0]
    for match in _KEY_INLINE.finditer(text):
        column = plain(match.group("column")).lower()
        if column in ("foreign", "constraint"):
            continue
        keys[column] = None
        if match.group("primary"):
            primary = column
    return Reading("create", defines=name, keys=tuple(keys), primary=primary)


def _columns(text: str) -> Tuple[str, ...]:
    return tuple(plain(part).lower() for part in _FIRST.findall(text))
