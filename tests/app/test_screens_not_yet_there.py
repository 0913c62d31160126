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
        assert not screen.is_ready
        stage.app.refresh_screens(changed=True)
        stage.app.refresh_screens(changed=False)
        await arrived
        await stage.until(lambda: screen.is_ready)
        assert stage.app.screen is screen

    play(scene, before().run)
