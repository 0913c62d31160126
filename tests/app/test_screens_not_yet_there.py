"""A key may call up a screen in the very moment in which news comes: it is on the stack before it has widgets."""

from __future__ import annotations

import pytest

from isolation_tui.app.app import IsolationApp
from isolation_tui.app.screens.view import View
from runstory import before


@pytest.mark.parametrize("mode", sorted(set(IsolationApp.MODES) - {"main"}))
def test_news_between_the_key_and_the_screen(play, mode):
    async def scene(stage):
        arrived = stage.app.switch_mode(mode)
        screen = stage.app.screen
        assert isinstance(screen, View)
        assert not screen.stands
        stage.app.tell(changed=True)
        stage.app.tell(changed=False)
        await arrived
        await stage.until(lambda: screen.stands)
        assert stage.app.screen is screen

    play(scene, before().run)
