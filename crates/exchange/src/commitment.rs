use ring::{
    digest::{Context, SHA256},
    error::Unspecified,
    rand::SecureRandom,
};
use symbolon_proto::v1::ContextCommitments;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What stands behind a check and does not leave the country in clear.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ContextFacts {
    /// Who asks.
    pub officer: String,
    /// In which case.
    pub case_reference: String,
    /// On what grounds.
    pub justification: String,
}

/// The salts of one header's commitments, 32 bytes each: fresh for each owner and check, so that
/// no owner can follow an officer or a case from check to check.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct CommitmentSalts {
    /// For the officer.
    pub officer: [u8; 32],
    /// For the case.
    pub case_reference: [u8; 32],
    /// For the justification.
    pub justification: [u8; 32],
}

impl CommitmentSalts {
    /// Fresh salts.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn random(random: &dyn SecureRandom) -> Result<Self, Unspecified> {
        let mut salts = Self { officer: [0; 32], case_reference: [0; 32], justification: [0; 32] };
        random.fill(&mut salts.officer)?;
        random.fill(&mut salts.case_reference)?;
        random.fill(&mut salts.justification)?;
        Ok(salts)
    }

    /// The commitments to `facts` under these salts.
    pub fn commit_all(&self, facts: &ContextFacts) -> ContextCommitments {
        ContextCommitments {
            officer: commit("officer", &self.officer, &facts.officer).to_vec(),
            case_reference: commit("case_reference", &self.case_reference, &facts.case_reference)
                .to_vec(),
            justification: commit("justification", &self.justification, &facts.justification)
                .to_vec(),
        }
    }
}

/// SHA-256 over `Symbolon-v1-Commitment`, a zero byte, the field's name, a zero byte, the salt and
/// the text.
pub fn commit(field: &str, salt: &[u8; 32], text: &str) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(b"Symbolon-v1-Commitment\0");
    context.update(field.as_bytes());
    context.update(&[0]);
    context.update(salt);
    context.update(text.as_bytes());
    let mut commitment = [0; 32];
    commitment.copy_from_slice(context.finish().as_ref());
    commitment
}
