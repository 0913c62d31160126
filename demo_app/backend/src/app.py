"""The application factory, and the application that the server and the tests share."""

from flask import Flask, jsonify
from sqlalchemy.orm import configure_mappers

from .config import load_config
from .database import db
from .errors import ServiceError
from .routes import BLUEPRINTS


def create_app(overrides=None):
    app = Flask(__name__)
    app.config.from_mapping(load_config())
    app.config.update(overrides or {})
    db.init_app(app)

    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_error_handler(ServiceError, service_error)
    app.register_error_handler(404, not_found)

    # A misspelt relationship should stop the start-up, not the first request.
    configure_mappers()
    return app


def service_error(error):
    return jsonify(error.as_dict()), error.status


def not_found(_error):
    return jsonify({"error": "not found"}), 404


app = create_app()
