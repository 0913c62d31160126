"""Create the tables of a new database: `python -m src.init_db`, before the application's first start."""

from flask import Flask

from .config import load_config
from .database import create_tables, db


def main():
    app = Flask(__name__)
    app.config.from_mapping(load_config())
    db.init_app(app)
    with app.app_context():
        create_tables()
        print(f"{len(db.metadata.tables)} tables ready")


if __name__ == "__main__":
    main()
