//! In one process and with bounded memory: what the nodes call, without the nodes.
//!
//! For each record 16 bytes are held twice: what the list is built of, and a digest of the clear
//! text that the answer is compared with.

use std::{fs::File, io::BufWriter, ops::Range, path::Path, thread};

use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
};
use symbolon_identifiers::{Identifier, IdentifierType, parse};
use symbolon_oprf::{Blind, Error, SecretKey, voprf};
use symbolon_tagset::{DEFAULT_LAMBDA, DummySecret, MembershipHash, Parameters, TagSet, build};

use super::programs::twice;
use crate::{
    Fallible, Outcome,
    made_up::{known, stranger},
};

/// Identifiers of one exchange.
const PIECE: u64 = 8_192;
/// The smaller list holds one of so many.
const PART: u64 = 10;

/// A list as its owner publishes it, and in clear.
struct List {
    tags: TagSet,
    /// Digests of canonical identifiers, sorted.
    clear: Vec<[u8; 16]>,
}

/// Asks `most` identifiers, half of them strangers and a third of them twice, and then a part of that, of lists
/// of `size` records, of a part of that and of none.
pub(super) fn compare(size: u64, most: u64) -> Outcome {
    let key = SecretKey::random(&SystemRandom::new())?;
    let folder = tempfile::tempdir()?;
    let mut lists = Vec::new();
    for (number, records) in [size, size.div_ceil(PART), 0].into_iter().enumerate() {
        lists.push(list(&key, records, &folder.path().join(number.to_string()))?);
    }
    if voprf::additive::blind::<Vec<u8>>(&[], &[]).err() != Some(Error::EmptyBatch) {
        return Err("a question about nothing was blinded".into());
    }
    for asked in [most, most.div_ceil(PART)] {
        let hits: Vec<u64> = in_pieces(asked, |range| ask(&key, &lists, range))?
            .into_iter()
            .reduce(|one, other| one.iter().zip(&other).map(|(a, b)| a + b).collect())
            .unwrap_or_default();
        println!(
            "   {asked} asked of lists of {size}, {} and 0: {hits:?} hits",
            size.div_ceil(PART)
        );
        let nothing_was_compared = hits.first().is_none_or(|hits| *hits == 0);
        if nothing_was_compared {
            return Err("no hit at all".into());
        }
    }
    Ok(())
}

fn list(key: &SecretKey, records: u64, path: &Path) -> Fallible<List> {
    let pieces = in_pieces(records, |range| {
        // Every tenth record twice, as lists have them.
        let all = range.flat_map(|number| {
            std::iter::repeat_n(known(number), if number % 10 == 0 { 2 } else { 1 })
        });
        let identifiers = all.map(|value| identifier(&value)).collect::<Fallible<Vec<_>>>()?;
        let inputs: Vec<_> = identifiers.iter().map(Identifier::oprf_input).collect();
        let hashes: Vec<_> = voprf::evaluate(key, &inputs)?
            .iter()
            .map(|output| MembershipHash(output.membership_hash()))
            .collect();
        Ok((hashes, identifiers.iter().map(in_clear).collect::<Vec<_>>()))
    })?;
    let (mut hashes, mut clear) = (Vec::new(), Vec::new());
    for (some, of_them) in pieces {
        hashes.extend(some);
        clear.extend(of_them);
    }
    clear.sort_unstable();
    clear.dedup();
    let parameters = Parameters { lambda: DEFAULT_LAMBDA, scope: [0; 32], version: 1 };
    let mut file = BufWriter::new(File::create(path)?);
    build(&parameters, hashes, &DummySecret::new([1; 32]), &mut file)?;
    file.into_inner()?.sync_all()?;
    Ok(List { tags: TagSet::open(path)?, clear })
}

/// Hits in each list; an error where an answer is not what the comparison in clear says.
fn ask(key: &SecretKey, lists: &[List], range: Range<u64>) -> Fallible<Vec<u64>> {
    let random = SystemRandom::new();
    let values = twice(range, |n| if n % 2 == 0 { known(n) } else { stranger(n) });
    let identifiers = values.map(|value| identifier(&value)).collect::<Fallible<Vec<_>>>()?;
    let inputs: Vec<_> = identifiers.iter().map(Identifier::oprf_input).collect();
    let blinds = inputs.iter().map(|_| Blind::random(&random)).collect::<Result<Vec<_>, _>>()?;
    let blinded = voprf::additive::blind(&inputs, &blinds)?;
    let answer = voprf::blind_evaluate(key, &blinded, &random)?;
    let outputs = voprf::additive::finalize(
        &key.public_key(),
        &inputs,
        &blinds,
        &blinded,
        &answer.elements,
        &answer.proof,
    )?;
    let hashes: Vec<_> =
        outputs.iter().map(|output| MembershipHash(output.membership_hash())).collect();
    let mut hits = Vec::new();
    for list in lists {
        let found = list.tags.contains_batch(&hashes);
        let right = identifiers.iter().map(|one| list.clear.binary_search(&in_clear(one)).is_ok());
        if !right.eq(found.iter().copied()) {
            return Err("an answer differs from the comparison in clear".into());
        }
        hits.push(found.iter().filter(|hit| **hit).count() as u64);
    }
    Ok(hits)
}

fn identifier(value: &str) -> Fallible<Identifier> {
    Ok(parse(IdentifierType::Email, value, None)?)
}

fn in_clear(identifier: &Identifier) -> [u8; 16] {
    let mut short = [0; 16];
    let long = digest(&SHA256, identifier.canonical());
    short.iter_mut().zip(long.as_ref()).for_each(|(to, from)| *to = *from);
    short
}

/// Does `work` for 0..`count` piece by piece, on all cores.
fn in_pieces<T: Send>(
    count: u64,
    work: impl Fn(Range<u64>) -> Fallible<T> + Sync,
) -> Fallible<Vec<T>> {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let work = &work;
    let results = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|core| {
                scope.spawn(move || {
                    let pieces = (core..count.div_ceil(PIECE)).step_by(cores as usize);
                    pieces
                        .map(|piece| {
                            let first = piece * PIECE;
                            // An error of another thread must be one that can leave it.
                            work(first..count.min(first + PIECE)).map_err(|e| e.to_string())
                        })
                        .collect::<Result<Vec<T>, String>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("a thread failed".to_owned())))
            .collect::<Result<Vec<_>, _>>()
    })?;
    Ok(results.into_iter().flatten().collect())
}
