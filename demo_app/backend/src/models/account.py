"""Who may use the system, and what they did."""

from datetime import datetime, timezone

from ..database import db


def now():
    return datetime.now(timezone.utc)


class Role(db.Model):
    __tablename__ = "roles"

    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(40), nullable=False, unique=True)
    can_manage_users = db.Column(db.Boolean, nullable=False, default=False)
    can_edit_catalogue = db.Column(db.Boolean, nullable=False, default=False)

    users = db.relationship("User", back_populates="role")


class User(db.Model):
    __tablename__ = "users"

    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(120), nullable=False, unique=True, index=True)
    full_name = db.Column(db.String(80), nullable=False)
    password_hash = db.Column(db.String(200), nullable=False)
    is_active = db.Column(db.Boolean, nullable=False, default=True)
    role_id = db.Column(db.ForeignKey("roles.id"), nullable=False)
    created_at = db.Column(db.DateTime, nullable=False, default=now)

    role = db.relationship("Role", back_populates="users")
    tokens = db.relationship("ApiToken", back_populates="user", cascade="all, delete-orphan")

    def as_dict(self):
        return {
            "id": self.id,
            "email": self.email,
            "full_name": self.full_name,
            "role": self.role.name,
            "is_active": self.is_active,
        }


class ApiToken(db.Model):
    __tablename__ = "api_tokens"

    id = db.Column(db.Integer, primary_key=True)
    token = db.Column(db.String(64), nullable=False, unique=True)
    user_id = db.Column(db.ForeignKey("users.id"), nullable=False)
    revoked = db.Column(db.Boolean, nullable=False, default=False)
    created_at = db.Column(db.DateTime, nullable=False, default=now)

    user = db.relationship("User", back_populates="tokens")


class AuditEntry(db.Model):
    __tablename__ = "audit_entries"

    id = db.Column(db.Integer, primary_key=True)
    actor = db.Column(db.String(120), nullable=False)
    action = db.Column(db.String(40), nullable=False, index=True)
    subject = db.Column(db.String(120), nullable=False)
    created_at = db.Column(db.DateTime, nullable=False, default=now)
