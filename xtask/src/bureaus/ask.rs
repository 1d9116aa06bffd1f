//! Single checks of some and of all bureaus, in turns.

use std::time::{Duration, Instant};

use serde::Serialize;
use symbolon_cli::{
    Profile,
    asking::{Asked, Reason, StatedFacts, Urgency, ask},
    scenario::Bureau,
};

use crate::{Fallible, made_up::known, usage::cpu_of};

const FEW: usize = 10;
const TIMEOUT: Duration = Duration::from_secs(60);

/// What checks of one identifier took.
#[derive(Serialize)]
pub(super) struct Latency {
    /// How many bureaus each check asked.
    pub(super) bureaus: usize,
    /// From the question to the last answer, as the asking program sees it, least first.
    pub(super) sorted_ms: Vec<f64>,
    /// Until the first bureau's answer, mean.
    pub(super) first_answer_ms: f64,
    /// CPU time of a check at the requester's node.
    pub(super) requester_cpu_ms: f64,
    /// CPU time of a check at a node that is asked, with what it does anyway.
    pub(super) partner_cpu_ms: f64,
}

/// `nodes` are the processes, the requester's first.
pub(super) async fn measure(
    profile: &Profile,
    partners: &[Bureau],
    nodes: &[u32],
    checks: usize,
    records: u64,
) -> Fallible<Vec<Latency>> {
    let mut client = profile.connect()?;
    let mut sizes = vec![1, FEW.min(partners.len()), partners.len()];
    sizes.dedup();
    let mut all: Vec<Latency> = sizes
        .into_iter()
        .map(|bureaus| Latency {
            bureaus,
            sorted_ms: Vec::new(),
            first_answer_ms: 0.0,
            requester_cpu_ms: 0.0,
            partner_cpu_ms: 0.0,
        })
        .collect();
    // The first check of all makes the connections.
    for check in 0..=checks {
        for one in all.iter_mut().rev() {
            let asked = partners.iter().take(one.bureaus);
            let reason = reason(asked.map(|bureau| bureau.code.to_string()).collect());
            let value = known(check as u64 % records.max(1));
            let question =
                Asked { reference: 1, identifier_type: "email".into(), value, country: "".into() };
            let before = cpu(nodes, one.bureaus)?;
            let began = Instant::now();
            let report = ask(&mut client, &reason, &[question], |_, _| {}).await?;
            let took = began.elapsed();
            if report.summary.hit != one.bureaus as u64 {
                let wrong = report.answers.iter().find(|answer| answer.outcome != "hit");
                return Err(format!("not every bureau said hit: {wrong:?}").into());
            }
            if check == 0 {
                continue;
            }
            let after = cpu(nodes, one.bureaus)?;
            let share = 1e3 / checks as f64;
            one.requester_cpu_ms += (after.0 - before.0) * share;
            one.partner_cpu_ms += (after.1 - before.1) * share / one.bureaus as f64;
            let first = report.answers.iter().map(|answer| answer.elapsed_ms);
            one.first_answer_ms += first.fold(f64::MAX, f64::min) / checks as f64;
            one.sorted_ms.push(took.as_secs_f64() * 1e3);
        }
    }
    for one in &mut all {
        one.sorted_ms.sort_by(f64::total_cmp);
    }
    Ok(all)
}

/// CPU seconds of the requester's node, and of the partners' that are asked together.
fn cpu(nodes: &[u32], asked: usize) -> Fallible<(f64, f64)> {
    let (own, partners) = nodes.split_first().ok_or("no node runs")?;
    let mut together = 0.0;
    for partner in partners.iter().take(asked) {
        together += cpu_of(*partner)?;
    }
    Ok((cpu_of(*own)?, together))
}

fn reason(bureaus: Vec<String>) -> Reason {
    Reason {
        purpose: "border_check".to_owned(),
        offence_class: String::new(),
        urgency: Urgency::Urgent,
        officer: "analyst".to_owned(),
        case_reference: "simulation".to_owned(),
        justification: String::new(),
        stated: StatedFacts::default(),
        bureaus,
        timeout: TIMEOUT,
        check_id: None,
    }
}
