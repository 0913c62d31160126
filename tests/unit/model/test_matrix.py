"""Tables against tests."""

from collections.abc import Callable

from isolation_tui.model import Run, Stamped
from isolation_tui.model.matrix import Layer, Mark, Matrix, columns
from pytest_isolation import events as ev

PLACE = ev.Place("src.models", "/app/src/models.py", 12, "register_models")


class Suite:
    """Builds a run test by test; ``during`` states facts while a test is on the stage."""

    def __init__(self, worker: str = "main", run: Run | None = None) -> None:
        self.run = run or Run()
        self.name = worker
        self.apply(ev.Hello(1, "main", 1, "3.11", "9.2"))
        self.apply(ev.MetadataSeen(1, "", PLACE))
        self.apply(ev.DatabaseSeen(1, "sqlite://#1", "sqlite"))

    def apply(self, fact: object) -> None:
        self.run.apply(Stamped(self.name, self.run.last_at + 1.0, fact))

    def test(self, nodeid: str, *facts: Callable[[ev.Unit], object]) -> None:
        self.apply(ev.TestStarted(nodeid, 1, nodeid.partition("::")[0]))
        unit = ev.Unit(nodeid, "setup")
        for fact in facts:
            self.apply(fact(unit))
        for when in ("setup", "call", "teardown"):
            self.apply(ev.PhaseFinished(nodeid, 1, when, "passed", 100_000_000))


def registered(table: str) -> Callable[[ev.Unit], object]:
    return lambda unit: ev.TableRegistered(1, table, PLACE, [], unit)


def refused(table: str) -> Callable[[ev.Unit], object]:
    return lambda unit: ev.TableRefused(1, table, PLACE, [], unit)


def cleared(*tables: str) -> Callable[[ev.Unit], object]:
    return lambda unit: ev.MetadataCleared(1, list(tables), PLACE, unit)


def created(table: str) -> Callable[[ev.Unit], object]:
    return lambda unit: ev.TablesCreated(1, [table], "orm", PLACE, unit)


def dropped(table: str) -> Callable[[ev.Unit], object]:
    return lambda unit: ev.TablesDropped(1, [table], "orm", PLACE, unit)


def marks(matrix: Matrix, layer: Layer, table: str) -> list[Mark | None]:
    return [matrix.cell(layer, table, test) for test in matrix.run.order]


def test_a_table_is_new_where_it_was_registered_and_kept_where_it_was_found() -> None:
    suite = Suite()
    suite.test("a.py::one", registered("roles"))
    suite.test("a.py::two")
    matrix = Matrix(suite.run)
    matrix.update()
    assert marks(matrix, Layer.METADATA, "roles") == [Mark.NEW, Mark.KEPT]


def test_a_refusal_is_shown_over_everything_else() -> None:
    suite = Suite()
    suite.test("a.py::one", registered("roles"))
    suite.test("a.py::two", refused("roles"))
    assert marks(Matrix(suite.run), Layer.METADATA, "roles") == [Mark.NEW, Mark.REFUSED]


def test_a_cleared_table_is_absent_afterwards() -> None:
    suite = Suite()
    suite.test("a.py::one", registered("roles"))
    suite.test("a.py::two", cleared("roles"))
    suite.test("a.py::three")
    assert marks(Matrix(suite.run), Layer.METADATA, "roles") == [Mark.NEW, Mark.CLEARED, None]


def test_created_and_dropped_in_one_test_is_rebuilt() -> None:
    suite = Suite()
    suite.test("a.py::one", created("roles"))
    suite.test("a.py::two", dropped("roles"), created("roles"))
    suite.test("a.py::three", dropped("roles"))
    assert marks(Matrix(suite.run), Layer.DATABASE, "roles") == [Mark.CREATED, Mark.REBUILT, Mark.DROPPED]


def test_the_shared_metadata_of_the_seed_reads_as_registered_once() -> None:
    suite = Suite()
    suite.test("a.py::0", registered("roles"))
    for number in range(1, 36):
        suite.test(f"a.py::{number}", *([refused("roles")] if number >= 14 else []))
    matrix = Matrix(suite.run)
    matrix.update()
    totals = matrix.totals(Layer.METADATA, "roles")
    assert totals.shared
    assert totals.words() == "registered once, used by 36 tests, refused 22x"


