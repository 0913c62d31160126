"""A suite in which each test is one way of writing rows, on each database of :mod:`row_databases`.

The scenarios continue in :mod:`row_escapes`: ``SCENARIOS`` has both.
"""

import row_escapes

SCENARIOS = """
    import gc, threading
    import pytest
    import sqlalchemy as sa
    from sqlalchemy import delete, insert, select, text, update
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm import Session
    from conftest import A, B, Base, KEPT

    modern = pytest.mark.skipif(sa.__version__ < "2", reason="SQLAlchemy 2")
    a = A.__table__

    def upsert(db):
        if db.name == "mysql":
            pytest.skip("has ON DUPLICATE KEY")
        return {"sqlite": sqlite, "postgresql": postgresql}[db.name].insert

    def lite(db):
        if db.name != "sqlite":
            pytest.skip("SQLite's own")

    def returning(db):
        if db.name == "mysql":
            pytest.skip("has no RETURNING, no WITH before INSERT")

    def names(count, first=0):
        return [dict(name="n%d" % n) for n in range(first, first + count)]

    # -- the ORM

    def test_add_one(db):
        with Session(db.engine) as session:
            session.add(A(name="one")); session.commit()

    def test_add_many(db):
        with Session(db.engine) as session:
            session.add_all([A(name=str(n)) for n in range(7)]); session.commit()

    def test_add_thousands(db):
        with Session(db.engine) as session:
            session.add_all([A(name=str(n)) for n in range(2500)]); session.commit()

    def test_flush_only(db):
        with Session(db.engine) as session:
            session.add_all([A(name="x"), A(name="y")]); session.flush()

    def test_two_tables(db):
        with Session(db.engine) as session:
            first = A(name="x"); session.add(first); session.flush()
            session.add_all([B(a_id=first.id) for _ in range(3)]); session.commit()

    def test_rollback_then_commit(db):
        with Session(db.engine) as session:
            session.add(A(name="x")); session.flush(); session.rollback()
            session.add(A(name="y")); session.commit()

    def test_bulk_save(db):
        with Session(db.engine) as session:
            session.bulk_save_objects([A(name=str(n)) for n in range(5)]); session.commit()

    def test_bulk_mappings(db):
        with Session(db.engine) as session:
            session.bulk_insert_mappings(A, names(6)); session.commit()

    @modern
    def test_orm_insert_returning(db):
        with Session(db.engine) as session:
            session.scalars(insert(A).returning(A), names(5)).all(); session.commit()

    def test_orm_delete(seeded):
        with Session(seeded.engine) as session:
            session.delete(session.query(A).first()); session.commit()

    def test_query_delete(seeded):
        with Session(seeded.engine) as session:
            session.query(A).filter(A.id > 2).delete(synchronize_session=False); session.commit()

    @modern
    def test_delete_fetch(seeded):
        with Session(seeded.engine) as session:
            session.execute(delete(A).where(A.id > 1), execution_options={"synchronize_session": "fetch"})
            session.commit()

    def test_orm_update(seeded):
        with Session(seeded.engine) as session:
            session.query(A).first().name = "changed"; session.commit()

    def test_failing_flush(seeded):
        with Session(seeded.engine) as session:
            session.add(A(name="seed 1"))
            with pytest.raises(IntegrityError):
                session.commit()
            session.rollback()

    # -- Core

    def test_core_insert(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="x"))

    def test_the_same_again(seeded):
        with seeded.engine.connect() as connection:
            for number in range(20):
                connection.execute(a.insert(), dict(name="kept %d" % number))
            connection.commit()
            for number in range(15):
                connection.execute(a.insert(), dict(name="undone %d" % number))
            connection.rollback()
            for number in range(12):
                with connection.begin_nested() as nested:
                    for twin in range(15):
                        connection.execute(a.insert(), dict(name="%d within %d" % (twin, number)))
                    if number % 3:
                        nested.rollback()
            connection.execute(a.delete().where(a.c.name.like("kept 1%")))
            connection.commit()
            connection.execute(a.delete().where(a.c.name.like("kept 2%"))); connection.rollback()
        engine = seeded.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for number in range(15):
                connection.execute(a.insert(), dict(name="at once %d" % number))

    def test_core_many(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), names(9))

    def test_core_values(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert().values(names(3)))

    def test_core_from_select(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(B.__table__.insert().from_select(["a_id"], select(a.c.id)))

    @modern
    def test_core_returning(db):
        returning(db)
        with db.engine.begin() as connection:
            connection.execute(a.insert().values(names(3)).returning(a.c.id)).all()

    @modern
    def test_core_many_returning(db):
        returning(db)
        with db.engine.begin() as connection:
            connection.execute(a.insert().returning(a.c.id), names(1200)).all()

    @modern
    def test_from_select_returning(seeded):
        returning(seeded)
        with seeded.engine.begin() as connection:
            table = B.__table__
            connection.execute(table.insert().from_select(["a_id"], select(a.c.id)).returning(table.c.id)).all()

    @modern
    def test_delete_returning(seeded):
        returning(seeded)
        with seeded.engine.begin() as connection:
            connection.execute(delete(a).where(a.c.id < 3).returning(a.c.id)).all()
            connection.execute(a.insert(), dict(name="x"))

    def test_core_delete_all(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(a.delete())

    def test_delete_then_insert(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(a.delete()); connection.execute(a.insert(), names(2))

    def test_upsert(seeded):
        with seeded.engine.begin() as connection:
            statement = upsert(seeded)(a).values([dict(name="seed 1"), dict(name="new")])
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=dict(name="other")))

    def test_do_nothing(seeded):
        with seeded.engine.begin() as connection:
            statement = upsert(seeded)(a).values([dict(name="seed 1"), dict(name="new")])
            connection.execute(statement.on_conflict_do_nothing())

    def test_or_replace(seeded):
        lite(seeded)
        with seeded.engine.begin() as connection:
            connection.execute(a.insert().prefix_with("OR REPLACE"), dict(name="seed 1"))

    # -- text

    def test_text(db):
        with db.engine.begin() as connection:
            connection.execute(text("INSERT INTO a (name) VALUES ('x'), ('y')"))

    def test_text_many(db):
        with db.engine.begin() as connection:
            connection.execute(text("insert into a (name) values (:name)"), names(4))

    def test_text_quoted_and_commented(db):
        with db.engine.begin() as connection:
            connection.execute(text(
                "-- hello\\n /* there */ INSERT INTO %s (name) VALUES ('x')" % ("`a`" if db.name == "mysql" else '"a"')
            ))

    def test_text_with(seeded):
        returning(seeded)
        with seeded.engine.begin() as connection:
            connection.execute(text("WITH s AS (SELECT id FROM a) INSERT INTO b (a_id) SELECT id FROM s"))

    def test_text_returning(db):
        returning(db)
        with db.engine.begin() as connection:
            connection.execute(text("INSERT INTO a (name) VALUES ('x'), ('y') RETURNING id")).all()

    def test_text_delete(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(text("DELETE FROM a WHERE id = 1"))

    def test_driver_sql(db):
        with db.engine.begin() as connection:
            mark = "?" if db.name == "sqlite" else "%s"
            connection.exec_driver_sql("INSERT INTO a (name) VALUES (%s)" % mark, [("x",), ("y",)])

    def test_failing_executemany(seeded):
        with seeded.engine.connect() as connection:
            with pytest.raises(IntegrityError):
                connection.execute(a.insert(), names(3) + [dict(name="seed 1")])
            connection.commit()

    # -- transactions

    def test_rollback(db):
        with db.engine.connect() as connection:
            connection.execute(a.insert(), names(2)); connection.rollback()

    def test_close_without_commit(db):
        connection = db.engine.connect()
        connection.execute(a.insert(), names(2)); connection.close()

    def test_let_go_of(db):
        connection = db.engine.connect()
        connection.execute(a.insert(), names(2))
        del connection
        gc.collect()

    def test_savepoint_released(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            with connection.begin_nested():
                connection.execute(a.insert(), names(2))

    def test_savepoint_undone(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            nested = connection.begin_nested()
            connection.execute(a.insert(), names(2)); nested.rollback()

    def test_savepoints_nested(db):
        with Session(db.engine) as session:
            session.add(A(name="out")); session.flush()
            with session.begin_nested():
                session.add(A(name="kept"))
                inner = session.begin_nested()
                session.add(A(name="undone")); session.flush(); inner.rollback()
            session.commit()

    def test_savepoints_of_text(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            connection.execute(text("SAVEPOINT here")); connection.execute(a.insert(), names(2))
            connection.execute(text("ROLLBACK TO SAVEPOINT here")); connection.execute(text("RELEASE SAVEPOINT here"))

    def test_savepoint_within_rollback(db):
        with db.engine.connect() as connection:
            connection.execute(a.insert(), dict(name="before"))
            with connection.begin_nested():
                connection.execute(a.insert(), names(2))
            connection.rollback()

    def test_escape(db):
        with db.engine.connect() as connection:
            outer = connection.begin()
            with connection.begin_nested():
                connection.execute(a.insert(), names(2))
            outer.rollback()

    def test_autocommit(db):
        engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(a.insert(), names(3)); connection.rollback()

    def test_text_transaction(db):
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("BEGIN")); connection.execute(a.insert(), names(2))
            connection.execute(text("ROLLBACK"))
            connection.execute(text("BEGIN")); connection.execute(a.insert(), names(1))
            connection.execute(text("COMMIT"))

    def test_thread(db):
        def work():
            with db.engine.begin() as connection:
                connection.execute(a.insert(), names(2))
        thread = threading.Thread(target=work); thread.start(); thread.join()

    """

SCENARIOS += row_escapes.SCENARIOS
