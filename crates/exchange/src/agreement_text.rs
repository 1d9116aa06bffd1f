use symbolon_policy::{
    AgreementError, AgreementHash, AgreementSignature, AgreementTerms, Signature, SignedAgreement,
    VerifyingKey,
};
use symbolon_proto::{partner::v1 as wire, v1::SignedDocument};
use thiserror::Error;

use crate::{
    limits::{MAX_NOTICE_BYTES, MAX_NOTICES, MAX_SIGNATURES, MAX_TEXT_LEN},
    notice::AgreementNotice,
    signed::DocumentError,
};

/// A text of an agreement with signatures and notices, all verified: what two parties show each
/// other.
#[derive(Clone, Debug)]
pub struct AgreementText {
    // INVARIANT: every signature and every notice is of a party to `terms` and holds for `hash`.
    file: SignedAgreement,
    terms: AgreementTerms,
    hash: AgreementHash,
    notices: Vec<(AgreementNotice, SignedDocument)>,
}

impl AgreementText {
    /// Takes a text as it is kept, and the notices about it.
    ///
    /// # Errors
    /// When a signature or a notice does not hold.
    pub fn new(file: SignedAgreement, notices: Vec<SignedDocument>) -> Result<Self, TextError> {
        let terms = file.verify_signatures()?;
        let hash = file.hash()?;
        let notices = verified(notices, &terms, &hash)?;
        Ok(Self { file, terms, hash, notices })
    }

    /// Reads what another party has sent. Sizes are looked at before anything is parsed.
    ///
    /// # Errors
    /// When something is over a limit, the text is not in canonical form or no agreement, or a
    /// signature or notice does not hold.
    pub fn read(request: wire::ExchangeAgreementRequest) -> Result<Self, TextError> {
        bounded(request.text.len(), &request.signatures, &request.notices)?;
        let mut file = SignedAgreement::from_json(&request.text)?;
        // Two spellings of one text would be two texts for whoever compares bytes.
        if file.canonical_text()? != request.text || !file.signatures().is_empty() {
            return Err(TextError::NotCanonical);
        }
        add_signatures(&mut file, &request.signatures)?;
        Self::new(file, request.notices)
    }

    /// What this side sends of it.
    ///
    /// # Errors
    /// When it is too long for a message: then it travels by hand.
    pub fn request(&self) -> Result<wire::ExchangeAgreementRequest, TextError> {
        let text = self.file.canonical_text()?;
        let (signatures, notices) = (self.wire_signatures(), self.wire_notices());
        bounded(text.len(), &signatures, &notices)?;
        Ok(wire::ExchangeAgreementRequest { text, signatures, notices })
    }

    /// What this side answers.
    pub fn response(&self) -> wire::ExchangeAgreementResponse {
        wire::ExchangeAgreementResponse {
            signatures: self.wire_signatures(),
            notices: self.wire_notices(),
        }
    }

    /// The same text with what the other side has answered, and nothing else.
    ///
    /// # Errors
    /// When something is over a limit, or a signature or notice does not hold.
    pub fn answered(&self, response: wire::ExchangeAgreementResponse) -> Result<Self, TextError> {
        bounded(0, &response.signatures, &response.notices)?;
        let mut file = SignedAgreement::from_json(&self.file.canonical_text()?)?;
        add_signatures(&mut file, &response.signatures)?;
        Self::new(file, response.notices)
    }

    /// The file: terms and signatures.
    pub fn file(&self) -> &SignedAgreement {
        &self.file
    }

    /// The terms.
    pub fn terms(&self) -> &AgreementTerms {
        &self.terms
    }

    /// Their hash.
    pub fn hash(&self) -> AgreementHash {
        self.hash
    }

    /// The notices, each with the document that was signed, in the order of their counters for each
    /// issuer.
    pub fn notices(&self) -> &[(AgreementNotice, SignedDocument)] {
        &self.notices
    }

    fn wire_signatures(&self) -> Vec<wire::AgreementSignature> {
        self.file
            .signatures()
            .iter()
            .map(|signature| wire::AgreementSignature {
                party: signature.party.to_string(),
                public_key: signature.key.0.to_vec(),
                signature: signature.signature.0.to_vec(),
            })
            .collect()
    }

    fn wire_notices(&self) -> Vec<SignedDocument> {
        self.notices.iter().map(|(_, document)| document.clone()).collect()
    }
}

fn add_signatures(
    file: &mut SignedAgreement,
    signatures: &[wire::AgreementSignature],
) -> Result<(), TextError> {
    for signature in signatures {
        let read = AgreementSignature {
            party: signature.party.parse().map_err(|_| TextError::Signature)?,
            key: VerifyingKey(
                signature.public_key.as_slice().try_into().map_err(|_| TextError::Signature)?,
            ),
            signature: Signature(
                signature.signature.as_slice().try_into().map_err(|_| TextError::Signature)?,
            ),
        };
        file.add_signature(&read)?;
    }
    Ok(())
}

fn verified(
    documents: Vec<SignedDocument>,
    terms: &AgreementTerms,
    hash: &AgreementHash,
) -> Result<Vec<(AgreementNotice, SignedDocument)>, TextError> {
    let mut notices = documents
        .into_iter()
        .map(|document| Ok((AgreementNotice::verify(&document, terms, hash)?, document)))
        .collect::<Result<Vec<_>, DocumentError>>()?;
    notices.sort_by(|(a, _), (b, _)| (&a.issuer, a.counter).cmp(&(&b.issuer, b.counter)));
    let is_twice = notices.windows(2).any(
        |pair| matches!(pair, [(a, _), (b, _)] if a.issuer == b.issuer && a.counter == b.counter),
    );
    if is_twice {
        return Err(TextError::CounterTwice);
    }
    Ok(notices)
}

fn bounded(
    text: usize,
    signatures: &[wire::AgreementSignature],
    notices: &[SignedDocument],
) -> Result<(), TextError> {
    let bytes: usize = notices
        .iter()
        .map(|one| {
            one.document
                .len()
                .saturating_add(one.public_key.len())
                .saturating_add(one.signature.len())
        })
        .fold(0, usize::saturating_add);
    let over = text > MAX_TEXT_LEN
        || signatures.len() > MAX_SIGNATURES
        || notices.len() > MAX_NOTICES
        || bytes > MAX_NOTICE_BYTES;
    if over { Err(TextError::TooMuch) } else { Ok(()) }
}

/// Why a text that travels cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TextError {
    /// Terms or signatures.
    #[error(transparent)]
    Agreement(#[from] AgreementError),
    /// Two notices of one issuer bear one number.
    #[error("two notices of one party bear the same number")]
    CounterTwice,
    /// The text is not the canonical form of itself.
    #[error("the text is not in canonical form, so parties could not compare it")]
    NotCanonical,
    /// A notice.
    #[error(transparent)]
    Notice(#[from] DocumentError),
    /// A signature has not the form of one.
    #[error("a signature has not the form of one")]
    Signature,
    /// Over a limit.
    #[error(
        "at most 1 MiB of text, 256 signatures and 1,024 notices in 512 KiB travel between nodes; \
         carry a longer text by hand, and install it with `symbolon agreement install`"
    )]
    TooMuch,
}
