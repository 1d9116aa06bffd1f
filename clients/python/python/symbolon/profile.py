"""How a program reaches its bureau's node: the profile that ``symbolon keys issue`` writes."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import grpc

from symbolon._given import settle, text
from symbolon.errors import ConfigurationError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Profile"]

_ENVIRONMENT = "SYMBOLON_PROFILE"
_DEMO = Path("symbolon-demo/profile.toml")
_FIELDS = ("endpoint", "root", "certificate", "key", "officer")


@dataclass(frozen=True, init=False)
class Profile:
    """Address and certificate files of a caller. The key itself is read when a connection is made."""

    endpoint: str
    """The bureau face: ``https://host:port``."""
    root: Path
    """The bureau's root certificate, PEM."""
    certificate: Path
    """The caller's certificate, PEM."""
    key: Path
    """Its private key, PEM."""
    officer: str = ""
    """Who asks, unless a check says otherwise."""

    def __init__(
        self,
        endpoint: str,
        root: str | os.PathLike[str],
        certificate: str | os.PathLike[str],
        key: str | os.PathLike[str],
        officer: str = "",
    ) -> None:
        """Name address and files; they are read when a connection is made."""
        settle(
            self,
            endpoint=text("endpoint", endpoint),
            root=Path(root),
            certificate=Path(certificate),
            key=Path(key),
            officer=text("officer", officer),
        )

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Profile:
        """Read a profile file; paths in it are relative to its folder."""
        file = Path(path)
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(
                "no_profile", f"the profile {file} cannot be read: {error.strerror}"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError("profile", f"{file} is no profile: {error}") from error
        texts = {name: values.get(name) for name in _FIELDS}
        missing = [name for name, given in texts.items() if not isinstance(given, str)]
        unknown = sorted(set(values) - set(_FIELDS))
        if missing or unknown:
            wrong = ", ".join(missing + unknown)
            raise ConfigurationError("profile", f"{file} is no profile: look at {wrong}")
        return cls(
            endpoint=str(texts["endpoint"]),
            root=file.parent / str(texts["root"]),
            certificate=file.parent / str(texts["certificate"]),
            key=file.parent / str(texts["key"]),
            officer=str(texts["officer"]),
        )

    @classmethod
    def find(cls) -> Profile:
        """Find the profile as ``symbolon`` does: ``SYMBOLON_PROFILE``, or that of a demo near here."""
        named = os.environ.get(_ENVIRONMENT)
        if named:
            return cls.read(named)
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / _DEMO).is_file():
                return cls.read(folder / _DEMO)
        raise ConfigurationError(
            "no_profile",
            f"no profile: name one, set {_ENVIRONMENT}, or start `symbolon demo` in this folder. "
            "`symbolon keys issue` makes a profile",
        )

    @property
    def target(self) -> str:
        """Host and port, as gRPC takes them."""
        return target_of(self.endpoint)

    def credentials(self) -> grpc.ChannelCredentials:
        """Read the files."""
        return grpc.ssl_channel_credentials(
            read_file(self.root, "root certificate"),
            read_file(self.key, "private key"),
            read_file(self.certificate, "certificate"),
        )


def target_of(endpoint: str) -> str:
    """Host and port of an address of the form ``https://host:port``."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port or 443
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
        raise ConfigurationError(
            "endpoint", f"{endpoint!r} is no address of a node: it has the form https://host:port"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}"


def read_file(path: Path, what: str) -> bytes:
    """Read a small file, or say which one is missing."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError("file", f"the {what} {path} cannot be read: {error.strerror}") from error
