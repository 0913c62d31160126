"""Tells runs as stories: facts in the order in which a real suite states them, folded into a :class:`Run`.

    story = Story().collected([f"tests/test_a.py::test_{n}" for n in range(3)])
    app = story.fixture("app", "module", "tests/test_a.py", 5)
    life = story.set_up(app, "tests/test_a.py::test_0")
    story.test("tests/test_a.py::test_0", uses=[life])
    story.finished(0).run

Time starts at 1000.0 and every step takes 10 ms, unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from isolation_tui.model import Run, Stamped
from pytest_isolation import events as ev

NOWHERE = ev.Place()

ROOT = "/home/dev/demo_app/backend"

TABLES = (
    "roles", "users", "sessions", "products", "categories", "suppliers", "warehouses", "stock_levels",
    "stock_movements", "customers", "addresses", "orders", "order_lines", "payments", "shipments", "price_rules",
    "settings", "audit_entries",
)  # fmt: skip
"""The 18 tables of the demo."""


class Story:
    """Builds facts one after the other. ``facts`` are what was told so far; ``run`` is what they add up to."""

    def __init__(self, *, fix: bool = False, workers: int = 1, project: str = "demo_app/backend/tests") -> None:
        self.run = Run()
        self.facts: list[Stamped] = []
        self.now = 1000.0
        self._next = 0
        self.say(ev.RunStarted(["python", "-m", "pytest"], ROOT, "/venv/bin/python", project, fix), "observer")
        names = ["main"] if workers == 1 else [f"gw{number}" for number in range(workers)]
        if workers > 1:
            self.say(ev.Hello(1, "controller", 1, "3.12", "9.0"))
        for name in names:
            self.say(ev.Hello(1, "main" if workers == 1 else "worker", 2, "3.12", "9.0"), name)
            self.say(ev.SessionStarted(ROOT, "", workers), name)

    def say(self, fact: Any, worker: str = "main", after: float = 0.0) -> Story:
        """State any fact, ``after`` seconds later than the one before."""
        self.now += after
        stamped = Stamped(worker, self.now, fact)
        self.facts.append(stamped)
        self.run.apply(stamped)
        return self

    def number(self) -> int:
        """An id that no other thing of this story has."""
        self._next += 1
        return self._next

    def collected(self, nodeids: Sequence[str], worker: str = "main") -> Story:
        self.say(ev.Collected(0, list(nodeids)), worker)
        return self.say(ev.CollectionFinished(len(nodeids)), worker)

    def models(self, tables: Iterable[str] = TABLES, metadata: int = 1) -> Story:
        """A MetaData that holds the tables, registered when the tests were imported."""
        self.say(ev.MetadataSeen(metadata, "", ev.Place("src.database", f"{ROOT}/src/database.py", 9)))
        self.say(ev.DatabaseSeen(1, "sqlite://#1", "sqlite"))
        for table in tables:
            place = ev.Place("src.models", f"{ROOT}/src/models/{table}.py", 12, "<module>")
            self.say(ev.TableRegistered(metadata, table, place, [], ev.Unit("", "import")))
            self.say(ev.ModelMapped(metadata, table, f"src.models.{table.title()}", ev.Unit("", "import")))
        return self

    def fixture(
        self, name: str, scope: str, file: str, line: int = 1, arguments: Sequence[str] = (), worker: str = "main",
        internal: bool = False,
    ) -> int:  # fmt: skip
        """Define a fixture; its id."""
        definition = self.number()
        place = ev.Place("tests", f"{ROOT}/{file}", line, name)
        self.say(ev.FixtureDefined(definition, name, scope, file, place, list(arguments), internal), worker)
        return definition

    def set_up(
        self, definition: int, nodeid: str, *, worker: str = "main", error: str = "", took: float = 0.002,
        depends: Sequence[int] = (), life: int = 0, parameter: str | None = None,
    ) -> int:  # fmt: skip
        """Set a fixture up for the test; the life's id."""
        life = life or self.number()
        began = self.now
        self.say(
            ev.FixtureSetUp(
                life, definition, nodeid, round(began * 1e6), round(took * 1e9), list(depends), parameter, 0,
                "InvalidRequestError" if error else "", error,
            ),
            worker, took,
        )  # fmt: skip
        return life

    def tear_down(self, life: int, nodeid: str, worker: str = "main") -> Story:
        return self.say(ev.FixtureTornDown(life, nodeid, 1_000_000), worker, 0.001)

    def begin(self, nodeid: str, *, worker: str = "main", line: int = 10) -> Story:
        return self.say(ev.TestStarted(nodeid, 1, nodeid.partition("::")[0], line), worker)

    def phase(
        self, nodeid: str, when: str, outcome: str = "passed", *, worker: str = "main", message: str = "",
        exception: str = "", uses: Sequence[int] = (), life: int = 0, took: float = 0.003, xfail: str | None = None,
        place: ev.Place = NOWHERE, traceback: str = "",
    ) -> Story:  # fmt: skip
        return self.say(
            ev.PhaseFinished(
                nodeid, 1, when, outcome, round(took * 1e9), list(uses), exception, message, place, traceback, xfail,
                life,
            ),
            worker, took,
        )  # fmt: skip

    def test(
        self, nodeid: str, outcome: str = "passed", *, uses: Sequence[int] = (), ends: Sequence[int] = (),
        worker: str = "main", message: str = "assert 2 == 1", begun: bool = False, life: int = 0,
    ) -> Story:  # fmt: skip
        """A whole test. ``outcome`` is passed, failed, error (in setup), skipped, xfailed or xpassed; ``ends`` are
        the lives torn down with it."""
        if not begun:
            self.begin(nodeid, worker=worker)
        if outcome == "error":
            self.phase(
                nodeid,
                "setup",
                "failed",
                worker=worker,
                message=message,
                uses=uses,
                life=life,
                exception="InvalidRequestError",
                place=ev.Place("src.database", f"{ROOT}/src/database.py", 41),
            )
        elif outcome == "skipped":
            self.phase(nodeid, "setup", "skipped", worker=worker, uses=uses)
        else:
            self.phase(nodeid, "setup", worker=worker, uses=uses)
            if outcome == "failed":
                place = ev.Place("tests", f"{ROOT}/{nodeid.partition('::')[0]}", 33, "test")
                self.phase(
                    nodeid,
                    "call",
                    "failed",
                    worker=worker,
                    message=message,
                    exception="AssertionError",
                    place=place,
                    traceback=f"    def test():\n>       {message}\nE       {message}",
                )
            elif outcome == "xfailed":
                self.phase(nodeid, "call", "skipped", worker=worker, xfail="known")
            else:
                self.phase(nodeid, "call", worker=worker, xfail="known" if outcome == "xpassed" else None)
        for ended in ends:
            self.tear_down(ended, nodeid, worker)
        return self.phase(nodeid, "teardown", worker=worker, took=0.001)  # fmt: skip

    def finished(self, status: int, *, stopped: bool = False) -> Story:
        for name, worker in list(self.run.workers.items()):
            if worker.hello is not None:
                self.say(ev.SessionFinished(status), name)
        return self.say(ev.ProcessEnded(status, stopped), "observer", 0.01)


