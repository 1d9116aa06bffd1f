"""A party that founds itself: keys, certificates and a card. docs/protocol.md, sections 6.1 and 7.1."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import agreement

KINDS = ("header", "manifest", "log", "legal")


def _pem(key: Any) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: str, issuer: str, key: Any, signer: Any, days: int, extensions: list[tuple[x509.ExtensionType, bool]]
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hashes.SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


class Party:
    """One that was founded in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate, self.key = folder / "partner.pem", folder / "partner.key"
        self.card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        self.code: str = self.card["code"]

    def signing_key(self, kind: str) -> Ed25519PrivateKey:
        pem = (self.folder / f"{kind}.key").read_bytes()
        return serialization.load_pem_private_key(pem, None)

    def fingerprint(self) -> str:
        return agreement.fingerprint(self.card).hex()


def found(folder: Path, code: str, name: str, endpoint: str) -> Party:
    """Makes everything anew."""
    folder.mkdir(parents=True)
    spiffe_id = f"spiffe://{code.lower()}.example/partner-face"
    root_key, face_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = f"{code} partner root"
    root = _certificate(
        root_name,
        root_name,
        root_key,
        root_key,
        3650,
        [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (_usage(signs_certificates=True), True),
            (x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), False),
        ],
    )
    face = _certificate(
        f"{code} partner face",
        root_name,
        face_key,
        root_key,
        365,
        [
            (x509.SubjectAlternativeName([x509.UniformResourceIdentifier(spiffe_id)]), False),
            (_usage(signs_certificates=False), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False),
        ],
    )
    keys = {kind: Ed25519PrivateKey.generate() for kind in KINDS}
    for file, key in {"root": root_key, "partner": face_key, **keys}.items():
        path = folder / f"{file}.key"
        path.touch(mode=0o600)
        path.write_bytes(_pem(key))
    (folder / "partner.pem").write_bytes(face.public_bytes(serialization.Encoding.PEM))
    card = {
        "code": code,
        "name": name,
        "endpoint": endpoint,
        "spiffe_id": spiffe_id,
        "tls_root": base64.b64encode(root.public_bytes(serialization.Encoding.DER)).decode(),
        "keys": {kind: key.public_key().public_bytes_raw().hex() for kind, key in keys.items()},
        "desk": {"name": f"{name} desk", "phone": "+000 555 0199", "email": f"desk@{code.lower()}.example"},
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return Party(folder)
