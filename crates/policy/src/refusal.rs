use thiserror::Error;
use time::OffsetDateTime;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident => $code:literal,)*) => {
        /// Machine-readable reason of a refusal: the `reason` of a `google.rpc.ErrorInfo`.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $variant,)*
        }

        impl Reason {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
}

reasons! {
    /// The two sides hold different texts under one agreement id.
    AgreementDiffers => "agreement_differs",
    /// The agreement's validity is over.
    AgreementExpired => "agreement_expired",
    /// The agreement's validity has not begun.
    AgreementNotYetValid => "agreement_not_yet_valid",
    /// A party has suspended the agreement.
    AgreementSuspended => "agreement_suspended",
    /// The agreement was revoked.
    AgreementRevoked => "agreement_revoked",
    /// There is no such agreement here.
    AgreementUnknown => "agreement_unknown",
    /// What may be asked in the epoch does not suffice.
    BudgetExhausted => "budget_exhausted",
    /// Another check was asked under this id.
    CheckIdReused => "check_id_reused",
    /// A chunk is not the one whose hash was signed, or one too many.
    ChunkAltered => "chunk_altered",
    /// The stream ended before all chunks had come.
    ChunkMissing => "chunk_missing",
    /// The time in which a hit may be followed by a request for the record is over.
    ClaimExpired => "claim_expired",
    /// Another request for a record was made under this id.
    DisclosureIdReused => "disclosure_id_reused",
    /// A request for a record cannot be read or breaks a rule.
    DisclosureInvalid => "disclosure_invalid",
    /// The agreement does not say how records are asked for: call the desk.
    DisclosureNotAgreed => "disclosure_not_agreed",
    /// The owner does not recognise the hit of a request for a record.
    DisclosureNotRecognised => "disclosure_not_recognised",
    /// An element is no valid point, or the identity.
    ElementInvalid => "element_invalid",
    /// The header cannot be read or breaks a rule.
    HeaderInvalid => "header_invalid",
    /// The header was not signed by the key that the agreement names.
    HeaderSignature => "header_signature",
    /// The header's time is too far from the owner's clock.
    HeaderTime => "header_time",
    /// Something failed on this side; the log has the details.
    Internal => "internal",
    /// An argument is missing or malformed.
    InvalidArgument => "invalid_argument",
    /// The bureau's log does not continue what it signed, so it signs nothing.
    LogAltered => "log_altered",
    /// The log is not so long as a question about it supposes.
    LogSizeUnknown => "log_size_unknown",
    /// A message or a count is over a limit.
    LimitExceeded => "limit_exceeded",
    /// The called node has no such method on this face.
    MethodUnknown => "method_unknown",
    /// The caller is not a party to the agreement.
    NotAParty => "not_a_party",
    /// A notice cannot be read, is not signed by the party that it names, or does not follow.
    NoticeInvalid => "notice_invalid",
    /// The called bureau is not the one that the header names.
    OtherOwner => "other_owner",
    /// A proposed text is not one that this bureau can look at.
    ProposalRefused => "proposal_refused",
    /// The agreement does not allow this purpose.
    PurposeNotAgreed => "purpose_not_agreed",
    /// The day's quota does not suffice.
    QuotaExhausted => "quota_exhausted",
    /// The caller's certificate does not carry the role that this needs; made on the bureau face.
    RoleMissing => "role_missing",
    /// The caller's certificate has expired since the connection was opened; made on the bureau face.
    CertificateExpired => "certificate_expired",
    /// The caller's certificate was revoked; made on the bureau face.
    CertificateRevoked => "certificate_revoked",
    /// The same check was asked again too often.
    RepeatedTooOften => "repeated_too_often",
    /// The caller showed neither a certificate nor a bearer token; made on the JSON face.
    TokenMissing => "token_missing",
    /// What the caller showed is no token that this bureau has issued; made on the JSON face.
    TokenUnknown => "token_unknown",
    /// The time for which the caller's token was good is over; made on the JSON face.
    TokenExpired => "token_expired",
    /// The caller's token was revoked; made on the JSON face.
    TokenRevoked => "token_revoked",
    /// From the caller's address too many wrong tokens were shown; made on the JSON face.
    TooManyAttempts => "too_many_attempts",
    /// The JSON face has nothing at this path.
    PathUnknown => "path_unknown",
    /// The JSON face does not do this at that path.
    MethodNotAllowed => "method_not_allowed",
    /// The body is not of a media type that the JSON face reads, or none that it writes is accepted.
    MediaType => "media_type",
    /// The caller took too long to say something; made on the JSON face.
    TooSlow => "too_slow",
    /// A rule of this bureau's lawyers forbids it.
    RuleForbids => "rule_forbids",
    /// The rules in force cannot be read, and what cannot be decided is refused.
    RulesDamaged => "rules_damaged",
    /// Another rule pack is in force than was promised in the agreement.
    RulesNotAsPromised => "rules_not_as_promised",
    /// The two sides run different versions of a type's rules.
    RulesVersionMismatch => "rules_version_mismatch",
    /// The scope is not offered, or its epoch is over.
    ScopeUnknown => "scope_unknown",
    /// The set is not ready yet.
    SetNotReady => "set_not_ready",
    /// The agreement does not let a requester keep tags; made on the asking side.
    StandingNotAgreed => "standing_not_agreed",
    /// The caller keeps no standing check with that id; made on the bureau face.
    StandingUnknown => "standing_unknown",
    /// The node is stopping or has no room now.
    TryAgain => "try_again",
    /// Nothing is agreed for this identifier type.
    TypeNotAgreed => "type_not_agreed",
}

/// Why a question is not answered: a reason for programs and a sentence for a person.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{sentence}")]
pub struct Refusal {
    /// For programs.
    pub reason: Reason,
    /// For a person: what is wrong and what to do. Never holds an identifier.
    pub sentence: String,
    /// When it makes sense to ask again, if waiting helps.
    pub retry_at: Option<OffsetDateTime>,
}

impl Refusal {
    /// A refusal that waiting does not cure.
    pub fn new(reason: Reason, sentence: impl Into<String>) -> Self {
        Self { reason, sentence: sentence.into(), retry_at: None }
    }

    /// The same refusal, curable by waiting until `at`.
    #[must_use]
    pub fn retry_at(self, at: OffsetDateTime) -> Self {
        Self { retry_at: Some(at), ..self }
    }
}
