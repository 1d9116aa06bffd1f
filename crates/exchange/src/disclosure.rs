//! The documents that follow a hit: request, withdrawal and decision.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use symbolon_identifiers::{Identifier, IdentifierType};
use symbolon_oprf::{Blind, voprf};
use symbolon_policy::{
    AgreementHash, AgreementId, BureauCode, CheckId, Label, RequestId, SigningKey, VerifyingKey,
    disclosure::RefusalGround,
    rules::{DisclosedField, HandlingCode, SubjectCategory, Urgency},
};
use symbolon_proto::v1::{self, SignedDocument};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    element_proof::ElementProof,
    signed::{self, DocumentError, DocumentHash},
    time as timestamp,
};

/// Longest request in bytes.
pub const MAX_REQUEST_LEN: usize = 32 << 10;
/// Longest decision in bytes.
pub const MAX_DECISION_LEN: usize = 96 << 10;
/// Most requests in one exchange.
pub const MAX_LETTERS: usize = 16;
/// An exchange is filled up to a multiple of so many bytes.
pub const EXCHANGE_STEP: usize = 32 << 10;

const MOST_FACTS: usize = 4_000;
const MOST_VALUE: usize = 2_048;
const MOST_NOTE: usize = 1_000;
const MOST_PATH: usize = 10 * 32;

/// An assurance that a requester can give.
pub const NO_DEATH_PENALTY: &str = "no_death_penalty";

/// What a requester signs to ask for the record behind a hit (see `symbolon.v1.DisclosureRequest`).
pub struct DisclosureRequest {
    /// Identity of the request.
    pub request: RequestId,
    /// The check that hit.
    pub check: CheckId,
    /// The agreement.
    pub agreement: AgreementId,
    /// Its text.
    pub agreement_hash: AgreementHash,
    /// Who asks.
    pub requester: BureauCode,
    /// Whose record it is.
    pub owner: BureauCode,
    /// The element, opened.
    pub element: ElementOpening,
    /// Bytes 16..32 of the function's output.
    pub claim: Zeroizing<[u8; 16]>,
    /// The owner's receipt for the check.
    pub receipt: SignedDocument,
    /// Who confirmed the hit.
    pub confirmation: Option<HitConfirmation>,
    /// The facts of the case; may be empty.
    pub facts: String,
    /// Class of offence; may be empty.
    pub offence_class: String,
    /// What it is wanted for.
    pub purpose: String,
    /// How soon it matters.
    pub urgency: Urgency,
    /// Whom or what the case concerns.
    pub subject_category: SubjectCategory,
    /// The fields asked for.
    pub fields: BTreeSet<DisclosedField>,
    /// Who would receive it.
    pub recipient_authority: String,
    /// Whether it is wanted as evidence in court.
    pub use_in_court: bool,
    /// To whom it would be passed on; empty if to nobody.
    pub onward_to: String,
    /// Assurances given.
    pub assurances: BTreeSet<String>,
    /// Why it is an emergency; empty if it is none.
    pub emergency_reasons: String,
    /// The requester's clock.
    pub issued_at: OffsetDateTime,
}

/// An element of a check, opened: identifier and blind, and the proof that a header names it.
pub struct ElementOpening {
    /// Where the header names it.
    pub proof: ElementProof,
    /// What was asked.
    pub identifier: Identifier,
    /// What hid it.
    pub blind: Blind,
}

impl ElementOpening {
    /// Whether identifier and blind give the element that is shown, in either way of blinding: the
    /// header does not say which was used. Works in constant time on identifier and blind.
    pub fn opens(&self) -> bool {
        let input = [self.identifier.oprf_input()];
        let blind = std::slice::from_ref(&self.blind);
        let additive = voprf::additive::blind(&input, blind).ok();
        let multiplicative = voprf::blind(&input, blind).ok();
        let shown = self.proof.element();
        shown.is_some() && (additive.as_deref() == shown || multiplicative.as_deref() == shown)
    }
}

/// Who confirmed a hit, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HitConfirmation {
    /// Name or number.
    pub by: String,
    /// What he or she is.
    pub role: String,
    /// Whether it was a person.
    pub by_person: bool,
    /// Whether that person holds a role for it and is trained.
    pub qualified: bool,
    /// What was compared with what.
    pub method: String,
    /// When.
    pub at: OffsetDateTime,
}

