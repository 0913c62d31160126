"""Registered customers: addresses, credit, blocking."""

import pytest

from src.app import app
from src.database import db
from src.errors import Conflict, NotFound, ValidationError
from src.models.customer import Address, Customer
from src.services import customers


@pytest.fixture(scope="module", autouse=True)
def tables():
    with app.app_context():
        db.create_all()
    yield
    with app.app_context():
        db.drop_all()


@pytest.fixture
def session():
    with app.app_context():
        yield db.session


@pytest.fixture
def customer(session):
    customer = Customer(email="carla@example.com", name="Carla Customer", country="DE", credit_limit_cents=50_000)
    session.add(customer)
    session.commit()
    yield customer
    session.rollback()


def add_home(customer, kind="billing", city="Berlin"):
    return customers.add_address(customer, kind, "Hauptstr. 1", "10115", city)


class TestRegistration:
    def test_register_cleans_its_input(self, session):
        nils = customers.register(" NILS@Example.com ", " Nils ", "nl")
        assert (nils.email, nils.name, nils.country) == ("nils@example.com", "Nils", "NL")

    def test_register_starts_without_credit(self, session):
        assert customers.register("olga@example.com", "Olga", "FR").credit_limit_cents == 0

    def test_register_refuses_a_negative_credit_limit(self, session):
        with pytest.raises(ValidationError):
            customers.register("pia@example.com", "Pia", "IT", -1)

    def test_find(self, customer):
        assert customers.find("carla@example.com") is customer

    def test_find_nobody(self, session):
        with pytest.raises(NotFound):
            customers.find("nobody@example.com")

    def test_register_refuses_a_known_address(self, customer):
        with pytest.raises(Conflict):
            customers.register("CARLA@example.com", "Another Carla", "DE")


class TestAddresses:
    def test_a_new_customer_has_none(self, customer):
        assert customer.addresses == []

    def test_add_a_billing_address(self, customer):
        add_home(customer)
        assert [address.kind for address in customer.addresses] == ["billing"]

    def test_an_unknown_kind_is_refused(self, customer):
        with pytest.raises(ValidationError):
            add_home(customer, kind="holiday")

    def test_an_address_needs_a_city(self, customer):
        with pytest.raises(ValidationError):
            add_home(customer, city=" ")

    def test_parcels_go_to_the_billing_address(self, customer):
        home = add_home(customer)
        assert customers.delivery_address(customer) is home

    def test_parcels_go_rather_to_the_delivery_address(self, customer):
        add_home(customer)
        office = add_home(customer, kind="delivery", city="Potsdam")
        assert customers.delivery_address(customer) is office

    def test_no_address_no_parcel(self, customer):
        assert customers.delivery_address(customer) is None

    def test_addresses_go_with_their_customer(self, customer, session):
        home = add_home(customer).id
        session.delete(customer)
        session.commit()
        assert session.get(Address, home) is None


class TestCredit:
    def test_nothing_is_outstanding_at_first(self, customer):
        assert customers.outstanding_cents(customer) == 0

    def test_may_spend_up_to_the_limit(self, customer):
        assert customers.may_spend(customer, 50_000)

    def test_may_not_spend_more(self, customer):
        assert not customers.may_spend(customer, 50_001)

    def test_a_blocked_customer_may_not_spend(self, customer):
        customers.block(customer)
        assert not customers.may_spend(customer, 1)

    def test_a_blocked_customer_can_be_found(self, customer):
        customers.block(customer)
        assert customers.find("carla@example.com").is_blocked

    def test_the_limit_can_be_raised(self, customer, session):
        customer.credit_limit_cents = 80_000
        session.commit()
        assert customers.may_spend(customer, 80_000)
