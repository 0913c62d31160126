"""The HTTP side: one blueprint per area."""

from .auth import auth
from .catalogue import catalogue
from .sales import sales
from .users import users
from .warehouses import warehouses

BLUEPRINTS = (auth, users, catalogue, warehouses, sales)
