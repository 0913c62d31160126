"""Facts become lines, and lines the same facts again; whatever else arrives is refused or ignored."""

from __future__ import annotations

import json
import random
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from isolation_tui.model import Run
from isolation_tui.receive import decode
from pytest_isolation import events as ev
from pytest_isolation.events import KINDS
from pytest_isolation.transport.encoding import encode, handshake_line

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


MOMENT = 1763856000.25


def written(*facts: Any, worker: str = "main") -> str:
    return encode(worker, [(MOMENT, fact) for fact in facts])


def line(worker: object, *facts: object) -> bytes:
    return json.dumps([worker, *facts]).encode()


def test_every_named_tuple_of_the_contract_is_a_kind_of_fact_but_those_inside_facts() -> None:
    tuples = {name for name, value in vars(ev).items() if hasattr(value, "_fields")}
    assert tuples - set(KINDS) == {"Place", "Unit"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_fact_comes_back_as_it_was(kind: type) -> None:
    chance = random.Random(kind.__name__)
    for _ in range(50):
        fact = fact_of(kind, chance)
        text = written(fact, worker="gw0")
        if "\\ud800" in text:  # half a character: no such text can be read back, but it must be said somehow
            continue
        assert decode(text.encode()) == ([("gw0", MOMENT, fact)], "")


def test_facts_of_one_line_come_back_in_their_order_with_their_moments() -> None:
    facts = [(MOMENT + number, ev.TestStarted(f"a::b{number}", number)) for number in range(5)]
    assert decode(encode("gw0", facts).encode()) == ([("gw0", *each) for each in facts], "")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_know_makes_no_broken_line(number: Any) -> None:
    with pytest.raises(ValueError):
        written(ev.FixtureTornDown(3, "a", number))


def test_a_password_in_a_node_id_is_hidden_in_what_every_test_tells() -> None:
    nodeid = "test_a.py::test_it[postgresql://u:secret@host/db]"
    facts = ev.TestStarted(nodeid, 1, "test_a.py", 1), ev.FixtureTornDown(1, nodeid, 5)
    assert written(*facts).count("***@host") == 2
    assert "secret" not in written(*facts)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_line_has_no_newline_in_it(kind: type) -> None:
    chance = random.Random(kind.__name__)
    assert not any("\n" in written(fact_of(kind, chance)) for _ in range(50))


def test_facts_of_any_content_in_any_order_are_folded() -> None:
    """Facts may be lost on the way, and a recording may hold anything: the model makes of them what it can."""
    chance = random.Random(7)
    kinds = list(KINDS.values())
    for _ in range(30):
        run = Run()
        for _ in range(100):
            fact = fact_of(chance.choice(kinds), chance)
            text = written(fact, worker=chance.choice(("main", "gw0", "observer"))).replace("\\ud800", "")
            (found,) = decode(text.encode()).facts
            run.apply(found)
        assert run.revision == 100


def test_what_a_line_looks_like() -> None:
    assert written(ev.TestStarted("a::b", 1, "a.py", 3), ev.TableRemoved(1, "t", ev.Place("a"), ev.Unit("a::b"))) == (
        '["main",["TestStarted",1763856000250000,"a::b",1,"a.py",3],'
        '["TableRemoved",1763856000250000,1,"t",["a","",0,""],["a::b","",0,""]]]'
    )


GOOD = ["TestStarted", 1_000_000, "a"]
TOLD = ("main", 1.0, ev.TestStarted("a"))


def test_a_kind_of_the_future_is_passed_over() -> None:
    assert decode(line("main", ["RowsDreamt", 1, "users"], GOOD)) == ([TOLD], "")


def test_a_field_of_the_future_is_passed_over() -> None:
    assert decode(line("main", [*GOOD, 1, "", 0, "red"])) == ([TOLD], "")


def test_fields_of_the_past_have_their_defaults() -> None:
    (found,) = decode(line("main", ["MetadataSeen", 1, 1, "", ["app"]])).facts
    assert found.fact == ev.MetadataSeen(1, "", ev.Place("app"))


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"not json",
        b'["main"]',
        b'{"kind":"TestStarted","worker":"main","at":1.0,"nodeid":"a"}',
        b'[7,["TestStarted",1,"a"]]',
        b'[["TestStarted",1,"a"],["TestStarted",1,"a"]]',
        b'["main",["TestStarted",1]]',
        b'["main",["TestStarted"]]',
        b'["main",[]]',
        b'["main",null]',
        b'["main",7]',
        b'["main",{"TestStarted":1}]',
        b'["main","TestStarted"]',
        b'["main",[["TestStarted"],1,"a"]]',
        b'["main",[{},1,"a"]]',
        b'["main",["TestStarted","1","a"]]',
        b'["main",["TestStarted",1.5,"a"]]',
        b'["main",["TestStarted",true,"a"]]',
        b'["main",["TestStarted",null,"a"]]',
        b'["main",["TestStarted",NaN,"a"]]',
        b'["main",["TestStarted",1e999,"a"]]',
        b'["main",["TestStarted",-1,"a"]]',
        b'["main",["TestStarted",9223372036854775808,"a"]]',
        b'["main",["TestStarted",' + b"9" * 5_000 + b',"a"]]',
        b'["main",["TestStarted",1,["a"]]]',
        b'["main",["TestStarted",1,"a",1,"","3"]]',
        b'["main",["Collected",1,0,"abc"]]',
        b'["main",["FixtureTornDown",1,1,"a",' + b"9" * 400 + b"]]",
        b'["main",["FixtureTornDown",1,1,"a",1e999]]',
        b'["main",["TestStarted",1,"a"]',
        b'["main",["TestStarted",1,"\xff\xfe"]]',
        b"[" * 100_000,
        b'["main",' + b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_of_a_line_that_is_none_nothing_is_believed(bad: bytes) -> None:
    facts, damage = decode(bad)
    assert facts == []
    assert damage


@pytest.mark.parametrize("bad", [["TestStarted", 1], 7, ["Collected", 1, 0, "abc"], []])
def test_what_is_damaged_takes_nothing_else_of_its_line_along(bad: object) -> None:
    facts, damage = decode(line("main", GOOD, bad, GOOD))
    assert facts == [TOLD, TOLD]
    assert damage


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
def test_a_password_in_a_url_is_not_sent(text: str, wrap: Any) -> None:
    said = written(wrap(text))
    assert "hush" not in said
    assert "***" in said
    assert decode(said.encode()).facts


@pytest.mark.parametrize("text", ["https://host/a:b@c", "http://host:80/p?q=1", "see http://a/b, or me:you@host"])
def test_an_address_without_a_password_is_left_as_it_is(text: str) -> None:
    assert json.loads(written(ev.Output(text)))[1][2] == text


def test_the_handshake_is_one_line_with_the_token() -> None:
    assert json.loads(handshake_line("s3cret")) == {"isolation": ev.PROTOCOL, "token": "s3cret"}


def test_the_defaults_of_a_unit_charge_no_one() -> None:
    assert ev.Unit() == ("", "", 0, "")
