"""Trials begin alike if their databases hold the same rows, or if the suite itself sees to that."""

from __future__ import annotations

from isolation_tui.experiments.server_starts import ServerStarts, Start

URL = "postgresql://me:secret@host/shop?password=secret"


def counts(rows: int) -> dict[str, dict[str, int]]:
    return {URL: {"products": rows}}


def test_the_same_rows_are_an_equal_start() -> None:
    starts = ServerStarts()
    assert starts.compare("a", counts(0), counts(0)) is Start.EQUAL
    assert starts.compare("b", counts(0), counts(3)) is Start.EQUAL
    assert starts.compare("c", {}, {}) is Start.EQUAL


def test_other_rows_are_unequal_and_no_password_is_shown() -> None:
    starts = ServerStarts()
    starts.compare("a", counts(0), counts(0))
    assert starts.compare("a", counts(1), counts(1)) is Start.UNEQUAL
    assert starts.difference == "in the database postgresql://host/shop table products has 1 row, had 0"
    assert starts.compare("b", counts(1), counts(1)) is Start.UNKNOWN
    assert not starts.can_compare("b")


def test_a_suite_that_resets_its_database_begins_alike() -> None:
    starts = ServerStarts()
    starts.compare("a", counts(0), counts(0))
    assert starts.compare("b", counts(1), counts(0)) is Start.UNKNOWN
    assert starts.compare("a", counts(1), counts(0)) is Start.EQUAL
    assert starts.compare("b", counts(1), counts(0)) is Start.EQUAL
    assert starts.compare("b", counts(1), counts(1)) is Start.UNEQUAL
    assert starts.compare("c", counts(1), counts(0)) is Start.UNKNOWN


def test_a_database_that_is_met_late_has_its_first_rows_from_then() -> None:
    starts = ServerStarts()
    starts.learn_used([URL])
    assert starts.urls == (URL,)
    assert starts.compare("a", counts(2), counts(2)) is Start.EQUAL
    assert starts.compare("a", counts(3), counts(3)) is Start.UNEQUAL
