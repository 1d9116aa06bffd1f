use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use symbolon_policy::{Agreement, BureauCode, rules::Role};
use symbolon_store::{DataFolder, NodeConfig, Store};
use time::OffsetDateTime;

use super::DONE;
use crate::{CliError, acting::Acting, moment::moment, output::Output};

/// Show how much of quotas and budgets is used: by partners here, and by this bureau with partners.
///
/// A quota is of a day (UTC), a budget of an epoch. What this bureau has used with partners is what
/// its own records say; a partner's own count decides. Needs any role.
#[derive(Debug, Args)]
pub(super) struct Quota {
    /// The bureau's data folder.
    #[arg(long, value_name = "FOLDER", env = "SYMBOLON_DATA")]
    data: PathBuf,
    #[command(flatten)]
    acting: Acting,
    /// Only what partners asked of this bureau.
    #[arg(long, conflicts_with = "asked")]
    answered: bool,
    /// Only what this bureau asked of partners.
    #[arg(long)]
    asked: bool,
}

#[derive(Serialize)]
struct Listing {
    answered: Vec<Line>,
    asked: Vec<Line>,
    refusals: Vec<RefusalLine>,
}

/// One type of one list, and who asks it or is asked.
#[derive(Serialize)]
struct Line {
    /// The other bureau; "all" for all parties together.
    bureau: String,
    agreement: String,
    dataset: String,
    identifier_type: &'static str,
    /// Nothing for all parties together: they share no daily quota.
    day: Option<Used>,
    epoch: Used,
    epoch_ends: String,
}

#[derive(Serialize)]
struct Used {
    used: u64,
    of: u64,
    left: u64,
}

impl Used {
    fn new(used: u64, of: u64) -> Self {
        Self { used, of, left: of.saturating_sub(used) }
    }
}

#[derive(Serialize)]
struct RefusalLine {
    bureau: String,
    agreement: String,
    reason: String,
    sentence: String,
    refused_at: String,
    renews_at: Option<String>,
}

impl Quota {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let us = NodeConfig::read(&DataFolder::open(&self.data)?)?.code;
        let store = open(&self.data).await?;
        self.acting.authorise(store.folder(), &store, Role::ALL).await?;
        let now = OffsetDateTime::now_utc();
        let agreements = store.agreements().await?;
        let mut listing = Listing { answered: Vec::new(), asked: Vec::new(), refusals: Vec::new() };
        if !self.asked {
            listing.answered = answered(&store, &us, &agreements, now).await?;
        }
        if !self.answered {
            listing.asked = asked(&store, &us, &agreements, now).await?;
            listing.refusals = refusals(&store, now).await?;
        }
        store.close().await;
        output.result(&listing, || text(&listing));
        Ok(DONE)
    }
}

/// What partners have used of this bureau's lists.
async fn answered(
    store: &Store,
    us: &BureauCode,
    agreements: &[Agreement],
    now: OffsetDateTime,
) -> Result<Vec<Line>, CliError> {
    let (days, budgets) = (store.quota_usage(now).await?, store.budget_usage(now).await?);
    let mut lines = Vec::new();
    for agreement in agreements {
        let terms = agreement.terms();
        for (scope, dataset, offered) in agreement.scopes_of(us, now) {
            let in_epoch = |requester: Option<&BureauCode>| {
                let of_scope = budgets.iter().filter(|usage| usage.scope == scope.id());
                let mut of_requester =
                    of_scope.filter(|usage| usage.requester.as_ref() == requester);
                of_requester.next().map_or(0, |usage| usage.used)
            };
            let line = |bureau: String, day, epoch| Line {
                bureau,
                agreement: terms.id.to_string(),
                dataset: dataset.id.clone(),
                identifier_type: scope.identifier_type.name(),
                day,
                epoch,
                epoch_ends: moment(terms.epoch_end(scope.epoch)),
            };
            let budget = offered.epoch_budget_of_a_party(terms.epoch_days);
            for party in terms.parties.iter().filter(|party| party.code != *us) {
                let mut of_party = days.iter().filter(|usage| {
                    usage.agreement == terms.id.as_str()
                        && usage.requester == party.code.as_str()
                        && usage.dataset == dataset.id
                        && usage.identifier_type == scope.identifier_type.name()
                });
                let today = of_party.next().map_or(0, |usage| usage.used);
                let day = Used::new(today, offered.daily_quota);
                let epoch = Used::new(in_epoch(Some(&party.code)), budget);
                lines.push(line(party.code.to_string(), Some(day), epoch));
            }
            if let Some(budget) = terms.epoch_budget_of_all(offered) {
                lines.push(line("all".to_owned(), None, Used::new(in_epoch(None), budget)));
            }
        }
    }
    Ok(lines)
}

