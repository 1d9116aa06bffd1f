//! Our side of the work.

use std::path::Path;

use super::{
    inputs::{Side, Sizes},
    repeat::Repeat,
    work::Sample,
};
use crate::{
    Fallible, answers, made_up,
    pair::Pair,
    usage::{Meter, Used, cpu_of, peak_memory},
};

/// The one list.
pub(super) const LIST: &str = "list";
const OWNER: &str = "owner's node";
const REQUESTER: &str = "requester's node";
const IMPORT: &str = "owner's import";
const PROGRAM: &str = "asking program";
/// Runs of the program over which its start is averaged.
const STARTS: u32 = 10;

/// Two bureaus on which one round is run.
pub(super) struct Ours {
    pub(super) sizes: Sizes,
    pair: Pair,
    owner: Side,
    requester: Side,
    owner_node: u32,
    requester_node: u32,
}

impl Ours {
    /// Two bureaus, an empty list, and the owner's node with nothing to do.
    pub(super) async fn found(program: &Path, sizes: Sizes) -> Fallible<Self> {
        let mut pair = Pair::found(program, &[LIST]).await?;
        let owner = Side::owner(pair.folder(), sizes)?;
        let requester = Side::requester(pair.folder(), sizes)?;
        let owner_node = pair.start_owner(1).await?;
        Ok(Self { sizes, pair, owner, requester, owner_node, requester_node: 0 })
    }

    /// From the file to the published list.
    pub(super) async fn prepare(&mut self) -> Fallible<Sample> {
        let published = self.pair.published();
        let node = Meter::start(self.owner_node).await?;
        let import = self.pair.import(LIST, &self.owner.before, &[])?;
        self.pair.wait_until_published(published.saturating_add(1)).await?;
        let mut sample = Sample::default();
        sample.add(IMPORT, import);
        let used = node.used()?;
        sample.add(OWNER, used);
        sample.wall_s = used.wall_s;
        Ok(sample)
    }

    /// The requester's node starts and fetches the list.
    pub(super) async fn fetch(&mut self) -> Fallible<Sample> {
        let owner = Meter::start(self.owner_node).await?;
        let before = self.pair.wire.bytes();
        self.requester_node = self.pair.start_requester(1).await?;
        let used = owner.used()?;
        let mut sample = Sample { wall_s: used.wall_s, ..Sample::default() };
        sample.add(OWNER, used);
        let cpu_s = cpu_of(self.requester_node)?;
        let memory = peak_memory(self.requester_node);
        sample.add(REQUESTER, Used { cpu_s, memory, ..Used::default() });
        let bytes = self.pair.wire.bytes().saturating_sub(before);
        (sample.wire_bytes, sample.set_bytes) = (Some(bytes), Some(bytes));
        Ok(sample)
    }

    /// Checks of some identifiers: what one costs the owner, and what it costs the requester.
    pub(super) async fn ask(&mut self) -> Fallible<(Sample, Sample)> {
        let mut files = Vec::new();
        for check in 0..=self.sizes.checks {
            let file = self.pair.folder().join(format!("check-{check}.csv"));
            made_up::write(&file, self.sizes.asked_in_check(check))?;
            files.push(file);
        }
        let (warm_up, files) = files.split_last().ok_or("there is no check to make")?;
        let out = self.pair.folder().join("answers");
        self.pair.check(warm_up, &out)?;

        let [owner, requester] = self.meters().await?;
        let before = self.pair.wire.bytes();
        let mut program = Used::default();
        for file in files {
            let used = self.pair.check(file, &out)?;
            program.cpu_s += used.cpu_s;
            program.wall_s += used.wall_s;
            program.memory = program.memory.max(used.memory);
            let expected = answers::expected(&self.owner.before, file)?;
            answers::verify(&out, LIST, &expected)?;
        }
        let bytes = self.pair.wire.bytes().saturating_sub(before) / self.sizes.checks;
        let each = |used: Used| {
            let checks = self.sizes.checks as f64;
            Used { cpu_s: used.cpu_s / checks, wall_s: used.wall_s / checks, ..used }
        };
        let (owner, requester, program) =
            (each(owner.used()?), each(requester.used()?), each(program));
        let mut answer = Sample { wire_bytes: Some(bytes), ..Sample::default() };
        answer.wall_s = program.wall_s;
        let mut client = answer.clone();
        answer.add(OWNER, owner);
        client.add(REQUESTER, requester);
        client.add(PROGRAM, program);
        // Shown, not added: it is part of what the program takes.
        client.parts.insert(format!("of which the {PROGRAM}'s start"), self.start_of_program()?);
        Ok((answer, client))
    }

    /// One check of everything.
    pub(super) async fn ask_in_bulk(&mut self) -> Fallible<Sample> {
        let out = self.pair.folder().join("hits.csv");
        let [owner, requester] = self.meters().await?;
        let before = self.pair.wire.bytes();
        let program = self.repeat().begin(&self.requester.before, &out)?;
        let sample = self.both(&owner, &requester, program, before)?;
        let expected = answers::expected(&self.owner.before, &self.requester.before)?;
        answers::verify_hits(&out, LIST, &expected)?;
        Ok(sample)
    }

    /// Both sides change, the owner publishes anew, and the requester has the answers again.
    pub(super) async fn repeat_after_change(&mut self) -> Fallible<Sample> {
        let out = self.pair.folder().join("hits.csv");
        self.repeat().write_changes(&self.owner, &self.requester)?;
        let [owner, requester] = self.meters().await?;
        let before = self.pair.wire.bytes();
        let published = self.pair.published();
        let import = self.repeat().owner_changes()?;
        self.pair.wait_until_published(published.saturating_add(1)).await?;
        let program = self.repeat().requester_changes_and_asks(&out)?;
        let mut sample = self.both(&owner, &requester, program, before)?;
        sample.add(IMPORT, import);
        let expected = answers::expected(&self.owner.after, &self.requester.after)?;
        answers::verify_hits(&out, LIST, &expected)?;
        Ok(sample)
    }

    pub(super) async fn stop(self) -> Fallible<()> {
        self.pair.stop().await
    }

    fn repeat(&self) -> Repeat<'_> {
        Repeat { pair: &self.pair }
    }

    async fn meters(&self) -> Fallible<[Meter; 2]> {
        let meters = Meter::start_all([self.owner_node, self.requester_node]).await?;
        meters.try_into().map_err(|_| "two nodes, two meters".into())
    }

    fn both(
        &self,
        owner: &Meter,
        requester: &Meter,
        program: Used,
        wire_before: u64,
    ) -> Fallible<Sample> {
        let mut sample = Sample::default();
        let used = owner.used()?;
        sample.wall_s = used.wall_s;
        sample.add(OWNER, used);
        sample.add(REQUESTER, requester.used()?);
        sample.add(PROGRAM, program);
        sample.wire_bytes = Some(self.pair.wire.bytes().saturating_sub(wire_before));
        Ok(sample)
    }

    /// CPU seconds of a program that asks about one identifier: nearly all of it is its start.
    fn start_of_program(&self) -> Fallible<f64> {
        let mut cpu_s = 0.0;
        for number in 0..STARTS {
            let address = made_up::stranger(u64::from(number));
            let command = self.pair.analyst(&["check", "email", &address]);
            cpu_s += self.pair.run(command, "start")?.cpu_s;
        }
        Ok(cpu_s / f64::from(STARTS))
    }
}
