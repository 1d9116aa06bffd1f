//! Salted hashes of records, and what they stand for: record and salt can be erased, the hash never is.

use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use symbolon_ledger::{Commitment, LeafHash, SALT_LEN};
use time::OffsetDateTime;

use crate::StoreError;

/// What a leaf stands for: who has it can show the record to others.
pub struct LogOpening {
    /// The leaf.
    pub leaf: LeafHash,
    /// When it was recorded.
    pub at: OffsetDateTime,
    /// Salt and record, as JSON, unless they were erased.
    pub opening: Option<([u8; SALT_LEN], Vec<u8>)>,
}

/// A record is not what its leaf stands for, or none at all.
pub(crate) struct Unfit;

impl LogOpening {
    /// From the columns in which it is kept. Nothing is held against anything.
    pub(crate) fn read(
        leaf: Vec<u8>,
        at: i64,
        salt: Option<Vec<u8>>,
        record: Option<Vec<u8>>,
    ) -> Result<Self, Unfit> {
        let opening = match (salt, record) {
            (Some(salt), Some(record)) => Some((salt.try_into().map_err(|_| Unfit)?, record)),
            _ => None,
        };
        Ok(Self {
            leaf: LeafHash(leaf.try_into().map_err(|_| Unfit)?),
            at: OffsetDateTime::from_unix_timestamp(at).map_err(|_| Unfit)?,
            opening,
        })
    }

    /// Whether salt and record are what the leaf stands for, and the time beside them the one that the
    /// record says. Nothing can be held against what was erased.
    pub fn holds(&self) -> bool {
        self.opening.as_ref().is_none_or(|(salt, record)| {
            Commitment::new(salt, record).leaf_hash() == self.leaf
                && time_in(record).is_none_or(|at| at == self.at.unix_timestamp())
        })
    }

    /// The record, if the leaf stands for it; `None` after erasure.
    pub(crate) fn record<T: DeserializeOwned>(&self) -> Result<Option<T>, Unfit> {
        if !self.holds() {
            return Err(Unfit);
        }
        let record = self.opening.as_ref().map(|(_, record)| serde_json::from_slice(record));
        record.transpose().map_err(|_| Unfit)
    }
}

/// When a record, as the JSON that was hashed, says that it was made: whole seconds since 1970 (UTC).
/// `None` for records of before, which do not say it, and for what is no record.
pub(crate) fn time_in(record: &[u8]) -> Option<i64> {
    #[derive(Deserialize)]
    struct Dated {
        at: i64,
    }
    serde_json::from_slice(record).ok().map(|Dated { at }| at)
}

/// A record as it is kept, with its salt and the leaf that stands for both.
pub(crate) struct Salted {
    pub(crate) leaf: LeafHash,
    pub(crate) salt: [u8; SALT_LEN],
    pub(crate) record: Vec<u8>,
}

impl Salted {
    /// With when it is made, in whole seconds since 1970 (UTC), so that the leaf stands for that, too.
    pub(crate) fn new<T: Serialize>(record: &T, at: OffsetDateTime) -> Result<Self, StoreError> {
        #[derive(Serialize)]
        struct Dated<'a, T> {
            at: i64,
            #[serde(flatten)]
            record: &'a T,
        }
        let dated = Dated { at: at.unix_timestamp(), record };
        let record = serde_json::to_vec(&dated)
            .map_err(|_| StoreError::Damaged { what: "record for the log" })?;
        let mut salt = [0; SALT_LEN];
        SystemRandom::new().fill(&mut salt).map_err(|_| StoreError::Randomness)?;
        Ok(Self { leaf: Commitment::new(&salt, &record).leaf_hash(), salt, record })
    }
}
