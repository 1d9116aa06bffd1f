//! What happened to requests for records, and the entries by which the log stands for it: one for
//! each period, whether anything happened or not, so that the log's growth tells nothing of hits.

use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use symbolon_ledger::{Frontier, InclusionProof, LeafHash, TreeHash};
use symbolon_policy::{
    Actor, AgreementId, BureauCode, CheckId, RequestId,
    disclosure::{Alarm, PauseReason, RefusalGround},
};
use time::OffsetDateTime;

use crate::{ActKind, LogOpening, LogRecord, Store, StoreError, log::append_in, opening::Salted};

/// Something that happened to a request for a record. Holds no identifier and nothing of a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DisclosureEvent {
    /// A person of this bureau asked a partner for a record.
    Requested {
        /// The request.
        request: RequestId,
        /// SHA-256 of the signed request, hexadecimal.
        document: String,
        /// Whose record it is.
        owner: BureauCode,
        /// The check that hit.
        check: CheckId,
        /// Who asked.
        by: Actor,
    },
    /// The owner's decision came.
    Settled {
        /// The request.
        request: RequestId,
        /// Where it stands now.
        state: String,
        /// SHA-256 of the signed decision, hexadecimal; empty where there is none.
        decision: String,
    },
    /// A person of this bureau took a request back, or the requester did.
    Withdrawn {
        /// The request.
        request: RequestId,
        /// Who, if it was a person of this bureau.
        by: Option<Actor>,
    },
    /// A partner asks for a record.
    Received {
        /// The request.
        request: RequestId,
        /// SHA-256 of the signed request, hexadecimal.
        document: String,
        /// Who asks.
        requester: BureauCode,
        /// Under which agreement.
        agreement: AgreementId,
        /// Which check is said to have hit.
        check: CheckId,
    },
    /// The hit was recognised; the clock started if nothing else was missing.
    Recognised {
        /// The request.
        request: RequestId,
        /// Whether the clock started.
        clock_started: bool,
    },
    /// The clock was stopped.
    Paused {
        /// The request.
        request: RequestId,
        /// Why.
        reason: PauseReason,
        /// Who did it; nobody where the agreement says so.
        by: Option<Actor>,
    },
    /// A reason to stop the clock was taken away.
    Resumed {
        /// The request.
        request: RequestId,
        /// Which.
        reason: PauseReason,
        /// Who did it; nobody where the agreement says so.
        by: Option<Actor>,
    },
    /// Time runs out.
    Alarmed {
        /// The request.
        request: RequestId,
        /// How much of it is gone.
        alarm: Alarm,
    },
    /// The rules were asked.
    Ruled {
        /// The request.
        request: RequestId,
        /// Whether they let the record be released.
        permitted: bool,
        /// The rules that decided.
        rules: Vec<String>,
        /// Hash of the pack with its tables, hexadecimal.
        pack: String,
    },
    /// A person proposed or approved a release.
    Act {
        /// The request. Events of before do not name it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// What.
        act: ActKind,
        /// What it is about, 32 bytes in hexadecimal.
        subject: String,
        /// Whether it was approved, not proposed.
        approved: bool,
        /// Who.
        by: Actor,
    },
    /// The record was released.
    Released {
        /// The request.
        request: RequestId,
        /// SHA-256 of the signed decision, hexadecimal.
        decision: String,
        /// The fields, by their codes.
        fields: Vec<String>,
        /// The handling code.
        handling_code: String,
        /// Who released it.
        by: Actor,
        /// Who approved it, where the rules ask for two.
        approved_by: Option<String>,
    },
    /// It was refused.
    Refused {
        /// The request.
        request: RequestId,
        /// Why, as the requester is told.
        ground: RefusalGround,
        /// Which step or rule found it, for this bureau alone.
        found: String,
        /// Who did; nobody where the program did.
        by: Option<Actor>,
    },
    /// Nobody decided while it could be decided.
    Lapsed {
        /// The request.
        request: RequestId,
    },
    /// A person of this bureau was shown the request, and the record if it was released.
    Shown {
        /// The request.
        request: RequestId,
        /// Who.
        by: Actor,
    },
    /// A person of this bureau was shown who has asked for which records, and how that stands.
    Listed {
        /// Who.
        by: Actor,
    },
    /// An approver let a colleague follow up a check that somebody else has asked.
    HandedOver {
        /// The check.
        check: CheckId,
        /// Who took it over.
        to: String,
        /// Why.
        reason: String,
        /// The approver.
        by: Actor,
    },
    /// A letter was not even taken.
    NotTaken {
        /// Who sent it.
        requester: BureauCode,
        /// Why.
        reason: String,
    },
    /// What was kept of it was erased, its time being over.
    Erased {
        /// The request.
        request: RequestId,
    },
}