impl DisclosureRequest {
    /// Whether all is there that starts the owner's clock beside a hit that it recognises:
    /// a person's confirmation, the facts, and the offence unless a missing person or a thing is
    /// concerned.
    pub fn is_complete(&self) -> bool {
        let confirmed = self.confirmation.as_ref().is_some_and(|one| one.by_person);
        let needs_offence =
            ![SubjectCategory::Missing, SubjectCategory::Object].contains(&self.subject_category);
        confirmed && !self.facts.is_empty() && (!needs_offence || !self.offence_class.is_empty())
    }

    /// Signs it with the requester's header key.
    ///
    /// # Errors
    /// When a field is longer than it may be, or not as it must be.
    pub fn sign(&self, key: &SigningKey) -> Result<SignedDocument, DocumentError> {
        let document = self.to_proto().encode_to_vec();
        Self::parse(&document)?;
        Ok(signed::sign(key, Label::DisclosureRequest, document))
    }

    /// Reads a request without verifying it, to learn which agreement and so which key to verify it
    /// with. Nothing else may be done with what this returns.
    ///
    /// # Errors
    /// When it is no request.
    pub fn claimed_agreement(
        document: &SignedDocument,
    ) -> Result<(AgreementId, BureauCode), DocumentError> {
        let request = Self::parse(&document.document)?;
        Ok((request.agreement, request.requester))
    }

    /// The request and the hash of its bytes, if `key` signed it and it keeps to every bound.
    ///
    /// # Errors
    /// When it was not signed by `key` or a field is not as it must be.
    pub fn verify(
        document: &SignedDocument,
        key: &VerifyingKey,
    ) -> Result<(Self, DocumentHash), DocumentError> {
        let bytes = signed::verify(key, Label::DisclosureRequest, document)?;
        Ok((Self::parse(bytes)?, DocumentHash::of(bytes)))
    }

    /// Reads one that was verified when it was taken in or made.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        if bytes.len() > MAX_REQUEST_LEN {
            return Err(DocumentError::TooLong);
        }
        let request = v1::DisclosureRequest::decode(bytes).map_err(|_| malformed("encoding"))?;
        let fields = codes(&request.fields, DisclosedField::named, "fields")?;
        if fields.is_empty() {
            return Err(malformed("fields"));
        }
        let assurances =
            codes(&request.assurances, |one| word(one).then(|| one.to_owned()), "assurances")?;
        if !word(&request.purpose) || request.purpose.is_empty() || !word(&request.offence_class) {
            return Err(malformed("purpose or offence class"));
        }
        Ok(Self {
            request: RequestId(bytes_of(&request.request_id, "request id")?),
            check: CheckId(bytes_of(&request.check_id, "check id")?),
            agreement: request.agreement_id.parse().map_err(|_| malformed("agreement id"))?,
            agreement_hash: AgreementHash(bytes_of(&request.agreement_hash, "agreement hash")?),
            requester: request.requester.parse().map_err(|_| malformed("requester"))?,
            owner: request.owner.parse().map_err(|_| malformed("owner"))?,
            element: parse_element(request.element.ok_or(malformed("element"))?)?,
            claim: Zeroizing::new(bytes_of(&request.claim, "claim")?),
            receipt: request.receipt.ok_or(malformed("receipt"))?,
            confirmation: request.confirmation.map(parse_confirmation).transpose()?,
            facts: paragraph(request.facts, MOST_FACTS, "facts")?,
            offence_class: request.offence_class,
            purpose: request.purpose,
            urgency: Urgency::named(&request.urgency).ok_or(malformed("urgency"))?,
            subject_category: SubjectCategory::named(&request.subject_category)
                .ok_or(malformed("subject category"))?,
            fields,
            recipient_authority: line(request.recipient_authority, 1, 256, "recipient")?,
            use_in_court: request.use_in_court,
            onward_to: line(request.onward_to, 0, 256, "onward recipient")?,
            assurances,
            emergency_reasons: paragraph(request.emergency_reasons, MOST_NOTE, "reasons")?,
            issued_at: timestamp::from_proto(request.issued_at).ok_or(malformed("time"))?,
        })
    }

    fn to_proto(&self) -> v1::DisclosureRequest {
        let proof = &self.element.proof;
        v1::DisclosureRequest {
            request_id: self.request.0.to_vec(),
            check_id: self.check.0.to_vec(),
            agreement_id: self.agreement.to_string(),
            agreement_hash: self.agreement_hash.0.to_vec(),
            requester: self.requester.to_string(),
            owner: self.owner.to_string(),
            element: Some(v1::ElementOpening {
                scope: proof.scope,
                chunk: proof.chunk,
                elements: proof.elements,
                index: proof.index,
                block: proof.block.clone(),
                path: proof.path.clone(),
                identifier_type: self.element.identifier.kind().name().to_owned(),
                canonical: self.element.identifier.canonical().to_vec(),
                blind: self.element.blind.to_bytes().to_vec(),
            }),
            claim: self.claim.to_vec(),
            receipt: Some(self.receipt.clone()),
            confirmation: self.confirmation.as_ref().map(|one| v1::HitConfirmation {
                by: one.by.clone(),
                role: one.role.clone(),
                by_person: one.by_person,
                qualified: one.qualified,
                method: one.method.clone(),
                at: Some(timestamp::to_proto(one.at)),
            }),
            facts: self.facts.clone(),
            offence_class: self.offence_class.clone(),
            purpose: self.purpose.clone(),
            urgency: self.urgency.as_str().to_owned(),
            subject_category: self.subject_category.as_str().to_owned(),
            fields: sorted(self.fields.iter().map(|field| field.as_str())),
            recipient_authority: self.recipient_authority.clone(),
            use_in_court: self.use_in_court,
            onward_to: self.onward_to.clone(),
            assurances: self.assurances.iter().cloned().collect(),
            emergency_reasons: self.emergency_reasons.clone(),
            issued_at: Some(timestamp::to_proto(self.issued_at)),
        }
    }
}

