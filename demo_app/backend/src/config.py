"""Configuration, read from the environment once, when the application is made."""

import os

# An in-memory database suits a demonstration; give DATABASE_URL to keep the data.
DEFAULT_DATABASE_URL = "sqlite://"

# Cheap on purpose, this is a demonstration. A real deployment wants Werkzeug's own default.
DEFAULT_HASH_METHOD = "pbkdf2:sha256:1000"


def load_config():
    return {
        "SQLALCHEMY_DATABASE_URI": os.environ.get("DATABASE_URL") or DEFAULT_DATABASE_URL,
        "PASSWORD_HASH_METHOD": os.environ.get("PASSWORD_HASH_METHOD") or DEFAULT_HASH_METHOD,
        "PAGE_SIZE": 20,
        "MAX_ORDER_LINES": 50,
        "ALLOW_BACKORDERS": False,
    }