/// An event as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DisclosureEventEntry {
    /// Its index, from 0.
    pub index: u64,
    /// Salted hash of the event.
    pub leaf: LeafHash,
    /// When.
    pub at: OffsetDateTime,
    /// What happened; `None` after erasure.
    pub event: Option<DisclosureEvent>,
    /// The log entry that stands for it, once there is one.
    pub entry: Option<u64>,
}

/// What an event's salted hash stands for: who has it can show the event to others.
pub struct DisclosureOpening {
    /// Its index, from 0.
    pub index: u64,
    /// Salted hash and event.
    pub opened: LogOpening,
    /// The log entry that stands for it, once there is one.
    pub entry: Option<u64>,
}

impl DisclosureOpening {
    fn into_entry(self) -> Result<DisclosureEventEntry, StoreError> {
        let event = self.opened.record().map_err(|_| DAMAGED)?;
        let LogOpening { leaf, at, .. } = self.opened;
        Ok(DisclosureEventEntry { index: self.index, leaf, at, event, entry: self.entry })
    }
}

/// Why an event is among those for which a log entry stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventInclusion {
    /// Its place among them, from 0.
    pub place: u64,
    /// How many they are.
    pub size: u64,
    /// Root of the tree (RFC 6962) over their salted hashes.
    pub root: TreeHash,
    /// Proof that it is there.
    pub proof: InclusionProof,
}

impl Store {
    /// Keeps an event that belongs to no change of a request.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_disclosure_event(
        &self,
        event: &DisclosureEvent,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        add_event_in(&mut transaction, event, None, at).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Makes the log entry that is due, if the period of `cadence_seconds` that began last has none:
    /// one entry, with the root over all events since the entry before it, of which there may be
    /// none. Returns its index.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_disclosures(
        &self,
        cadence_seconds: u64,
        at: OffsetDateTime,
    ) -> Result<Option<u64>, StoreError> {
        let cadence = i64::try_from(cadence_seconds.max(1)).unwrap_or(i64::MAX);
        let period = at.unix_timestamp().div_euclid(cadence);
        let mut transaction = self.begin().await?;
        let ended: Option<(i64,)> = sqlx::query_as("SELECT ended FROM disclosure_periods")
            .fetch_optional(&mut *transaction)
            .await?;
        let Some((ended,)) = ended else {
            // The first period ends with the next look at the clock that falls into another.
            sqlx::query("INSERT INTO disclosure_periods (id, ended) VALUES (1, $1)")
                .bind(period)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            return Ok(None);
        };
        // Another cadence counts otherwise; whatever differs is another period.
        if ended == period {
            return Ok(None);
        }
        let leaves: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT event_index, leaf_hash FROM disclosure_events WHERE entry_index IS NULL
             ORDER BY event_index",
        )
        .fetch_all(&mut *transaction)
        .await?;
        let root = root_of(leaves.iter().map(|(_, leaf)| leaf.as_slice()))?;
        let record = LogRecord::Disclosures { root };
        let (entry, _) = append_in(&mut transaction, &record, at).await?;
        sqlx::query("UPDATE disclosure_events SET entry_index = $1 WHERE entry_index IS NULL")
            .bind(i64::try_from(entry).map_err(|_| DAMAGED)?)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("UPDATE disclosure_periods SET ended = $1 WHERE id = 1")
            .bind(period)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(entry))
    }

    /// Events from `first` on, at most `most`, each checked against its salted hash.
    ///
    /// # Errors
    /// When the database fails, or an event does not fit its hash.
    pub async fn disclosure_events(
        &self,
        first: u64,
        most: u32,
    ) -> Result<Vec<DisclosureEventEntry>, StoreError> {
        let openings = self.disclosure_openings(first, most).await?;
        openings.into_iter().map(DisclosureOpening::into_entry).collect()
    }

    /// Events from `first` on, at most `most`, as they are: nothing is checked, so that who looks for
    /// what was changed finds it.
    ///
    /// # Errors
    /// When the database fails, or a column has another size than it can have.
    pub async fn disclosure_openings(
        &self,
        first: u64,
        most: u32,
    ) -> Result<Vec<DisclosureOpening>, StoreError> {
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT event_index, leaf_hash, recorded_at, salt, record, entry_index
             FROM disclosure_events WHERE event_index >= $1 ORDER BY event_index LIMIT $2",
        )
        .bind(i64::try_from(first).unwrap_or(i64::MAX))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(opening).collect()
    }

    /// All events that name a request and were not erased, in order, each checked against its salted
    /// hash. Partners choose ids: two of them may have chosen the same.
    ///
    /// # Errors
    /// When the database fails, or an event does not fit its hash.
    pub async fn disclosure_events_of(
        &self,
        request: &RequestId,
    ) -> Result<Vec<DisclosureEventEntry>, StoreError> {
        let named = format!("\"request\":\"{request}\"").into_bytes();
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT event_index, leaf_hash, recorded_at, salt, record, entry_index
             FROM disclosure_events WHERE instr(record, $1) > 0 ORDER BY event_index",
        )
        .bind(named)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|row| opening(row)?.into_entry()).collect()
    }

    /// Why an event is among those for which a log entry stands; `None` while there is no entry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn event_inclusion(
        &self,
        event: &DisclosureEventEntry,
    ) -> Result<Option<EventInclusion>, StoreError> {
        let Some(entry) = event.entry else { return Ok(None) };
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT event_index, leaf_hash FROM disclosure_events WHERE entry_index = $1
             ORDER BY event_index",
        )
        .bind(i64::try_from(entry).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        let place = rows.iter().position(|(index, _)| u64::try_from(*index) == Ok(event.index));
        let place = place.and_then(|place| u64::try_from(place).ok()).ok_or(DAMAGED)?;
        let leaves = rows
            .into_iter()
            .map(|(_, leaf)| leaf.try_into().map(LeafHash).map_err(|_| DAMAGED))
            .collect::<Result<Vec<_>, _>>()?;
        let mut tree = Frontier::default();
        leaves.iter().for_each(|leaf| tree.append(leaf));
        let proof = InclusionProof::of_leaves(&leaves, place).map_err(|_| DAMAGED)?;
        Ok(Some(EventInclusion { place, size: tree.len(), root: tree.root(), proof }))
    }

    /// The root over the events for which a log entry stands, as it must be in that entry's record,
    /// hexadecimal.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disclosure_root(&self, entry: u64) -> Result<String, StoreError> {
        let leaves: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT leaf_hash FROM disclosure_events WHERE entry_index = $1 ORDER BY event_index",
        )
        .bind(i64::try_from(entry).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        root_of(leaves.iter().map(|(leaf,)| leaf.as_slice()))
    }
}

