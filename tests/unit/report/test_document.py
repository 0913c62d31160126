"""The JSON document: its keys are a contract."""

from __future__ import annotations

import json
import re

from isolation_tui.report.json import document
from isolation_tui.report.json.document import fix_document, run_document
from pytest_isolation import events as ev
from runstory import ROOT, Story, after, before, dirty, schemas

KEYS = [
    "schema",
    "tool",
    "counts",
    "exit_status",
    "pytest_status",
    "duration",
    "ending",
    "crashed",
    "stopped",
    "fix",
    "run",
    "total",
    "deselected",
    "reruns",
    "warnings",
    "subtests",
    "dropped",
    "limits",
    "disabled_probes",
    "tests",
    "collection_errors",
    "fixtures",
    "tables",
    "residue",
    "findings",
    "explained",
    "leaks",
    "mapped_twice",
    "reads_known",
    "verdicts",
]
TEST_KEYS = [
    "nodeid", "outcome", "duration", "file", "line", "worker", "attempt", "message", "exception", "failed_in",
    "place", "fixtures", "rows", "reads", "state", "held_open", "schema", "findings",
]  # fmt: skip
FIXTURE_KEYS = [
    "name", "scope", "baseid", "file", "line", "internal", "lives", "tests", "shared", "setup_seconds",
    "teardown_seconds", "failed_setups",
]  # fmt: skip
TABLE_KEYS = [
    "kind", "holder", "table", "registered", "refused", "removed", "cleared", "created", "dropped", "by",
]  # fmt: skip
FINDING_KEYS = [
    "class", "title", "grade", "culprit", "tables", "tests", "evidence", "remedy", "command", "id", "code",
    "locations", "harmless", "files",
]  # fmt: skip
LEAK_KEYS = [
    "author", "what", "location", "amount", "keys", "way", "met", "readers", "victims", "maybe", "benign", "inexact",
    "file", "line",
]  # fmt: skip


def test_keys_and_their_order_are_kept() -> None:
    made = run_document(before().run)
    assert list(made) == KEYS
    assert list(made["counts"]) == ["passed", "failed", "errors", "skipped", "xfailed", "xpassed"]
    assert list(made["tests"][0]) == TEST_KEYS
    assert list(made["fixtures"][0]) == FIXTURE_KEYS
    assert list(made["tables"][0]) == TABLE_KEYS
    assert list(made["findings"][0]) == FINDING_KEYS
    assert list(made["findings"][0]["evidence"][0]) == ["text", "file", "line", "function", "nodeid"]


def test_every_key_is_documented() -> None:
    words = set(re.findall(r"[a-z_]+", document.__doc__ or ""))
    keys = [*KEYS, *TEST_KEYS, *FIXTURE_KEYS, *TABLE_KEYS, *FINDING_KEYS, *LEAK_KEYS]
    made = run_document(dirty().run)
    keys += [*made["run"], *made["explained"], *made["tests"][0]["held_open"][0], *made["tests"][1]["reads"][0]]
    keys += [*made["tests"][3]["state"]["found"][0], *made["tests"][2]["state"]["changed"][0]]
    schema = run_document(schemas().run)
    keys += [*schema["tests"][0]["schema"][0], *schema["mapped_twice"][0], *schema["mapped_twice"][0]["mappings"][0]]
    assert [key for key in keys if key not in words] == []


def test_schemas_that_do_not_agree_and_classes_mapped_twice() -> None:
    made = run_document(schemas().run)
    (found,) = made["tests"][0]["schema"]
    assert (found["only_in_database"], found["only_in_metadata"]) == (["audit"], ["orders"])
    (twice,) = made["mapped_twice"]
    assert (twice["class"], twice["how"], twice["count"]) == ("User", "inside a function", 2)
    assert [(each["file"], each["line"]) for each in twice["mappings"]] == [("tests/test_shop.py", 41)] * 2


def test_already_defined_errors_are_findings_of_their_class() -> None:
    findings = run_document(before().run)["findings"]
    victims = [test for finding in findings if finding["class"] == "table-already-defined" for test in finding["tests"]]
    assert len(victims) == 22


def test_a_fixture_says_how_many_tests_shared_it() -> None:
    (test_app,) = [fixture for fixture in run_document(before().run)["fixtures"] if fixture["name"] == "test_app"]
    assert (test_app["lives"], test_app["tests"], test_app["shared"], test_app["scope"]) == (1, 36, 36, "module")


def test_a_table_says_how_often_and_by_whom_it_was_changed() -> None:
    tables = run_document(before().run)["tables"]
    (held,) = [row for row in tables if row["table"] == "products" and row["kind"] == "metadata"]
    (made,) = [row for row in tables if row["table"] == "products" and row["kind"] == "database"]
    assert (held["registered"], held["refused"], made["created"], made["dropped"]) == (1, 22, 1, 1)
    assert {by["who"] for by in held["by"]} == {"import", "fixture sample_category"}
    assert made["by"][0]["who"] == "fixture test_app"


def test_files_are_relative_to_the_root() -> None:
    text = json.dumps(run_document(before().run)["findings"])
    assert ROOT not in text


