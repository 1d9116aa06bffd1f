//! What Arcadia asks of the other two.

use std::time::Duration;

use symbolon_identifiers::IdentifierType;
use symbolon_proto::bureau::v1::{SubjectCategory, bureau_service_client::BureauServiceClient};
use tonic::transport::Channel;

use super::{DemoCheck, OFFICER};
use crate::{
    CliError, Profile,
    asking::{Asked, CheckReport, Reason, StatedFacts, Urgency, ask, passed_over},
    output::Output,
    rows::{Mapping, Rows},
    scenario::MISSING_PURPOSE,
};

const BATCH: &str = include_str!("../../../demo/check-batch.csv");
/// As the officer reads it, and the country that issued it.
pub(super) const MISSING_PASSPORT: (&str, &str) = ("yd5521907", "Italy");

pub(super) async fn check(profile: &Profile, output: Output) -> Result<Vec<DemoCheck>, CliError> {
    let mut client = profile.connect()?;
    let batch = batch()?;
    let spinner = output.spinner("checking a batch of 1,000");
    let whole = ask_as_check_does(&mut client, &reason("demo batch"), &batch).await?;
    spinner.finish_and_clear();
    // What hit in the batch is asked again alone, beside something that is in no list, so that a
    // person sees both on one page.
    let pick = |outcome: &str| {
        let reference = whole.answers.iter().find(|a| a.outcome == outcome).map(|a| a.reference);
        batch.iter().find(|one| Some(one.reference) == reference).cloned()
    };
    let mut checks = Vec::new();
    for (title, one) in [
        ("one identifier that a partner knows", pick("hit")),
        ("one that nobody knows", pick("no_hit")),
        ("one that Costaguana does not offer to answer", pick("not_permitted")),
    ] {
        if let Some(one) = one {
            let report = ask_as_check_does(&mut client, &reason("demo single"), &[one]).await?;
            checks.push(DemoCheck { title, report });
        }
    }
    if let Some(one) = pick("hit") {
        let incomplete =
            Reason { purpose: "criminal_investigation".to_owned(), ..reason("demo single") };
        let report = ask_as_check_does(&mut client, &incomplete, &[one]).await?;
        let title = "the first again, in an investigation that names no offence";
        checks.push(DemoCheck { title, report });
    }
    checks.push(DemoCheck { title: "a batch of 1,000", report: whole });
    Ok(checks)
}

/// A passport of Borealia's missing children, in another spelling than the list's.
pub(super) async fn check_missing(profile: &Profile) -> Result<CheckReport, CliError> {
    let (value, country) = MISSING_PASSPORT;
    let asked = Asked {
        reference: 1,
        identifier_type: IdentifierType::TravelDocument.name().to_owned(),
        value: value.to_owned(),
        country: country.to_owned(),
    };
    let stated =
        StatedFacts { subject_category: SubjectCategory::Missing.into(), ..StatedFacts::default() };
    let urgency = Urgency::Urgent;
    let why =
        Reason { purpose: MISSING_PURPOSE.to_owned(), urgency, stated, ..reason("demo missing") };
    ask_as_check_does(&mut profile.connect()?, &why, &[asked]).await
}

/// With what the purpose leaves out, as `symbolon check` reports it.
async fn ask_as_check_does(
    client: &mut BureauServiceClient<Channel>,
    why: &Reason,
    asked: &[Asked],
) -> Result<CheckReport, CliError> {
    let left_out = passed_over(client, why, asked).await;
    let mut report = ask(client, why, asked, |_, _| {}).await?;
    report.passed_over = left_out;
    Ok(report)
}

fn reason(case: &str) -> Reason {
    Reason {
        purpose: "border_check".to_owned(),
        offence_class: String::new(),
        urgency: Urgency::Routine,
        officer: OFFICER.to_owned(),
        case_reference: case.to_owned(),
        justification: "demonstration".to_owned(),
        stated: StatedFacts::default(),
        bureaus: Vec::new(),
        timeout: Duration::from_secs(60),
        check_id: None,
    }
}

fn batch() -> Result<Vec<Asked>, CliError> {
    let mut rows = Rows::new(BATCH.as_bytes(), Mapping::default())?;
    let mut asked = Vec::new();
    while let Some(row) = rows.next_row()? {
        let row = row.map_err(|row| CliError::new("demo_data", row.sentence))?;
        asked.push(Asked {
            reference: row.line,
            identifier_type: row.identifier_type,
            value: row.value,
            country: row.country,
        });
    }
    Ok(asked)
}
