//! Many bureaus: founded, loaded, agreed and started, several at a time.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use symbolon_cli::{
    Profile,
    rows::Mapping,
    scenario::{Bureau, RunningNode, agree, dataset, simple_terms},
};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementTerms, SignedAgreement};
use symbolon_store::NodeConfig;
use tokio::task::JoinSet;

use crate::{Fallible, made_up::known};

const DAILY_QUOTA: u64 = 1_000_000;
/// How often nodes look at one another's lists. Rarer than a node usually does: so many that look every
/// few seconds would have this machine do nothing else.
const REFRESH_SECONDS: u64 = 60;
/// Below the ports that the system gives to outgoing connections, so that none takes a node's.
const FIRST_PORT: u16 = 10_000;
/// More than cores, because founding waits for the disk most of the time.
const AT_ONCE: usize = 16;

pub(super) struct World {
    pub(super) requester: Bureau,
    pub(super) partners: Vec<Bureau>,
    pub(super) founding: Duration,
    pub(super) agreeing: Duration,
}

/// One bureau that asks, and `count` partners with the same list each.
pub(super) async fn found(
    root: &Path,
    count: usize,
    records: u64,
    multilateral: bool,
) -> Fallible<World> {
    let began = Instant::now();
    let mut list = "identifier_type,value\n".to_owned();
    for number in 0..records {
        list += &format!("email,{}\n", known(number));
    }
    let list: Arc<str> = list.into();
    let work: Vec<_> = ports()
        .take(count.saturating_add(1))
        .enumerate()
        .map(|(number, ports)| {
            let (root, list) = (root.join(number.to_string()), Arc::clone(&list));
            let has_list = number > 0 || multilateral;
            async move { found_one(&root, number, ports, has_list.then_some(&list)).await }
        })
        .collect();
    let mut bureaus = some_at_once(work).await?.into_iter();
    let requester = bureaus.next().ok_or("no port is free")?;
    let partners: Vec<_> = bureaus.collect();
    let founding = began.elapsed();

    let began = Instant::now();
    if multilateral {
        let all: Vec<&Bureau> = std::iter::once(&requester).chain(&partners).collect();
        let datasets = all.iter().map(|bureau| offered(bureau)).collect();
        let terms = simple_terms("all", "All with all", &all, datasets)?;
        agree_together(&terms, &all).await?;
    } else {
        let work: Vec<_> = partners
            .iter()
            .map(|partner| {
                let (requester, partner) = (requester.clone(), partner.clone());
                async move {
                    let id = format!("req-{}", partner.code).to_ascii_lowercase();
                    let offered = vec![offered(&partner)];
                    let both = [&requester, &partner];
                    let terms = simple_terms(&id, "Two bureaus", &both, offered)?;
                    agree(&terms, &both).await.map(|_| ())
                }
            })
            .collect();
        some_at_once(work).await?;
    }
    Ok(World { requester, partners, founding, agreeing: began.elapsed() })
}

/// Starts all nodes, the requester's first.
pub(super) fn start(
    program: &Path,
    requester: &Bureau,
    partners: &[Bureau],
) -> Fallible<(Vec<RunningNode>, Profile)> {
    let profile = Profile::find(Some(&requester.issue("analyst")?))?;
    let mut nodes = Vec::new();
    for bureau in std::iter::once(requester).chain(partners) {
        let log = std::fs::File::create(bureau.folder.root().join("node.log"))?;
        nodes.push(bureau.start(program, Stdio::from(log))?);
    }
    Ok((nodes, profile))
}

async fn found_one(
    root: &Path,
    number: usize,
    ports: [SocketAddr; 3],
    list: Option<&Arc<str>>,
) -> Result<Bureau, symbolon_cli::CliError> {
    let bureau = Bureau::found_at(root, &code(number), &format!("Bureau {number}"), ports)?;
    let mut config = NodeConfig::read(&bureau.folder)?;
    // The one that asks must not wait a minute for lists that are not made yet.
    config.refresh_seconds = if number == 0 { 5 } else { REFRESH_SECONDS };
    config.write(&bureau.folder)?;
    match list {
        Some(list) => {
            let id = dataset_id(&bureau);
            bureau.load(&id, &id, list.as_bytes(), Mapping::default()).await?;
        }
        // Its agreements are installed side by side, which must not all make the database.
        None => bureau.store().await?.close().await,
    }
    Ok(bureau)
}

/// Like [`agree`], with the installations side by side.
async fn agree_together(terms: &AgreementTerms, bureaus: &[&Bureau]) -> Fallible<()> {
    let mut signed = SignedAgreement::draft(terms)?;
    for bureau in bureaus {
        bureau.sign(&mut signed)?;
    }
    let signed = Arc::new(signed);
    let work: Vec<_> = bureaus
        .iter()
        .map(|bureau| {
            let (bureau, signed) = ((*bureau).clone(), Arc::clone(&signed));
            async move { bureau.install(&signed).await.map(|_| ()) }
        })
        .collect();
    some_at_once(work).await?;
    Ok(())
}

/// Runs all of them, some at a time, and keeps the order of their results.
async fn some_at_once<T: Send + 'static>(
    work: Vec<impl Future<Output = Result<T, symbolon_cli::CliError>> + Send + 'static>,
) -> Fallible<Vec<T>> {
    let mut done = Vec::new();
    let mut running = JoinSet::new();
    for (place, one) in work.into_iter().enumerate() {
        if running.len() >= AT_ONCE {
            done.extend(running.join_next().await.transpose()?);
        }
        running.spawn(async move { (place, one.await) });
    }
    done.extend(running.join_all().await);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| Ok(result?)).collect()
}

fn offered(bureau: &Bureau) -> symbolon_policy::Dataset {
    let id = dataset_id(bureau);
    dataset(&id, &bureau.code, &id, &[IdentifierType::Email], DAILY_QUOTA)
}

fn dataset_id(bureau: &Bureau) -> String {
    format!("list-{}", bureau.code).to_ascii_lowercase()
}

/// AAA, AAB and so on.
fn code(number: usize) -> String {
    [676, 26, 1]
        .into_iter()
        .filter_map(|place| u8::try_from(number / place % 26).ok())
        .map(|letter| char::from(b'A'.saturating_add(letter)))
        .collect()
}

/// Free loopback addresses, three at a time.
fn ports() -> impl Iterator<Item = [SocketAddr; 3]> {
    let mut free = (FIRST_PORT..u16::MAX).filter_map(|port| {
        let listener = TcpListener::bind(("127.0.0.1", port)).ok()?;
        listener.local_addr().ok()
    });
    std::iter::from_fn(move || Some([free.next()?, free.next()?, free.next()?]))
}
