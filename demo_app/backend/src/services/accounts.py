"""Users, roles and tokens."""

import secrets

from flask import current_app
from werkzeug.security import check_password_hash, generate_password_hash

from ..database import db
from ..errors import Conflict, NotAuthenticated, NotFound
from ..models.account import ApiToken, Role, User
from . import audit, validation


def find_role(name):
    role = Role.query.filter_by(name=name).one_or_none()
    if role is None:
        raise NotFound(f"no role named {name}")
    return role


def get_user(user_id):
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("no such user")
    return user


def hash_password(password):
    return generate_password_hash(password, method=current_app.config["PASSWORD_HASH_METHOD"])


def create_user(email, full_name, password, role_name, actor="system"):
    email = validation.email(email)
    full_name = validation.text(full_name, "full_name", 80)
    password = validation.password(password)
    role = find_role(role_name)
    if User.query.filter_by(email=email).count():
        raise Conflict("this e-mail address is taken")
    user = User(email=email, full_name=full_name, password_hash=hash_password(password), role=role)
    db.session.add(user)
    audit.record(actor, "user.created", email)
    db.session.commit()
    return user


def rename_user(user, full_name):
    user.full_name = validation.text(full_name, "full_name", 80)
    db.session.commit()
    return user


def deactivate_user(user, actor="system"):
    user.is_active = False
    for token in user.tokens:
        token.revoked = True
    audit.record(actor, "user.deactivated", user.email)
    db.session.commit()


def log_in(email, password):
    user = User.query.filter_by(email=str(email).lower()).one_or_none()
    if user is None or not user.is_active or not check_password_hash(user.password_hash, str(password)):
        raise NotAuthenticated("wrong e-mail address or password")
    token = ApiToken(token=secrets.token_hex(16), user=user)
    db.session.add(token)
    db.session.commit()
    return token.token


def log_out(token):
    ApiToken.query.filter_by(token=token).update({"revoked": True})
    db.session.commit()


def user_for_token(token):
    found = ApiToken.query.filter_by(token=token, revoked=False).one_or_none()
    if found is None or not found.user.is_active:
        raise NotAuthenticated("log in first")
    return found.user
