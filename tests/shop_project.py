"""A small Flask-SQLAlchemy project that the conftest recipe fixes: its files, as texts to dedent."""

from __future__ import annotations

SHOP = {
    "pytest.ini": "[pytest]\npythonpath = backend\n",
    "backend/src/__init__.py": "",
    "backend/src/app.py": """\
        import os

        from flask import Flask, jsonify

        from .database import db


        def create_app():
            app = Flask(__name__)
            app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite://")
            db.init_app(app)

            @app.get("/products")
            def products():
                from .models.product import Product

                return jsonify([product.name for product in Product.query.all()])

            return app


        app = create_app()
        """,
    "backend/src/database.py": '''\
        """The database handle."""

        import importlib

        from flask_sqlalchemy import SQLAlchemy

        db = SQLAlchemy()

        AREAS = {"people": "src.models.role", "goods": "src.models.product"}


        def load_models(*areas):
            for area in areas or AREAS:
                module = importlib.import_module(AREAS[area])
                # Take up the newest definitions.
                importlib.reload(module)  # on purpose


        def create_tables(*areas):
            """Load the models of the areas, then create their tables."""
            load_models(*areas)
            db.create_all()


        def table_names():   # odd   spacing, kept
            return sorted( db.metadata.tables )
        ''',
    "backend/src/models/__init__.py": "",
    "backend/src/models/role.py": """\
        from ..database import db


        class Role(db.Model):
            __tablename__ = "roles"
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(20), unique=True)
        """,
    "backend/src/models/product.py": """\
        from ..database import db


        class Product(db.Model):
            __tablename__ = "products"
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(20), unique=True, index=True)
        """,
    "backend/tests/integration/test_api_integration.py": '''\
        """The shop over HTTP."""

        import pytest

        from src.app import app
        from src.database import create_tables, db
        from src.models.role import Role

        # ---- fixtures ----

        # One app for
        # all tests.
        @pytest.fixture(scope='module')
        def test_app():
            app.config['TESTING'] = True
            with app.app_context():
                db.create_all()
                yield app
                db.session.remove()
                db.drop_all()


        @pytest.fixture(scope='module')
        def client(test_app):
            return test_app.test_client()


        @pytest.fixture
        def sample_role(test_app):
            role = Role( name = "clerk" )   # odd   spacing, kept
            db.session.add(role)
            db.session.commit()
            return role


        @pytest.fixture
        def sample_product(test_app):
            create_tables("goods")
            from src.models.product import Product
            db.session.add(Product(name="mug"))
            db.session.commit()


        class TestRoles:
            def test_one_role(self, sample_role):
                assert Role.query.count() == 1

            def test_still_one_role(self, sample_role):
                assert Role.query.count() == 1


        class TestProducts:
            def test_list(self, client, sample_product):
                assert client.get("/products").json == ["mug"]

            def test_list_again(self, client, sample_product):
                assert client.get("/products").json == ["mug"]
        ''',
    "backend/tests/unit/test_roles.py": """\
        import pytest

        from src.app import app
        from src.database import db
        from src.models.role import Role


        @pytest.fixture(scope="module")
        def held():
            with app.app_context():
                db.create_all()
                yield app


        def test_no_role(held):
            assert Role.query.count() == 0


        def test_session_is_left_open(held):
            db.session.add(Role(name="clerk"))
            db.session.flush()


        def test_no_role_after_that(held):
            assert Role.query.count() == 0
        """,
}
