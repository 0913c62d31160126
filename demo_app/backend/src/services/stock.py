"""How many of what is where."""

from ..database import db
from ..errors import Conflict, NotFound
from ..models.product import Product
from ..models.warehouse import StockLevel, StockMovement, Warehouse
from . import settings, validation


def create_warehouse(code, name, city):
    code = validation.warehouse_code(code)
    if Warehouse.query.filter_by(code=code).count():
        raise Conflict("this code is taken")
    warehouse = Warehouse(code=code, name=validation.text(name, "name", 80), city=validation.text(city, "city", 60))
    db.session.add(warehouse)
    db.session.commit()
    return warehouse


def find_warehouse(code):
    warehouse = Warehouse.query.filter_by(code=code).one_or_none()
    if warehouse is None:
        raise NotFound(f"no warehouse {code}")
    return warehouse


def on_hand(product, warehouse=None):
    query = db.session.query(db.func.coalesce(db.func.sum(StockLevel.quantity), 0)).filter_by(product_id=product.id)
    if warehouse is not None:
        query = query.filter_by(warehouse_id=warehouse.id)
    return query.scalar()


def _move(warehouse, product, change, reason):
    level = StockLevel.query.filter_by(warehouse_id=warehouse.id, product_id=product.id).one_or_none()
    if level is None:
        level = StockLevel(warehouse=warehouse, product=product, quantity=0)
        db.session.add(level)
    if level.quantity + change < 0:
        db.session.rollback()
        raise Conflict(f"only {level.quantity} of {product.sku} in {warehouse.code}")
    level.quantity += change
    db.session.add(StockMovement(warehouse_id=warehouse.id, product=product, change=change, reason=reason))


def receive(warehouse, product, quantity):
    _move(warehouse, product, validation.whole_number(quantity, "quantity", 1), "received")
    db.session.commit()


def issue(warehouse, product, quantity, reason="issued"):
    _move(warehouse, product, -validation.whole_number(quantity, "quantity", 1), reason)
    db.session.commit()


def transfer(source, target, product, quantity):
    quantity = validation.whole_number(quantity, "quantity", 1)
    _move(source, product, -quantity, f"to {target.code}")
    _move(target, product, quantity, f"from {source.code}")
    db.session.commit()


def movements(product):
    return StockMovement.query.filter_by(product_id=product.id).order_by(StockMovement.id).all()


def low_stock():
    """The active products of which there are fewer than the threshold, all warehouses together."""
    threshold = settings.low_stock_threshold()
    products = Product.query.filter_by(is_active=True).order_by(Product.sku)
    return [product.sku for product in products if on_hand(product) < threshold]
