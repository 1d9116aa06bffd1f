use symbolon_policy::{AgreementId, BureauCode, RequestId};
use symbolon_store::StoredDisclosure;

/// A partner's request as a person names it. Whoever asks chooses the id, so that two partners can have
/// chosen the same; the rest tells them apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedRequest {
    /// Identity of the request.
    pub id: RequestId,
    /// Who asks.
    pub partner: Option<BureauCode>,
    /// Under which agreement.
    pub agreement: Option<AgreementId>,
    /// First digits of the hash of its signed document, lower-case hexadecimal.
    pub document: Option<String>,
}

impl NamedRequest {
    /// Whether nothing but the id is said.
    pub fn is_id_alone(&self) -> bool {
        self.partner.is_none() && self.agreement.is_none() && self.document.is_none()
    }

    pub(super) fn fits(&self, stored: &StoredDisclosure) -> bool {
        let document = hex::encode(stored.hash);
        self.id == stored.request
            && self.partner.as_ref().is_none_or(|partner| *partner == stored.partner)
            && self.agreement.as_ref().is_none_or(|agreement| *agreement == stored.agreement)
            && self.document.as_ref().is_none_or(|start| document.starts_with(start.as_str()))
    }
}
