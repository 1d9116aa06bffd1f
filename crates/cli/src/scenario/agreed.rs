use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Agreement, AgreementTerms, BureauCode, Dataset, OfferedType, SignedAgreement, WhoLearns,
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