def test_fresh_tables_read_as_new_for_each_test() -> None:
    suite = Suite()
    for number in range(36):
        suite.test(f"a.py::{number}", created("roles"), dropped("roles"))
    matrix = Matrix(suite.run)
    matrix.update()
    totals = matrix.totals(Layer.DATABASE, "roles")
    assert totals.fresh
    assert not totals.shared
    assert totals.words() == "created new for each of 36 tests"


def test_a_registration_at_import_belongs_to_no_test() -> None:
    suite = Suite()
    suite.apply(ev.TableRegistered(1, "roles", PLACE, [], ev.Unit("", "import")))
    suite.test("a.py::one")
    suite.test("a.py::two")
    matrix = Matrix(suite.run)
    matrix.update()
    assert marks(matrix, Layer.METADATA, "roles") == [Mark.KEPT, Mark.KEPT]
    assert matrix.totals(Layer.METADATA, "roles").words() == "registered once, used by 2 tests"


def test_two_workers_that_each_register_once_do_not_look_like_a_second_registration() -> None:
    first = Suite("gw0")
    second = Suite("gw1", first.run)
    for suite in (first, second):
        suite.apply(ev.TableRegistered(1, "roles", PLACE, [], ev.Unit("", "import")))
        suite.test(f"a.py::{suite.name}")
    matrix = Matrix(first.run)
    matrix.update()
    said = matrix.totals(Layer.METADATA, "roles").words()
    assert said == "registered once in each of 2 workers, used by 2 tests"


def test_updating_while_the_run_goes_on_gives_the_same_totals_as_looking_at_its_end() -> None:
    suite = Suite()
    live = Matrix(suite.run)
    for number in range(5):
        suite.test(f"a.py::{number}", *([registered("roles")] if number == 0 else []), created("roles"))
        assert live.update()
    assert not live.update()
    late = Matrix(suite.run)
    late.update()
    for layer in Layer:
        assert live.tables[layer] == late.tables[layer] == ["roles"]
        assert live.totals(layer, "roles") == late.totals(layer, "roles")


def test_the_origin_is_what_brought_the_table_before_the_test() -> None:
    suite = Suite()
    suite.test("a.py::one", registered("roles"))
    suite.test("a.py::two", refused("roles"))
    matrix = Matrix(suite.run)
    origin = matrix.origin(Layer.METADATA, "roles", suite.run.tests["a.py::two"])
    assert origin is not None
    assert origin.unit.nodeid == "a.py::one"


def test_columns_are_grouped_by_file_in_the_order_they_ran() -> None:
    suite = Suite()
    for nodeid in ("b.py::1", "a.py::1", "b.py::2"):
        suite.test(nodeid)
    assert [(file, [test.name for test in tests]) for file, tests in columns(suite.run)] == [
        ("b.py", ["1", "2"]),
        ("a.py", ["1"]),
    ]
    assert [file for file, _ in columns(suite.run, "a.py")] == ["a.py"]


def test_thousands_of_tests_with_the_same_tables_are_counted_as_sets() -> None:
    suite = Suite()
    suite.test("a.py::first", *(registered(f"t{number}") for number in range(18)))
    for number in range(2_000):
        suite.test(f"a.py::{number}")
    matrix = Matrix(suite.run)
    matrix.update()
    assert matrix.totals(Layer.METADATA, "t17").held == 2_001
    assert len(matrix._edges[Layer.METADATA]) <= 2  # sets are counted, not tables


def test_the_totals_of_one_file_leave_the_others_out() -> None:
    suite = Suite()
    suite.test("a.py::one", registered("roles"), created("roles"))
    suite.test("a.py::two")
    suite.test("b.py::one", refused("roles"))
    matrix = Matrix(suite.run, "b.py")
    matrix.update()
    assert matrix.totals(Layer.METADATA, "roles").words() == "found by 1 test, refused 1x"
    assert matrix.totals(Layer.DATABASE, "roles").words() == "found by 1 test"


def test_a_long_run_can_be_taken_in_by_and_by() -> None:
    suite = Suite()
    for number in range(50):
        suite.test(f"a.py::{number}", created("roles"), dropped("roles"))
    whole, slow = Matrix(suite.run), Matrix(suite.run)
    whole.update()
    rounds = 0
    while slow.update(limit=7) or slow.behind:
        rounds += 1
    assert rounds > 10
    assert not slow.behind
    assert slow.totals(Layer.DATABASE, "roles") == whole.totals(Layer.DATABASE, "roles")
