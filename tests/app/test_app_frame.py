"""The frame: every view has its key, Escape leads back."""

from __future__ import annotations

import pytest

from runstory import before


@pytest.mark.parametrize(("key", "mode"), [("f", "findings"), ("m", "metadata"), ("b", "compare"), ("o", "output")])
def test_each_view_has_a_key_and_escape_leads_back(play, key, mode):
    async def scene(stage):
        await stage.press(key)
        assert stage.app.current_mode == mode
        await stage.press("escape")
        assert stage.app.current_mode == "main"

    play(scene, before().run)


def test_a_fix_that_an_earlier_session_left_is_announced_at_the_start(play, fake_workbench):
    bench = fake_workbench(before().run)
    bench.fix_remark = "Applying the fix was cut off: finish it or undo it"

    async def scene(stage):
        assert [note.message for note in stage.app._notifications] == [bench.fix_remark]

    play(scene, workbench=bench)
