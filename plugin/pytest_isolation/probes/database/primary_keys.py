"""Primary keys of rows that were inserted or deleted, where they are known without a query: ``id=3``, ``a=1,b=2``.

They come from parameters, from the id of the row inserted last, and from the RETURNING that SQLAlchemy
adds by itself. No other column's value is looked at, and nothing of the suite's own is called: what is not a plain
number, text, UUID or bytes is left out.
"""

import sys
from typing import Any, List, Optional, Sequence, Tuple

from .drivers import NAME_OF_VALUE

MOST_KEYS = 5
"""How many keys of one table are emitted for a unit."""
_LONGEST = 40


def inserted(context: Any, most: int) -> Tuple[Tuple[str, ...], List[str]]:
    """(names of the key's columns, the first keys) of a compiled INSERT whose result is there."""
    columns = list(context.compiled.statement.table.primary_key)
    names = tuple(str(column.name) for column in columns)
    rows = context.__dict__.get("inserted_primary_key_rows")  # it would be made up from all parameters, if asked
    if rows:
        return names, _texts(names, rows[:most])
    wanted = [str(column.key) for column in columns]
    given = context.compiled_parameters[:most]
    if len(given) == 1 and wanted and NAME_OF_VALUE % (wanted[0], 0) in given[0]:  # INSERT ... VALUES (...), (...)
        several = [[NAME_OF_VALUE % (name, number) for name in wanted] for number in range(most)]
        return names, _texts(names, [[given[0].get(name) for name in row] for row in several])
    return names, _texts(names, [[row.get(name) for name in wanted] for row in given])


def deleted(by: Sequence[Tuple[str, str]], parameters: Any, many: bool, primary: Sequence[str]) -> List[str]:
    """The keys of a DELETE that names rows by them; empty where its WHERE asks for anything but the primary key."""
    columns = [column for column, _ in by]
    if len(columns) != len(primary) or set(columns) != set(primary):
        return []
    order = [columns.index(name) for name in primary]
    found = []
    for row in parameters[: MOST_KEYS * 4] if many else (parameters,):
        if isinstance(row, dict):
            found.append([row.get(by[place][1]) for place in order])
        elif len(row) == len(by):
            found.append([row[place] for place in order])
    return _texts(primary, found)


def _texts(names: Sequence[str], rows: Any) -> List[str]:
    found = []
    for row in rows:
        values = [_text(value) for value in row] if len(row) == len(names) else []
        if values and None not in values:
            found.append(",".join("%s=%s" % pair for pair in zip(names, values)))
    return found


def _text(value: Any) -> Optional[str]:
    """By its very type: an object of the suite's own may say of itself what it likes."""
    kind = type(value)
    if kind is int or kind is bool:
        return str(value)[:_LONGEST]
    if kind is str:
        return str(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…")
    if kind is bytes:
        return "%d bytes" % len(value)
    uuid = sys.modules.get("uuid")
    if uuid is not None and kind is uuid.UUID:
        return str(value)
    return None
