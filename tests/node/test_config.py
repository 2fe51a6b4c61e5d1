"""A node's settings are read from its folder, checked, and a mistake is named."""

from pathlib import Path

import pytest

from node.config import FILE_NAME, load_settings, new_settings
from node.errors import ConfigError

GOOD = 'org_id = "alpha"\norg_type = "INGO"\n'


def written(folder: Path, text: str | bytes) -> Path:
    (folder / FILE_NAME).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ORG_ID", "ORG_TYPE", "DATABASE_URL", "LISTEN", "ENDPOINT"):
        monkeypatch.delenv(f"TOCSIN_{name}", raising=False)


def test_what_is_not_set_has_a_safe_default(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, GOOD))

    assert (settings.org_id, settings.org_type) == ("alpha", "INGO")
    assert settings.database_url == ""
    assert settings.listen.startswith("127.0.0.1:")


def test_the_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_LISTEN", "127.0.0.1:0")

    settings = load_settings(written(tmp_path, f'{GOOD}listen = "127.0.0.1:7000"\n'))

    assert settings.listen == "127.0.0.1:0"


def test_a_folder_without_a_node_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no node in"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "org_id"),
        ('org_id = "alpha"\n', "org_type"),
        (GOOD.replace("alpha", "Alpha"), "org_id"),
        (GOOD.replace("alpha", "a"), "org_id"),
        (GOOD.replace("alpha", "a" * 64), "org_id"),
        (GOOD.replace("alpha", "-alpha"), "org_id"),
        (GOOD.replace("alpha", "alpha\\n"), "org_id"),
        (GOOD.replace("INGO", "ARMY"), "org_type"),
        (f"{GOOD}colour = 1\n", "colour"),
        (f"{GOOD}listen = 7443\n", "listen"),
        ("org_id = alpha", "TOML"),
        (b'org_id = "\xff"\n', "TOML"),
    ],
)
def test_a_setting_that_is_wrong_is_named(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(written(tmp_path, text))

    assert said in str(refused.value)
    assert FILE_NAME in str(refused.value)


def test_settings_of_a_new_node_are_checked_too() -> None:
    assert new_settings(org_id="alpha", org_type="UN").org_type == "UN"
    for wrong in ({"org_id": "x y", "org_type": "UN"}, {"org_id": "alpha"}, {"org_id": "alpha", "x": "1"}):
        with pytest.raises(ConfigError):
            new_settings(**wrong)


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, GOOD))

    with pytest.raises(ValueError, match="frozen"):
        settings.org_id = "beta"
