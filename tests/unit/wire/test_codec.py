"""Facts become lines, and lines the same facts again; whatever else arrives is refused or ignored."""

from __future__ import annotations

import json
import random
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from isolation_tui.model import Run
from isolation_tui.receive import BadLine, decode
from pytest_isolation import events as ev
from pytest_isolation.encoding import encode, handshake_line
from pytest_isolation.events import KINDS

STRINGS = ("", "a", 'quo"ted', "new\nline", "\x1b[31m\x00", "naïve ☃ \U0001f40d", "\ud800", "a" * 5_000, "\\", "\u2028")


def made(hint: Any, chance: random.Random) -> Any:
    """Any value of that type."""
    if get_origin(hint) is Union:
        return made(chance.choice(get_args(hint)), chance)
    if get_origin(hint) is list:
        return [made(get_args(hint)[0], chance) for _ in range(chance.randrange(4))]
    if get_origin(hint) is tuple:
        return tuple(made(inner, chance) for inner in get_args(hint))
    if hasattr(hint, "_fields"):
        return fact_of(hint, chance)
    return {
        type(None): lambda: None,
        bool: lambda: chance.random() < 0.5,
        int: lambda: chance.choice((0, 1, -1, 42, 2**40)),
        float: lambda: chance.choice((0.0, 0.25, 1e-9, 1763856000.125, 1e308, -3.5)),
        str: lambda: chance.choice(STRINGS),
    }[hint]()


def fact_of(kind: type, chance: random.Random) -> Any:
    hints = get_type_hints(kind)
    return kind(*[made(hints[name], chance) for name in kind._fields])  # type: ignore[attr-defined]


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_fact_comes_back_as_it_was(kind: type) -> None:
    chance = random.Random(kind.__name__)
    for _ in range(50):
        fact = fact_of(kind, chance)
        text = encode("gw0", 1763856000.25, fact)
        if "\\ud800" in text:  # half a character: no such text can be read back, but it must be said somehow
            continue
        assert decode(text.encode()) == ("gw0", 1763856000.25, fact)


USUAL = [
    fact
    for nodeid in STRINGS
    for numbers in ([], [7], [7, 8, 9])
    for seconds in (0.0, 0.25, 1e-9, 1763856000.125, 1e308)
    for fact in (
        ev.TestStarted(nodeid, 1, "tests/test_a.py", 12),
        ev.PhaseFinished(nodeid, 2, "call", "passed", seconds, uses=numbers),
        ev.PhaseFinished(nodeid, 1, 'an "odd" one', "passed", seconds, uses=numbers),
        ev.FixtureSetUp(3, 2, nodeid, None, 0, numbers, 1763856000.125, seconds),
        ev.FixtureTornDown(3, nodeid, seconds),
    )
]


def test_what_every_test_tells_comes_back_as_it_was() -> None:
    for fact in USUAL:
        text = encode("gw0", 1763856000.25, fact)
        json.loads(text)
        if "\\ud800" not in text:
            assert decode(text.encode()) == ("gw0", 1763856000.25, fact)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), True, "1", 10**400])
def test_a_time_that_is_none_makes_no_broken_line(seconds: Any) -> None:
    for fact in (ev.FixtureTornDown(3, "a", seconds), ev.FixtureSetUp(3, 2, "a", None, 0, [], seconds, seconds)):
        try:
            text = encode("gw0", 1763856000.25, fact)
        except (TypeError, ValueError):
            continue  # the sink says it as text
        json.loads(text, parse_constant=lambda name: pytest.fail(name))


def test_a_password_in_a_node_id_is_hidden_in_what_every_test_tells() -> None:
    nodeid = "test_a.py::test_it[postgresql://u:secret@host/db]"
    for fact in (ev.TestStarted(nodeid, 1, "test_a.py", 1), ev.FixtureTornDown(1, nodeid, 0.5)):
        assert "secret" not in encode("main", 1.0, fact)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_line_has_no_newline_in_it(kind: type) -> None:
    chance = random.Random(kind.__name__)
    assert not any("\n" in encode("main", 1.0, fact_of(kind, chance)) for _ in range(50))


def test_facts_of_any_content_in_any_order_are_folded() -> None:
    """Facts may be lost on the way, and a recording may hold anything: the model makes of them what it can."""
    chance = random.Random(7)
    kinds = list(KINDS.values())
    for _ in range(30):
        run = Run()
        for _ in range(100):
            fact = fact_of(chance.choice(kinds), chance)
            found = decode(
                encode(chance.choice(("main", "gw0", "observer")), 1.0, fact).replace("\\ud800", "").encode()
            )
            assert found is not None
            run.apply(found)
        assert run.revision == 100


