"""Daily figures, written once a night to a small database of their own for the reporting tool."""

from sqlalchemy import Column, Date, Integer, MetaData, String, Table, create_engine, func, insert, select
from sqlalchemy.pool import StaticPool

metadata = MetaData()


def daily_sales_table(channels=("web",)):
    """The table has a column for each sales channel, so it is declared when the channels are known."""
    return Table(
        "daily_sales",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("day", Date, nullable=False, index=True),
        Column("warehouse", String(8), nullable=False),
        *[Column(f"{channel}_cents", Integer, nullable=False, default=0) for channel in channels],
        extend_existing=True,
    )


class ReportStore:
    def __init__(self, url="sqlite://", channels=("web",)):
        options = {"poolclass": StaticPool} if url == "sqlite://" else {}
        self.engine = create_engine(url, **options)
        self.table = daily_sales_table(channels)

    def create(self):
        metadata.create_all(self.engine)

    def write(self, day, warehouse, **cents):
        amounts = {f"{channel}_cents": amount for channel, amount in cents.items()}
        with self.engine.begin() as connection:
            connection.execute(insert(self.table), {"day": day, "warehouse": warehouse, **amounts})

    def rows(self):
        with self.engine.connect() as connection:
            return connection.execute(select(self.table).order_by(self.table.c.day)).all()

    def total(self, channel="web", warehouse=None):
        query = select(func.coalesce(func.sum(self.table.c[f"{channel}_cents"]), 0))
        if warehouse is not None:
            query = query.filter_by(warehouse=warehouse)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def best_day(self, channel="web"):
        column = self.table.c[f"{channel}_cents"]
        with self.engine.connect() as connection:
            row = connection.execute(select(self.table.c.day).order_by(column.desc()).limit(1)).one_or_none()
        return row.day if row else None

    def close(self):
        self.engine.dispose()
