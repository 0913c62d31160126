"""A suite in which 50 tests leave process state behind: 40 that no test reads, 10 that a later test reads.

It runs green, where no test fails by it, and red, where some do.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import environments
from isolation_tui.diagnose import diagnose
from isolation_tui.model import Leak, leaks
from observing import Seen, observe, write

KINDS = ("env", "in place", "rebound", "memoised", "class")
HARMFUL = ("reads", "reads through a method", "reads in a fixture", "reads by a late import") * 3
OWN_WAY = {"env": "sets it first", "memoised": "empties it first"}
"""What a tidy test does with such state, where putting it back is not the way."""
LATER = dict(enumerate((*HARMFUL[:10], *["leaves it alone"] * 24, *["was before it"] * 6, *["is tidy"] * 10)))
"""Number of the plant -> what the tests do that could read it."""

STATE = {
    "env": "def read_{n}(): return os.environ.get('PLANT_{n}')",
    "in place": "LIST_{n} = []\ndef read_{n}(): return LIST_{n} or None",
    "rebound": "FLAG_{n} = None\ndef read_{n}(): return FLAG_{n}",
    "memoised": "@functools.lru_cache\ndef value_{n}(): return SOURCE[0]\ndef read_{n}(): return value_{n}()",
    "class": "class Kinds{n}:\n    known = []\ndef read_{n}(): return Kinds{n}.known or None",
}
PLANT = {
    "env": "os.environ['PLANT_{n}'] = '1'",
    "in place": "state.LIST_{n}.append(1)",
    "rebound": "state.FLAG_{n} = 1",
    "memoised": "state.SOURCE[0] = 1; state.value_{n}(); state.SOURCE[0] = None",
    "class": "state.Kinds{n}.known.append(1)",
}
PUT_BACK = {
    "env": "del os.environ['PLANT_{n}']",
    "in place": "state.LIST_{n}.clear()",
    "rebound": "state.FLAG_{n} = None",
    "memoised": "state.value_{n}.cache_clear()",
    "class": "state.Kinds{n}.known.clear()",
}
LOCATION = {
    "env": "env:PLANT_{n}",
    "in place": "global:state.LIST_{n}",
    "rebound": "global:state.FLAG_{n}",
    "memoised": "cache:state.value_{n}",
    "class": "global:state.Kinds{n}.known",
}
READING = {
    "reads": "def test_read_{n}(): assert state.read_{n}() is None or GREEN",
    "reads through a method": (
        "class Reader{n}:\n    def read(self): return self.value()\n    def value(self): return state.read_{n}()\n"
        "def test_read_{n}(): assert Reader{n}().read() is None or GREEN"
    ),
    "reads in a fixture": (
        "@pytest.fixture\ndef value_{n}(): return state.read_{n}()\n"
        "def test_read_{n}(value_{n}): assert value_{n} is None or GREEN"
    ),
    "reads by a late import": (
        "def test_read_{n}():\n    from state import read_{n}\n    assert read_{n}() is None or GREEN"
    ),
    "comes after it was put back": "def test_read_{n}(): assert state.read_{n}() is None",
    "empties it first": (
        "@pytest.fixture\ndef emptied_{n}():\n    state.value_{n}.cache_clear()\n"
        "def test_read_{n}(emptied_{n}): assert state.read_{n}() is None"
    ),
    "sets it first": (
        "def test_read_{n}(monkeypatch):\n    monkeypatch.setenv('PLANT_{n}', '2')\n    assert state.read_{n}() == '2'"
    ),
}
HEAD = "import functools, os\nimport pytest\nimport state\nGREEN = 'RED' not in os.environ\n\n"


def kind(number: int) -> str:
    return KINDS[number % len(KINDS)]


for number in LATER:
    if LATER[number] == "is tidy":
        LATER[number] = OWN_WAY.get(kind(number), "comes after it was put back")


def location(number: int) -> str:
    return LOCATION[kind(number)].format(n=number)


def lines(texts: dict[str, str], numbers: list[int], what: str = "") -> str:
    return "\n\n".join((what + texts[kind(number)]).format(n=number) for number in numbers)


def planted() -> dict[str, str]:
    before = [number for number, later in LATER.items() if later == "was before it"]
    back = [number for number, later in LATER.items() if later == "comes after it was put back"]
    reading = [number for number in LATER if LATER[number] in READING]
    after = "\n\n".join(READING[LATER[number]].format(n=number) for number in reading)
    first = "\n\n".join(f"def test_before_{number}(): assert state.read_{number}() is None" for number in before)
    first += "\n\n@pytest.fixture(scope='module', autouse=True)\ndef tidy():\n    yield\n" + "\n".join(
        f"    state.value_{number}.cache_clear()" for number in before if kind(number) == "memoised"
    )
    return {
        "state.py": "import functools, os\nSOURCE = [None]\n\n" + lines(STATE, list(LATER)),
        "test_1_before.py": HEAD + first,
        "test_2_plants.py": HEAD + lines(PLANT, list(LATER), "def test_plant_{n}(): "),
        "test_3_back.py": HEAD + lines(PUT_BACK, back, "def test_back_{n}(): "),
        "test_4_after.py": HEAD + after + "\n\ndef test_nothing(): pass\n",
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("planted") / "suite", planted())


@pytest.fixture(scope="module")
def green(root: Path) -> Seen:
    return observe(root, "-q")


@pytest.fixture(scope="module")
def red(root: Path) -> Seen:
    return observe(root, "-q", env={"RED": "1"})


def left(seen: Seen) -> dict[tuple[str, str], Leak]:
    """(author, location) -> leak."""
    return {(leak.author.label, leak.location): leak for leak in leaks(seen.run) if leak.what != "rows"}


def test_every_plant_that_remains_is_a_leak_of_its_test(green: Seen) -> None:
    assert green.status == 0, green.output
    assert {(f"test_2_plants.py::test_plant_{number}", location(number)) for number in LATER} <= left(green).keys()


def test_what_a_later_test_reads_is_distinguished_from_what_no_test_reads(green: Seen) -> None:
    harmful = {location(number) for number, later in LATER.items() if later.startswith("reads")}
    called = {place for (_, place), leak in left(green).items() if leak.readers}
    assert len(harmful) == 10
    assert len(LATER) == 50
    assert len(harmful & called) >= 0.95 * len(harmful)
    assert len(harmful & called) >= 0.9 * len(called)


def test_a_green_run_has_no_victims(green: Seen) -> None:
    assert [finding for finding in diagnose(green.run) if not finding.harmless] == []


def test_each_victim_is_in_a_finding_with_the_author_of_what_it_read(red: Seen) -> None:
    harmful = [number for number, later in LATER.items() if later.startswith("reads")]
    causes = {finding.tests: finding for finding in diagnose(red.run) if not finding.harmless}
    assert {(f"test_4_after.py::test_read_{number}",) for number in harmful} == set(causes)
    for number in harmful:
        finding = causes[(f"test_4_after.py::test_read_{number}",)]
        assert (finding.culprit, finding.locations) == (f"test_2_plants.py::test_plant_{number}", (location(number),))


@pytest.mark.slow
@pytest.mark.parametrize("environment", environments.GENERATIONS, ids=lambda each: each.name)
def test_the_same_is_found_with_old_and_new_versions(
    environment: environments.Environment, red: Seen, tmp_path: Path
) -> None:
    other = observe(write(tmp_path / "suite", planted()), "-q", env={"RED": "1"}, python=environment.interpreter)
    assert {(finding.culprit, finding.tests) for finding in diagnose(other.run)} == {
        (finding.culprit, finding.tests) for finding in diagnose(red.run)
    }
    assert other.run.disabled_probes == []


def test_findings_name_the_kind_of_state_and_its_remedy(red: Seen) -> None:
    found = {finding.locations[0]: finding for finding in diagnose(red.run) if not finding.harmless}
    said = {kind(number): found[location(number)] for number in range(5)}
    assert said["env"].kind == "environment-variable-left"
    assert 'monkeypatch.setenv("PLANT_0", ...)' in said["env"].remedy
    assert {said[each].kind for each in ("in place", "rebound", "class")} == {"global-changed"}
    assert said["memoised"].kind == "memoised-value-left"
    assert "value_3.cache_clear()" in said["memoised"].remedy
