//! By what word people name a text of an agreement: its id, or, where other texts bear that too, the first
//! digits of its hash.

use symbolon_policy::{AgreementHash, AgreementId};
use symbolon_store::StoredText;

/// Fewer digits of a hash are taken for an id.
const FEWEST_DIGITS: usize = 8;

/// The texts that a word may mean. One that has ended does not stand in the way of one that has not.
pub(super) fn meant<'a>(texts: &'a [StoredText], word: &str) -> Vec<&'a StoredText> {
    let by_id: Vec<_> = texts.iter().filter(|text| text.id.as_str() == word).collect();
    if by_id.is_empty() {
        let is_hash = word.len() >= FEWEST_DIGITS && word.bytes().all(|b| b.is_ascii_hexdigit());
        return texts
            .iter()
            .filter(|text| is_hash && text.hash.to_string().starts_with(word))
            .collect();
    }
    let living: Vec<_> = by_id.iter().copied().filter(|text| !text.state.is_over()).collect();
    if living.is_empty() { by_id } else { living }
}

/// The word that means just this text among those that are known.
pub(crate) fn word_for(texts: &[StoredText], id: &AgreementId, hash: &AgreementHash) -> String {
    match meant(texts, id.as_str()).as_slice() {
        [one] if one.hash == *hash => id.to_string(),
        _ => short(hash),
    }
}

/// The first digits of a hash, for people.
pub(crate) fn short(hash: &AgreementHash) -> String {
    hash.to_string().chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use symbolon_policy::AgreementState::{self, Active, Expired, Proposed, Revoked};
    use time::OffsetDateTime;

    use super::*;

    fn text(id: &str, digit: u8, state: AgreementState) -> StoredText {
        StoredText {
            id: id.parse().unwrap(),
            hash: AgreementHash([digit; 32]),
            document: String::new(),
            state,
            since: OffsetDateTime::UNIX_EPOCH,
            origin: String::new(),
            suspensions: Vec::new(),
        }
    }

    fn word(texts: &[StoredText], at: usize) -> String {
        word_for(texts, &texts[at].id, &texts[at].hash)
    }

    #[test]
    fn a_text_is_named_by_its_id_unless_another_that_has_not_ended_bears_it() {
        let texts = [text("one", 1, Active), text("two", 2, Active), text("two", 3, Proposed)];
        assert_eq!(word(&texts, 0), "one");
        assert_eq!(word(&texts, 1), "020202020202");
        assert_eq!(word(&texts, 2), "030303030303");
    }

    #[test]
    fn what_has_ended_makes_no_id_ambiguous_but_its_own_word_does_not_mean_another() {
        let texts = [text("one", 1, Revoked), text("one", 2, Expired), text("one", 3, Active)];
        assert_eq!(word(&texts, 2), "one");
        assert_eq!(word(&texts, 0), "010101010101");
    }

    #[test]
    fn each_word_means_its_own_text_alone() {
        let texts = [
            text("one", 1, Revoked),
            text("one", 2, Active),
            text("one", 3, Proposed),
            text("two", 4, Expired),
        ];
        for (at, one) in texts.iter().enumerate() {
            assert_eq!(meant(&texts, &word(&texts, at)), [one]);
        }
        assert_eq!(meant(&texts, "one").len(), 2);
        assert!(meant(&texts, "three").is_empty() && meant(&texts, "0101").is_empty());
    }
}