def test_a_lone_surrogate_and_an_escape_sequence_become_ascii() -> None:
    story = Story().collected(["test_a.py::test_a"])
    story.test("test_a.py::test_a", "failed", message="\ud800\x1b[31m")
    text = json.dumps(run_document(story.finished(1).run))
    assert text.isascii()
    assert text.isprintable()


def test_a_crash_is_no_success_whatever_the_process_says() -> None:
    story = Story().collected(["test_a.py::test_a", "test_a.py::test_b"]).begin("test_a.py::test_a")
    story.say(ev.ProcessEnded(0, False), "observer")
    made = run_document(story.run)
    assert (made["exit_status"], made["pytest_status"], made["crashed"]) == (72, 0, True)
    assert [test["outcome"] for test in made["tests"]] == ["crashed", "not run"]


def test_a_fix_document_holds_both_runs_and_what_changed() -> None:
    made = fix_document(before().run, after().run, None, status=1, outcome="undone")
    assert list(made) == ["schema", "tool", "exit_status", "before", "after", "comparison", "plan", "fix"]
    assert made["comparison"]["already_defined"] == {"before": 22, "after": 0, "difference": -22}
    assert len(made["comparison"]["healed"]) >= 22
    assert made["comparison"]["broke"] == []
    assert list(made["comparison"]) == [
        "counts", "already_defined", "seconds", "healed", "still", "broke", "new", "gone", "not_compared",
    ]  # fmt: skip


def test_without_a_second_run_there_is_nothing_to_compare() -> None:
    made = fix_document(before().run, None, None, status=69, outcome="not applied", problem="why")
    assert (made["after"], made["comparison"], made["fix"]["problem"]) == (None, None, "why")


def test_rows_are_given_for_each_test_and_by_author() -> None:
    names = [f"tests/test_a.py::test_{number}" for number in range(2)]
    place = ev.Place("tests", f"{ROOT}/tests/test_a.py", 7, "it")
    story = Story().collected(names)
    story.say(ev.DatabaseSeen(1, "sqlite:///it.db", "sqlite"))
    for nodeid in names:
        story.begin(nodeid)
        if nodeid == names[0]:
            unit = ev.Unit(nodeid, "call")
            story.say(ev.RowsWritten(1, "users", 3, 0, 0, "committed", place, unit, kept=3), after=0.001)
        story.test(nodeid, begun=True)
        story.say(ev.DatabasesUsed(nodeid, [1]))
    made = run_document(story.finished(0).run)
    first, second = (test["rows"] for test in made["tests"])
    assert [(left["table"], left["rows"], left["author"]) for left in first["left"]] == [("users", 3, names[0])]
    assert [(wrote["inserted"], wrote["state"], wrote["who"]) for wrote in first["wrote"]] == [
        (3, "committed", "the test's call")
    ]
    assert [(found["table"], found["rows"], found["authors"][0]["author"]) for found in second["found"]] == [
        ("users", 3, names[0])
    ]
    assert made["residue"] == [
        {
            "author": names[0],
            "database": "sqlite:///it.db",
            "table": "users",
            "rows": 3,
            "dirty_starts": 1,
            "inexact": False,
            "file": "tests/test_a.py",
            "line": 7,
        }
    ]


def test_findings_are_given_with_code_files_and_locations_and_each_test_names_its_own() -> None:
    made = run_document(dirty().run)
    by_id = {finding["id"]: finding for finding in made["findings"]}
    victim = next(test for test in made["tests"] if test["nodeid"].endswith("test_list_users"))
    (finding,) = [by_id[number] for number in victim["findings"]]
    assert (finding["code"], finding["harmless"], finding["files"]) == ("F7", False, ["tests/test_shop.py"])
    assert any(location.endswith(".users") for location in finding["locations"])
    assert made["explained"] == {"failed": 3, "explained": 2, "unexplained": ["tests/test_shop.py::test_sum"]}


def test_leaks_name_author_readers_and_victims() -> None:
    made = run_document(dirty().run)
    assert [list(leak) for leak in made["leaks"]] == [LEAK_KEYS] * len(made["leaks"])
    (customer,) = [leak for leak in made["leaks"] if leak["author"] == "fixture customer"]
    assert (customer["keys"], customer["line"], customer["met"], customer["benign"]) == (["id=1"], 9, 6, False)
    assert [name.rpartition("::")[2] for name in customer["readers"]] == ["test_list_users", "test_report"]
    assert [name.rpartition("::")[2] for name in customer["victims"]] == ["test_list_users"]
    (orders,) = [leak for leak in made["leaks"] if leak["location"].endswith(".orders")]
    assert orders["benign"]
    assert made["reads_known"]
    assert not run_document(before().run)["reads_known"]


def test_a_test_has_its_reads_the_state_it_found_and_what_it_left_open() -> None:
    register, list_users, currency, price, *_ = run_document(dirty().run)["tests"]
    assert [(held["what"], held["in_transaction"], held["closed"]) for held in register["held_open"]] == [
        ("connection", True, True)
    ]
    assert [(read["table"], read["line"], read["who"]) for read in list_users["reads"]] == [
        ("users", 24, "the test's call")
    ]
    assert [(made["location"], made["change"]) for made in currency["state"]["changed"]] == [
        ("env:CURRENCY", "changed")
    ]
    (met,) = price["state"]["found"]
    assert (met["by"], met["in_reach"]) == (currency["nodeid"], {"file": "src/prices.py", "line": 5})
