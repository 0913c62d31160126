"""Parse what a statement of SQL writes, from its text alone: by regular expression, each text once.

Compiled and textual statements are alike here, on every version of SQLAlchemy.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

BEFORE = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*\*/)*")
"""Blanks and comments that a statement begins with. Each character can be matched in one way only, and it is matched
apart from what follows: else it takes seconds to distinguish an indented SELECT from a CREATE."""

NAME = r"(?:\"(?:[^\"]|\"\")+\"|`[^`]+`|\[[^\[\]]+\]|[\w$]+)"
QUALIFIED = NAME + r"(?:\s*\.\s*" + NAME + r")*"

INSERT, UPDATE, DELETE, TRUNCATE, UNKNOWN = "insert", "update", "delete", "truncate", "unknown"
SAVEPOINT, RELEASE, ROLLBACK_TO = "savepoint", "release", "rollback to"
COMMIT, ROLLBACK, DDL = "commit", "rollback", "ddl"

MAY_MATTER = frozenset(
    a + b
    for pair in (["IN", "UP", "DE", "RE", "ME", "TR", "WI", "SA", "RO", "CO", "EN", "CR", "AL", "DR"])
    for a in (pair[0], pair[0].lower())
    for b in (pair[1], pair[1].lower())
) | frozenset(a + b for a in "-/ \n\t\r" for b in "-*/ \n\t\rIUDRMTWSCEAiudrmtwscea")
"""The first two characters of statements that are worth a look; a SELECT's are not among them."""


class Shape(NamedTuple):
    """``verb`` is one of the above; ``table`` as :func:`plain` writes it, or the name of a savepoint. ``returning``:
    the driver may not know how many rows there were before they are fetched. ``vague``: it may do more."""

    verb: str
    table: str = ""
    returning: bool = False
    vague: bool = False
    several: bool = False
    """More than one statement in one text, which some drivers take."""
    lenient: bool = False
    """It may leave rows out without an error."""
    by: Tuple[Tuple[str, str], ...] = ()
    """Of a DELETE whose WHERE names columns that equal parameters, and nothing else: these columns, and what their
    parameters are called ('' where their positions identify them)."""
    written: str = ""
    """``table`` as the statement spells it."""
    simple: bool = False
    """It writes, and none of the above applies."""


_WRITE = re.compile(
    r"(?:INSERT\s+(?:OR\s+(?P<instead>\w+)\s+|LOW_PRIORITY\s+|DELAYED\s+|HIGH_PRIORITY\s+|IGNORE\s+)*INTO\s+"
    r"|(?P<replace>REPLACE)\s+(?:LOW_PRIORITY\s+|DELAYED\s+)?INTO\s+"
    r"|(?P<update>UPDATE)\s+(?:OR\s+(?P<orupdate>\w+)\s+|LOW_PRIORITY\s+|IGNORE\s+|ONLY\s+)*"
    r"|(?P<delete>DELETE)\s+(?:LOW_PRIORITY\s+|QUICK\s+|IGNORE\s+)*FROM\s+(?:ONLY\s+)?"
    r"|(?P<truncate>TRUNCATE)\s+(?:TABLE\s+)?(?:ONLY\s+)?"
    r"|(?P<merge>MERGE)\s+INTO\s+|(?P<copy>COPY)\s+(?=[^\s(][^(]*\sFROM\s))"
    r"(?P<table>" + QUALIFIED + r")(?P<list>\s*,)?",
    re.IGNORECASE,
)
_WRITE_WITHIN = re.compile(
    r"(?<!FOR\s)\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?(?P<table>" + QUALIFIED + r")",
    re.IGNORECASE,
)
_CONTROL = re.compile(
    r"(?P<savepoint>SAVEPOINT)\s+(?P<one>" + NAME + r")"
    r"|(?P<release>RELEASE)\s+(?:SAVEPOINT\s+)?(?P<two>" + NAME + r")"
    r"|(?P<back>ROLLBACK)\s+(?:WORK\s+|TRANSACTION\s+)?TO\s+(?:SAVEPOINT\s+)?(?P<three>" + NAME + r")"
    r"|(?P<rollback>ROLLBACK)\b|(?P<commit>COMMIT|END)\b",
    re.IGNORECASE,
)
_PLACEHOLDER = r"(?:\?|%s|%\((?P<name{0}>[^()\s]+)\)s|:(?P<bind{0}>\w+)|\$\d+)(?:::\w+)*"
_EQUALS = r"\s*(?:" + NAME + r"\s*\.\s*)*(?P<column{0}>" + NAME + r")\s*=\s*" + _PLACEHOLDER
_MOST_COLUMNS = 4
_BY_KEY = re.compile(
    r"\s+WHERE\b"
    + _EQUALS.format(0)
    + "".join(r"(?:\s+AND\b" + _EQUALS.format(n) for n in range(1, _MOST_COLUMNS))
    + ")?" * (_MOST_COLUMNS - 1)
    + r"\s*;?\s*$",
    re.IGNORECASE,
)
_FILLED = re.compile(
    r"CREATE\s+(?:TEMP\w*\s+|UNLOGGED\s+)*TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<table>" + QUALIFIED + r")\s+AS\b",
    re.IGNORECASE,
)
_RETURNING = re.compile(r"\bRETURNING\b", re.IGNORECASE)
_ON_CONFLICT = re.compile(r"\bON\s+(?:CONFLICT|(?P<key>DUPLICATE\s+KEY))\b", re.IGNORECASE)
_DO_UPDATE = re.compile(r"\bDO\s+UPDATE\b", re.IGNORECASE)
_LENIENT = re.compile(r"\b(?:ON\s+CONFLICT|IGNORE)\b", re.IGNORECASE)
_MORE = re.compile(r";\s*[^\s;]")

