"""What the operator's scripts call."""

from sqlalchemy import inspect

from ..database import db


def missing_tables():
    present = set(inspect(db.engine).get_table_names())
    return sorted(set(db.metadata.tables) - present)


def wipe():
    """Drop every table, before a backup is loaded. The backup brings its own tables."""
    db.session.remove()
    db.drop_all()
