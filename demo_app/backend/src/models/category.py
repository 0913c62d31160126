"""The tree that products hang in."""

from ..database import db


class Category(db.Model):
    __tablename__ = "categories"

    id = db.Column(db.Integer, primary_key=True)
    slug = db.Column(db.String(60), nullable=False, unique=True, index=True)
    name = db.Column(db.String(60), nullable=False)
    parent_id = db.Column(db.ForeignKey("categories.id"))

    parent = db.relationship("Category", remote_side=[id], back_populates="children")
    children = db.relationship("Category", back_populates="parent")
    products = db.relationship("Product", back_populates="category")

    def path(self):
        return f"{self.parent.path()}/{self.slug}" if self.parent else self.slug

    def as_dict(self):
        return {"id": self.id, "slug": self.slug, "name": self.name, "path": self.path()}
