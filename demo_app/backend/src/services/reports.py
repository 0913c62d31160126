"""Figures over the whole database."""

from ..database import db
from ..models.category import Category
from ..models.customer import Customer
from ..models.order import Order
from ..models.product import Product
from ..models.warehouse import StockLevel


def revenue_cents():
    total = db.session.query(db.func.coalesce(db.func.sum(Order.total_cents), 0))
    return total.filter(Order.status != "cancelled").scalar()


def orders_by_status():
    rows = db.session.query(Order.status, db.func.count()).group_by(Order.status).order_by(Order.status)
    return dict(rows.all())


def best_customer():
    """The name of the customer who ordered for most, None before the first order."""
    ordered = db.func.sum(Order.total_cents)
    row = db.session.query(Customer.name).join(Order).group_by(Customer.id).order_by(ordered.desc()).first()
    return row.name if row else None


def stock_value_cents():
    value = db.func.coalesce(db.func.sum(StockLevel.quantity * Product.price_cents), 0)
    return db.session.query(value).select_from(StockLevel).join(Product).scalar()


def products_per_category():
    rows = (
        db.session.query(Category.slug, db.func.count(Product.id))
        .outerjoin(Product)
        .group_by(Category.slug)
        .order_by(Category.slug)
    )
    return dict(rows.all())


def average_price_cents():
    return round(db.session.query(db.func.coalesce(db.func.avg(Product.price_cents), 0)).scalar())
