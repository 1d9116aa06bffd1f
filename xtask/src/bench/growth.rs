//! How our cost grows: with the records of a list, and with the identifiers asked.

use std::{fmt::Write as _, fs, path::Path};

use serde::Serialize;

use super::{machine::Machine, ours::LIST};
use crate::{
    Outcome, answers,
    made_up::{known, stranger, write},
    pair::Pair,
    process::released_program,
    usage::{Meter, cpu_of, peak_memory},
};

const LEAST_RECORDS: u64 = 10_000;
/// The bureau face takes no more in one check.
const MOST_ASKED: u64 = 1_000_000;
/// Above this many, answers are counted but not compared one by one: the comparison needs memory.
const MOST_COMPARED: u64 = 1_000_000;

#[derive(Serialize)]
struct List {
    records: u64,
    import_cpu_s: f64,
    import_memory_bytes: u64,
    publish_cpu_s: f64,
    node_memory_bytes: u64,
    wall_s: f64,
    /// Of the published list, with what the transfer adds.
    fetched_bytes: u64,
    fetch_cpu_s: f64,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    asked: u64,
    owner_cpu_s: f64,
    requester_cpu_s: f64,
    program_cpu_s: f64,
    wall_s: f64,
    wire_bytes: u64,
    requester_memory_bytes: u64,
    program_memory_bytes: u64,
}

/// Lists of ten thousand records and so on up to `most`, each asked one identifier and so on up to
/// a million.
pub(super) async fn run(most: u64, json: Option<&Path>) -> Outcome {
    let program = released_program()?;
    let mut lists = Vec::new();
    let mut records = LEAST_RECORDS;
    while records <= most {
        eprintln!("── {records} records ──");
        lists.push(list(&program, records, most).await?);
        records = records.saturating_mul(10);
    }
    println!("{}", table(&lists));
    if let Some(path) = json {
        let all = serde_json::json!({ "lists": lists, "machine": Machine::this() });
        fs::write(path, serde_json::to_string_pretty(&all)? + "\n")?;
    }
    Ok(())
}

async fn list(program: &Path, records: u64, most: u64) -> Result<List, Box<dyn std::error::Error>> {
    let mut pair = Pair::found(program, &[LIST]).await?;
    let listed = pair.folder().join("listed.csv");
    write(&listed, (0..records).map(known))?;
    let owner = pair.start_owner(1).await?;
    let published = pair.published();
    let meter = Meter::start(owner).await?;
    let import = pair.import(LIST, &listed, &[])?;
    pair.wait_until_published(published.saturating_add(1)).await?;
    let publish = meter.used()?;
    let before = pair.wire.bytes();
    let requester = pair.start_requester(1).await?;
    let mut result = List {
        records,
        import_cpu_s: import.cpu_s,
        import_memory_bytes: import.memory,
        publish_cpu_s: publish.cpu_s,
        node_memory_bytes: peak_memory(owner),
        wall_s: publish.wall_s,
        fetched_bytes: pair.wire.bytes().saturating_sub(before),
        fetch_cpu_s: cpu_of(requester)?,
        checks: Vec::new(),
    };
    let mut asked = 1;
    while asked <= MOST_ASKED.min(most.saturating_mul(10)) {
        result.checks.push(check(&pair, &listed, [owner, requester], asked, records).await?);
        asked = asked.saturating_mul(10);
    }
    pair.stop().await?;
    Ok(result)
}

async fn check(
    pair: &Pair,
    listed: &Path,
    nodes: [u32; 2],
    asked: u64,
    records: u64,
) -> Result<Check, Box<dyn std::error::Error>> {
    let (file, out) = (pair.folder().join("asked.csv"), pair.folder().join("answers"));
    // All different: equal ones would be asked once.
    let all = (0..asked).map(|n| if n % 2 == 0 && n < records { known(n) } else { stranger(n) });
    write(&file, all)?;
    let meters = Meter::start_all(nodes).await?;
    let [owner, requester] = meters.as_slice() else { return Err("two nodes, two meters".into()) };
    let before = pair.wire.bytes();
    let program = pair.check(&file, &out)?;
    let (owner, requester) = (owner.used()?, requester.used()?);
    if records <= MOST_COMPARED {
        answers::verify(&out, LIST, &answers::expected(listed, &file)?)?;
    }
    Ok(Check {
        asked,
        owner_cpu_s: owner.cpu_s,
        requester_cpu_s: requester.cpu_s,
        program_cpu_s: program.cpu_s,
        wall_s: program.wall_s,
        wire_bytes: pair.wire.bytes().saturating_sub(before),
        requester_memory_bytes: requester.memory,
        program_memory_bytes: program.memory,
    })
}

fn table(lists: &[List]) -> String {
    let mut text =
        "\n| records | import CPU s | publish CPU s | both, wall s | import peak MB | node \
                    peak MB | list as fetched, bytes a record | fetch CPU s |\n\
                    |---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for one in lists {
        let _ = writeln!(
            text,
            "| {} | {:.2} | {:.2} | {:.2} | {} | {} | {:.2} | {:.2} |",
            one.records,
            one.import_cpu_s,
            one.publish_cpu_s,
            one.wall_s,
            one.import_memory_bytes >> 20,
            one.node_memory_bytes >> 20,
            one.fetched_bytes as f64 / one.records as f64,
            one.fetch_cpu_s
        );
    }
    text.push_str(
        "\n| records | asked | owner CPU s | requester's node CPU s | program CPU s | wall s | \
         bytes sent | requester's node peak MB | program peak MB |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for (list, check) in lists.iter().flat_map(|one| one.checks.iter().map(move |c| (one, c))) {
        let _ = writeln!(
            text,
            "| {} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {} | {} | {} |",
            list.records,
            check.asked,
            check.owner_cpu_s,
            check.requester_cpu_s,
            check.program_cpu_s,
            check.wall_s,
            check.wire_bytes,
            check.requester_memory_bytes >> 20,
            check.program_memory_bytes >> 20
        );
    }
    text
}