def test_fields_at_their_default_are_left_out() -> None:
    assert encode("main", 1.0, ev.TestStarted("a::b")) == (
        '{"kind":"TestStarted","worker":"main","at":1.000000,"nodeid":"a::b"}'
    )


def test_a_default_that_is_required_is_said() -> None:
    assert json.loads(encode("main", 1.0, ev.Collected(0, [])))["nodeids"] == []


def test_a_kind_of_the_future_is_passed_over() -> None:
    assert decode(line(kind="RowsDreamt", worker="main", at=1.0, table="users")) is None


def test_a_field_of_the_future_is_passed_over() -> None:
    found = decode(line(kind="TestStarted", worker="main", at=1.0, nodeid="a", colour="red"))
    assert found == ("main", 1.0, ev.TestStarted("a"))


def test_a_place_of_the_past_has_its_defaults() -> None:
    found = decode(line(kind="MetadataSeen", worker="main", at=1, metadata=1, name="", place=["app"]))
    assert found is not None
    assert found.fact.place == ev.Place("app")


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"not json",
        b'{"kind":"TestStarted","worker":"main","at":1.0}',
        b'{"kind":"TestStarted","worker":"main","nodeid":"a"}',
        b'{"kind":"TestStarted","at":1.0,"nodeid":"a"}',
        b'{"kind":["TestStarted"],"worker":"main","at":1.0,"nodeid":"a"}',
        b'{"kind":"TestStarted","worker":"main","at":"nan","nodeid":"a"}',
        b'{"kind":"TestStarted","worker":"main","at":"1.0","nodeid":"a"}',
        b'{"kind":"TestStarted","worker":"main","at":NaN,"nodeid":"a"}',
        b'{"kind":"TestStarted","worker":"main","at":1e999,"nodeid":"a"}',
        b'{"kind":"TestStarted","worker":7,"at":1.0,"nodeid":"a"}',
        b'{"kind":"TestStarted","worker":"main","at":1.0,"nodeid":["a"]}',
        b'{"kind":"TestStarted","worker":"main","at":1.0,"nodeid":"a","line":"3"}',
        b'{"kind":"Collected","worker":"main","at":1.0,"first":0,"nodeids":"abc"}',
        b'{"kind":"TestStarted","worker":"main","at":1.0,"nodeid":"a"',
        b'{"kind":"TestStarted","worker":"main","at":1.0,"nodeid":"\xff\xfe"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_a_line_that_is_none_is_called_bad(bad: bytes) -> None:
    with pytest.raises(BadLine):
        decode(bad)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:hush@host/db",
        "failed: postgresql+psycopg2://me:hush@host:5432/db?x=1 (really)",
        "mysql://host/db?user=me&password=hush&x=1",
        "mysql://host/db?PASSWORD=hush",
        'create_engine("postgresql://me:hush@host/db")',
        "redis://:hush@host/0",
        "postgresql://me:hush%2F%40@host/db",
    ],
)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: ev.Hello(1, "main", 1, "3", "9", args=["--url", text, f"--db={text}"]),
        lambda text: ev.DatabaseSeen(1, text, "postgresql"),
        lambda text: ev.Output(f"E  error at {text}\n"),
        lambda text: ev.RunStarted(["python", "-m", "pytest", text], "/", "python"),
    ],
    ids=["Hello", "DatabaseSeen", "Output", "RunStarted"],
)
def test_a_password_in_a_url_is_not_said(text: str, wrap: Any) -> None:
    said = encode("main", 1.0, wrap(text))
    assert "hush" not in said
    assert "***" in said
    assert decode(said.encode()) is not None


@pytest.mark.parametrize("text", ["https://host/a:b@c", "http://host:80/p?q=1", "see http://a/b, or me:you@host"])
def test_an_address_without_a_password_is_left_as_it_is(text: str) -> None:
    assert text in json.loads(encode("main", 1.0, ev.Output(text)))["text"]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_json_does_not_know_is_refused_by_the_encoder(value: float) -> None:
    with pytest.raises(ValueError):
        encode("main", 1.0, KINDS["FixtureTornDown"](1, "a", value))


def test_the_handshake_is_one_line_with_the_token() -> None:
    assert json.loads(handshake_line("s3cret")) == {"isolation": 1, "token": "s3cret"}


def test_the_defaults_of_a_unit_charge_nobody() -> None:
    assert ev.Unit() == ("", "", 0, "")
