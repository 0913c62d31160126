"""Logging in and out, and the guards of the other routes."""

from functools import wraps

from flask import Blueprint, g, jsonify, request

from ..errors import NotAllowed, NotAuthenticated, ValidationError
from ..services import accounts

auth = Blueprint("auth", __name__)


def body(*required):
    """The JSON object of the request, with at least the required fields."""
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise ValidationError("send a JSON object")
    missing = {field: "is required" for field in required if field not in data}
    if missing:
        raise ValidationError("invalid input", **missing)
    return data


def bearer_token():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated("log in first")
    return token


def login_required(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        g.user = accounts.user_for_token(bearer_token())
        return view(*args, **kwargs)

    return guarded


def permission_required(name):
    def decorate(view):
        @wraps(view)
        @login_required
        def guarded(*args, **kwargs):
            if not getattr(g.user.role, name):
                raise NotAllowed("your role does not allow this")
            return view(*args, **kwargs)

        return guarded

    return decorate


@auth.post("/auth/login")
def log_in():
    data = body("email", "password")
    return jsonify({"token": accounts.log_in(data["email"], data["password"])})


@auth.post("/auth/logout")
@login_required
def log_out():
    accounts.log_out(bearer_token())
    return "", 204


@auth.get("/auth/me")
@login_required
def me():
    return jsonify(g.user.as_dict())