API = "integration/test_api_integration.py"


def api_nodeids() -> list[str]:
    """The 36 tests of the seed's broken file."""
    classes = {
        "TestAuthIntegration": 8,
        "TestUsersIntegration": 6,
        "TestProductsIntegration": 12,
        "TestStockIntegration": 10,
    }
    return [f"{API}::{name}::test_{number + 1:02}" for name, count in classes.items() for number in range(count)]


OTHER_FILES: dict[str, str] = {
    "integration/test_checkout_flow.py": "pppppppppppEEEEEEEEEEEEEEppff",
    "integration/test_import_export.py": "pppppfffppppEEEEEEpp",
    "unit/test_accounts.py": "p" * 30,
    "unit/test_audit.py": "pppfffpppp",
    "unit/test_catalogue.py": "p" * 22 + "ffff",
    "unit/test_customers.py": "p" * 12 + "EEEEEEEEE" + "ppp",
    "unit/test_inventory.py": "p" * 28 + "ff",
    "unit/test_orders.py": "ppppfffffffp" + "E" * 20,
    "unit/test_pricing.py": "p" * 17 + "fff",
    "unit/test_reports.py": "pp" + "EEEEEEEEEEEE" + "ffffff",
    "unit/test_validation.py": "p" * 7 + "ffff" + "p" * 2,
}
"""One letter a test of the demo's other files: p passed, f failed, E error."""

OUTCOMES = {"p": "passed", "f": "failed", "E": "error", "s": "skipped"}


def other_nodeids() -> list[str]:
    return [f"{file}::test_{n + 1:02}" for file, letters in OTHER_FILES.items() for n in range(len(letters))]