/// What this bureau has used with partners, as far as its own records say.
async fn asked(
    store: &Store,
    us: &BureauCode,
    agreements: &[Agreement],
    now: OffsetDateTime,
) -> Result<Vec<Line>, CliError> {
    let usage = store.asked_usage(now).await?;
    let mut lines = Vec::new();
    for agreement in agreements.iter().filter(|agreement| agreement.party(us).is_some()) {
        let terms = agreement.terms();
        for party in terms.parties.iter().filter(|party| party.code != *us) {
            for (scope, dataset, offered) in agreement.scopes_of(&party.code, now) {
                let known = usage.iter().find(|usage| usage.scope == scope.id());
                let budget = offered.epoch_budget_of_a_party(terms.epoch_days);
                let today = known.map_or(0, |usage| usage.today);
                let in_epoch = known.map_or(0, |usage| usage.in_epoch);
                lines.push(Line {
                    bureau: party.code.to_string(),
                    agreement: terms.id.to_string(),
                    dataset: dataset.id.clone(),
                    identifier_type: scope.identifier_type.name(),
                    day: Some(Used::new(today, offered.daily_quota)),
                    epoch: Used::new(in_epoch, budget),
                    epoch_ends: moment(terms.epoch_end(scope.epoch)),
                });
            }
        }
    }
    Ok(lines)
}

async fn refusals(store: &Store, now: OffsetDateTime) -> Result<Vec<RefusalLine>, CliError> {
    let refusals = store.quota_refusals(now).await?;
    Ok(refusals
        .into_iter()
        .map(|refusal| RefusalLine {
            bureau: refusal.owner.to_string(),
            agreement: refusal.agreement.to_string(),
            reason: refusal.reason,
            sentence: refusal.sentence,
            refused_at: moment(refusal.refused_at),
            renews_at: refusal.renews_at.map(moment),
        })
        .collect())
}

async fn open(data: &Path) -> Result<Store, CliError> {
    Ok(Store::open(DataFolder::open(data)?).await?)
}

fn text(listing: &Listing) -> String {
    let mut text = String::new();
    lines(&mut text, "Asked by partners of this bureau:", &listing.answered);
    lines(&mut text, "Asked by this bureau of partners, by its own records:", &listing.asked);
    for one in &listing.refusals {
        let _ = writeln!(
            text,
            "{} refused at {} under {}: {} ({})",
            one.bureau, one.refused_at, one.agreement, one.sentence, one.reason
        );
    }
    if text.is_empty() {
        text.push_str("No agreement is in force.\n");
    }
    text
}

fn lines(text: &mut String, title: &str, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "{title}\n{:<7} {:<20} {:<20} {:<16} {:>21} {:>21}  EPOCH ENDS",
        "BUREAU", "AGREEMENT", "LIST", "TYPE", "TODAY", "EPOCH"
    );
    let used = |used: &Used| format!("{} of {}", used.used, used.of);
    for line in lines {
        let _ = writeln!(
            text,
            "{:<7} {:<20} {:<20} {:<16} {:>21} {:>21}  {}",
            line.bureau,
            line.agreement,
            line.dataset,
            line.identifier_type,
            line.day.as_ref().map_or_else(|| "-".to_owned(), used),
            used(&line.epoch),
            line.epoch_ends.get(..10).unwrap_or(&line.epoch_ends),
        );
    }
    text.push('\n');
}
