//! The result as a table and as JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{
    inputs::Sizes,
    machine::Machine,
    scalar::ScalarMult,
    work::{Results, Summary, Work},
};
use crate::spread::Spread;

pub(super) struct Report {
    pub(super) sizes: Sizes,
    pub(super) is_quick: bool,
    pub(super) results: Results,
    pub(super) scalar: Option<ScalarMult>,
    pub(super) missing: Vec<String>,
}

impl Report {
    pub(super) fn json(&self) -> Value {
        let (full, quick) = if self.is_quick {
            (self.ratios(|_| None), self.ratios(|work| self.ratio(work)))
        } else {
            (self.ratios(|work| self.ratio(work)), Value::Null)
        };
        let mut measured = Map::new();
        for work in Work::ALL {
            let [ours, peer, openmined] = self.results.of(work);
            if ours.is_some() || peer.is_some() {
                let one = json!({
                    "ours": ours, "peer": peer, "peer_is": work.peer(), "openmined": openmined,
                });
                measured.insert(work.key().to_owned(), one);
            }
        }
        if let Some(scalar) = self.scalar {
            let one = json!({
                "ours_us": scalar.ours_us, "peer_us": scalar.peer_us,
                "peer_is": Work::ScalarMult.peer(),
            });
            measured.insert(Work::ScalarMult.key().to_owned(), one);
        }
        json!({
            "ratios": full,
            "quick": quick,
            "measured": measured,
            "sizes": self.sizes,
            "wire": "ours: TLS records between the two nodes, counted by a TCP proxy between them; \
                     SecretFlow: what the loopback interface sent; OpenMined: its messages",
            "not_run": self.missing,
            "machine": Machine::this(),
        })
    }

    pub(super) fn table(&self) -> String {
        let machine = Machine::this();
        let sizes = self.sizes;
        let mut text = format!(
            "\n{}, {} cores, {}; commit {}; {}\nCPU seconds: median (least to most). {} records, \
             checks of {}, {} changed on each side.\n\n| work | ours | peer | ratio | OpenMined |\n\
             |---|---|---|---|---|\n",
            machine.cpu,
            machine.cores,
            machine.flags.join(" "),
            machine.commit.get(..12).unwrap_or_default(),
            machine.date,
            sizes.records,
            sizes.asked,
            sizes.changed
        );
        for work in Work::ALL {
            let [ours, peer, openmined] = match self.scalar.filter(|_| work == Work::ScalarMult) {
                Some(scalar) => [
                    format!("{} µs", spread(scalar.ours_us)),
                    format!("{} µs", spread(scalar.peer_us)),
                    "–".to_owned(),
                ],
                None => self.results.of(work).map(cell),
            };
            let ratio = self.ratio(work).map_or_else(|| "–".to_owned(), |r| format!("{r:.3}"));
            let _ = writeln!(
                text,
                "| {} (peer: {}) | {ours} | {peer} | {ratio} | {openmined} |",
                work.key(),
                work.peer()
            );
        }
        text.push_str("\n| work | side | wall s | bytes sent | CPU s by process | peak MB |\n");
        text.push_str("|---|---|---|---|---|---|\n");
        for work in Work::ALL {
            let [ours, peer, openmined] = self.results.of(work);
            for (side, summary) in [("ours", ours), ("peer", peer), ("OpenMined", openmined)] {
                if let Some(summary) = summary {
                    let _ = writeln!(text, "| {} | {side} {}", work.key(), details(&summary));
                }
            }
        }
        for why in &self.missing {
            let _ = writeln!(text, "\nnot run: {why}");
        }
        text
    }

    fn ratios(&self, of: impl Fn(Work) -> Option<f64>) -> Value {
        Work::ALL.into_iter().map(|work| (work.key().to_owned(), json!(of(work)))).collect()
    }

    /// Ours divided by the peer's; below one we are faster.
    fn ratio(&self, work: Work) -> Option<f64> {
        if work == Work::ScalarMult {
            return self.scalar.map(|one| one.ours_us.median / one.peer_us.median);
        }
        let [ours, peer, _] = self.results.of(work);
        Some(ours?.cpu_s.median / peer?.cpu_s.median)
    }
}

fn cell(summary: Option<Summary>) -> String {
    summary.map_or_else(|| "–".to_owned(), |one| spread(one.cpu_s))
}

fn spread(figures: Spread) -> String {
    format!("{:.3} ({:.3} to {:.3})", figures.median, figures.min, figures.max)
}

fn details(summary: &Summary) -> String {
    let parts: Vec<_> = summary
        .cpu_s_by_part
        .iter()
        .map(|(name, figures)| format!("{name} {:.3}", figures.median))
        .collect();
    let memory: Vec<_> = summary
        .peak_memory_bytes
        .iter()
        .map(|(name, bytes)| format!("{name} {}", bytes >> 20))
        .collect();
    let wire = summary.wire_bytes.map_or_else(|| "–".to_owned(), |one| format!("{}", one.median));
    format!(
        "| {:.3} | {wire} | {} | {} |",
        summary.wall_s.median,
        parts.join(", "),
        memory.join(", ")
    )
}
