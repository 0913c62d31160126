"""A suite whose tests fail by rows that others left, and near misses."""

CONFTEST = """
    import pytest
    from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, event, func, select, text
    from sqlalchemy.orm import Session, declarative_base
    from sqlalchemy.pool import StaticPool

    Base = declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        email = Column(String(50), unique=True)
        name = Column(String(50))

    class Note(Base):
        __tablename__ = "notes"
        __table_args__ = {"sqlite_autoincrement": True}
        id = Column(Integer, primary_key=True)
        text = Column(String(50))

    class Conflict(Exception):
        pass

    def register(session, email):
        if session.execute(select(User).where(User.email == email)).first():
            raise Conflict(email + " is taken")
        session.add(User(email=email))
        session.commit()

    def count(session, model=User):
        return session.execute(select(func.count()).select_from(model)).scalar()

    @pytest.fixture(scope="module")
    def engine():
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        Base.metadata.create_all(engine)
        return engine

    @pytest.fixture
    def session(engine):
        with Session(engine) as session:
            yield session
            session.rollback()
"""

SUITE = {
    "conftest.py": CONFTEST,
    "test_clash.py": """
        import pytest
        from conftest import User, count

        @pytest.fixture
        def customer(session):
            customer = User(email="carla@example.com")
            session.add(customer)
            session.commit()
            yield customer
            session.rollback()

        def test_somebody_else(session):
            session.add(User(email="anna@example.com"))
            session.commit()

        def test_first(customer):
            assert customer.id

        def test_clashes(customer):
            pass

        def test_clashes_too(customer):
            pass

        def test_near_clashes_with_its_own(session):
            session.add(User(email="twice@example.com"))
            session.commit()
            session.add(User(email="twice@example.com"))
            session.commit()
    """,
    "test_counts.py": """
        from sqlalchemy import select, text
        from conftest import Conflict, Note, User, count, register

        def test_leaves_two(session):
            session.add_all([User(email="a@x", name="A"), User(email="b@x", name="B")])
            session.commit()

        def test_counts_too_many(session):
            session.add(User(email="c@x"))
            assert count(session) == 1

        def test_lists_too_many(session):
            assert [user.email for user in session.execute(select(User)).scalars()] == []

        def test_registers_a_taken_address(session):
            register(session, "a@x")

        def test_expects_one(session):
            session.execute(select(User)).scalar_one()

        def test_near_reads_another_table(session):
            assert count(session, Note) == 1

        def test_near_reads_nothing():
            assert 3 == 1

        def test_near_counts_too_few(session):
            assert count(session) == 9

        def test_near_reads_its_own_row(session):
            session.add(User(email="own@x", name="Wrong"))
            session.flush()
            assert session.execute(select(User.name).where(User.email == "own@x")).scalar() == "Right"

        def test_near_empties_it_before(session):
            session.execute(text("DELETE FROM users"))
            session.add_all([User(email="d@x"), User(email="e@x")])
            session.flush()
            assert count(session) == 1

        def test_near_fails_otherwise(session):
            count(session)
            raise KeyError("a@x")

        def test_near_finds_nothing(session):
            assert session.execute(select(User).where(User.name == "Z")).first() is not None

        def test_near_is_not_found(session):
            count(session)
            status_code = 404
            assert status_code == 200
    """,
    "test_seed.py": """
        import pytest
        from conftest import User, count

        @pytest.fixture(scope="module", autouse=True)
        def seed(engine):
            from sqlalchemy.orm import Session
            with Session(engine) as session:
                session.add_all([User(email="s@x"), User(email="t@x")])
                session.commit()

        def test_near_miscounts_the_seed(session):
            assert count(session) == 1
    """,
    "test_seed_outlives.py": """
        import pytest
        from sqlalchemy.orm import Session
        from conftest import User, count

        class TestSeeded:
            @pytest.fixture(scope="class")
            def shop(self, engine):
                with Session(engine) as session:
                    session.add(User(email="shop@x"))
                    session.commit()

            def test_uses_the_shop(self, shop, session):
                assert count(session) == 1

        def test_counts_the_closed_shop(session):
            assert count(session) == 0
    """,
    "test_savepoint.py": """
        import pytest
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session
        from conftest import Base, User, count

        @pytest.fixture(scope="module")
        def engine(tmp_path_factory):
            engine = create_engine("sqlite:///%s" % (tmp_path_factory.mktemp("db") / "savepoint.db"))
            Base.metadata.create_all(engine)
            return engine

        @pytest.fixture
        def session(engine):
            connection = engine.connect()
            outer = connection.begin()
            session = Session(bind=connection, join_transaction_mode="create_savepoint")
            yield session
            session.close()
            outer.rollback()
            connection.close()

        def test_commits_in_a_savepoint(session):
            session.add(User(email="escaped@x"))
            session.commit()

        def test_counts_what_escaped(session):
            assert count(session) == 0
    """,
    "test_beside.py": """
        import threading
        import pytest
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session
        from conftest import Base, Note, User, count

        @pytest.fixture(scope="module")
        def engine(tmp_path_factory):
            engine = create_engine("sqlite:///%s" % (tmp_path_factory.mktemp("db") / "beside.db"))
            Base.metadata.create_all(engine)
            return engine

        @pytest.fixture
        def session(engine):
            connection = engine.connect()
            outer = connection.begin()
            session = Session(bind=connection)
            yield session
            session.close()
            outer.rollback()
            connection.close()

        def add(engine, row):
            with Session(engine) as other:
                other.add(row)
                other.commit()

        def test_commits_beside(engine, session):
            add(engine, User(email="beside@x"))

        def test_counts_what_was_committed_beside(session):
            assert count(session) == 0

        def test_commits_in_a_thread(engine, session):
            thread = threading.Thread(target=add, args=(engine, Note(text="thread")))
            thread.start()
            thread.join()

        def test_counts_what_a_thread_committed(session):
            assert count(session, Note) == 0
    """,
    "test_ids.py": """
        from conftest import Note

        def test_notes_and_forgets(session):
            session.add(Note(text="a"))
            session.commit()
            session.query(Note).delete()
            session.commit()

        def test_expects_the_first_id(session):
            note = Note(text="b")
            session.add(note)
            session.flush()
            assert note.id == 1

        def test_near_expects_another_number(session):
            note = Note(text="c")
            session.add(note)
            session.flush()
            assert len(note.text) == 9

        def test_near_expects_an_id_no_first_row_has(session):
            note = Note(text="d")
            session.add(note)
            session.flush()
            assert note.id == 77
    """,
}
