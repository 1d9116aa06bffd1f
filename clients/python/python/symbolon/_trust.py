"""Who is at the other end of the partner face.

A bureau is known by the root and the SPIFFE identity that the agreement names, wherever it is. gRPC
compares names of hosts and no identities. So a first handshake shows the certificate, identity and root
are verified here, and the connection that carries questions accepts exactly that certificate.
"""

from __future__ import annotations

import base64
import binascii
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import grpc

from symbolon.errors import ConfigurationError, NotTrusted, Unreachable
from symbolon.profile import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from symbolon._core import Party

_HANDSHAKE_SECONDS = 10.0
_MOST_BYTES = 2 << 20
Options = list[tuple[str, str | int]]


def credentials_for(
    party: Party, certificate: Path, key: Path
) -> tuple[grpc.ChannelCredentials, Options]:
    """Verify who answers at the party's address, and accept nobody else from then on."""
    leaf, name = _verified_leaf(party, certificate, key)
    credentials = grpc.ssl_channel_credentials(
        leaf.encode("ascii"),
        read_file(key, "private key of the partner face"),
        read_file(certificate, "certificate of the partner face"),
    )
    return credentials, [
        ("grpc.ssl_target_name_override", name),
        ("grpc.max_receive_message_length", _MOST_BYTES),
        ("grpc.max_send_message_length", _MOST_BYTES),
    ]


def _verified_leaf(party: Party, certificate: Path, key: Path) -> tuple[str, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Not the host's name but the identity counts, and is compared below.
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    try:
        context.load_verify_locations(cadata=base64.b64decode(party.tls_root, validate=True))
    except (ssl.SSLError, binascii.Error) as error:
        raise ConfigurationError(
            "root", f"the root certificate of {party.code} in the agreement cannot be used"
        ) from error
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            "certificate",
            f"{certificate} and {key} are no certificate and key that belong together",
        ) from error
    address = urlsplit(party.endpoint)
    host, port = address.hostname or "", address.port or 443
    try:
        with (
            socket.create_connection((host, port), _HANDSHAKE_SECONDS) as raw,
            context.wrap_socket(raw) as connection,
        ):
            shown = connection.getpeercert() or {}
            der = connection.getpeercert(binary_form=True) or b""
    except ssl.SSLCertVerificationError as error:
        raise NotTrusted(
            "partner_not_trusted",
            f"what answers at the address of {party.code} is not under the root that the agreement "
            "names; nothing was asked. Tell its desk",
        ) from error
    except OSError as error:
        raise Unreachable(
            "unreachable",
            f"the node of {party.code} could not be reached; its desk can say whether it is up",
        ) from error
    names: list[tuple[str, str]] = [
        (str(pair[0]), str(pair[1])) for pair in shown.get("subjectAltName", ())
    ]
    if [name for kind, name in names if kind == "URI"] != [party.spiffe_id]:
        raise NotTrusted(
            "partner_not_trusted",
            f"what answers at the address of {party.code} has another identity than the agreement "
            "names; nothing was asked. Tell its desk",
        )
    hosts = [name for kind, name in names if kind in {"DNS", "IP Address"}]
    if not hosts:
        raise NotTrusted(
            "certificate_without_host",
            f"the certificate of {party.code} names no host; gRPC for Python cannot connect to it",
        )
    return ssl.DER_cert_to_PEM_cert(der), host if host in hosts else hosts[0]
