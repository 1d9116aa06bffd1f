"""Ask partner bureaus whether they know an identifier, and learn hit or no hit.

:class:`Bureau` and :class:`AsyncBureau` ask the own bureau's node with plain identifiers;
:class:`Partner` and :class:`AsyncPartner` are a bureau themselves and ask another one with blinded
identifiers. :mod:`symbolon.frames` checks frames of pandas and Polars.
"""

from symbolon._core import Agreement, HeaderKey, Identifier, identifier_types, parse
from symbolon._partner_checks import (
    Evidence,
    Opening,
    PartnerGrounds,
    PartnerReport,
    Requester,
    SignedDocument,
)
from symbolon.answers import (
    Answer,
    CheckReport,
    CoverageEntry,
    Desk,
    Grounds,
    Item,
    ItemResult,
    Label,
    Outcome,
    Rejection,
    Source,
    StandingGrounds,
    StatedFacts,
    SubjectCategory,
    Urgency,
)
from symbolon.bureau_face import AsyncBureau, Bureau
from symbolon.errors import (
    ConfigurationError,
    DeadlineExceeded,
    InvalidIdentifier,
    InvalidRequest,
    NoAnswer,
    NotAuthorised,
    NotPermitted,
    NotTrusted,
    QuotaExhausted,
    Retry,
    SymbolonError,
    Unreachable,
)
from symbolon.frames import check_frame, check_frame_async, check_series, check_series_async
from symbolon.partner_face import AsyncPartner, Partner, read_agreement
from symbolon.profile import Profile
from symbolon.standing import (
    StandingCheck,
    StandingHit,
    StandingItem,
    StandingKept,
    StandingMatch,
    StandingSource,
)

__all__ = [
    "Agreement",
    "Answer",
    "AsyncBureau",
    "AsyncPartner",
    "Bureau",
    "CheckReport",
    "ConfigurationError",
    "CoverageEntry",
    "DeadlineExceeded",
    "Desk",
    "Evidence",
    "Grounds",
    "HeaderKey",
    "Identifier",
    "InvalidIdentifier",
    "InvalidRequest",
    "Item",
    "ItemResult",
    "Label",
    "NoAnswer",
    "NotAuthorised",
    "NotPermitted",
    "NotTrusted",
    "Opening",
    "Outcome",
    "Partner",
    "PartnerGrounds",
    "PartnerReport",
    "Profile",
    "QuotaExhausted",
    "Rejection",
    "Requester",
    "Retry",
    "SignedDocument",
    "Source",
    "StandingCheck",
    "StandingGrounds",
    "StandingHit",
    "StandingItem",
    "StandingKept",
    "StandingMatch",
    "StandingSource",
    "StatedFacts",
    "SubjectCategory",
    "SymbolonError",
    "Unreachable",
    "Urgency",
    "check_frame",
    "check_frame_async",
    "check_series",
    "check_series_async",
    "identifier_types",
    "parse",
    "read_agreement",
]
