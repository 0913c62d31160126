"""A list that follows its end until the user scrolls up."""

from __future__ import annotations

from textual import events
from textual.scrollbar import ScrollTo

from .line_list import LineList


class FollowingList(LineList):
    """``follow`` is whether it stays at the end. End or scrolling down to it sets it, scrolling up clears it."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, sideways=True, keyed=False)
        self.follow = True

    def keep_up(self) -> None:
        """Scroll to the end if it is followed."""
        if self.follow:
            self.scroll_end(animate=False)

    def catch_up(self) -> None:
        """Scroll again with every tick: a view that was just shown may have scrolled with its old size."""
        if self.follow and self.scroll_offset.y < self.max_scroll_y:
            self.scroll_end(animate=False, immediate=True)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.keep_up()

    def action_step(self, step: int) -> None:
        super().action_step(step)
        self._moved(step)

    def action_leap(self, step: int) -> None:
        super().action_leap(step)
        self._moved(step)

    def action_to_end(self, side: int) -> None:
        super().action_to_end(side)
        self._moved(side)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.follow = False

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._moved(1)

    def on_scroll_to(self, message: ScrollTo) -> None:
        self.follow = False

    def _moved(self, step: int) -> None:
        self.follow = step > 0 and self.scroll_target_y >= self.max_scroll_y
