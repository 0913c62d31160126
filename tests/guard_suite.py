"""A suite for `--isolation`: tests that leave something behind (``LEAKS``), and tests that do not (``CLEAN``)."""

LEAKS = """
    import os, unittest
    import pytest
    import shop
    from shop import add, count, engine, notes, orders, spare, users

    held = []

    @pytest.fixture
    def user():
        add(users)

    @pytest.fixture(scope="class")
    def order():
        add(orders)
        yield
        add(orders)

    def test_rows():
        add(users)
        add(users)

    @pytest.mark.parametrize("number", range(3))
    def test_fixture(user, number): pass

    def test_reads():
        assert count(users) == 5

    class TestOrders:
        def test_it(self, order): assert count(orders) == 1
        def test_goes_on(self, order): assert count(orders) == 1
        def test_ends(self, order): assert count(orders) == 1

    def test_makes_a_table():
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE made (id INTEGER)")

    def test_drops_a_table():
        spare.drop(engine)

    def test_defines_a_table():
        shop.Table("defined", shop.metadata, shop.Column("id", shop.Integer))

    def test_takes_tables_out():
        shop.metadata.remove(notes)

    def test_holds_a_transaction():
        held.append(engine.connect())
        held[0].begin()

    def test_gives_it_back():
        held.pop().close()

    def test_environment():
        os.environ["SHOP_CURRENCY"] = "CHF"

    class TestOld(unittest.TestCase):
        @classmethod
        def setUpClass(cls): add(orders)
        def setUp(self): add(users)
        def tearDown(self): pass
        def test_a(self): pass
        def test_b(self): pass
    """

CLEAN = """
    import unittest
    import pytest
    import shop
    from shop import add, count, empty, engine, metadata, new_engine, notes, orders, spare, users

    @pytest.fixture(scope="session")
    def catalogue():
        add(spare)

    @pytest.fixture(scope="module", autouse=True)
    def goods():
        add(orders)
        yield
        empty(orders)

    @pytest.fixture
    def user():
        add(users)
        yield
        empty(users)

    @pytest.fixture
    def own():
        own = new_engine()
        metadata.create_all(own)
        return own

    @pytest.fixture(scope="class")
    def own_for_all():
        own = new_engine()
        metadata.create_all(own)
        add(users, own)
        yield own

    def test_wide_rows(catalogue): assert count(orders) == 1

    def test_cleans_up(user): assert count(users) == 1

    def test_empties():
        add(notes)
        empty(notes)

    def test_rolls_back():
        with engine.connect() as connection:
            connection.begin()
            connection.execute(users.insert().values(name="x"))
            connection.rollback()

    def test_engine_of_its_own(own): add(users, own)
    def test_another_engine(own): assert count(users, own) == 0

    def test_database_file(tmp_path):
        file = shop.create_engine("sqlite:///%s" % (tmp_path / "shop.db"))
        metadata.create_all(file)
        add(users, file)

    class TestEngineForAll:
        def test_adds(self, own_for_all): assert count(users, own_for_all) == 1
        def test_finds(self, own_for_all): assert count(users, own_for_all) == 1

    def test_metadata_of_its_own():
        mine = shop.MetaData()
        shop.Table("mine", mine, shop.Column("id", shop.Integer)).create(engine)
        mine.drop_all(engine)

    def test_imports_late():
        import late_models
        late_models.coupons.create(engine)
        late_models.coupons.drop(engine)

    def test_drops_and_makes_again():
        metadata.drop_all(engine, tables=[users, orders, notes, spare])
        metadata.create_all(engine, tables=[users, orders, notes, spare])
        add(orders)  # the module's own, which it must not miss
        with engine.begin() as connection:
            connection.execute(orders.delete())

    class TestOld(unittest.TestCase):
        @classmethod
        def setUpClass(cls): add(users)
        @classmethod
        def tearDownClass(cls): empty(users)
        def test_a(self): self.assertEqual(count(users), 1)
    """

LATE = """
    from shop import Column, Integer, Table, metadata
    coupons = Table("coupons", metadata, Column("id", Integer))
    """

EXPECTED = {
    "test_rows": "test_leaks.py::test_rows left behind: 2 rows of users [id=1, id=2] in memory",
    "test_fixture[0]": "fixture user left behind: 1 row of users [id=3] in memory",
    "test_ends": "class-scoped fixture order left behind: 2 rows of orders [id=1, id=2] in memory",
    "test_makes_a_table": "test_leaks.py::test_makes_a_table left behind: table made in memory",
    "test_drops_a_table": "test_leaks.py::test_drops_a_table left behind: table spare missing from memory",
    "test_defines_a_table": "test_leaks.py::test_defines_a_table left behind: table defined registered in the "
    "MetaData of shop",
    "test_takes_tables_out": "test_leaks.py::test_takes_tables_out left behind: table notes removed from the "
    "MetaData of shop",
    "test_holds_a_transaction": "test_leaks.py::test_holds_a_transaction left behind: a connection with an open "
    "transaction on memory",
    "test_a": "test_leaks.py::TestOld::test_a left behind: 1 row of users [id=6] in memory",
    "test_b": "test_leaks.py::TestOld::test_b left behind: 1 row of users [id=7] in memory, and 1 other thing",
}
