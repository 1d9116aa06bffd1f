mod clock;
mod error;
mod release;
mod view;

use symbolon_client::Rules;
use symbolon_exchange::{DisclosureRequest, DocumentHash};
use symbolon_policy::{Actor, Agreement, BureauCode, rules::Role};
use symbolon_store::{DisclosureSide, Store, StoreError, StoredDisclosure};

pub use self::{
    error::DeskError,
    release::Proposed,
    view::{CaseStatus, CaseView},
};
use super::{
    NamedRequest,
    case::{DAMAGED, Proposal},
    records::Behind,
};

/// Where the owner's people decide on partners' requests for records.
pub struct Desk<'a> {
    /// This bureau.
    pub us: &'a BureauCode,
    /// Where requests lie.
    pub store: &'a Store,
    /// The rules in force.
    pub rules: &'a Rules,
    /// The agreements in place.
    pub agreements: &'a [Agreement],
}

impl Desk<'_> {
    fn behind<'b>(&'b self, agreement: &'b Agreement, dataset: &'b str) -> Behind<'b> {
        Behind { store: self.store, us: self.us, rules: self.rules, agreement, dataset }
    }

    fn agreement_of(&self, request: &DisclosureRequest) -> Option<&Agreement> {
        self.agreements.iter().find(|one| one.hash() == request.agreement_hash)
    }

    async fn find(&self, named: &NamedRequest) -> Result<StoredDisclosure, DeskError> {
        let mut found = self.store.disclosures_of_id(DisclosureSide::Owner, &named.id).await?;
        found.retain(|one| named.fits(one));
        // Also one that is closed counts: which of them is open is for the partners to bring about.
        if found.len() > 1 {
            let of = |one: &StoredDisclosure| {
                let document = hex::encode(one.hash);
                format!("{} under {}, document {document}", one.partner, one.agreement)
            };
            return Err(DeskError::WhichRequest { requests: found.iter().map(of).collect() });
        }
        found.pop().ok_or(DeskError::Unknown)
    }

    fn changed(&self, done: bool) -> Result<(), DeskError> {
        if done { Ok(()) } else { Err(DeskError::Changed) }
    }
}

/// What two people agree on: the request, and exactly what would be released on it.
fn subject_of(stored: &StoredDisclosure, proposal: &Proposal) -> Result<[u8; 32], StoreError> {
    let terms = serde_json::to_vec(proposal).map_err(|_| DAMAGED)?;
    let parts = [b"Symbolon-v1-Release\0".as_slice(), &stored.hash, &terms];
    Ok(DocumentHash::of(&parts.concat()).0)
}

fn only(by: &Actor, roles: &[Role]) -> Result<(), DeskError> {
    if by.holds_any(roles) {
        return Ok(());
    }
    let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    Err(DeskError::Role { role: roles.join(" or ") })
}
