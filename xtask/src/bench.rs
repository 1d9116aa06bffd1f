//! How much CPU time our side and what a user would pick instead take for the same work, in one run.

mod growth;
mod inputs;
mod machine;
mod ours;
mod peers;
mod repeat;
mod report;
mod scalar;
mod work;

use std::{fs, path::PathBuf};

use clap::Args;

use self::{
    inputs::Sizes,
    ours::Ours,
    peers::Peers,
    report::Report,
    work::{Results, Work},
};
use crate::{
    Fallible, Outcome,
    process::{program, released_program},
};

/// Compare the CPU time of both sides' work with that of other PSI programs, or show how it grows.
///
/// Bureaus, nodes, TLS and gRPC are real; every big answer is compared with the plain intersection.
/// The peers come from PyPI; where they cannot be installed, their columns stay empty. Rounds
/// alternate between ours and the peer, so that whatever else the machine does slows both; what
/// counts is the ratio of medians.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Small sizes, one round, and the program built like this one: shows that everything runs. Its
    /// ratios say nothing.
    #[arg(long)]
    quick: bool,
    /// How often everything is done.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Also write the result here, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Leave the peers out.
    #[arg(long)]
    no_peers: bool,
    /// What to measure; may be repeated. Everything unless given.
    #[arg(long, value_enum)]
    only: Vec<Work>,
    /// Instead: how our cost grows with the number of records and of identifiers asked.
    #[arg(long, conflicts_with_all = ["only", "rounds"])]
    growth: bool,
    /// With --growth: most records.
    #[arg(long, value_name = "RECORDS", default_value_t = 10_000_000)]
    most: u64,
}

impl Bench {
    pub(crate) fn run(self) -> Outcome {
        let runtime = tokio::runtime::Runtime::new()?;
        if self.growth {
            let most = if self.quick { 10_000 } else { self.most };
            return runtime.block_on(growth::run(most, self.json.as_deref()));
        }
        let report = runtime.block_on(self.compare())?;
        println!("{}", report.table());
        if let Some(path) = &self.json {
            fs::write(path, serde_json::to_string_pretty(&report.json())? + "\n")?;
            eprintln!("wrote {}", path.display());
        }
        Ok(())
    }

    async fn compare(&self) -> Fallible<Report> {
        let program = if self.quick { program()? } else { released_program()? };
        let sizes = if self.quick { Sizes::QUICK } else { Sizes::FULL };
        let rounds = if self.quick { 1 } else { self.rounds.max(1) };
        let mut peers = if self.no_peers { Peers::left_out() } else { Peers::install() };
        let mut results = Results::default();
        for round in 1..=rounds {
            eprintln!("── round {round} of {rounds} ──");
            self.round(Ours::found(&program, sizes).await?, &mut peers, &mut results).await?;
        }
        if self.wants(Work::OwnerPrepare) || self.wants(Work::OwnerAnswer) {
            peers.openmined(sizes, &mut results);
        }
        let scalar = if self.wants(Work::ScalarMult) { scalar::compare() } else { None };
        Ok(Report { sizes, is_quick: self.quick, results, scalar, missing: peers.missing })
    }

    /// Everything once, ours and the peer in turns.
    async fn round(&self, mut ours: Ours, peers: &mut Peers, results: &mut Results) -> Outcome {
        let sizes = ours.sizes;
        let asks = self.wants(Work::OwnerAnswer) || self.wants(Work::Client);
        let bulk = self.wants(Work::BulkCold) || self.wants(Work::BulkRepeat);
        if !(self.wants(Work::OwnerPrepare) || asks || bulk) {
            return Ok(());
        }
        let prepared = ours.prepare().await?;
        results.ours(Work::OwnerPrepare, prepared.clone());
        let unbalanced = if self.wants(Work::OwnerPrepare) || asks {
            peers.prepare(sizes, results)
        } else {
            None
        };
        let fetched = ours.fetch().await?;
        if asks {
            let (answer, client) = ours.ask().await?;
            results.ours(Work::OwnerAnswer, answer);
            results.ours(Work::Client, client);
            if let Some(unbalanced) = unbalanced {
                peers.ask(&unbalanced, sizes, results);
            }
        }
        if bulk {
            let asked = ours.ask_in_bulk().await?;
            results.ours(Work::BulkCold, prepared.and(fetched).and(asked));
            if self.wants(Work::BulkCold) {
                peers.balanced(Work::BulkCold, sizes, results);
            }
        }
        if self.wants(Work::BulkRepeat) {
            results.ours(Work::BulkRepeat, ours.repeat_after_change().await?);
            peers.balanced(Work::BulkRepeat, sizes, results);
        }
        ours.stop().await
    }

    fn wants(&self, work: Work) -> bool {
        self.only.is_empty() || self.only.contains(&work)
    }
}
