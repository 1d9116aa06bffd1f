"""What stands in README.md does what it claims, against a node that runs."""

import re
from pathlib import Path

import pytest
import symbolon
from conftest import REPOSITORY, Demo

BLOCKS = re.findall(
    r"^```python\n(.*?)^```$",
    (REPOSITORY / "clients/python/README.md").read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)


def test_there_are_examples() -> None:
    assert len(BLOCKS) == 7


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_an_example_runs_as_it_stands(
    block: str,
    demo: Demo,
    agreement: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import pandas as pd

    roles = {"officer-17": ("officer", "analyst"), "bert": ("approver",)}
    people = demo.arcadia / "people"
    for name, held in roles.items():
        if not (people / name).exists():
            demo.person(name, *held)
    (tmp_path / "people").symlink_to(people)
    (tmp_path / "arcadia").symlink_to(demo.arcadia)
    (tmp_path / "agreement.json").symlink_to(agreement)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYMBOLON_PROFILE", str(demo.folder / "profile.toml"))
    monkeypatch.setattr("time.sleep", lambda _: None)
    names = {
        "frame": pd.DataFrame({"number": ["WVWZZZ1JZXW000001"]}),
        "items": [symbolon.Item("vin", "WVWZZZ1JZXW000001")],
    }
    exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - it is our own
    if "print" in block:
        assert capsys.readouterr().out