/// That a requester takes a request back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DisclosureWithdrawal {
    /// Hash of the request's document.
    pub request: DocumentHash,
    /// The requester's clock.
    pub issued_at: OffsetDateTime,
}

impl DisclosureWithdrawal {
    /// Signs it with the requester's header key.
    pub fn sign(&self, key: &SigningKey) -> SignedDocument {
        let document = v1::DisclosureWithdrawal {
            request_hash: self.request.0.to_vec(),
            issued_at: Some(timestamp::to_proto(self.issued_at)),
        };
        signed::sign(key, Label::DisclosureWithdrawal, document.encode_to_vec())
    }

    /// The withdrawal, if `key` signed it.
    ///
    /// # Errors
    /// When it was not signed by `key` or a field is not as it must be.
    pub fn verify(document: &SignedDocument, key: &VerifyingKey) -> Result<Self, DocumentError> {
        let bytes = signed::verify(key, Label::DisclosureWithdrawal, document)?;
        let read = v1::DisclosureWithdrawal::decode(bytes).map_err(|_| malformed("encoding"))?;
        Ok(Self {
            request: DocumentHash(bytes_of(&read.request_hash, "request hash")?),
            issued_at: timestamp::from_proto(read.issued_at).ok_or(malformed("time"))?,
        })
    }
}

/// What an owner signs when it has decided (see `symbolon.v1.DisclosureDecision`).
#[derive(Clone, PartialEq, Eq)]
pub struct DisclosureDecision {
    /// Hash of the request's document.
    pub request_hash: DocumentHash,
    /// The request.
    pub request: RequestId,
    /// Who asked.
    pub requester: BureauCode,
    /// Who decided.
    pub owner: BureauCode,
    /// The owner's clock.
    pub decided_at: OffsetDateTime,
    /// The record, or why not.
    pub outcome: Result<ReleasedRecord, DisclosureRefusal>,
}

/// A record as it is released. Personal data: never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct ReleasedRecord {
    /// The fields.
    pub fields: BTreeMap<DisclosedField, String>,
    /// Whom or what it concerns.
    pub subject_category: SubjectCategory,
    /// What the recipient may do with it.
    pub handling_code: HandlingCode,
    /// The restriction in words, for [`HandlingCode::H3`].
    pub restriction: String,
    /// Evaluation of source and information.
    pub evaluation: String,
    /// The recipient must have erased it by then.
    pub keep_until: OffsetDateTime,
    /// Whether the person concerned contests it.
    pub contested: bool,
    /// Whether a national flag suspends the action that it asks for.
    pub national_flag: bool,
    /// Who released it.
    pub released_by: String,
    /// Who approved that; empty where one person suffices.
    pub approved_by: String,
}

/// Why a record is not released.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DisclosureRefusal {
    /// For programs.
    pub ground: RefusalGround,
    /// For a person.
    pub sentence: String,
}

