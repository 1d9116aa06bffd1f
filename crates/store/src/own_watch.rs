//! Who of this bureau asked what lately, as keyed hashes: enough to see that something is asked
//! again, or that its neighbours are, and of no use without the node's key.

use std::collections::{BTreeMap, BTreeSet};

use ring::hmac;
use sqlx::{QueryBuilder, Sqlite, Transaction};
use symbolon_policy::Actor;
use time::{Duration, OffsetDateTime};

use crate::{LogRecord, Store, StoreError, day::day_of, log::append_in};

/// Days for which hashes are kept.
pub const OWN_WATCH_DAYS: i64 = 30;

/// Most elements of one check that are looked up and kept. A longer list is looked at by itself.
pub const MOST_WATCHED: usize = 1_000;

/// HMAC-SHA-256, cut to 16 bytes, under a key that is derived from the node's key-encryption key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WatchHash([u8; 16]);

/// An element of a question, as far as the watch knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnQuestion {
    /// The identifier.
    pub value: WatchHash,
    /// The two neighbourhoods that it lies in: two values that share one are next to each other.
    pub near: Option<[WatchHash; 2]>,
}

/// A question about to be asked: who, and what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnQuestions {
    /// Who asks, by the identity in the certificate: what else a check says of its officer is written
    /// by whoever asks.
    pub person: WatchHash,
    /// What; at most [`MOST_WATCHED`].
    pub elements: Vec<OwnQuestion>,
}

/// What the last 30 days know of a question.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnHistory {
    /// For each element how many other values next to it the same person asked.
    pub neighbours: Vec<u64>,
    /// How often this bureau has asked the one of the elements that it asked most often.
    pub repeats: u64,
    /// Whether an element is an identifier of one of the people given.
    pub own: bool,
}

impl Store {
    /// The hash of a text that names a person.
    pub fn person_hash(&self, parts: &[&str]) -> WatchHash {
        let mut bytes = b"person\0".to_vec();
        for part in parts {
            // A name is written now with capitals, now without.
            bytes.extend_from_slice(part.trim().to_lowercase().as_bytes());
            bytes.push(0);
        }
        self.watch_hash(&bytes)
    }

    /// The hash of an identifier, of which `oprf_input` names type, rules version and value.
    pub fn value_hash(&self, oprf_input: &[u8]) -> WatchHash {
        self.watch_hash(&zeroize::Zeroizing::new([b"value\0".as_slice(), oprf_input].concat()))
    }

    /// The hash of a neighbourhood.
    pub fn near_hash(&self, neighbourhood: &[u8]) -> WatchHash {
        self.watch_hash(&zeroize::Zeroizing::new([b"near\0".as_slice(), neighbourhood].concat()))
    }

    fn watch_hash(&self, bytes: &[u8]) -> WatchHash {
        let tag = hmac::sign(&self.keys.watch, bytes);
        let mut hash = [0; 16];
        for (to, from) in hash.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        WatchHash(hash)
    }

