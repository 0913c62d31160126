"""A suite whose sessions, objects, scopes, contexts and event loops outlive or miss each other."""

SUITE = {
    "pytest.ini": "[pytest]\npythonpath = .\naddopts = -p no:asyncio\n",
    "models.py": """
        from sqlalchemy import Column, ForeignKey, Integer, String, create_engine
        from sqlalchemy.orm import Session, declarative_base, relationship, scoped_session, sessionmaker
        from sqlalchemy.pool import StaticPool

        Base = declarative_base()

        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            name = Column(String(20), unique=True)
            letters = relationship("Letter")

        class Letter(Base):
            __tablename__ = "letters"
            id = Column(Integer, primary_key=True)
            to = Column(ForeignKey("users.id"))

        def new_engine():
            engine = create_engine("sqlite://", poolclass=StaticPool)
            Base.metadata.create_all(engine)
            return engine
        """,
    # -- a session that was not rolled back
    "test_a_rollback.py": """
        import pytest
        from models import Session, User, new_engine

        @pytest.fixture(scope="module")
        def session():
            with Session(new_engine()) as session:
                yield session

        def add(session):
            session.add(User(name="same"))
            session.flush()

        def test_the_first(session): add(session)
        def test_the_same_again(session): add(session)
        def test_after_it(session): assert session.query(User).count() == 1
        def test_long_after_it(session): assert session.query(User).count() == 1
        def test_without_the_session(): pass
        """,
    "test_b_swallowed.py": """
        import pytest
        from sqlalchemy.exc import IntegrityError, PendingRollbackError
        from models import User, new_engine, scoped_session, sessionmaker

        db = scoped_session(sessionmaker(new_engine()))

        def test_swallows_the_error():
            db.add_all([User(name="same"), User(name="same")])
            with pytest.raises(IntegrityError):
                db.flush()

        def test_meets_it(): assert db.query(User).count() == 0

        def test_expects_it():
            with pytest.raises(PendingRollbackError, match="has been rolled back"):
                db.query(User).count()

        def test_rolls_back():
            db.rollback()
            assert db.query(User).count() == 0
        """,
    # -- an object that lost its session
    "test_c_detached.py": """
        import pytest
        from sqlalchemy.orm.exc import DetachedInstanceError
        from models import Session, User, new_engine, scoped_session, sessionmaker

        engine = new_engine()
        db = scoped_session(sessionmaker(engine))

        @pytest.fixture(scope="module")
        def regular():
            user = User(name="regular")
            db.add(user)
            db.commit()
            return user

        def test_is_there(regular): assert regular.name == "regular"

        def test_removes_the_session(regular):
            db.remove()
            assert db.query(User).count() == 1

        def test_has_no_letters(regular): assert regular.letters == []

        def test_expects_it(regular):
            with pytest.raises(DetachedInstanceError):
                regular.letters

        @pytest.fixture
        def returned():
            with Session(engine) as session:
                user = User(name="returned")
                session.add(user)
                session.commit()
                return user

        def test_returned(returned): assert returned.name == "returned"

        @pytest.fixture
        def session():
            with Session(engine) as session:
                yield session

        @pytest.fixture(scope="module")
        def kept(request):
            return {}

        @pytest.fixture(scope="class")
        def guest():
            session = Session(engine)
            user = User(name="guest")
            session.add(user)
            session.commit()
            return {"user": user, "session": session}

        @pytest.fixture
        def tidy(guest):
            yield guest["user"]
            guest["session"].close()

        class TestGuest:
            def test_is_there(self, tidy): assert tidy.name == "guest"
            def test_has_letters(self, tidy): assert tidy.letters == []
        """,
    # -- an object of another session
    "test_d_attached.py": """
        import pytest
        from models import Session, User, new_engine

        engine = new_engine()

        @pytest.fixture(scope="module")
        def author():
            session = Session(engine)
            user = User(name="author")
            session.add(user)
            session.commit()
            user.session = session
            return user

        @pytest.fixture
        def session():
            with Session(engine) as session:
                yield session

        def test_reads(author): assert author.name == "author"
        def test_adds(author, session): session.add(author)
        def test_merges(author, session): session.merge(author)
        """,
    # -- a transaction out of turn
    "test_e_turns.py": """
        from sqlalchemy import text
        from models import Session, new_engine

        def test_begins_twice():
            with Session(new_engine()) as session:
                session.begin()
                session.begin()

        def test_uses_a_closed_connection():
            connection = new_engine().connect()
            connection.close()
            connection.execute(text("SELECT 1"))

        def test_begins_once():
            with Session(new_engine()) as session, session.begin():
                pass
        """,
    # -- scopes
    "test_f_scopes.py": """
        import pytest

        @pytest.fixture
        def narrow(): return 1

        @pytest.fixture(scope="module")
        def wide(narrow): return narrow

        def test_wide(wide): pass
        def test_wide_again(wide): pass
        def test_narrow(narrow): pass
        def test_says_so(): pytest.fail("this is no ScopeMismatch: You tried to access the function scoped fixture a")
        """,
    # -- application contexts
    "test_g_contexts.py": """
        import pytest
        from flask import Flask
        from flask_sqlalchemy import SQLAlchemy

        db = SQLAlchemy()

        @pytest.fixture
        def app():
            app = Flask("shop")
            app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
            db.init_app(app)
            return app

        @pytest.fixture
        def tables(app):
            db.create_all()

        def test_tables(tables): pass
        def test_more_tables(tables): pass

        def test_inside(app):
            with app.app_context():
                db.create_all()

        def test_another_application():
            with Flask("other").app_context():
                db.create_all()

        class User(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(20))

        @pytest.fixture(scope="class")
        def shop():
            app = Flask("shop")
            app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
            db.init_app(app)
            with app.app_context():
                db.create_all()
            return app

        @pytest.fixture
        def context(shop):
            with shop.app_context():
                yield

        @pytest.fixture(scope="class")
        def owner(shop):
            user = User(name="owner")
            db.session.add(user)
            db.session.commit()
            return user

        class TestOwner:
            def test_in_its_own_context(self, context, request): request.getfixturevalue("owner")
            def test_in_the_next_context(self, context, owner): assert owner.name == "owner"

        def test_expected(app):
            with pytest.raises(RuntimeError, match="outside of application context"):
                db.create_all()

        def test_another_error():
            raise RuntimeError("no Working outside of application context")
        """,
    # -- values that answer nothing
    "test_i_hostile.py": """
        import pytest
        from models import Base, Column, Integer, Session, new_engine

        class Silent(type):
            def __eq__(cls, other): raise RuntimeError("eq")
            def __hash__(cls): raise RuntimeError("hash")
            def __getattribute__(cls, name): raise RuntimeError(name)

        class Odd(metaclass=Silent):
            def __getattribute__(self, name): raise RuntimeError(name)

        class Shut(list):
            def __iter__(self): raise RuntimeError("iter")
            def __getitem__(self, index): raise RuntimeError("item")

        class Grim(Base):
            __tablename__ = "grim"
            id = Column(Integer, primary_key=True)
            def __eq__(self, other): raise RuntimeError("eq")
            def __hash__(self): raise RuntimeError("hash")
            def __repr__(self): raise RuntimeError("repr")

        @pytest.fixture(scope="module")
        def odd(): return type.__call__(Odd)

        @pytest.fixture
        def shut(): return Shut([1])

        @pytest.fixture(scope="module")
        def grim():
            with Session(new_engine()) as session:
                grim = Grim(id=1)
                session.add(grim)
                session.commit()
                yield grim

        def test_they_are_left_alone(odd, shut, grim): assert grim.id == 1
        def test_again(odd, grim): assert grim.id == 1
        """,
    # -- event loops
    "test_h_loops.py": """
        import asyncio
        import pytest

        @pytest.fixture(scope="module")
        def first_loop():
            loop = asyncio.new_event_loop()
            yield loop
            loop.close()

        def test_another_loop(first_loop):
            async def wait(future): await future
            asyncio.run(wait(first_loop.create_future()))

        def test_closed():
            loop = asyncio.new_event_loop()
            loop.close()
            loop.call_soon(print)

        def test_expected():
            loop = asyncio.new_event_loop()
            loop.close()
            with pytest.raises(RuntimeError, match="Event loop is closed"):
                loop.call_soon(print)
        """,
}
