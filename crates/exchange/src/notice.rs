use prost::Message as _;
use symbolon_policy::{
    AgreementHash, AgreementId, AgreementStep, AgreementTerms, BureauCode, Label, SigningKey,
    VerifyingKey,
};
use symbolon_proto::v1::{self, SignedDocument};
use time::OffsetDateTime;

use crate::{
    signed::{self, DocumentError},
    time as timestamp,
};

/// Longest reason in a notice.
pub const MAX_REASON_CHARACTERS: usize = 256;

/// What a party has decided about an agreement by itself (see `symbolon.v1.AgreementNotice`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgreementNotice {
    /// The agreement.
    pub agreement: AgreementId,
    /// Its very text.
    pub hash: AgreementHash,
    /// Who gives notice.
    pub issuer: BureauCode,
    /// What it has decided.
    pub kind: NoticeKind,
    /// Higher with each notice of this issuer about this text; from 1.
    pub counter: u64,
    /// Why, for people: 1 to 256 characters in one line.
    pub reason: String,
    /// The issuer's clock.
    pub issued_at: OffsetDateTime,
}

/// What a party can decide by itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NoticeKind {
    /// Nothing is asked or answered until this party resumes.
    Suspend,
    /// This party takes its own suspension back.
    Resume,
    /// The agreement has ended for good.
    Revoke,
}

impl NoticeKind {
    /// The step that the notice stands for.
    pub fn step(self, party: BureauCode) -> AgreementStep {
        match self {
            Self::Suspend => AgreementStep::Suspend { party },
            Self::Resume => AgreementStep::Resume { party },
            Self::Revoke => AgreementStep::Revoke { party },
        }
    }
}

impl AgreementNotice {
    /// Signs it with the issuer's legal key.
    pub fn sign(&self, key: &SigningKey) -> SignedDocument {
        let kind = match self.kind {
            NoticeKind::Suspend => v1::NoticeKind::Suspend,
            NoticeKind::Resume => v1::NoticeKind::Resume,
            NoticeKind::Revoke => v1::NoticeKind::Revoke,
        };
        let notice = v1::AgreementNotice {
            agreement_id: self.agreement.to_string(),
            agreement_hash: self.hash.0.to_vec(),
            issuer: self.issuer.to_string(),
            kind: kind.into(),
            counter: self.counter,
            reason: self.reason.clone(),
            issued_at: Some(timestamp::to_proto(self.issued_at)),
        };
        signed::sign(key, Label::AgreementNotice, notice.encode_to_vec())
    }

    /// The notice, if the party that it names signed it and it is about exactly these terms.
    ///
    /// # Errors
    /// When the issuer is no party, its legal key has not signed, or a field is not as it must be.
    pub fn verify(
        document: &SignedDocument,
        terms: &AgreementTerms,
        hash: &AgreementHash,
    ) -> Result<Self, DocumentError> {
        let issuer = issuer_key(document, terms)?;
        let bytes = signed::verify(&issuer, Label::AgreementNotice, document)?;
        let notice = Self::parse(bytes)?;
        let named = terms.parties.iter().find(|party| party.code == notice.issuer);
        // The key that signed must be that of the party that the notice names.
        if named.is_none_or(|party| party.keys.legal != issuer) {
            return Err(DocumentError::OtherKey);
        }
        if notice.agreement != terms.id || notice.hash != *hash {
            return Err(malformed("agreement"));
        }
        Ok(notice)
    }

    /// Reads a notice that was verified before it was kept.
    ///
    /// # Errors
    /// When a field is not as it must be.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let notice = v1::AgreementNotice::decode(bytes).map_err(|_| malformed("encoding"))?;
        let kind = match notice.kind() {
            v1::NoticeKind::Suspend => NoticeKind::Suspend,
            v1::NoticeKind::Resume => NoticeKind::Resume,
            v1::NoticeKind::Revoke => NoticeKind::Revoke,
            v1::NoticeKind::Unspecified => return Err(malformed("kind")),
        };
        // What a database keeps of it is a signed number.
        if notice.counter == 0 || i64::try_from(notice.counter).is_err() {
            return Err(malformed("counter"));
        }
        if !is_reason_text(&notice.reason) {
            return Err(malformed("reason"));
        }
        Ok(Self {
            agreement: notice.agreement_id.parse().map_err(|_| malformed("agreement id"))?,
            hash: AgreementHash(
                notice
                    .agreement_hash
                    .as_slice()
                    .try_into()
                    .map_err(|_| malformed("agreement hash"))?,
            ),
            issuer: notice.issuer.parse().map_err(|_| malformed("issuer"))?,
            kind,
            counter: notice.counter,
            reason: notice.reason,
            issued_at: timestamp::from_proto(notice.issued_at).ok_or(malformed("time"))?,
        })
    }
}

/// Whether a text can stand as the reason of a notice: it is shown to people of other bureaus.
pub fn is_reason_text(text: &str) -> bool {
    !text.trim().is_empty()
        && text.chars().count() <= MAX_REASON_CHARACTERS
        && !text.chars().any(char::is_control)
}

/// The key in the document, if it is the legal key of a party. Keys of parties all differ.
fn issuer_key(
    document: &SignedDocument,
    terms: &AgreementTerms,
) -> Result<VerifyingKey, DocumentError> {
    terms
        .parties
        .iter()
        .map(|party| party.keys.legal)
        .find(|key| document.public_key == key.0)
        .ok_or(DocumentError::OtherKey)
}

fn malformed(field: &'static str) -> DocumentError {
    DocumentError::Malformed { document: "notice", field }
}