def before(*, upto: int = 36, others: bool = True, finish: bool = True) -> Story:
    """The seed's broken run. ``upto`` stops it after that many of the first file's tests."""
    story = Story()
    nodeids = api_nodeids()
    story.collected(nodeids + (other_nodeids() if others else [])).models()
    test_app = story.fixture("test_app", "module", API, 14)
    client = story.fixture("client", "module", API, 24, ["test_app"])
    role = story.fixture("sample_role", "function", API, 29, ["test_app"])
    category = story.fixture("sample_category", "function", API, 51, ["test_app"])
    message = "Table 'products' is already defined for this MetaData instance.  Specify 'extend_existing=True' ..."
    lives: list[int] = []
    for index, nodeid in enumerate(nodeids[:upto]):
        story.begin(nodeid)
        if not lives:
            lives.append(story.set_up(test_app, nodeid))
            unit = ev.Unit(nodeid, "setup", lives[0], "setup")
            story.say(ev.TablesCreated(1, list(TABLES), "orm", ev.Place("tests", f"{ROOT}/{API}", 17), unit))
            lives.append(story.set_up(client, nodeid, depends=lives[:1]))
        last = index == len(nodeids) - 1
        if index < 14:
            own = story.set_up(role, nodeid, depends=lives[:1])
            story.test(nodeid, uses=[*lives, own], ends=[own], begun=True)
            continue
        own = story.set_up(category, nodeid, error=message, depends=lives[:1])
        place = ev.Place("src.models.product", f"{ROOT}/src/models/product.py", 12, "<module>")
        via = [ev.Place("src.database", f"{ROOT}/src/database.py", 41, "create_tables"),
               ev.Place("tests", f"{ROOT}/{API}", 52, "sample_category")]  # fmt: skip
        story.say(ev.TableRefused(1, "products", place, via, ev.Unit(nodeid, "setup", own, "setup")))
        if last:
            unit = ev.Unit(nodeid, "teardown", lives[0], "teardown")
            story.say(ev.TablesDropped(1, list(TABLES), "orm", ev.Place("tests", f"{ROOT}/{API}", 20), unit))
        ends = [own, *(reversed(lives) if last else ())]
        story.test(nodeid, "error", uses=lives, ends=ends, begun=True, message=message, life=own)
    if others and upto >= len(nodeids):
        _tell_others(story)
    return story.finished(1) if finish else story


def after() -> Story:
    """The same suite with the conftest fix: fresh tables for every test, nothing held."""
    story = Story(fix=True)
    nodeids = api_nodeids()
    story.collected(nodeids + other_nodeids()).models()
    test_app = story.fixture("test_app", "function", "conftest.py", 40)
    client = story.fixture("client", "function", "conftest.py", 48, ["test_app"])
    role = story.fixture("sample_role", "function", API, 11, ["test_app"])
    for nodeid in nodeids:
        story.begin(nodeid)
        lives = [story.set_up(test_app, nodeid)]
        unit = ev.Unit(nodeid, "setup", lives[0], "setup")
        story.say(ev.TablesCreated(1, list(TABLES), "orm", ev.Place("tests", f"{ROOT}/conftest.py", 43), unit))
        lives.append(story.set_up(client, nodeid, depends=lives[:1]))
        lives.append(story.set_up(role, nodeid, depends=lives[:1]))
        unit = ev.Unit(nodeid, "teardown", lives[0], "teardown")
        story.say(ev.TablesDropped(1, list(TABLES), "orm", ev.Place("tests", f"{ROOT}/conftest.py", 45), unit))
        story.test(nodeid, uses=lives, ends=list(reversed(lives)), begun=True)
    _tell_others(story, healed=True)
    return story.finished(1)


def _tell_others(story: Story, healed: bool = False) -> None:
    for file, letters in OTHER_FILES.items():
        database = story.fixture("database", "function", file, 9)
        for number, letter in enumerate(letters):
            nodeid = f"{file}::test_{number + 1:02}"
            story.begin(nodeid)
            life = story.set_up(database, nodeid)
            outcome = "passed" if healed and letter == "E" else OUTCOMES[letter]
            story.test(nodeid, outcome, uses=[life], ends=[life], begun=True)


