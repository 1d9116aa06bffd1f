use symbolon_client::{AgreementBook, SetShelf, Source};
use symbolon_policy::BureauCode;
use symbolon_proto::bureau::v1::CoverageEntry;
use time::OffsetDateTime;

use super::convert::source;

/// What this bureau could ask of others.
#[derive(Clone)]
pub(crate) struct Coverage {
    pub(crate) us: BureauCode,
    pub(crate) book: AgreementBook,
    pub(crate) sets: SetShelf,
}

impl Coverage {
    /// Every list that a partner offers now, with how fresh the copy held here is.
    pub(super) fn entries(&self, now: OffsetDateTime) -> Vec<CoverageEntry> {
        let mut entries = Vec::new();
        for agreement in self.book.all().iter() {
            if agreement.party(&self.us).is_none() {
                continue;
            }
            let terms = agreement.terms();
            for owner in terms.parties.iter().filter(|party| party.code != self.us) {
                for (scope, dataset, offered) in agreement.scopes_of(&owner.code, now) {
                    let held = self.sets.held(&scope.id());
                    let known = Source {
                        bureau: owner.code.clone(),
                        bureau_name: owner.name.clone(),
                        dataset: dataset.id.clone(),
                        dataset_title: dataset.title.clone(),
                        kind: scope.identifier_type,
                        desk: Some(owner.desk.clone()),
                    };
                    let coverage =
                        held.as_ref().map(|set| (set.manifest.version, set.manifest.updated_at));
                    entries.push(CoverageEntry {
                        source: Some(source(&known, coverage)),
                        agreement_id: terms.id.to_string(),
                        daily_quota: offered.daily_quota,
                        purposes: terms.purposes.clone(),
                        padded_len: held.map_or(0, |set| set.manifest.padded_len),
                    });
                }
            }
        }
        entries
    }
}
