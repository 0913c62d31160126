"""Users, roles, passwords and tokens."""

import pytest

from src.app import app
from src.database import db
from src.errors import Conflict, NotAuthenticated, NotFound, ValidationError
from src.models.account import ApiToken, Role
from src.services import accounts, audit

PASSWORD = "battery-staple-2"


@pytest.fixture
def session():
    with app.app_context():
        db.create_all()
        yield db.session
        db.session.remove()
        db.drop_all()


@pytest.fixture
def clerk(session):
    session.add(Role(name="clerk"))
    return accounts.create_user("clerk@example.com", "Klara Clerk", PASSWORD, "clerk")


def test_the_password_is_not_kept(clerk):
    assert PASSWORD not in clerk.password_hash


def test_equal_passwords_have_different_hashes(session):
    assert accounts.hash_password(PASSWORD) != accounts.hash_password(PASSWORD)


def test_a_new_user_is_active(clerk):
    assert clerk.is_active


def test_a_new_user_has_the_role(clerk):
    assert clerk.role.name == "clerk"


def test_the_address_becomes_lower_case(clerk):
    user = accounts.create_user("Second@Example.com", "Second", PASSWORD, "clerk")
    assert user.email == "second@example.com"


def test_an_address_is_used_once(clerk):
    with pytest.raises(Conflict):
        accounts.create_user("CLERK@example.com", "Copy", PASSWORD, "clerk")


def test_the_role_must_exist(session):
    with pytest.raises(NotFound, match="no role named pilot"):
        accounts.create_user("pilot@example.com", "Paul", PASSWORD, "pilot")


def test_a_weak_password_is_refused(clerk):
    with pytest.raises(ValidationError):
        accounts.create_user("weak@example.com", "Willy", "12345678", "clerk")


def test_a_new_user_is_written_down(clerk):
    assert [entry.subject for entry in audit.entries("user.created")] == ["clerk@example.com"]


def test_log_in_makes_a_token(clerk):
    token = accounts.log_in("clerk@example.com", PASSWORD)
    assert ApiToken.query.one().token == token


def test_every_log_in_makes_another_token(clerk):
    assert accounts.log_in(clerk.email, PASSWORD) != accounts.log_in(clerk.email, PASSWORD)


def test_an_unknown_address_cannot_log_in(session):
    with pytest.raises(NotAuthenticated):
        accounts.log_in("nobody@example.com", PASSWORD)


def test_a_token_leads_to_its_user(clerk):
    assert accounts.user_for_token(accounts.log_in(clerk.email, PASSWORD)) is clerk


def test_a_made_up_token_leads_nowhere(clerk):
    with pytest.raises(NotAuthenticated):
        accounts.user_for_token("0" * 32)


def test_log_out_ends_one_token_only(clerk):
    first, second = accounts.log_in(clerk.email, PASSWORD), accounts.log_in(clerk.email, PASSWORD)
    accounts.log_out(first)
    assert accounts.user_for_token(second) is clerk


def test_deactivation_ends_all_tokens(clerk):
    token = accounts.log_in(clerk.email, PASSWORD)
    accounts.deactivate_user(clerk)
    with pytest.raises(NotAuthenticated):
        accounts.user_for_token(token)


def test_a_deactivated_user_cannot_log_in(clerk):
    accounts.deactivate_user(clerk)
    with pytest.raises(NotAuthenticated):
        accounts.log_in(clerk.email, PASSWORD)


def test_deactivation_names_the_actor(clerk):
    accounts.deactivate_user(clerk, "boss@example.com")
    assert audit.entries("user.deactivated")[0].actor == "boss@example.com"


def test_rename(clerk):
    assert accounts.rename_user(clerk, "  Klara Kent ").full_name == "Klara Kent"
