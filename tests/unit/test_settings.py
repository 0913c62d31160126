"""``[tool.isolation-tui]``: defaults that need no setting, and a sentence for each that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_tui.settings import STRICT, ProjectSettings, SettingsError, chosen_from, read_project


def written(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("text", ["", "[project]\nname = 'shop'\n", "[tool.ruff]\n", "tool = 3\n"])
def test_every_setting_is_optional(tmp_path: Path, text: str) -> None:
    assert read_project(written(tmp_path, text)) == ProjectSettings(STRICT, None, (), False)


def test_all_of_them_from_a_folder_below(tmp_path: Path) -> None:
    written(
        tmp_path, "[tool.isolation-tui]\nstrict=['tables', 'rows']\nbaseline='ci/b.txt'\noff=['reads']\nverify=true\n"
    )
    below = tmp_path / "backend" / "tests"
    below.mkdir(parents=True)
    assert read_project(below) == ProjectSettings(("rows", "tables"), tmp_path / "ci/b.txt", ("reads",), True)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("strikt = []", "there is no setting 'strikt'; there are: strict, baseline, off, verify."),
        ("strict = 'rows'", "strict must be a list of names"),
        ("strict = ['cows']", "there is no kind of leak 'cows'; there are: rows, tables,"),
        ("off = [1]", "off must be a list of names"),
        ("off = ['everything']", "there is no probe 'everything'"),
        ("baseline = ['a']", "baseline must be the name of a file"),
        ("baseline = ''", "baseline must be the name of a file"),
        ("verify = 'yes'", "verify must be true or false"),
        ("verify = ", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_reported_with_its_file(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_project(written(tmp_path, f"[tool.isolation-tui]\n{setting}\n"))
    assert message in str(refused.value)
    assert str(tmp_path / "pyproject.toml") in str(refused.value)


def test_a_setting_in_place_of_the_table_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="it must be a table"):
        read_project(written(tmp_path, "[tool]\nisolation-tui = 1\n"))


def test_names_come_in_the_order_of_the_known_ones_each_once() -> None:
    assert chosen_from(["c", "a", "c"], ("a", "b", "c"), "letter") == ("a", "c")
