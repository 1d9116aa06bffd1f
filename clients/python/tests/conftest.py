"""The nodes that the tests ask: the demo's, which the environment names, or one started here."""

import asyncio
import csv
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from symbolon import AsyncBureau, Bureau, Profile, Requester

REPOSITORY = Path(__file__).resolve().parents[3]
LISTS = REPOSITORY / "crates/cli/demo"
PATIENCE = 60.0
STYLES = ["sync", "asyncio"]
STYLE = pytest.mark.parametrize("style", STYLES)


@dataclass(frozen=True)
class Demo:
    """Three bureaus that run: Arcadia asks, Borealia and Costaguana answer."""

    program: str
    folder: Path

    @property
    def arcadia(self) -> Path:
        """Arcadia's data folder."""
        return self.folder / "arcadia"

    def run(self, *arguments: str) -> str:
        """Run a command of the program and give what it prints."""
        command = [self.program, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout

    def person(self, name: str, *roles: str) -> Path:
        """Issue a certificate at Arcadia, and give the profile."""
        told = [part for role in roles for part in ("--role", role)]
        arcadia = str(self.arcadia)
        self.run("keys", "issue", "--data", arcadia, "--as", "administrator", *told, name)
        return self.arcadia / "people" / name / "profile.toml"


def call(profile: Profile, style: str, method: str, *what: Any, **how: Any) -> Any:
    """Call the bureau face in one of the two styles, over a connection of its own."""
    if style == "sync":
        with Bureau.connect(profile) as bureau:
            return getattr(bureau, method)(*what, **how)

    async def calling() -> Any:
        async with AsyncBureau.connect(profile) as bureau:
            return await getattr(bureau, method)(*what, **how)

    return asyncio.run(calling())


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain: {what}")
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Give ports that nobody has bound, below those that outgoing connections take.

    All are bound together, so that no two are the same, and from a random one on, so that two runs do
    not take the same.
    """
    taken: list[socket.socket] = []
    try:
        ports = list(range(20_000, 32_000))
        random.shuffle(ports)
        for port in ports:
            tried = socket.socket()
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                tried.close()
                continue
            taken.append(tried)
            if len(taken) == count:
                return [bound.getsockname()[1] for bound in taken]
    finally:
        for bound in taken:
            bound.close()
    raise RuntimeError("no port is free")


@pytest.fixture(scope="session")
def program() -> str:
    found = os.environ.get("SYMBOLON_PROGRAM") or shutil.which("symbolon")
    if not found:
        pytest.exit("SYMBOLON_PROGRAM must name the symbolon program", returncode=2)
    return found


@pytest.fixture(scope="session")
def demo(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    named = os.environ.get("SYMBOLON_DEMO")
    if named:
        yield Demo(program, Path(named))
        return
    folder = tmp_path_factory.mktemp("nodes") / "demo"
    command = [program, "--json", "demo", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            # The report is one object, over many lines; after it the nodes stay up.
            if not any(line.rstrip() == "}" for line in child.stdout):
                pytest.exit("the demo ended before it had reported", returncode=2)
            yield Demo(program, folder)
        finally:
            child.terminate()
            child.stdout.close()


@pytest.fixture(scope="session")
def profile(demo: Demo) -> Profile:
    return Profile.read(demo.folder / "profile.toml")


@pytest.fixture(scope="session")
def agreement(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("agreement") / "agreement.json"
    data = ("--data", str(demo.arcadia))
    demo.run("agreement", "export", *data, "arc-bor-2026", "--output", str(path))
    return path


@pytest.fixture(scope="session")
def requester(demo: Demo) -> Requester:
    return Requester.of_data_folder(demo.arcadia, "ARC")


@pytest.fixture(scope="session")
def known() -> list[tuple[str, str, str]]:
    """Identifiers that Borealia's list holds, of several types."""
    with (LISTS / "borealia.csv").open(encoding="utf-8", newline="") as file:
        rows = [(r["identifier_type"], r["value"], r["country"]) for r in csv.DictReader(file)]
    return rows[:200]


@pytest.fixture
def lone_node(program: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Profile]]:
    """A bureau of its own without partners, whose node may be stopped."""
    data, faces = tmp_path / "lone", free_ports(3)
    partner, bureau, metrics = (f"127.0.0.1:{port}" for port in faces)
    founding = ["node", "init", "--data", str(data), "--code", "LON", "--name", "Lone"]
    founding += ["--partner-listen", partner, "--partner-endpoint", f"https://{partner}"]
    founding += ["--bureau-listen", bureau, "--metrics-listen", metrics, "--desk-name", "Desk"]
    founding += ["--desk-phone", "+000 555 0109", "--desk-email", "desk@lon.example"]
    issuing = ["keys", "issue", "--data", str(data), "--as", "administrator"]
    for command in (founding, [*issuing, "--role", "officer", "--role", "analyst", "officer"]):
        subprocess.run([program, *command], check=True, capture_output=True, timeout=PATIENCE)
    node = subprocess.Popen(
        [program, "node", "run", "--data", str(data)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:

        def is_up() -> bool:
            assert node.poll() is None, "the node has ended"
            with socket.socket() as tried:
                return tried.connect_ex(("127.0.0.1", faces[1])) == 0

        until(is_up, "the node comes up")
        yield node, Profile.read(data / "people/officer/profile.toml")
    finally:
        node.kill()
        node.wait()
