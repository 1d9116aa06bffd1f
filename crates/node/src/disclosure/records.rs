use symbolon_client::Rules;
use symbolon_identifiers::Identifier;
use symbolon_policy::{AdmissionSetting, Agreement, BureauCode, RecordDetails, Scope};
use symbolon_store::{Store, StoreError};
use time::OffsetDateTime;

use crate::entering::facts_of;

/// In which list a hit was found, and by which rules its records enter it.
pub(super) struct Behind<'a> {
    pub(super) store: &'a Store,
    pub(super) us: &'a BureauCode,
    pub(super) rules: &'a Rules,
    pub(super) agreement: &'a Agreement,
    pub(super) dataset: &'a str,
}

impl Behind<'_> {
    /// The records on an identifier that the parties to the agreement can hit, each by the owner's
    /// reference. What rules keep out of their set is not there for them after a hit either.
    pub(super) async fn records(
        &self,
        identifier: &Identifier,
        now: OffsetDateTime,
    ) -> Result<Vec<(String, RecordDetails)>, StoreError> {
        let kind = identifier.kind();
        let scope = Scope {
            agreement: self.agreement.terms().id.clone(),
            agreement_hash: self.agreement.hash(),
            dataset: self.dataset.to_owned(),
            identifier_type: kind,
            rules_version: kind.rules_version(),
            // Whether a record enters does not depend on the epoch.
            epoch: 0,
        };
        let setting = AdmissionSetting::new(self.us, self.agreement, &scope, &self.rules.tables);
        let mut records = Vec::new();
        for reference in self.store.references_of(self.dataset, identifier).await? {
            let details = self.store.record_details(self.dataset, &reference).await?;
            let attributes = details.as_ref().map(|details| &details.attributes);
            let facts = facts_of(&setting, attributes, now);
            let details = details.unwrap_or_default();
            if self.rules.pack.decide_admission(&facts).permitted {
                records.push((reference, details));
            }
        }
        Ok(records)
    }
}
