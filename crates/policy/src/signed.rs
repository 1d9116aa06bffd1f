use std::{collections::BTreeSet, fmt};

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;
use thiserror::Error;

use crate::{
    Agreement, AgreementTerms, BureauCode, Label, Party, Signature, SigningKey, VerifyingKey,
    canonical,
    signature::as_hexadecimal,
    validate::{self, Invalid},
};

const MOST_BYTES: usize = 4 << 20;

/// An agreement's file: the terms and the signatures so far.
///
/// Signatures are Ed25519 over the label `Symbolon-v1-Agreement`, a zero byte, and the terms in
/// canonical form (RFC 8785), so the file may be laid out freely but not changed in meaning.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedAgreement {
    // As read, not as understood: what is verified must be what was signed.
    agreement: Value,
    signatures: Vec<AgreementSignature>,
}

/// One party's signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementSignature {
    /// Who signed.
    pub party: BureauCode,
    /// With which key; must be the `legal` key that the terms name for that party.
    pub key: VerifyingKey,
    /// The signature.
    pub signature: Signature,
}

impl SignedAgreement {
    /// Wraps terms that nobody has signed yet.
    ///
    /// # Errors
    /// When the terms are not as they must be.
    pub fn draft(terms: &AgreementTerms) -> Result<Self, AgreementError> {
        validate::terms(terms)?;
        let agreement = serde_json::to_value(terms).map_err(AgreementError::NotAnAgreement)?;
        Ok(Self { agreement, signatures: Vec::new() })
    }

    /// Reads a file: a signed one, or bare terms that a person has drafted.
    ///
    /// # Errors
    /// When it is too large, no JSON, or the terms are not as they must be.
    pub fn from_json(bytes: &[u8]) -> Result<Self, AgreementError> {
        if bytes.len() > MOST_BYTES {
            return Err(AgreementError::TooLarge { most: MOST_BYTES });
        }
        let value = canonical::parse(bytes).map_err(AgreementError::NotAnAgreement)?;
        let file = if value.get("agreement").is_some() {
            located(value)?
        } else {
            Self { agreement: value, signatures: Vec::new() }
        };
        file.terms()?;
        Ok(file)
    }

    /// The file, laid out for people.
    ///
    /// # Errors
    /// None in practice: what was read can be written.
    pub fn to_json(&self) -> Result<String, AgreementError> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(AgreementError::NotAnAgreement)
    }

    /// The terms, valid but perhaps not signed by all.
    ///
    /// # Errors
    /// When they are not as they must be.
    pub fn terms(&self) -> Result<AgreementTerms, AgreementError> {
        let terms: AgreementTerms = located(&self.agreement)?;
        validate::terms(&terms)?;
        Ok(terms)
    }

    /// The canonical form of the terms: what is signed, and how a text travels between nodes.
    ///
    /// # Errors
    /// When the terms have no canonical form.
    pub fn canonical_text(&self) -> Result<Vec<u8>, AgreementError> {
        self.canonical()
    }

    /// The signatures so far.
    pub fn signatures(&self) -> &[AgreementSignature] {
        &self.signatures
    }

    /// SHA-256 of the canonical form: what parties compare when they mean the same agreement.
    ///
    /// # Errors
    /// When the terms have no canonical form.
    pub fn hash(&self) -> Result<AgreementHash, AgreementError> {
        Ok(AgreementHash::of(&self.canonical()?))
    }

    /// Adds the signature of `party`, or replaces it.
    ///
    /// # Errors
    /// When `party` is none, or `key` is not the legal key that the terms name for it.
    pub fn sign(&mut self, party: &BureauCode, key: &SigningKey) -> Result<(), AgreementError> {
        let terms = self.terms()?;
        let named = terms
            .parties
            .iter()
            .find(|candidate| &candidate.code == party)
            .ok_or_else(|| AgreementError::NotAParty { party: party.clone() })?;
        if named.keys.legal != key.verifying_key() {
            return Err(AgreementError::OtherLegalKey { party: party.clone() });
        }
        let signature = key.sign(Label::Agreement, &self.canonical()?);
        self.signatures.retain(|existing| &existing.party != party);
        self.signatures.push(AgreementSignature {
            party: party.clone(),
            key: key.verifying_key(),
            signature,
        });
        self.signatures.sort_by(|a, b| a.party.cmp(&b.party));
        Ok(())
    }

    /// The same text without signatures.
    #[must_use]
    pub fn unsigned(&self) -> Self {
        Self { agreement: self.agreement.clone(), signatures: Vec::new() }
    }

    /// Adds a party's signature that came from elsewhere; returns whether the party had not signed
    /// before. A signature that is there already stays.
    ///
    /// # Errors
    /// When the signer is no party, the key is not the one that the terms name, or the signature
    /// does not hold.
    pub fn add_signature(
        &mut self,
        signature: &AgreementSignature,
    ) -> Result<bool, AgreementError> {
        let terms = self.terms()?;
        let named = terms
            .parties
            .iter()
            .find(|party| party.code == signature.party)
            .ok_or_else(|| AgreementError::NotAParty { party: signature.party.clone() })?;
        holds(signature, named, &self.canonical()?)?;
        if self.is_signed_by(&signature.party) {
            return Ok(false);
        }
        self.signatures.push(signature.clone());
        self.signatures.sort_by(|a, b| a.party.cmp(&b.party));
        Ok(true)
    }

    /// Whether there is a signature of that party; [`SignedAgreement::verify_signatures`] says
    /// whether it holds.
    pub fn is_signed_by(&self, party: &BureauCode) -> bool {
        self.signatures.iter().any(|signature| &signature.party == party)
    }

    /// The terms, if every signature that is there is of a party, holds, and stands once. Some may
    /// still be missing.
    ///
    /// # Errors
    /// Names the first party whose signature does not hold.
    pub fn verify_signatures(&self) -> Result<AgreementTerms, AgreementError> {
        let terms = self.terms()?;
        let canonical = self.canonical()?;
        let mut signers = BTreeSet::new();
        for signature in &self.signatures {
            let party = || signature.party.clone();
            let named = terms
                .parties
                .iter()
                .find(|candidate| candidate.code == signature.party)
                .ok_or_else(|| AgreementError::NotAParty { party: party() })?;
            holds(signature, named, &canonical)?;
            if !signers.insert(&signature.party) {
                return Err(AgreementError::SignedTwice { party: party() });
            }
        }
        Ok(terms)
    }

    /// The agreement, if every party has signed exactly these terms.
    ///
    /// # Errors
    /// Names the first party whose signature is missing or does not hold.
    pub fn verify(&self) -> Result<Agreement, AgreementError> {
        let terms = self.terms()?;
        let canonical = self.canonical()?;
        for party in &terms.parties {
            let signed = self
                .signatures
                .iter()
                .find(|signature| signature.party == party.code)
                .ok_or_else(|| AgreementError::Unsigned { party: party.code.clone() })?;
            holds(signed, party, &canonical)?;
        }
        Ok(Agreement { hash: AgreementHash::of(&canonical), terms })
    }

    fn canonical(&self) -> Result<Vec<u8>, AgreementError> {
        canonical::to_bytes(&self.agreement).ok_or(AgreementError::NoCanonicalForm)
    }
}

