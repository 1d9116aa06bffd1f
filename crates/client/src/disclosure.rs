//! The requester's half of what follows a hit: a person asks for the record, the node carries the
//! request to the owner on schedule, and keeps the signed decision for as long as it may.

mod exchange;
mod failure;
mod need_to_know;
mod request;
mod view;

use serde::{Deserialize, Serialize};
use symbolon_exchange::{DisclosureWithdrawal, DocumentHash};
use symbolon_policy::{
    Actor, RequestId,
    disclosure::{NotNow, PauseReason},
};
use symbolon_store::{DisclosureEvent, DisclosureSide, Store, StoreError, StoredDisclosure};
use time::OffsetDateTime;
use zeroize::Zeroizing;

pub use exchange::{DisclosureExchange, DisclosureReport};
pub use failure::DisclosureFailure;
pub use need_to_know::hand_over_check;
pub use request::{DisclosureMade, DisclosureWish, WishedElement, request_disclosure};
pub use view::{DisclosureStatus, DisclosureView, own_disclosure, own_disclosures};

use self::need_to_know::{Sight, not_theirs};
use crate::SignedFile;

/// Most requests that this bureau makes of one partner on one day (UTC): what an owner takes.
const MOST_A_DAY: u32 = 200;

/// Everything that is sealed of a request at the requester.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    request: SignedFile,
    dataset: String,
    by: String,
    /// Who asked the check. Absent in requests of a time when everybody followed up everything.
    #[serde(default)]
    asker: Option<String>,
    #[serde(default)]
    withdrawal: Option<SignedFile>,
    /// When the owner's node first said that it has the request, in Unix seconds. Absent before, and in
    /// requests of a time when that was not kept.
    #[serde(default)]
    taken_at: Option<i64>,
    #[serde(default)]
    due_at: Option<i64>,
    #[serde(default)]
    pauses: Vec<PauseReason>,
    #[serde(default)]
    decision: Option<SignedFile>,
    #[serde(default)]
    not_taken: Option<(String, String)>,
}

/// Takes a request back. The owner learns it at the next exchange.
///
/// # Errors
/// When the person has no role for it, it is a colleague's, there is none, or it is closed.
pub async fn withdraw_disclosure(
    store: &Store,
    id: &RequestId,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<(), DisclosureFailure> {
    let sight = Sight::of(store, by, &[]).await?;
    let mut stored = find(store, id).await?;
    if !sight.shows(&stored)? {
        return Err(not_theirs(store, by, now).await?);
    }
    if !stored.state.is_open() {
        return Err(NotNow { state: stored.state }.into());
    }
    let mut file = RequestFile::read(&stored)?;
    let withdrawal = DisclosureWithdrawal { request: DocumentHash(stored.hash), issued_at: now };
    let signed = withdrawal.sign(&store.keys().header);
    file.withdrawal = Some(SignedFile::of(&signed.into()));
    stored.file = Some(file.to_bytes()?);
    let event = DisclosureEvent::Withdrawn { request: stored.request, by: Some(by.clone()) };
    if store.change_disclosure(&stored, &[event], now).await? {
        Ok(())
    } else {
        Err(DisclosureFailure::Changed)
    }
}

impl RequestFile {
    fn read(stored: &StoredDisclosure) -> Result<Self, StoreError> {
        serde_json::from_slice(stored.file.as_ref().ok_or(DAMAGED)?).map_err(|_| DAMAGED)
    }

    fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        serde_json::to_vec(self).map(Zeroizing::new).map_err(|_| DAMAGED)
    }
}

async fn find(store: &Store, id: &RequestId) -> Result<StoredDisclosure, DisclosureFailure> {
    let mut found = store.disclosures_of_id(DisclosureSide::Requester, id).await?;
    found.pop().ok_or(DisclosureFailure::Unknown)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "request for a record" };
