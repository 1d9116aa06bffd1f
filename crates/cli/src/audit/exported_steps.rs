use symbolon_policy::RequestId;
use symbolon_store::DisclosureEvent;
use time::OffsetDateTime;

use super::{
    folder::AuditFolder,
    judge::events::{by_entry, have_root, leaf_of, roots, salted},
    leaves::Leaves,
};
use crate::CliError;

/// A step on a request, as an export shows it.
pub(crate) struct ExportedStep {
    /// Its number among all events of requests.
    pub(crate) index: u64,
    pub(crate) leaf: [u8; 32],
    pub(crate) at: OffsetDateTime,
    pub(crate) event: DisclosureEvent,
    /// The log entry that stands for it, and how many events it stands for.
    pub(crate) entry: Option<(u64, usize)>,
    /// Whether it is what its salted hash stands for, and its period has the root that the log has.
    pub(crate) holds: bool,
}

/// The steps on a request in an export; `None` if events were not exported.
pub(crate) fn exported_steps(
    folder: &AuditFolder,
    request: &RequestId,
) -> Result<Option<Vec<ExportedStep>>, CliError> {
    let Some(periods) = folder.disclosures()? else { return Ok(None) };
    let (leaves, _) = Leaves::read(folder)?;
    let roots = roots(&leaves, &folder.records()?);
    let under = by_entry(&periods);
    let named = format!("\"request\":\"{request}\"");
    let mut steps = Vec::new();
    for period in &periods {
        let entry =
            period.entry.map(|entry| (entry, under.get(&entry).map_or(&[][..], Vec::as_slice)));
        // What no entry stands for yet is held by its own hash alone.
        let is_under = entry.is_none_or(|(entry, events)| {
            roots.get(&entry).is_some_and(|root| have_root(events, root))
        });
        for event in &period.events {
            let (Some(salt), Some(record)) = (&event.salt, &event.record) else { continue };
            if !record.contains(&named) {
                continue;
            }
            let (Some(leaf), Ok(said)) = (leaf_of(event), serde_json::from_str(record)) else {
                continue;
            };
            steps.push(ExportedStep {
                index: event.index,
                leaf: leaf.0,
                at: event.at,
                event: said,
                entry: entry.map(|(entry, events)| (entry, events.len())),
                holds: is_under && salted(salt, record) == Some(leaf),
            });
        }
    }
    Ok(Some(steps))
}
