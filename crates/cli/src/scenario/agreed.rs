use std::collections::BTreeSet;

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Agreement, AgreementTerms, BureauCode, Conditions, Dataset, Deadlines, DisclosureTerms,
    LabelTerms, OfferedType, OpenRequests, SignedAgreement, WhoLearns, rules::DisclosedField,
};
use time::OffsetDateTime;

use super::Bureau;
use crate::CliError;

/// Terms in force for a year from today, with the purposes `border_check` and
/// `criminal_investigation`.
///
/// # Errors
/// When `id` is malformed.
pub fn simple_terms(
    id: &str,
    title: &str,
    parties: &[&Bureau],
    datasets: Vec<Dataset>,
) -> Result<AgreementTerms, CliError> {
    let midnight = OffsetDateTime::now_utc().replace_time(time::Time::MIDNIGHT);
    Ok(AgreementTerms {
        format: AgreementTerms::FORMAT.to_owned(),
        id: id.parse()?,
        title: title.to_owned(),
        parties: parties.iter().map(|bureau| bureau.card.clone()).collect(),
        datasets,
        purposes: vec!["border_check".to_owned(), "criminal_investigation".to_owned()],
        epoch_days: 90,
        standing_days: None,
        conditions: None,
        valid_from: midnight,
        valid_until: midnight + time::Duration::days(365),
    })
}

/// What a check for a missing person is declared to be for.
pub(crate) const MISSING_PURPOSE: &str = "missing_person";

/// Terms under which a list of missing children is asked for that purpose alone: the number of the case is
/// released at once with a hit, the record on request.
///
/// # Errors
/// When `id` is malformed.
pub(crate) fn missing_children(
    id: &str,
    title: &str,
    parties: &[&Bureau],
    list: Dataset,
) -> Result<AgreementTerms, CliError> {
    let labels = LabelTerms { bytes: 32, fields: BTreeSet::from([DisclosedField::CaseNumber]) };
    let list = Dataset { labels: Some(labels), ..list };
    let disclosure = DisclosureTerms {
        deadline_minutes: Deadlines { routine: 2_880, urgent: 60, emergency: 10 },
        claim_days: 30,
        when_suspended: OpenRequests::Pause,
        when_revoked: OpenRequests::Refuse,
        retention_days: 365,
    };
    Ok(AgreementTerms {
        purposes: vec![MISSING_PURPOSE.to_owned()],
        conditions: Some(Conditions { disclosure: Some(disclosure), ..Conditions::default() }),
        ..simple_terms(id, title, parties, vec![list])?
    })
}

/// A dataset offered with all types under one quota.
pub fn dataset(
    id: &str,
    owner: &BureauCode,
    title: &str,
    types: &[IdentifierType],
    daily_quota: u64,
) -> Dataset {
    Dataset {
        id: id.to_owned(),
        owner: owner.clone(),
        title: title.to_owned(),
        who_learns: WhoLearns::Requester,
        labels: None,
        types: types
            .iter()
            .map(|kind| OfferedType {
                identifier_type: *kind,
                rules_version: kind.rules_version(),
                daily_quota,
                epoch_budget: None,
            })
            .collect(),
    }
}

/// Drafts, has every bureau sign, and installs everywhere.
///
/// # Errors
/// When the terms are malformed or a bureau cannot sign.
pub async fn agree(terms: &AgreementTerms, bureaus: &[&Bureau]) -> Result<Agreement, CliError> {
    let mut signed = SignedAgreement::draft(terms)?;
    for bureau in bureaus {
        bureau.sign(&mut signed)?;
    }
    for bureau in bureaus {
        bureau.install(&signed).await?;
    }
    Ok(signed.verify()?)
}
