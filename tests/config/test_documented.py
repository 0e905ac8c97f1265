import re
from pathlib import Path

import pytest

from aapimport.config.keys import NOTIFY_TO, OF_A_SERVICE, OF_MAIL, PLAIN, TO, variable
from aapimport.config.toml_file import read_file

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_are_read(text: str, tmp_path: Path) -> None:
    """Whoever copies one has a settings file."""
    path = tmp_path / "aapimport.toml"
    path.write_text(text, encoding="utf-8")
    found = read_file(path, foreign=False)
    assert found is not None
    assert found.tables


def test_every_setting_has_a_line() -> None:
    """With its variable where it stands above the tables; nothing else is listed."""
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|(?: `(AAPIMPORT_\w+)` \|)?", PAGE, re.MULTILINE)
    listed = {key: name for keys, name in rows for key in re.findall(r"[a-z_]+", keys)}
    assert set(listed) == {*PLAIN, *OF_A_SERVICE, *OF_MAIL, TO}
    assert {key: listed[key] for key in PLAIN} == {key: variable(key) for key in PLAIN}
    assert listed[TO] == NOTIFY_TO
