//! Through both nodes: three lists, asked three questions.

use std::{fs, ops::Range, path::Path};

use crate::{
    Fallible, Outcome, answers,
    made_up::{known, stranger, write},
    pair::Pair,
};

/// Of the smaller lists and questions.
const PART: u64 = 100;
/// Numbers in one check: with other spellings a third more rows, of which a check takes a million.
const NUMBERS_A_CHECK: u64 = 700_000;

/// One list of `size` records, one of a hundredth, an empty one; questions of the same sizes.
pub(super) async fn compare(program: &Path, size: u64) -> Outcome {
    let mut pair = Pair::found(program, &["whole", "part", "empty"]).await?;
    let part = size.div_ceil(PART);
    let mut lists = Vec::new();
    for (list, records) in [("whole", size), ("part", part), ("empty", 0)] {
        let file = pair.folder().join(format!("{list}.csv"));
        write(&file, twice(0..records, known))?;
        if records > 0 {
            pair.import(list, &file, &[])?;
        }
        lists.push((list, file));
    }
    pair.start_owner(lists.len() as u64).await?;
    pair.start_requester(lists.len() as u64).await?;

    let (file, out) = (pair.folder().join("asked.csv"), pair.folder().join("answers"));
    for asked in [size, part] {
        let mut hits = vec![0; lists.len()];
        for first in (0..asked).step_by(usize::try_from(NUMBERS_A_CHECK)?) {
            let numbers = first..asked.min(first + NUMBERS_A_CHECK);
            write(&file, twice(numbers, |n| if n % 2 == 0 { known(n) } else { stranger(n) }))?;
            pair.check(&file, &out)?;
            for ((list, records), hits) in lists.iter().zip(&mut hits) {
                let expected = answers::expected(records, &file)?;
                answers::verify(&out, list, &expected)?;
                *hits += expected.hits.len();
            }
        }
        for ((list, _), hits) in lists.iter().zip(hits) {
            println!("   {asked} asked of {list}: {hits} hits");
        }
    }
    asks_nothing(&pair, &file, &out)?;
    pair.stop().await
}

/// A question about nothing is refused before anybody is asked.
fn asks_nothing(pair: &Pair, file: &Path, out: &Path) -> Fallible<()> {
    write(file, [])?;
    if pair.check(file, out).is_ok() || !fs::read(out)?.is_empty() {
        return Err("a check of nothing had an answer".into());
    }
    Ok(())
}

/// Each of them, and every third a second time in another spelling.
pub(super) fn twice(
    numbers: Range<u64>,
    value: impl Fn(u64) -> String,
) -> impl Iterator<Item = String> {
    numbers.flat_map(move |number| {
        let value = value(number);
        let other = match number % 6 {
            0 => Some(value.to_uppercase()),
            3 => Some(format!("mailto:{value}")),
            _ => None,
        };
        std::iter::once(value).chain(other)
    })
}
