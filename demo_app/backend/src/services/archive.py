"""Closed orders, kept in a database of their own so that the live one stays small."""

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, delete, func, insert, select
from sqlalchemy.pool import StaticPool

metadata = MetaData()

archived_orders = Table(
    "archived_orders",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("customer", String(120), nullable=False),
    Column("total_cents", Integer, nullable=False),
    Column("year", Integer, nullable=False),
)


class Archive:
    def __init__(self, url="sqlite://"):
        options = {"poolclass": StaticPool} if url == "sqlite://" else {}
        self.engine = create_engine(url, **options)

    def create(self):
        metadata.create_all(self.engine)

    def store(self, number, customer, total_cents, year):
        row = {"number": number, "customer": customer, "total_cents": total_cents, "year": year}
        with self.engine.begin() as connection:
            connection.execute(insert(archived_orders), row)

    def find(self, number):
        with self.engine.connect() as connection:
            return connection.execute(select(archived_orders).filter_by(number=number)).one_or_none()

    def remove(self, number):
        with self.engine.begin() as connection:
            connection.execute(delete(archived_orders).filter_by(number=number))

    def totals_by_year(self):
        total = select(archived_orders.c.year, func.sum(archived_orders.c.total_cents)).group_by("year")
        with self.engine.connect() as connection:
            return {year: cents for year, cents in connection.execute(total)}

    def purge(self):
        """Give the space back: the table goes, and the next `create()` starts a new archive."""
        metadata.drop_all(self.engine)

    def close(self):
        self.engine.dispose()
