"""Products, categories and suppliers."""

from flask import current_app

from ..database import db
from ..errors import Conflict, NotFound
from ..models.category import Category
from ..models.product import PriceChange, Product
from ..models.supplier import Supplier
from . import audit, validation


def create_category(slug, name, parent_slug=None):
    slug = validation.slug(slug)
    name = validation.text(name, "name", 60)
    parent = find_category(parent_slug) if parent_slug else None
    if Category.query.filter_by(slug=slug).count():
        raise Conflict("this slug is taken")
    category = Category(slug=slug, name=name, parent=parent)
    db.session.add(category)
    db.session.commit()
    return category


def find_category(slug):
    category = Category.query.filter_by(slug=slug).one_or_none()
    if category is None:
        raise NotFound(f"no category {slug}")
    return category


def list_categories():
    return Category.query.order_by(Category.slug).all()


def create_supplier(code, name, email=None, lead_time_days=7):
    code = validation.text(code, "code", 12).upper()
    name = validation.text(name, "name", 80)
    lead_time_days = validation.whole_number(lead_time_days, "lead_time_days", 0, 365)
    supplier = Supplier(
        code=code, name=name, email=validation.email(email) if email else None, lead_time_days=lead_time_days
    )
    db.session.add(supplier)
    db.session.commit()
    return supplier


def create_product(sku, name, price_cents, category_slug, supplier=None):
    sku = validation.sku(sku)
    name = validation.text(name, "name")
    price_cents = validation.whole_number(price_cents, "price_cents", 1)
    category = find_category(category_slug)
    if Product.query.filter_by(sku=sku).count():
        raise Conflict("this SKU is taken")
    product = Product(sku=sku, name=name, price_cents=price_cents, category=category, supplier=supplier)
    db.session.add(product)
    audit.record("catalogue", "product.created", sku)
    db.session.commit()
    return product


def find_product(sku):
    product = Product.query.filter_by(sku=sku).one_or_none()
    if product is None:
        raise NotFound(f"no product {sku}")
    return product


def list_products(page=1, search=None, category_slug=None):
    """One page of the active products, by SKU, and how many there are on all pages."""
    query = Product.query.filter_by(is_active=True)
    if search:
        query = query.filter(Product.name.ilike(f"%{search}%"))
    if category_slug:
        query = query.filter_by(category=find_category(category_slug))
    size = current_app.config["PAGE_SIZE"]
    total = query.count()
    return query.order_by(Product.sku).limit(size).offset((page - 1) * size).all(), total


def change_price(product, price_cents):
    price_cents = validation.whole_number(price_cents, "price_cents", 1)
    if price_cents != product.price_cents:
        db.session.add(PriceChange(product=product, old_cents=product.price_cents, new_cents=price_cents))
        product.price_cents = price_cents
        db.session.commit()
    return product


def retire_product(product):
    product.is_active = False
    audit.record("catalogue", "product.retired", product.sku)
    db.session.commit()
