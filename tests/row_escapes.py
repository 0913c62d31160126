"""Row scenarios in which rows pass by the usual way: other engines, triggers, raw cursors, savepoints, asyncio."""

SCENARIOS = """
    # -- tables and engines

    def test_two_engines(db):
        if db.kind != "memory":
            with db.another().begin() as connection:
                connection.execute(a.insert(), names(2))
        with db.engine.begin() as connection:
            connection.execute(a.insert(), names(2, 5))

    def test_dropped(seeded):
        Base.metadata.drop_all(seeded.engine); Base.metadata.create_all(seeded.engine)

    def test_dropped_and_filled(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(a.insert(), names(2))
        Base.metadata.drop_all(seeded.engine); Base.metadata.create_all(seeded.engine)
        with seeded.engine.begin() as connection:
            connection.execute(a.insert(), names(1))

    def test_dropped_by_text(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(text("DROP TABLE b")); connection.execute(text("DROP TABLE a"))

    def test_trigger_on_the_same_table(db):
        lite(db)
        with db.engine.begin() as connection:
            connection.execute(text(
                "CREATE TRIGGER t AFTER INSERT ON a WHEN new.name = 'x' BEGIN INSERT INTO a (name) VALUES ('twin'); END"
            ))
            connection.execute(a.insert(), dict(name="x"))

    def test_raw_cursor_beside(db):
        with db.engine.begin() as connection:
            connection.connection.cursor().execute("INSERT INTO a (name) VALUES ('raw')")
            connection.execute(a.insert(), dict(name="seen"))

    def test_raw_cursor(db):
        connection = db.engine.raw_connection()
        connection.cursor().execute("INSERT INTO a (name) VALUES ('raw')")
        connection.commit(); connection.close()

    def test_raw_commit(db):
        with db.engine.connect() as connection:
            connection.execute(a.insert(), names(2))
            getattr(connection.connection, "dbapi_connection", connection.connection).commit()

    def other_table(db):
        # Table log, which the database itself writes to.
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE log (a_id integer)"))
            if db.name == "sqlite":
                connection.execute(text(
                    "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO log (a_id) VALUES (new.id); END"
                ))
            elif db.name == "mysql":
                connection.execute(text(
                    "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW INSERT INTO log VALUES (new.id)"
                ))
            else:
                connection.execute(text(
                    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$ BEGIN INSERT INTO log VALUES (new.id); RETURN new; END $$"
                ))
                connection.execute(text("CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION note()"))

    def test_trigger_into_another_table(db):
        other_table(db)
        with db.engine.begin() as connection:
            connection.execute(a.insert(), names(2))

    def test_cascade(seeded):
        with seeded.engine.connect() as connection:
            if seeded.name == "sqlite":
                connection.execute(text("PRAGMA foreign_keys = ON"))
            connection.execute(text(
                "CREATE TABLE child (a_id integer, FOREIGN KEY (a_id) REFERENCES a (id) ON DELETE CASCADE)"
            ))
            connection.execute(text("INSERT INTO child SELECT id FROM a"))
            connection.commit()
            connection.execute(a.delete().where(a.c.name == "seed 1")); connection.commit()
            if seeded.name == "sqlite":
                connection.execute(text("PRAGMA foreign_keys = OFF"))

    # -- keys, names, and errors half way

    def test_given_keys(db):
        with Session(db.engine) as session:
            session.add_all([A(id=n, name=str(n)) for n in (11, 22, 33)]); session.commit()
            session.delete(session.query(A).filter_by(id=22).one()); session.commit()

    def test_key_of_another(pair, db):
        with Session(db.engine) as session:
            session.delete(session.query(A).filter_by(id=5).one()); session.commit()

    def test_some_of_its_own(db):
        with Session(db.engine) as session:
            session.add_all([A(id=n, name=str(n)) for n in (1, 2, 3)]); session.commit()
            session.execute(delete(A).where(A.id > 1)); session.commit()

    def test_kinds_of_keys(bare):
        odd = sa.MetaData()
        class Text(sa.types.TypeDecorator):
            impl, cache_ok = sa.String(60), True
            def process_bind_param(self, value, dialect):
                return value.text
        class Hostile:
            text = "never"
            def __repr__(self): raise RuntimeError("asked")
            __str__ = __eq__ = __format__ = __repr__
            __hash__ = object.__hash__
        def table(name, *kinds):
            return sa.Table(name, odd, *[sa.Column("k%d" % n, kind, primary_key=True, autoincrement=False)
                                         for n, kind in enumerate(kinds)], sa.Column("secret", sa.String(20)))
        rows = [
            (table("composite", sa.Integer, sa.String(60)), [dict(k0=3, k1="x"), dict(k0=4, k1="y")]),
            (table("long", sa.String(60)), [dict(k0="x" * 60)]),
            (table("binary", sa.LargeBinary(30)) if bare.name != "mysql" else None, [dict(k0=b"abc")]),
            (table("hostile", Text), [dict(k0=Hostile())]),
        ]
        odd.create_all(bare.engine)
        with bare.engine.begin() as connection:
            for table, all in [pair for pair in rows if pair[0] is not None]:
                for row in all:
                    connection.execute(table.insert(), dict(row, secret="s3cret"))
                connection.execute(table.delete().where(table.c.secret == "s3cret and more"))

    def test_several_values(bare):
        odd = sa.MetaData()
        table = sa.Table("several", odd, sa.Column("id", sa.Integer, primary_key=True))
        odd.create_all(bare.engine)
        with bare.engine.begin() as connection:
            connection.execute(table.insert().values([dict(id=n) for n in (7, 8)]))
            connection.execute(table.insert(), [dict(id=n) for n in range(20, 30)])

    # -- ways of escape

    def test_within_what_is_held(held):
        held.execute(a.insert(), names(2))

    def test_beside_what_is_held(held, db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), names(2))

    def test_beside_it_in_a_thread(held, db):
        def work():
            with db.engine.begin() as connection:
                connection.execute(a.insert(), names(2))
        thread = threading.Thread(target=work); thread.start(); thread.join()

    def test_odd_names(bare):
        odd = sa.MetaData()
        names = ["select", "two words", "dot.ted", "ta\u0431\u043b\u0438\u0446\u0430", "per%cent", "O'Hara", 'it "is"']
        tables = [sa.Table(name, odd, sa.Column("id", sa.Integer, primary_key=True)) for name in names]
        odd.create_all(bare.engine)
        with bare.engine.begin() as connection:
            for count, table in enumerate(tables, 1):
                connection.execute(table.insert(), [dict(id=n + 1) for n in range(count)])
                connection.execute(table.insert().values(id=77))
            connection.execute(tables[2].delete().where(tables[2].c.id == 77))

    def test_another_schema(bare):
        odd = sa.MetaData()
        table = sa.Table("it.ems", odd, sa.Column("id", sa.Integer, primary_key=True), schema="extra")
        with bare.engine.connect() as connection:
            if bare.name == "sqlite":
                if bare.kind == "file":
                    pytest.skip("what is attached goes with the connection")
                connection.execute(text("ATTACH ':memory:' AS extra"))
            else:
                connection.execute(text("CREATE SCHEMA extra"))
            odd.create_all(connection)
            connection.execute(table.insert(), [dict(id=n + 1) for n in range(3)])
            connection.commit()

    def test_error_then_commit(seeded):
        with seeded.engine.connect() as connection:
            connection.execute(a.insert(), dict(name="before"))
            with pytest.raises(IntegrityError):
                connection.execute(a.insert(), dict(name="seed 1"))
            connection.commit()

    def test_error_within_savepoint(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            with pytest.raises(IntegrityError):
                with connection.begin_nested():
                    connection.execute(a.insert(), dict(name="within"))
                    connection.execute(a.insert(), dict(name="seed 1"))
            connection.execute(a.insert(), dict(name="after"))

    def test_savepoint_of_the_same_name(db):
        with db.engine.begin() as connection:
            connection.execute(a.insert(), dict(name="before"))
            for number in range(2):
                connection.execute(text("SAVEPOINT s")); connection.execute(a.insert(), dict(name="n%d" % number))
            connection.execute(text("ROLLBACK TO s"))

    def test_truncate(seeded):
        if seeded.name == "sqlite":
            pytest.skip("has no TRUNCATE")
        with seeded.engine.begin() as connection:
            connection.execute(text("TRUNCATE TABLE b")); connection.execute(text("INSERT INTO b (id) VALUES (1), (2)"))

    def test_create_table_as(seeded):
        with seeded.engine.begin() as connection:
            connection.execute(text("CREATE TABLE twin AS SELECT * FROM a"))

    def test_rows_then_ddl(db):
        with db.engine.connect() as connection:
            connection.execute(a.insert(), names(2))
            connection.execute(text("CREATE TABLE more (id integer)"))
            connection.rollback()

    # -- asyncio

    def test_async_insert(async_db):
        async def work(engine):
            async with engine.begin() as connection:
                await connection.execute(a.insert(), names(3))
        async_db.run(work)

    def test_async_one(async_db):
        async def work(engine):
            async with engine.begin() as connection:
                await connection.execute(a.insert().values(name="x"))
        async_db.run(work)

    def test_async_rollback(async_db):
        async def work(engine):
            async with engine.connect() as connection:
                await connection.execute(a.insert(), names(3)); await connection.rollback()
                await connection.execute(a.insert(), names(1)); await connection.commit()
        async_db.run(work)

    def test_async_close(async_db):
        async def work(engine):
            async with engine.connect() as connection:
                await connection.execute(a.insert(), names(3))
        async_db.run(work)

    def test_async_orm(async_db):
        from sqlalchemy.ext.asyncio import AsyncSession
        async def work(engine):
            async with AsyncSession(engine) as session:
                session.add_all([A(name="x"), A(name="y")]); await session.commit()
            async with AsyncSession(engine) as session:
                found = (await session.execute(select(A).where(A.name == "x"))).scalar_one()
                await session.delete(found); await session.commit()
        async_db.run(work)

    def test_async_savepoint(async_db):
        from sqlalchemy.ext.asyncio import AsyncSession
        async def work(engine):
            async with AsyncSession(engine) as session:
                session.add(A(name="out")); await session.flush()
                inner = await session.begin_nested()
                session.add(A(name="in")); await session.flush()
                await inner.rollback(); await session.commit()
        async_db.run(work)

    def test_async_text_update_delete(async_db):
        async def work(engine):
            async with engine.begin() as connection:
                await connection.execute(text("INSERT INTO a (name) VALUES ('x'), ('y'), ('z')"))
                await connection.execute(text("UPDATE a SET name = 'w' WHERE name = 'x'"))
                await connection.execute(delete(a).where(a.c.name == "y"))
        async_db.run(work)

    def test_async_autocommit(async_db):
        async def work(engine):
            async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                await connection.execute(a.insert(), names(2)); await connection.rollback()
        async_db.run(work)
    """
