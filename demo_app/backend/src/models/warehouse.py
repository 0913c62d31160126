"""Where the products are, how many, and how they got there."""

from datetime import datetime, timezone

from ..database import db


class Warehouse(db.Model):
    __tablename__ = "warehouses"

    id = db.Column(db.Integer, primary_key=True)
    code = db.Column(db.String(8), nullable=False, unique=True)
    name = db.Column(db.String(80), nullable=False)
    city = db.Column(db.String(60), nullable=False)

    stock = db.relationship("StockLevel", back_populates="warehouse")

    def as_dict(self):
        return {"id": self.id, "code": self.code, "name": self.name, "city": self.city}


class StockLevel(db.Model):
    __tablename__ = "stock_levels"
    __table_args__ = (db.UniqueConstraint("warehouse_id", "product_id"),)

    id = db.Column(db.Integer, primary_key=True)
    warehouse_id = db.Column(db.ForeignKey("warehouses.id"), nullable=False)
    product_id = db.Column(db.ForeignKey("products.id"), nullable=False)
    quantity = db.Column(db.Integer, nullable=False, default=0)

    warehouse = db.relationship("Warehouse", back_populates="stock")
    product = db.relationship("Product")


class StockMovement(db.Model):
    __tablename__ = "stock_movements"

    id = db.Column(db.Integer, primary_key=True)
    warehouse_id = db.Column(db.ForeignKey("warehouses.id"), nullable=False)
    product_id = db.Column(db.ForeignKey("products.id"), nullable=False)
    change = db.Column(db.Integer, nullable=False)
    reason = db.Column(db.String(40), nullable=False)
    moved_at = db.Column(db.DateTime, nullable=False, default=lambda: datetime.now(timezone.utc))

    product = db.relationship("Product")
