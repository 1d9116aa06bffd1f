//! What is compared, and what each side took for it.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::Serialize;

use crate::{spread::Spread, usage::Used};

/// One comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Work {
    /// The owner turns a file of identifiers into a published list.
    OwnerPrepare,
    /// The owner's node answers one check, with proofs.
    OwnerAnswer,
    /// The requester's node and the program that asks it, for one check.
    Client,
    /// Two big sets, from two files to the answers, nothing done before.
    BulkCold,
    /// The same once more after a change on both sides.
    BulkRepeat,
    /// One scalar multiplication in a batch, against curve25519-dalek.
    ScalarMult,
}

impl Work {
    pub(super) const ALL: [Self; 6] = [
        Self::OwnerPrepare,
        Self::OwnerAnswer,
        Self::Client,
        Self::BulkCold,
        Self::BulkRepeat,
        Self::ScalarMult,
    ];

    /// Its name in the JSON; the numbers are those of a full run.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::OwnerPrepare => "owner_prepare_1m",
            Self::OwnerAnswer => "owner_answer_1k",
            Self::Client => "client_1k",
            Self::BulkCold => "bulk_1m_cold",
            Self::BulkRepeat => "bulk_1m_repeat",
            Self::ScalarMult => "scalar_mult",
        }
    }

    /// What the peer does for it.
    pub(super) fn peer(self) -> &'static str {
        match self {
            Self::OwnerPrepare => "SecretFlow UB-PSI, OFFLINE_GEN_CACHE",
            Self::OwnerAnswer => "SecretFlow UB-PSI, ONLINE, server",
            Self::Client => "SecretFlow UB-PSI, ONLINE, client",
            Self::BulkCold => "SecretFlow ECDH on CURVE_25519, both parties",
            Self::BulkRepeat => "SecretFlow RR22, both parties, run anew",
            Self::ScalarMult => "curve25519-dalek 5, AVX-512 back end",
        }
    }
}

/// One measurement of a piece of work.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    pub(super) cpu_s: f64,
    pub(super) wall_s: f64,
    /// Bytes between the two sides, where the work sends any.
    pub(super) wire_bytes: Option<u64>,
    /// Bytes of what the owner prepared.
    pub(super) set_bytes: Option<u64>,
    /// CPU seconds by process or step.
    pub(super) parts: BTreeMap<String, f64>,
    /// Peak memory by process, bytes.
    pub(super) memory: BTreeMap<String, u64>,
}

impl Sample {
    /// Counts a process in.
    pub(super) fn add(&mut self, name: &str, used: Used) {
        self.cpu_s += used.cpu_s;
        *self.parts.entry(name.to_owned()).or_default() += used.cpu_s;
        self.remember(name, used.memory);
    }

    /// Notes a process's memory.
    pub(super) fn remember(&mut self, name: &str, memory: u64) {
        let most = self.memory.entry(name.to_owned()).or_default();
        *most = (*most).max(memory);
    }

    /// This and what followed it, as one.
    pub(super) fn and(mut self, next: Self) -> Self {
        self.cpu_s += next.cpu_s;
        self.wall_s += next.wall_s;
        self.wire_bytes = match (self.wire_bytes, next.wire_bytes) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        self.set_bytes = next.set_bytes.or(self.set_bytes);
        for (name, cpu) in next.parts {
            *self.parts.entry(name).or_default() += cpu;
        }
        for (name, memory) in next.memory {
            self.remember(&name, memory);
        }
        self
    }
}

/// All measurements of one run.
#[derive(Default)]
pub(super) struct Results {
    ours: BTreeMap<Work, Vec<Sample>>,
    peers: BTreeMap<Work, Vec<Sample>>,
    openmined: BTreeMap<Work, Vec<Sample>>,
}

impl Results {
    pub(super) fn ours(&mut self, work: Work, sample: Sample) {
        eprintln!("   ours  {:<18} {:>9.3} s CPU  {:?}", work.key(), sample.cpu_s, sample.parts);
        self.ours.entry(work).or_default().push(sample);
    }

    pub(super) fn peer(&mut self, work: Work, sample: Sample) {
        eprintln!("   peer  {:<18} {:>9.3} s CPU  {:?}", work.key(), sample.cpu_s, sample.parts);
        self.peers.entry(work).or_default().push(sample);
    }

    pub(super) fn openmined(&mut self, work: Work, sample: Sample) {
        self.openmined.entry(work).or_default().push(sample);
    }

    /// Summaries of ours, the peer and OpenMined.
    pub(super) fn of(&self, work: Work) -> [Option<Summary>; 3] {
        [&self.ours, &self.peers, &self.openmined]
            .map(|side| Summary::of(side.get(&work).map_or(&[], Vec::as_slice)))
    }
}

/// What all rounds of one side's work came to.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) cpu_s: Spread,
    pub(super) wall_s: Spread,
    pub(super) wire_bytes: Option<Spread>,
    pub(super) set_bytes: Option<Spread>,
    pub(super) cpu_s_by_part: BTreeMap<String, Spread>,
    /// The most of all rounds.
    pub(super) peak_memory_bytes: BTreeMap<String, u64>,
}

impl Summary {
    pub(super) fn of(samples: &[Sample]) -> Option<Self> {
        let spread = |figure: fn(&Sample) -> Option<u64>| {
            Spread::of(samples.iter().filter_map(figure).map(|bytes| bytes as f64))
        };
        let mut names: Vec<&String> = samples.iter().flat_map(|one| one.parts.keys()).collect();
        names.sort();
        names.dedup();
        let cpu_s_by_part = names
            .into_iter()
            .filter_map(|name| {
                let part = samples.iter().filter_map(|one| one.parts.get(name).copied());
                Some((name.clone(), Spread::of(part)?))
            })
            .collect();
        let mut peak_memory_bytes = BTreeMap::new();
        for (name, memory) in samples.iter().flat_map(|one| &one.memory) {
            let most: &mut u64 = peak_memory_bytes.entry(name.clone()).or_default();
            *most = (*most).max(*memory);
        }
        Some(Self {
            cpu_s: Spread::of(samples.iter().map(|one| one.cpu_s))?,
            wall_s: Spread::of(samples.iter().map(|one| one.wall_s))?,
            wire_bytes: spread(|one| one.wire_bytes),
            set_bytes: spread(|one| one.set_bytes),
            cpu_s_by_part,
            peak_memory_bytes,
        })
    }
}
