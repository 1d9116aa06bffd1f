"""What is wrong with the caller's own certificate, where a connection was not made.

Under TLS 1.3 the client is done before the node has looked at its certificate. So a node that refuses it
looks like a node that is not there. Here the own files are held against each other and against the root,
in a handshake with ourselves, and only after a failure.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from symbolon.errors import ConfigurationError, NotAuthorised, SymbolonError, Unreachable

if TYPE_CHECKING:
    from pathlib import Path

# Of OpenSSL: X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED.
_NOT_YET_VALID, _EXPIRED = 9, 10
_ROUNDS = 8
_REASONS = frozenset({"tls_failed", "unreachable"})


def explained(
    failure: SymbolonError, certificate: Path, key: Path, root: Path | None = None
) -> SymbolonError:
    """Say that the own certificate is why, if it is; ``root`` is the one that it should be under."""
    if not isinstance(failure, Unreachable) or failure.reason not in _REASONS:
        return failure
    try:
        code = _fault(certificate, key, certificate)
        is_foreign = False
        # Where the node was not trusted, it may be the root that is another's.
        if code is None and root is not None and failure.reason == "unreachable":
            is_foreign = _fault(certificate, key, root) is not None
    except (OSError, ValueError):
        # Not even we can show it. An SSLError is an OSError.
        return ConfigurationError(
            "certificate",
            f"{certificate} and {key} are no certificate and key that belong together",
            check_id=failure.check_id,
            in_doubt=failure.in_doubt,
        )
    if code == _EXPIRED:
        reason = "certificate_expired"
        sentence = f"the certificate {certificate} has expired; put a renewed one in its place"
    elif code == _NOT_YET_VALID:
        reason = "certificate_not_yet_valid"
        sentence = f"the certificate {certificate} is not valid yet; look at the clock of this machine"
    elif is_foreign:
        reason = "certificate_foreign"
        sentence = f"the certificate {certificate} is not under the root {root}: another bureau issued it"
    else:
        return failure
    return NotAuthorised(reason, sentence, check_id=failure.check_id, in_doubt=failure.in_doubt)


def _fault(certificate: Path, key: Path, anchor: Path) -> int | None:
    """Show the certificate to ourselves; give OpenSSL's number for why it does not hold."""
    asking, asked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for context in (asking, asked):
        # Without a password, OpenSSL would ask for it on the terminal.
        context.load_cert_chain(certificate, key, password="")
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    asked.verify_mode = ssl.CERT_REQUIRED
    asked.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    asked.load_verify_locations(anchor)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = asking.wrap_bio(back, there), asked.wrap_bio(there, back, server_side=True)
    try:
        for _ in range(_ROUNDS):
            for side in sides:
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLCertVerificationError as error:
        return error.verify_code
    return None
