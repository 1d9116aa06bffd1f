//! How long one identifier takes when many bureaus are asked at once. Every bureau's node is a
//! process of its own on this machine; connections are warm.

mod ask;
mod found;

use std::{fs, path::PathBuf, time::Duration};

use clap::Args;
use serde::Serialize;
use symbolon_cli::scenario::wait_for_coverage;

use self::{
    ask::{Latency, measure},
    found::{World, found, start},
};
use crate::{
    Fallible, Outcome,
    process::released_program,
    spread::{Spread, quantile},
    usage::{cpu_of, memory, memory_is_left, proportional_memory},
};

/// Ask one identifier of 1, 10 and all of many bureaus, each with a node of its own.
///
/// All of them share this machine's cores and its disk, which real bureaus do not: each partner
/// writes a question to its disk before it answers. So the figures for many bureaus say what this
/// machine takes for the work of all; CPU time by node says what one bureau's machine would take.
#[derive(Debug, Args)]
pub(crate) struct Bureaus {
    /// Partners; INTERPOL has 196 member countries.
    #[arg(long, default_value_t = 195)]
    count: usize,
    /// Checks of each kind.
    #[arg(long, default_value_t = 50)]
    checks: usize,
    /// Records of each partner.
    #[arg(long, default_value_t = 1_000)]
    records: u64,
    /// One agreement with all bureaus as parties, in which each offers a list to all, instead of one
    /// agreement with each partner. Every node then follows every other one, so that cost grows with
    /// the square of their number: 30 are fine on two cores.
    #[arg(long)]
    multilateral: bool,
    /// Where the data folders go; a temporary folder unless given.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Also write the result here, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    partners: usize,
    multilateral: bool,
    records_of_each: u64,
    founding_s: f64,
    agreements_s: f64,
    /// From the start of the processes until each partner has published and the requester holds all
    /// lists.
    nodes_ready_s: f64,
    latencies: Vec<Latency>,
    requester_memory_bytes: u64,
    partner_memory_bytes: Option<Spread>,
    /// With pages that processes share counted once among them.
    partner_proportional_memory_bytes: Option<Spread>,
    partner_cpu_s_until_ready: Option<Spread>,
}

impl Bureaus {
    pub(crate) fn run(self) -> Outcome {
        tokio::runtime::Runtime::new()?.block_on(async {
            let report = self.simulate().await?;
            println!("{}", text(&report));
            if let Some(path) = &self.json {
                fs::write(path, serde_json::to_string_pretty(&report)? + "\n")?;
            }
            Ok(())
        })
    }

    async fn simulate(&self) -> Fallible<Report> {
        let program = released_program()?;
        let temporary = tempfile::tempdir()?;
        let root = self.dir.clone().unwrap_or_else(|| temporary.path().to_owned());
        let World { requester, partners, founding, agreeing } =
            found(&root, self.count, self.records, self.multilateral).await?;
        eprintln!("founded in {founding:.1?}, agreed in {agreeing:.1?}; starting nodes");
        let began = std::time::Instant::now();
        let (nodes, profile) = start(&program, &requester, &partners)?;
        tokio::select! {
            ready = wait_for_coverage(&profile, Duration::from_secs(3_600)) => { ready?; }
            error = too_little_memory() => return Err(error),
        }
        let nodes_ready_s = began.elapsed().as_secs_f64();
        eprintln!("ready after {nodes_ready_s:.1} s; asking");
        let processes: Vec<u32> = nodes.iter().filter_map(|node| node.child.id()).collect();
        let (own, others) = processes.split_first().ok_or("no node runs")?;
        let of_each = |what: fn(u32) -> u64| Spread::of(others.iter().map(|p| what(*p) as f64));
        let partner_cpu_s_until_ready = Spread::of(others.iter().filter_map(|p| cpu_of(*p).ok()));
        let latencies = measure(&profile, &partners, &processes, self.checks, self.records).await?;
        let report = Report {
            partners: partners.len(),
            multilateral: self.multilateral,
            records_of_each: self.records,
            founding_s: founding.as_secs_f64(),
            agreements_s: agreeing.as_secs_f64(),
            nodes_ready_s,
            latencies,
            requester_memory_bytes: memory(*own),
            partner_memory_bytes: of_each(memory),
            partner_proportional_memory_bytes: of_each(proportional_memory),
            partner_cpu_s_until_ready,
        };
        for node in nodes {
            node.stop().await?;
        }
        Ok(report)
    }
}

/// Ends, with an error, when memory gets short.
async fn too_little_memory() -> Box<dyn std::error::Error> {
    loop {
        if let Err(error) = memory_is_left() {
            return error;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn text(report: &Report) -> String {
    let megabytes = |bytes: Option<Spread>| {
        bytes.map_or_else(String::new, |one| {
            let [median, min, max] = [one.median, one.min, one.max].map(|b| b / 1_048_576.0);
            format!("{median:.1} MB ({min:.1} to {max:.1})")
        })
    };
    let mut text = format!(
        "\n{} partners, {}, {} records each\nfounding {:.1} s, agreements {:.1} s, nodes ready after \
         {:.1} s\nmemory: requester's node {:.1} MB; a partner's {}, shared pages counted once: {}\n\
         CPU of a partner's node until ready: {:.3} s\n\n",
        report.partners,
        if report.multilateral { "one agreement" } else { "an agreement with each" },
        report.records_of_each,
        report.founding_s,
        report.agreements_s,
        report.nodes_ready_s,
        report.requester_memory_bytes as f64 / 1_048_576.0,
        megabytes(report.partner_memory_bytes),
        megabytes(report.partner_proportional_memory_bytes),
        report.partner_cpu_s_until_ready.map_or(0.0, |one| one.median),
    );
    text.push_str(
        "| bureaus asked | median ms | p95 ms | max ms | first answer ms | requester's CPU ms | \
         a partner's CPU ms |\n|---|---|---|---|---|---|---|\n",
    );
    for one in &report.latencies {
        let [median, p95, max] =
            [0.5, 0.95, 1.0].map(|share| quantile(&one.sorted_ms, share).unwrap_or(0.0));
        text.push_str(&format!(
            "| {} | {median:.1} | {p95:.1} | {max:.1} | {:.1} | {:.2} | {:.2} |\n",
            one.bureaus, one.first_answer_ms, one.requester_cpu_ms, one.partner_cpu_ms
        ));
    }
    text
}
