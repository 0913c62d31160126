"""Managing users."""

from flask import Blueprint, g, jsonify

from ..errors import NotAllowed
from ..models.account import User
from ..services import accounts
from .auth import body, login_required, permission_required

users = Blueprint("users", __name__, url_prefix="/users")


@users.get("")
@login_required
def list_users():
    return jsonify([user.as_dict() for user in User.query.order_by(User.id)])


@users.post("")
@permission_required("can_manage_users")
def create_user():
    data = body("email", "full_name", "password", "role")
    user = accounts.create_user(data["email"], data["full_name"], data["password"], data["role"], g.user.email)
    return jsonify(user.as_dict()), 201


@users.get("/<int:user_id>")
@login_required
def show_user(user_id):
    return jsonify(accounts.get_user(user_id).as_dict())


@users.patch("/<int:user_id>")
@login_required
def rename_user(user_id):
    user = accounts.get_user(user_id)
    if user.id != g.user.id and not g.user.role.can_manage_users:
        raise NotAllowed("this is not your account")
    return jsonify(accounts.rename_user(user, body("full_name")["full_name"]).as_dict())


@users.delete("/<int:user_id>")
@permission_required("can_manage_users")
def deactivate_user(user_id):
    accounts.deactivate_user(accounts.get_user(user_id), g.user.email)
    return "", 204