PLAIN_DDL = Shape(DDL)
"""The one shape of DDL that writes no rows."""

MEMO_LIMIT, LONGEST_KEPT = 1_000, 5_000
_COUNTED = frozenset((INSERT, UPDATE, DELETE))
_shapes: Dict[str, Optional[Shape]] = {}


def shape_of(statement: str) -> Optional[Shape]:
    """None where the statement is of no interest."""
    try:
        return _shapes[statement]
    except KeyError:
        shape = _shape(statement)
        if shape is not None and shape.verb in _COUNTED:
            simple = not (shape.returning or shape.vague or shape.several or shape.by)
            shape = shape._replace(simple=simple)
        if len(statement) <= LONGEST_KEPT:
            if len(_shapes) >= MEMO_LIMIT:
                _shapes.clear()
            _shapes[statement] = shape
        return shape


def _shape(statement: str) -> Optional[Shape]:
    before = BEFORE.match(statement)
    start = before.end() if before else 0
    head = statement[start : start + 4].upper()
    if head == "WITH":
        return _within(statement, start)
    match = _WRITE.match(statement, start)
    if match is not None:
        return _write(statement, match)
    control = _CONTROL.match(statement, start)
    if control is not None:
        return _control(control)
    filled = _FILLED.match(statement, start)
    if filled is not None:
        return Shape(UNKNOWN, plain(filled.group("table")), written=filled.group("table"))
    return PLAIN_DDL if head in ("CREA", "ALTE", "DROP", "RENA") else None


def _write(statement: str, match: "re.Match[str]") -> Shape:
    written, end = match.group("table"), match.end()
    table = plain(written)
    returning = _RETURNING.search(statement, end) is not None
    several = _MORE.search(statement, end) is not None
    if match.group("merge") or match.group("copy"):
        return Shape(UNKNOWN, table, written=written)
    if match.group("truncate"):
        return Shape(TRUNCATE, table, vague=bool(match.group("list")), written=written)
    if match.group("update"):
        vague = (match.group("orupdate") or "").upper() == "REPLACE"
        return Shape(UPDATE, table, returning, vague, several, written=written)
    if match.group("delete"):
        return Shape(DELETE, table, returning, False, several, by=_columns(statement, end), written=written)
    replaces = bool(match.group("replace")) or (match.group("instead") or "").upper() == "REPLACE"
    lenient = _LENIENT.search(statement, match.start()) is not None
    vague = replaces or _updates_instead(statement, end)
    return Shape(INSERT, table, returning, vague, several, lenient, written=written)


def _updates_instead(statement: str, start: int) -> bool:
    """Whether an INSERT may update rows that are there. In two steps: one expression for both is quadratic."""
    found = _ON_CONFLICT.search(statement, start)
    return found is not None and (
        found.group("key") is not None or _DO_UPDATE.search(statement, found.end()) is not None
    )


def _columns(statement: str, end: int) -> Tuple[Tuple[str, str], ...]:
    match = _BY_KEY.match(statement, end)
    if match is None:
        return ()
    found = match.groupdict()
    return tuple(
        (plain(found["column%d" % n]), found["name%d" % n] or found["bind%d" % n] or "")
        for n in range(_MOST_COLUMNS)
        if found["column%d" % n]
    )


def _within(statement: str, start: int) -> Optional[Shape]:
    """``WITH ...``: mostly a SELECT. A write may stand at its end, elsewhere than on SQLite also within."""
    found = list(_WRITE_WITHIN.finditer(statement, start))
    if not found:
        return None
    last = found[-1]
    verb = {"I": INSERT, "U": UPDATE, "D": DELETE}[last.group(0)[0].upper()]
    returning = _RETURNING.search(statement, last.end()) is not None
    vague = len(found) > 1 or _updates_instead(statement, last.end())
    within = statement.count("(", start, last.start()) != statement.count(")", start, last.start())
    name = last.group("table")
    return Shape(verb, plain(name), returning, vague, vague or within, written=name)


def _control(match: "re.Match[str]") -> Shape:
    if match.group("savepoint"):
        return Shape(SAVEPOINT, plain(match.group("one")).lower())
    if match.group("release"):
        return Shape(RELEASE, plain(match.group("two")).lower())
    if match.group("back"):
        return Shape(ROLLBACK_TO, plain(match.group("three")).lower())
    return Shape(ROLLBACK if match.group("rollback") else COMMIT)


def plain(name: str) -> str:
    """A name without its quotes; ``schema.table`` where it is qualified."""
    return ".".join(part[1:-1].replace('""', '"') if part[0] in '"`[' else part for part in parts(name))


def parts(name: str) -> List[str]:
    """The parts of a qualified name as it is written, still quoted."""
    return re.findall(NAME, name)


def is_quoted(name: str) -> bool:
    """Whether a name, or a part of it, is quoted as it is written."""
    return any(part[0] in '"`[' for part in parts(name))