/// Whether a signature is `party`'s over these canonical terms.
fn holds(
    signature: &AgreementSignature,
    party: &Party,
    canonical: &[u8],
) -> Result<(), AgreementError> {
    if signature.key != party.keys.legal {
        return Err(AgreementError::OtherLegalKey { party: party.code.clone() });
    }
    if !signature.key.verifies(Label::Agreement, canonical, &signature.signature) {
        return Err(AgreementError::Altered { party: party.code.clone() });
    }
    Ok(())
}

/// Reads a value, and says of an error in which field it is.
fn located<'de, T: Deserialize<'de>, D>(value: D) -> Result<T, AgreementError>
where
    D: Deserializer<'de, Error = serde_json::Error>,
{
    serde_path_to_error::deserialize(value).map_err(|error| AgreementError::WrongForm {
        field: error.path().to_string(),
        source: error.into_inner(),
    })
}

/// SHA-256 of an agreement's canonical form, 32 bytes; shown as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AgreementHash(pub [u8; 32]);

as_hexadecimal!(AgreementHash, 32);

impl AgreementHash {
    fn of(canonical: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, canonical).as_ref());
        Self(hash)
    }
}

/// Why a file is not an agreement in force.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// A party's signature does not match the terms.
    #[error(
        "the signature of {party} does not fit these terms: the text was changed after signing. \
         Ask {party} for the file that it signed, or have all parties sign this one"
    )]
    Altered {
        /// Whose signature.
        party: BureauCode,
    },
    /// A field is not as it must be.
    #[error("the agreement is not well formed: {0}")]
    Invalid(#[from] Invalid),
    /// Fractions, negative numbers or other things that readers could take differently.
    #[error(
        "the agreement holds a number or a field name that has no canonical form; use whole numbers and ASCII names"
    )]
    NoCanonicalForm,
    /// Not JSON, or not of this form.
    #[error("this file is not an agreement: {0}")]
    NotAnAgreement(#[source] serde_json::Error),
    /// The bureau is not among the parties.
    #[error("{party} is not a party to this agreement")]
    NotAParty {
        /// Which bureau.
        party: BureauCode,
    },
    /// The key is not the one that the terms name.
    #[error(
        "the agreement names another legal key for {party}; draft it again from {party}'s present card"
    )]
    OtherLegalKey {
        /// Whose key.
        party: BureauCode,
    },
    /// Two signatures of one party.
    #[error("the file holds two signatures of {party}; remove one of them")]
    SignedTwice {
        /// Whose.
        party: BureauCode,
    },
    /// A value is not of the form that its field has.
    #[error("the agreement is not well formed: {field}: {source}")]
    WrongForm {
        /// Which field, as a path from the top.
        field: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The file is larger than any agreement.
    #[error("the file is larger than {most} bytes; an agreement is not")]
    TooLarge {
        /// The limit in bytes.
        most: usize,
    },
    /// A party has not signed.
    #[error(
        "{party} has not signed yet: its people look at the text, then run `symbolon agreement \
         propose` and `approve`"
    )]
    Unsigned {
        /// Which party.
        party: BureauCode,
    },
}
