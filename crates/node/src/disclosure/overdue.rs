use symbolon_policy::disclosure::Alarm;
use symbolon_store::{DisclosureSide, Store, StoreError};
use time::OffsetDateTime;

use super::CaseFile;

/// How many of partners' requests for records nobody has decided on in the agreed time.
///
/// # Errors
/// When the database fails.
pub async fn overdue_requests(store: &Store, now: OffsetDateTime) -> Result<u64, StoreError> {
    let open = store.disclosures(DisclosureSide::Owner, true).await?;
    // One that is damaged keeps back no other.
    let files = open.iter().filter_map(|stored| CaseFile::read(stored).ok());
    let overdue = files.filter(|file| file.course.alarm(now) == Some(Alarm::Overdue));
    Ok(overdue.count() as u64)
}
