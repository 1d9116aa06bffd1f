"""The partners' tag sets on disk, each checked against its manifest before it is used."""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbolon.errors import NoAnswer, NotTrusted
from symbolon.partner.v1 import partner_pb2 as wire
from symbolon.v1 import documents_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolon._core import Agreement, HeldSet, Manifest

_LONGEST_PIECE = 256 << 10
_LARGEST_SET = 2 << 30
_LARGEST_LABELS = 8 << 30
_BLOCK = 1 << 20


class Transfer:
    """One file on its way. What is there of it already is not fetched again."""

    def __init__(
        self, path: Path, digest: bytes, length: int, request: wire.DownloadTagSetRequest
    ) -> None:
        self._path = path
        self._digest = digest
        self._length = length
        self._partial = path.with_name(f"{path.name}.{digest[:8].hex()}.part")
        self._request = request
        self._offset = 0
        if self._partial.exists():
            self._offset = self._partial.stat().st_size
            if self._offset > length:
                self._partial.unlink()
                self._offset = 0

    @property
    def is_needed(self) -> bool:
        """Whether the whole file is not here yet."""
        return not (self._path.exists() and _sha256(self._path) == self._digest)

    @property
    def is_complete(self) -> bool:
        """Whether all bytes have come."""
        return self._offset >= self._length

    def request(self) -> wire.DownloadTagSetRequest:
        """Ask for the rest."""
        request = wire.DownloadTagSetRequest()
        request.CopyFrom(self._request)
        request.offset = self._offset
        return request

    def write(self, data: bytes) -> None:
        """Append a piece."""
        if not 0 < len(data) <= _LONGEST_PIECE or self._offset + len(data) > self._length:
            with suppress(OSError):
                self._partial.unlink()
            raise NotTrusted("answer_not_trusted", "a list is not as long as its manifest says")
        handle = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(data)
        self._offset += len(data)

    def finish(self) -> None:
        """Put the file in place, if it is the one that was signed for."""
        if not self.is_complete:
            raise NoAnswer("unreachable", "the transfer of a list broke off; it resumes next time")
        if _sha256(self._partial) != self._digest:
            self._partial.unlink()
            raise NotTrusted(
                "answer_not_trusted",
                "a list does not have the hash in its manifest; it will be fetched again",
            )
        self._partial.replace(self._path)


class Shelf:
    """The sets of one owner under one agreement."""

    def __init__(self, agreement: Agreement, owner: str, folder: str | os.PathLike[str] | None) -> None:
        self._agreement = agreement
        self._owner = owner
        self._temporary = tempfile.TemporaryDirectory(prefix="symbolon-") if folder is None else None
        self.folder = Path(self._temporary.name if self._temporary else os.fspath(folder or ""))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held: dict[bytes, HeldSet] = {}
        self._why_not: dict[bytes, NoAnswer] = {}

    def consider(self, signed: documents_pb2.SignedDocument) -> Manifest | None:
        """Verify a manifest; ``None`` if its set is held, or is of rules that are not run here."""
        manifest = self._agreement.manifest(
            self._owner, signed.document, signed.public_key, signed.signature, int(time.time())
        )
        if manifest is None:
            return None
        held = self._held.get(manifest.scope_id)
        if held is not None and held.manifest_hash == manifest.hash:
            return None
        # The pin outlives the file of the set.
        pin = self._pin(manifest.scope_id)
        if pin is not None:
            manifest.follows(pin)
        if manifest.file_len > _LARGEST_SET:
            raise NotTrusted("answer_not_trusted", "the bureau offers a list longer than it may be")
        return manifest

    def transfers(self, manifest: Manifest) -> Iterator[Transfer]:
        """Give the files that are to be fetched."""
        request = wire.DownloadTagSetRequest(
            agreement_id=self._agreement.id, scope_id=manifest.scope_id, version=manifest.version
        )
        set_ = Transfer(self._path(manifest, "tags"), manifest.file_sha256, manifest.file_len, request)
        if set_.is_needed:
            yield set_
        if manifest.labels is not None and manifest.labels[1] <= _LARGEST_LABELS:
            digest, length = manifest.labels
            of_labels = wire.DownloadTagSetRequest()
            of_labels.CopyFrom(request)
            of_labels.labels = True
            labels = Transfer(self._path(manifest, "labels"), digest, length, of_labels)
            if labels.is_needed:
                yield labels

    def install(self, manifest: Manifest) -> None:
        """Open what was fetched, hold it against manifest and canaries, and use it from now on."""
        scope = manifest.scope_id
        path = self._path(manifest, "tags")
        try:
            held = manifest.open(path)
        except NoAnswer as error:
            # Never a no hit from a set that is not sound, nor from the one that it replaces.
            self._held.pop(scope, None)
            self._why_not[scope] = error
            with suppress(OSError):
                path.unlink()
            raise
        if manifest.labels is not None:
            with suppress(NoAnswer):
                held.open_labels(self._path(manifest, "labels"))
        self._write_pin(manifest)
        self._held[scope] = held
        self._why_not.pop(scope, None)
        for old in self.folder.glob(f"{scope.hex()}-*"):
            if not old.name.startswith(f"{scope.hex()}-{manifest.version}."):
                # An open map keeps what it shows.
                with suppress(OSError):
                    old.unlink()

    def usable(self, scope: bytes) -> HeldSet:
        """Give the set of a scope, or say why there is none."""
        held = self._held.get(scope)
        if held is None:
            raise self._why_not.get(scope) or NoAnswer(
                "set_not_ready", "the bureau's list has not been fetched yet; call sync"
            )
        if held.expires_at <= time.time():
            raise NoAnswer(
                "set_not_ready", "the copy of the bureau's list held here is too old to be used"
            )
        return held

    def close(self) -> None:
        """Forget the sets; files in a folder that the caller named stay."""
        self._held.clear()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _path(self, manifest: Manifest, ending: str) -> Path:
        return self.folder / f"{manifest.scope_id.hex()}-{manifest.version}.{ending}"

    def _pin(self, scope: bytes) -> bytes | None:
        path = self.folder / f"{scope.hex()}.manifest.json"
        try:
            pinned: Any = json.loads(path.read_text(encoding="ascii"))
            return bytes.fromhex(pinned["document"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NoAnswer(
                "set_not_ready",
                f"{path} is damaged. It pins the bureau's key: compare the key with the bureau, then "
                "remove the file",
            ) from error

    def _write_pin(self, manifest: Manifest) -> None:
        names = ("document", "public_key", "signature")
        pinned = {n: part.hex() for n, part in zip(names, manifest.signed, strict=True)}
        path = self.folder / f"{manifest.scope_id.hex()}.manifest.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps(pinned), encoding="ascii")
        new.replace(path)


def _sha256(path: Path) -> bytes:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.digest()
