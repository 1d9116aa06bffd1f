//! Reading what `symbolon check --all` prints, and what it should have printed.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use crate::Fallible;

/// By list: what was answered, each identifier once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) hits: BTreeSet<String>,
    pub(crate) no_hits: BTreeSet<String>,
}

/// Reads the answers of one check of e-mail addresses. Lists have titles of one word.
pub(crate) fn read(path: &Path) -> Fallible<BTreeMap<String, Answers>> {
    let mut lists: BTreeMap<String, Answers> = BTreeMap::new();
    for line in BufReader::new(File::open(path)?).lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let (Some(identifier), Some("email"), Some(_bureau)) =
            (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let is_hit = match words.next() {
            Some("HIT") => true,
            Some("no") if words.next() == Some("hit") => false,
            _ => return Err(format!("a question without an answer: {line}").into()),
        };
        let list = lists.entry(words.next().unwrap_or_default().to_owned()).or_default();
        let kind = if is_hit { &mut list.hits } else { &mut list.no_hits };
        kind.insert(identifier.to_owned());
    }
    Ok(lists)
}

/// An error unless a file of a standing check's hits names exactly the expected ones in `list`.
pub(crate) fn verify_hits(path: &Path, list: &str, expected: &Answers) -> Fallible<()> {
    let mut rows = csv::Reader::from_path(path)?;
    let mut hits = BTreeSet::new();
    for row in rows.records() {
        let row = row?;
        if row.get(4) == Some(list) {
            hits.insert(row.get(2).unwrap_or_default().to_owned());
        }
    }
    if hits == expected.hits {
        return Ok(());
    }
    let missed = expected.hits.difference(&hits).count();
    let wrong = hits.difference(&expected.hits).count();
    Err(format!("{list}: {missed} hits were missed, {wrong} hits are wrong").into())
}

/// What must come out: both files compared in clear, as everyone's spreadsheet would.
pub(crate) fn expected(listed: &Path, asked: &Path) -> Fallible<Answers> {
    let listed: HashSet<String> = values(listed)?.collect();
    let (hits, no_hits) = values(asked)?.partition(|value| listed.contains(value));
    Ok(Answers { hits, no_hits })
}

/// An error unless the answers for `list` are exactly right.
pub(crate) fn verify(answers: &Path, list: &str, expected: &Answers) -> Fallible<()> {
    let all = read(answers)?;
    let found = all.get(list).ok_or_else(|| format!("there is no answer about {list}"))?;
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "{list}: {} hits and {} no hits, of which {} and {} are wrong; expected {} and {}",
        found.hits.len(),
        found.no_hits.len(),
        found.hits.difference(&expected.hits).count(),
        found.no_hits.difference(&expected.no_hits).count(),
        expected.hits.len(),
        expected.no_hits.len()
    )
    .into())
}

/// The last column of a file written by [`crate::made_up`], in the canonical spelling.
fn values(path: &Path) -> Fallible<impl Iterator<Item = String>> {
    let lines = BufReader::new(File::open(path)?).lines().skip(1);
    Ok(lines.map_while(Result::ok).filter_map(|line| {
        let (_, value) = line.rsplit_once(',')?;
        // What the tests of equality spell otherwise differs in these ways only.
        Some(value.to_lowercase().trim_start_matches("mailto:").to_owned())
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::fs;

    use super::*;

    const PRINTED: &str = "\
IDENTIFIER     TYPE    BUREAU  ANSWER  LIST
a@example.com  email   Owner   HIT     list (as of 2026-11-23 21:14)
b@example.com  email   Owner   no hit  list (as of 2026-11-23 21:14)

Check 00 took 1 ms.
";

    #[test]
    fn one_wrong_answer_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let [out, listed, asked] = ["out", "listed", "asked"].map(|name| folder.path().join(name));
        fs::write(&out, PRINTED).unwrap();
        fs::write(&listed, "value\nR,A@example.com\n").unwrap();
        fs::write(&asked, "value\nR,mailto:a@example.com\nR,a@example.com\nR,b@example.com\n")
            .unwrap();
        let right = expected(&listed, &asked).unwrap();
        verify(&out, "list", &right).unwrap();
        fs::write(&listed, "value\nR,b@example.com\n").unwrap();
        let wrong = expected(&listed, &asked).unwrap();
        assert!(verify(&out, "list", &wrong).is_err());
        assert!(verify(&out, "other", &right).is_err());
    }

    #[test]
    fn a_question_without_an_answer_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        fs::write(&out, PRINTED.replace("no hit ", "no answer")).unwrap();
        assert!(read(&out).is_err());
    }
}
