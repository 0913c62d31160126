"""What is sold, and what it used to cost."""

from datetime import datetime, timezone

from ..database import db


class Product(db.Model):
    __tablename__ = "products"

    id = db.Column(db.Integer, primary_key=True)
    sku = db.Column(db.String(24), nullable=False, unique=True, index=True)
    name = db.Column(db.String(120), nullable=False)
    price_cents = db.Column(db.Integer, nullable=False)
    is_active = db.Column(db.Boolean, nullable=False, default=True)
    category_id = db.Column(db.ForeignKey("categories.id"), nullable=False)
    supplier_id = db.Column(db.ForeignKey("suppliers.id"))

    category = db.relationship("Category", back_populates="products")
    supplier = db.relationship("Supplier", back_populates="products")
    price_changes = db.relationship("PriceChange", back_populates="product", order_by="PriceChange.id")

    def as_dict(self):
        return {
            "id": self.id,
            "sku": self.sku,
            "name": self.name,
            "price_cents": self.price_cents,
            "category": self.category.slug,
            "is_active": self.is_active,
        }


class PriceChange(db.Model):
    __tablename__ = "price_changes"

    id = db.Column(db.Integer, primary_key=True)
    product_id = db.Column(db.ForeignKey("products.id"), nullable=False)
    old_cents = db.Column(db.Integer, nullable=False)
    new_cents = db.Column(db.Integer, nullable=False)
    changed_at = db.Column(db.DateTime, nullable=False, default=lambda: datetime.now(timezone.utc))

    product = db.relationship("Product", back_populates="price_changes")
