"""Suppliers from a CSV file with the columns code, name, email and lead_time_days."""

import csv
import io

from ..database import db
from ..errors import ValidationError
from ..models.supplier import Supplier
from . import validation

COLUMNS = ["code", "name", "email", "lead_time_days"]


def import_suppliers(text):
    """Add new suppliers, update known ones; return how many there were of each."""
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != COLUMNS:
        raise ValidationError("wrong columns", expected=", ".join(COLUMNS))
    added = updated = 0
    for row in reader:
        code = validation.text(row["code"], "code", 12).upper()
        supplier = Supplier.query.filter_by(code=code).one_or_none()
        if supplier is None:
            supplier = Supplier(code=code)
            db.session.add(supplier)
            added += 1
        else:
            updated += 1
        supplier.name = validation.text(row["name"], "name", 80)
        supplier.email = validation.email(row["email"]) if row["email"] else None
        supplier.lead_time_days = int(row["lead_time_days"] or 7)
    db.session.commit()
    return added, updated