impl DisclosureDecision {
    /// Signs it with the owner's log key.
    ///
    /// # Errors
    /// When a field is longer than it may be, or not as it must be.
    pub fn sign(&self, key: &SigningKey) -> Result<SignedDocument, DocumentError> {
        let document = self.to_proto().encode_to_vec();
        Self::parse(&document)?;
        Ok(signed::sign(key, Label::DisclosureDecision, document))
    }

    /// The decision, if `key` signed it.
    ///
    /// # Errors
    /// When it was not signed by `key` or a field is not as it must be.
    pub fn verify(document: &SignedDocument, key: &VerifyingKey) -> Result<Self, DocumentError> {
        Self::parse(signed::verify(key, Label::DisclosureDecision, document)?)
    }

    /// Reads one that was verified when it came, or made here.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        use v1::disclosure_decision::Outcome;
        if bytes.len() > MAX_DECISION_LEN {
            return Err(DocumentError::TooLong);
        }
        let read = v1::DisclosureDecision::decode(bytes).map_err(|_| undecided("encoding"))?;
        let outcome = match read.outcome.ok_or(undecided("outcome"))? {
            Outcome::Released(record) => Ok(parse_record(record)?),
            Outcome::Refused(refusal) => Err(DisclosureRefusal {
                ground: RefusalGround::named(&refusal.ground).ok_or(undecided("ground"))?,
                sentence: line(refusal.sentence, 0, MOST_NOTE, "sentence")?,
            }),
        };
        Ok(Self {
            request_hash: DocumentHash(bytes_of(&read.request_hash, "request hash")?),
            request: RequestId(bytes_of(&read.request_id, "request id")?),
            requester: read.requester.parse().map_err(|_| undecided("requester"))?,
            owner: read.owner.parse().map_err(|_| undecided("owner"))?,
            decided_at: timestamp::from_proto(read.decided_at).ok_or(undecided("time"))?,
            outcome,
        })
    }

    fn to_proto(&self) -> v1::DisclosureDecision {
        use v1::disclosure_decision::Outcome;
        let outcome = match &self.outcome {
            Ok(record) => {
                let mut fields: Vec<_> = record
                    .fields
                    .iter()
                    .map(|(field, value)| v1::ReleasedField {
                        field: field.as_str().to_owned(),
                        value: value.clone(),
                    })
                    .collect();
                fields.sort_by(|one, other| one.field.cmp(&other.field));
                Outcome::Released(v1::ReleasedRecord {
                    fields,
                    subject_category: record.subject_category.as_str().to_owned(),
                    handling_code: record.handling_code.as_str().to_owned(),
                    restriction: record.restriction.clone(),
                    evaluation: record.evaluation.clone(),
                    keep_until: Some(timestamp::to_proto(record.keep_until)),
                    contested: record.contested,
                    national_flag: record.national_flag,
                    released_by: record.released_by.clone(),
                    approved_by: record.approved_by.clone(),
                })
            }
            Err(refusal) => Outcome::Refused(v1::DisclosureRefusal {
                ground: refusal.ground.as_str().to_owned(),
                sentence: refusal.sentence.clone(),
            }),
        };
        v1::DisclosureDecision {
            request_hash: self.request_hash.0.to_vec(),
            request_id: self.request.0.to_vec(),
            requester: self.requester.to_string(),
            owner: self.owner.to_string(),
            decided_at: Some(timestamp::to_proto(self.decided_at)),
            outcome: Some(outcome),
        }
    }
}

/// How many zero bytes, in a field of their own with a number below 16, fill a message of `len` bytes
/// up to a multiple of [`EXCHANGE_STEP`].
pub fn exchange_padding(len: usize) -> usize {
    for more in [0, EXCHANGE_STEP] {
        // The field's tag takes one byte, its length one to three.
        for prefix in 1..=3_usize {
            let over = len.saturating_add(1).saturating_add(prefix);
            let over = over.checked_rem(EXCHANGE_STEP).unwrap_or(0);
            let filler = EXCHANGE_STEP.saturating_sub(over).saturating_add(more);
            if prost::length_delimiter_len(filler) == prefix {
                return filler;
            }
        }
    }
    EXCHANGE_STEP
}