    /// What was asked before that is equal to the elements or next to them, and whether they are
    /// identifiers of `people`. Changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn own_history(
        &self,
        questions: &OwnQuestions,
        people: &[WatchHash],
        at: OffsetDateTime,
    ) -> Result<OwnHistory, StoreError> {
        if questions.elements.is_empty() {
            return Ok(OwnHistory::default());
        }
        let since = day_of(at).saturating_sub(OWN_WATCH_DAYS);
        let values = || questions.elements.iter().map(|one| one.value);
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT CAST(SUM(times) AS BIGINT) FROM own_questions WHERE day > ",
        );
        query.push_bind(since).push(" AND value IN ");
        bind_all(&mut query, values());
        query.push(" GROUP BY value ORDER BY 1 DESC LIMIT 1");
        let most: Option<(i64,)> =
            query.build_query_as().persistent(false).fetch_optional(&self.pool).await?;
        let repeats = most.map_or(0, |(times,)| u64::try_from(times).unwrap_or(0));

        let mut query =
            QueryBuilder::<Sqlite>::new("SELECT 1 FROM own_identifiers WHERE person IN ");
        bind_all(&mut query, people.iter().copied());
        query.push(" AND value IN ");
        bind_all(&mut query, values());
        query.push(" LIMIT 1");
        let own: Option<(i64,)> =
            query.build_query_as().persistent(false).fetch_optional(&self.pool).await?;

        let low = self.asked_near(questions, "near_low", 0, since).await?;
        let high = self.asked_near(questions, "near_high", 1, since).await?;
        let neighbours = questions
            .elements
            .iter()
            .map(|one| {
                let Some([near_low, near_high]) = &one.near else { return 0 };
                let asked: BTreeSet<&Vec<u8>> =
                    [low.get(&bytes(near_low)), high.get(&bytes(near_high))]
                        .into_iter()
                        .flatten()
                        .flatten()
                        .filter(|asked| asked.as_slice() != one.value.0)
                        .collect();
                asked.len() as u64
            })
            .collect();
        Ok(OwnHistory { neighbours, repeats, own: own.is_some() })
    }

    /// What this person asked in the elements' neighbourhoods of one kind.
    async fn asked_near(
        &self,
        questions: &OwnQuestions,
        column: &'static str,
        place: usize,
        since: i64,
    ) -> Result<BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>, StoreError> {
        let wanted: Vec<WatchHash> = questions
            .elements
            .iter()
            .filter_map(|one| one.near.as_ref()?.get(place).copied())
            .collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut query = QueryBuilder::<Sqlite>::new("SELECT ");
        query.push(column).push(", value FROM own_questions WHERE person = ");
        query.push_bind(questions.person.0.to_vec()).push(" AND day > ").push_bind(since);
        query.push(" AND ").push(column).push(" IN ");
        bind_all(&mut query, wanted.into_iter());
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            query.build_query_as().persistent(false).fetch_all(&self.pool).await?;
        let mut asked: BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>> = BTreeMap::new();
        for (near, value) in rows {
            asked.entry(near).or_default().insert(value);
        }
        Ok(asked)
    }

    /// The identifiers that were entered for `people`: few, and none as a rule.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn own_identifiers(
        &self,
        people: &[WatchHash],
    ) -> Result<BTreeSet<WatchHash>, StoreError> {
        let mut query =
            QueryBuilder::<Sqlite>::new("SELECT value FROM own_identifiers WHERE person IN ");
        bind_all(&mut query, people.iter().copied());
        let rows: Vec<(Vec<u8>,)> =
            query.build_query_as().persistent(false).fetch_all(&self.pool).await?;
        rows.into_iter()
            .map(|(value,)| {
                let hash = value.try_into().map_err(|_| StoreError::Damaged { what: "watch" })?;
                Ok(WatchHash(hash))
            })
            .collect()
    }

    /// Enters identifiers of one of this bureau's people, and logs who did. Says how many were new.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_own_identifiers(
        &self,
        person: WatchHash,
        values: &[WatchHash],
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let mut added = 0_u64;
        for value in values {
            let rows = sqlx::query(
                "INSERT INTO own_identifiers (value, person, added_at) VALUES ($1, $2, $3)
                 ON CONFLICT (value, person) DO NOTHING",
            )
            .bind(value.0.as_slice())
            .bind(person.0.as_slice())
            .bind(at.unix_timestamp())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            added = added.saturating_add(rows);
        }
        let record = LogRecord::OwnIdentifiersChanged { added, removed: 0, by: by.clone() };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(added)
    }

    /// Takes out all identifiers of a person, and logs who did. Says how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_own_identifiers(
        &self,
        person: WatchHash,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let removed = sqlx::query("DELETE FROM own_identifiers WHERE person = $1")
            .bind(person.0.as_slice())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        let record = LogRecord::OwnIdentifiersChanged { added: 0, removed, by: by.clone() };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(removed)
    }

    /// Erases what is older than the watch looks back; says how much there was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn erase_own_questions(&self, at: OffsetDateTime) -> Result<u64, StoreError> {
        let before = at.checked_sub(Duration::days(OWN_WATCH_DAYS)).unwrap_or(at);
        let erased = sqlx::query("DELETE FROM own_questions WHERE day <= $1")
            .bind(day_of(before))
            .execute(&self.pool)
            .await?
            .rows_affected();
        Ok(erased)
    }
}

/// Keeps a question with the record of its check.
pub(crate) async fn keep_in(
    transaction: &mut Transaction<'static, Sqlite>,
    questions: &OwnQuestions,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    if questions.elements.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO own_questions (value, person, day, near_low, near_high, times) ",
    );
    insert.push_values(questions.elements.iter().take(MOST_WATCHED), |mut row, one| {
        let near = |place: usize| one.near.as_ref().and_then(|near| near.get(place)).map(bytes);
        row.push_bind(bytes(&one.value))
            .push_bind(bytes(&questions.person))
            .push_bind(day_of(at))
            .push_bind(near(0))
            .push_bind(near(1))
            .push_bind(1_i64);
    });
    insert.push(" ON CONFLICT (value, person, day) DO UPDATE SET times = own_questions.times + 1");
    insert.build().persistent(false).execute(&mut **transaction).await?;
    Ok(())
}

fn bytes(hash: &WatchHash) -> Vec<u8> {
    hash.0.to_vec()
}

fn bind_all(query: &mut QueryBuilder<Sqlite>, hashes: impl Iterator<Item = WatchHash>) {
    query.push("(");
    let mut list = query.separated(", ");
    for hash in hashes.take(MOST_WATCHED) {
        list.push_bind(bytes(&hash));
    }
    query.push(")");
}
