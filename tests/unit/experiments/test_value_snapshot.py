"""A snapshot puts contents back into the very same objects."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Any

import pytest

from pytest_isolation.trials.value_snapshot import MOST, Snapshot, TooLarge


class Basket:
    def __init__(self) -> None:
        self.items: list[str] = ["a"]
        self.owner: Any = None


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ({"a": [1]}, lambda value: value["a"].append(2)),
        ({"a": {"b": {1}}}, lambda value: value["a"]["b"].add(2)),
        ([1, 2], lambda value: value.reverse()),
        ({1, 2}, lambda value: value.clear()),
        (deque([1]), lambda value: value.append(2)),
        (bytearray(b"a"), lambda value: value.extend(b"b")),
        (OrderedDict(a=1, b=2), lambda value: value.move_to_end("a")),
        ([(1, [2])], lambda value: value.append((3, [4]))),
    ],
)
def test_containers_hold_again_what_they_held(value: Any, change: Any) -> None:
    before = repr(value)
    snapshot = Snapshot(value)
    change(value)
    assert repr(value) != before
    assert snapshot.restore()
    assert repr(value) == before
    assert not snapshot.restore()


def test_instances_get_their_attributes_back() -> None:
    basket = Basket()
    items = basket.items
    snapshot = Snapshot({"basket": basket})
    basket.items.append("b")
    basket.items, basket.owner = [], basket
    assert snapshot.restore()
    assert basket.items is items
    assert (basket.items, basket.owner) == (["a"], None)


def test_an_equal_object_is_another_one_yet() -> None:
    value = [["a"]]
    snapshot = Snapshot(value)
    inner = value[0]
    value[0] = ["a"]
    assert snapshot.restore()
    assert value[0] is inner


def test_a_container_that_holds_itself_ends() -> None:
    value: list[Any] = []
    value.append(value)
    snapshot = Snapshot(value)
    value.append(1)
    assert snapshot.restore()
    assert len(value) == 1


def test_too_much_is_refused() -> None:
    with pytest.raises(TooLarge):
        Snapshot(list(range(MOST + 1)))