fn parse_element(element: v1::ElementOpening) -> Result<ElementOpening, DocumentError> {
    if element.path.len() > MOST_PATH || element.block.len() > 16 * 32 {
        return Err(malformed("element"));
    }
    let kind = IdentifierType::ALL.iter().find(|kind| kind.name() == element.identifier_type);
    let kind = *kind.ok_or(malformed("identifier type"))?;
    Ok(ElementOpening {
        proof: ElementProof {
            scope: element.scope,
            chunk: element.chunk,
            elements: element.elements,
            index: element.index,
            block: element.block,
            path: element.path,
        },
        identifier: Identifier::from_canonical(kind, &Zeroizing::new(element.canonical))
            .map_err(|_| malformed("identifier"))?,
        blind: Blind::from_bytes(&Zeroizing::new(bytes_of(&element.blind, "blind")?))
            .map_err(|_| malformed("blind"))?,
    })
}

fn parse_confirmation(one: v1::HitConfirmation) -> Result<HitConfirmation, DocumentError> {
    Ok(HitConfirmation {
        by: line(one.by, 1, 128, "confirmation")?,
        role: line(one.role, 1, 128, "confirmation")?,
        by_person: one.by_person,
        qualified: one.qualified,
        method: line(one.method, 1, 512, "confirmation")?,
        at: timestamp::from_proto(one.at).ok_or(malformed("confirmation"))?,
    })
}

fn parse_record(record: v1::ReleasedRecord) -> Result<ReleasedRecord, DocumentError> {
    let names: Vec<_> = record.fields.iter().map(|one| one.field.clone()).collect();
    codes(&names, DisclosedField::named, "fields")?;
    let fields = record
        .fields
        .into_iter()
        .map(|one| {
            let field = DisclosedField::named(&one.field).ok_or(undecided("fields"))?;
            Ok((field, paragraph(one.value, MOST_VALUE, "fields")?))
        })
        .collect::<Result<BTreeMap<_, _>, DocumentError>>()?;
    if fields.is_empty() {
        return Err(undecided("fields"));
    }
    Ok(ReleasedRecord {
        fields,
        subject_category: SubjectCategory::named(&record.subject_category)
            .ok_or(undecided("subject category"))?,
        handling_code: HandlingCode::named(&record.handling_code)
            .filter(|code| *code != HandlingCode::None)
            .ok_or(undecided("handling code"))?,
        restriction: line(record.restriction, 0, MOST_NOTE, "restriction")?,
        evaluation: Some(record.evaluation)
            .filter(|text| is_evaluation(text))
            .ok_or(undecided("evaluation"))?,
        keep_until: timestamp::from_proto(record.keep_until).ok_or(undecided("time"))?,
        contested: record.contested,
        national_flag: record.national_flag,
        released_by: line(record.released_by, 1, 512, "person")?,
        approved_by: line(record.approved_by, 0, 512, "person")?,
    })
}

/// Whether `text` evaluates source (A, B, C or X) and information (1 to 4), as `A1`.
pub fn is_evaluation(text: &str) -> bool {
    matches!(text.as_bytes(), [b'A' | b'B' | b'C' | b'X', b'1'..=b'4'])
}

/// Codes of a list that is sorted and holds none twice.
fn codes<T: Ord>(
    texts: &[String],
    named: impl Fn(&str) -> Option<T>,
    field: &'static str,
) -> Result<BTreeSet<T>, DocumentError> {
    if texts.len() > 32 || !texts.is_sorted_by(|one, next| one < next) {
        return Err(malformed(field));
    }
    texts.iter().map(|text| named(text).ok_or(malformed(field))).collect()
}

fn sorted<'a>(codes: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<_> = codes.map(str::to_owned).collect();
    all.sort();
    all
}

fn word(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b))
}

/// Text in one line: it is shown to people, and was written by someone else.
fn line(
    text: String,
    least: usize,
    most: usize,
    field: &'static str,
) -> Result<String, DocumentError> {
    let sound = (least..=most).contains(&text.len()) && !text.chars().any(char::is_control);
    if sound { Ok(text) } else { Err(malformed(field)) }
}

fn paragraph(text: String, most: usize, field: &'static str) -> Result<String, DocumentError> {
    let sound = text.len() <= most && !text.chars().any(|c| c.is_control() && c != '\n');
    if sound { Ok(text) } else { Err(malformed(field)) }
}

fn bytes_of<const N: usize>(bytes: &[u8], field: &'static str) -> Result<[u8; N], DocumentError> {
    bytes.try_into().map_err(|_| malformed(field))
}

fn malformed(field: &'static str) -> DocumentError {
    DocumentError::Malformed { document: "request for a record", field }
}

fn undecided(field: &'static str) -> DocumentError {
    DocumentError::Malformed { document: "decision on a request", field }
}
