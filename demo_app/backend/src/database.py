"""The one database handle of the application, and the helper that prepares its tables."""

import importlib
import sys

from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()

# Which modules hold the models of an area, parents before children.
MODEL_AREAS = {
    "accounts": ("src.models.account",),
    "catalogue": ("src.models.product", "src.models.supplier"),
    "taxonomy": ("src.models.category",),
    "warehousing": ("src.models.warehouse",),
    "sales": ("src.models.customer", "src.models.order"),
}


def create_tables(*areas):
    """Load the models of the given areas (of all areas by default), then create their tables.

    Needs an application context. `src.init_db` and the fixtures use it, so that a table is
    there even when nothing has imported its model yet.
    """
    for area in areas or MODEL_AREAS:
        for module_name in MODEL_AREAS[area]:
            if module_name in sys.modules:
                # Pick up the definitions as they are now, not as they were first imported.
                importlib.reload(sys.modules[module_name])
            else:
                importlib.import_module(module_name)
    db.create_all()
