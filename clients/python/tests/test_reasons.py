"""The reasons that docs/integrating.md and the README list are those that the package knows."""

import re

import pytest
from conftest import REPOSITORY
from symbolon import Retry
from symbolon._rpc import error_class

WAITING = {Retry.SOON, Retry.AFTER}
DOCUMENT = REPOSITORY / "docs/integrating.md"
README = REPOSITORY / "clients/python/README.md"


def rows() -> list[tuple[str, str]]:
    """Every reason of the two tables that say whether to ask again, and what they say."""
    found = []
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        # What stands in a node's log only reaches nobody who could ask again.
        if cells[-1] in {"yes", "after", "no"} and cells[1] != "in the node's log only":
            found.append((cells[0].strip("`"), cells[-1]))
    return found


@pytest.mark.parametrize(("reason", "again"), rows())
def test_the_package_asks_again_where_the_table_does(reason: str, again: str) -> None:
    retry = error_class(reason)(reason, "").retry
    assert (retry in WAITING) == (again == "yes")


def test_the_tables_were_found() -> None:
    assert len(rows()) > 70


def test_the_readme_lists_the_reasons_of_the_package_s_own() -> None:
    """Those that no table of docs/integrating.md has."""
    listed = set(re.findall(r"^\| `([a-z_]+)`", README.read_text(encoding="utf-8"), re.MULTILINE))
    elsewhere = set(re.findall(r"^\| `([a-z_]+)`", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    named = r"(?:Error|NotTrusted|NotAuthorised|NoAnswer|Unreachable|Request|Identifier|Rejection)\(\s*"
    written = re.compile(named + r'"([a-z_]+)"|reason(?:, sentence)? = "([a-z_]+)"')
    own = {
        first or second
        for module in (REPOSITORY / "clients/python/python/symbolon").glob("*.py")
        for first, second in written.findall(module.read_text(encoding="utf-8"))
    }
    assert own - elsewhere <= listed
    assert {"tls_failed", "closed", "certificate_foreign"} <= own
