//! Three invented countries: their lists, and what they have agreed on.

use std::path::Path;

use symbolon_identifiers::IdentifierType;

use crate::{
    CliError,
    output::Output,
    rows::Mapping,
    scenario::{Bureau, agree, dataset, missing_children, simple_terms},
};

const DAILY_QUOTA: u64 = 100_000;
const STANDING_DAYS: u32 = 30;

struct Country {
    code: &'static str,
    name: &'static str,
    folder: &'static str,
    dataset: &'static str,
    title: &'static str,
    records: &'static str,
}

const COUNTRIES: [Country; 3] = [
    Country {
        code: "ARC",
        name: "Arcadia",
        folder: "arcadia",
        dataset: "arc-watchlist",
        title: "Arcadian national watchlist",
        records: include_str!("../../../demo/arcadia.csv"),
    },
    Country {
        code: "BOR",
        name: "Borealia",
        folder: "borealia",
        dataset: "bor-watchlist",
        title: "Borealian watchlist",
        records: include_str!("../../../demo/borealia.csv"),
    },
    Country {
        code: "CTG",
        name: "Costaguana",
        folder: "costaguana",
        dataset: "ctg-watchlist",
        title: "Costaguanan alerts",
        records: include_str!("../../../demo/costaguana.csv"),
    },
];

/// Borealia's missing children, with what may be released of them: a list under an agreement of its own.
const MISSING: &str = include_str!("../../../demo/borealia-missing.csv");
const MISSING_DATASET: &str = "bor-missing";

/// What Costaguana does not offer to Arcadia, to show what "not permitted" looks like.
const NOT_OFFERED_BY_COSTAGUANA: IdentifierType = IdentifierType::Iban;

pub(super) async fn found_and_load(
    root: &Path,
    output: Output,
) -> Result<(Vec<Bureau>, Vec<u64>), CliError> {
    let mut bureaus = Vec::new();
    let mut counts = Vec::new();
    for country in &COUNTRIES {
        let spinner = output.spinner(&format!("founding {} and loading its list", country.name));
        let bureau = Bureau::found(&root.join(country.folder), country.code, country.name)?;
        let loaded = bureau
            .load(country.dataset, country.title, country.records.as_bytes(), Mapping::default())
            .await?;
        if let Some(rejected) = loaded.rejected.first() {
            return Err(CliError::new(
                "demo_data",
                format!("{}, line {}: {}", country.folder, rejected.line, rejected.sentence),
            ));
        }
        spinner.finish_and_clear();
        let mut records = loaded.counts.added;
        if country.code == "BOR" {
            let rows = MISSING.as_bytes();
            let title = "Borealian missing children";
            let missing = bureau.load(MISSING_DATASET, title, rows, Mapping::default()).await?;
            if let Some(rejected) = missing.rejected.first() {
                return Err(CliError::new("demo_data", rejected.sentence.clone()));
            }
            records = records.saturating_add(missing.counts.added);
        }
        counts.push(records);
        bureaus.push(bureau);
    }
    Ok((bureaus, counts))
}

pub(super) async fn sign_agreements(bureaus: &[Bureau], output: Output) -> Result<(), CliError> {
    let spinner = output.spinner("signing agreements");
    for (first, a) in bureaus.iter().enumerate() {
        for (second, b) in bureaus.iter().enumerate().skip(first.saturating_add(1)) {
            let datasets = [(first, a), (second, b)]
                .into_iter()
                .filter_map(|(index, bureau)| Some((COUNTRIES.get(index)?, bureau)))
                .map(|(country, bureau)| {
                    let types: Vec<_> = IdentifierType::ALL
                        .iter()
                        .copied()
                        .filter(|kind| country.code != "CTG" || *kind != NOT_OFFERED_BY_COSTAGUANA)
                        .collect();
                    dataset(country.dataset, &bureau.code, country.title, &types, DAILY_QUOTA)
                })
                .collect();
            let id = format!("{}-{}-2026", a.code, b.code).to_ascii_lowercase();
            let title = format!("{} and {}: watchlist checks", a.card.name, b.card.name);
            let mut terms = simple_terms(&id, &title, &[a, b], datasets)?;
            terms.standing_days = Some(STANDING_DAYS);
            agree(&terms, &[a, b]).await?;
        }
    }
    if let [arcadia, borealia, ..] = bureaus {
        agree_on_missing_children(arcadia, borealia).await?;
    }
    spinner.finish_and_clear();
    Ok(())
}

/// What Arcadia may ask about missing children, and how it gets their records.
async fn agree_on_missing_children(arcadia: &Bureau, borealia: &Bureau) -> Result<(), CliError> {
    let title = "Borealian missing children";
    let types = [IdentifierType::TravelDocument];
    let list = dataset(MISSING_DATASET, &borealia.code, title, &types, DAILY_QUOTA);
    let title = "Arcadia and Borealia: missing children";
    let parties = [arcadia, borealia];
    let terms = missing_children("arc-bor-missing-2026", title, &parties, list)?;
    agree(&terms, &parties).await?;
    Ok(())
}