type EventRow = (i64, Vec<u8>, i64, Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>);

fn opening(row: EventRow) -> Result<DisclosureOpening, StoreError> {
    let (index, leaf, at, salt, record, entry) = row;
    Ok(DisclosureOpening {
        index: u64::try_from(index).map_err(|_| DAMAGED)?,
        opened: LogOpening::read(leaf, at, salt, record).map_err(|_| DAMAGED)?,
        entry: entry.map(u64::try_from).transpose().map_err(|_| DAMAGED)?,
    })
}

/// Root of the tree (RFC 6962, section 2.1) over salted hashes, hexadecimal.
fn root_of<'a>(leaves: impl Iterator<Item = &'a [u8]>) -> Result<String, StoreError> {
    let mut tree = Frontier::default();
    for leaf in leaves {
        tree.append(&LeafHash(leaf.try_into().map_err(|_| DAMAGED)?));
    }
    Ok(hex::encode(tree.root().0))
}

/// Keeps an event. Whoever does not know under which agreement its request is has it looked up by the id; of
/// one that two partners have chosen it stays unknown.
pub(crate) async fn add_event_in(
    transaction: &mut Transaction<'static, Sqlite>,
    event: &DisclosureEvent,
    agreement: Option<&AgreementId>,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let Salted { leaf, salt, record } = Salted::new(event, at)?;
    sqlx::query(
        // Quotes in texts of an event are escaped: so its request is named, and nothing else.
        "INSERT INTO disclosure_events (event_index, leaf_hash, recorded_at, salt, record, agreement)
         VALUES ((SELECT COALESCE(MAX(event_index) + 1, 0) FROM disclosure_events), $1, $2, $3, $4,
             COALESCE($5, (
                 SELECT CASE WHEN COUNT(DISTINCT d.agreement) = 1 THEN MAX(d.agreement) END
                 FROM disclosures d
                 WHERE instr($4, CAST('\"request\":\"' || lower(hex(d.request_id)) || '\"' AS BLOB)) > 0)))",
    )
    .bind(leaf.0.as_slice())
    .bind(at.unix_timestamp())
    .bind(salt.as_slice())
    .bind(record)
    .bind(agreement.map(AgreementId::as_str))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

const DAMAGED: StoreError = StoreError::Damaged { what: "event of a request for a record" };
