"""Who delivers the products."""

from ..database import db


class Supplier(db.Model):
    __tablename__ = "suppliers"

    id = db.Column(db.Integer, primary_key=True)
    code = db.Column(db.String(12), nullable=False, unique=True)
    name = db.Column(db.String(80), nullable=False)
    email = db.Column(db.String(120))
    lead_time_days = db.Column(db.Integer, nullable=False, default=7)

    products = db.relationship("Product", back_populates="supplier")
