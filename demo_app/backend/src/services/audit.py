"""A line in the audit trail for everything that matters."""

from ..database import db
from ..models.account import AuditEntry


def record(actor, action, subject):
    """Add an entry; it is committed together with the change it tells of."""
    db.session.add(AuditEntry(actor=actor, action=action, subject=str(subject)))


def entries(action=None):
    query = AuditEntry.query.order_by(AuditEntry.id)
    if action is not None:
        query = query.filter_by(action=action)
    return query.all()