def many(tests: int, files: int = 20, bad_every: int = 97) -> Story:
    """A large suite: each file has a module-scoped fixture, each test one of its own."""
    story = Story(project="large")
    size = max(tests // files, 1)
    nodeids = [f"tests/area_{number // size:03}/test_it.py::test_{number:05}" for number in range(tests)]
    story.collected(nodeids)
    lives: dict[str, list[int]] = {}
    for number, nodeid in enumerate(nodeids):
        file = nodeid.partition("::")[0]
        if file not in lives:
            shared = story.fixture("engine", "module", file, 3)
            own = story.fixture("session", "function", file, 9, ["engine"])
            lives[file] = [story.set_up(shared, nodeid), own]
        story.begin(nodeid)
        held, own = lives[file]
        life = story.set_up(own, nodeid)
        story.test(
            nodeid, "failed" if number % bad_every == 50 else "passed", uses=[held, life], ends=[life], begun=True
        )
    return story.finished(1)


SHOP = "tests/test_shop.py"


def schemas() -> Story:
    """A test maps a class a second time, makes two tables of three, and one that no MetaData has."""
    nodeid = f"{SHOP}::test_schemas"
    unit, place = ev.Unit(nodeid, "call"), ev.Place("test_shop", f"{ROOT}/tests/test_shop.py", 40, "test_schemas")
    story = Story().models(["users", "orders", "items"]).collected([nodeid]).begin(nodeid)
    story.phase(nodeid, "setup")
    story.say(ev.TablesCreated(1, ["users", "items", "audit"], "orm", place, unit))
    for line in (41, 41):
        again = ev.Place("test_shop", f"{ROOT}/tests/test_shop.py", line, "make_model")
        story.say(ev.ModelMapped(1, "users", "test_shop.make_model.<locals>.User", unit, again))
    story.phase(nodeid, "call")
    story.phase(nodeid, "teardown")
    story.say(ev.DatabasesUsed(nodeid, [1]))
    return story.finished(0)


def dirty(*, finish: bool = True) -> Story:
    """A suite that leaves rows, state and a connection behind: some of it is read later, and two tests
    fail by it. A third fails all by itself."""
    names = [
        "test_register",
        "test_list_users",
        "test_currency",
        "test_price",
        "test_nobody_looks",
        "test_report",
        "test_sum",
    ]
    nodeids = [f"{SHOP}::{name}" for name in names]
    story = Story(project="shop").collected(nodeids).models(("users", "orders", "audit_entries"))
    customer = story.fixture("customer", "function", SHOP, 8)

    def at(line: int) -> ev.Place:
        return ev.Place("tests", f"{ROOT}/{SHOP}", line, "it")

    def wrote(table: str, rows: int, line: int, unit: ev.Unit, *keys: str) -> None:
        fact = ev.RowsWritten(1, table, rows, 0, 0, "committed", at(line), unit, kept=rows, keys=list(keys))
        story.say(fact, after=0.001)

    def ran(nodeid: str, outcome: str = "passed", uses: Sequence[int] = (), message: str = "assert 4 == 1") -> None:
        story.test(nodeid, outcome, begun=True, uses=uses, ends=uses, message=message)
        story.say(ev.DatabasesUsed(nodeid, [1]))

    register, list_users, currency, price, nobody, report, plain = nodeids
    story.begin(register)
    life = story.set_up(customer, register)
    wrote("users", 1, 9, ev.Unit(register, "setup", life, "setup"), "id=1")
    wrote("users", 3, 17, ev.Unit(register, "call"), "id=2", "id=3", "id=4")
    wrote("audit_entries", 2, 18, ev.Unit(register, "call"))
    ran(register, uses=[life])
    story.say(ev.HeldOpen(register, 7, 1, "connection", True, at(16), ev.Unit(register, "call")))

    story.begin(list_users)
    story.say(ev.TablesRead(1, ["users"], ev.Unit(list_users, "call"), at(24)))
    ran(list_users, "failed")

    story.begin(currency)
    ran(currency)
    story.say(ev.StateChanged("env", "CURRENCY", "changed", ev.Unit(currency, "call"), "str"))

    story.begin(price)
    ran(price, "failed", message="assert 'CHF' == 'EUR'")
    story.say(ev.StateInReach(price, ["env:CURRENCY"], [ev.Place("src.prices", f"{ROOT}/src/prices.py", 5)]))

    story.begin(nobody)
    wrote("orders", 5, 40, ev.Unit(nobody, "call"))
    ran(nobody)

    story.begin(report)
    story.say(ev.TablesRead(1, ["users"], ev.Unit(report, "call"), at(50)))
    story.say(ev.HeldClosed(7, ev.Unit(report, "call")))
    ran(report)

    story.begin(plain)
    ran(plain, "failed", message="assert 2 + 2 == 5")
    return story.finished(1) if finish else story
