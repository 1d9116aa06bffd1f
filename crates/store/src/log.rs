use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteConnection, Transaction};
use symbolon_ledger::LeafHash;
use symbolon_policy::{
    Actor, AgreementHash, AgreementId, AgreementState, BureauCode, CardFingerprint,
    CertificateHash, CheckId, ScopeId, StandingId,
    rules::{LoggedDecision, RulesHash},
    watch::FindingKind,
};
use time::OffsetDateTime;

use crate::{
    ActKind, AdministrativeAct, LogOpening, Store, StoreError, TokenId,
    opening::{Salted, time_in},
    tree::add_nodes,
};

/// What the log keeps of an event, as JSON with the time in front, until its retention ends. Holds no
/// identifier and nothing that depends on hits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogRecord {
    /// A person proposed an act that needs two people.
    ActProposed {
        /// What is done.
        act: ActKind,
        /// What it is about, 32 bytes in hexadecimal.
        subject: String,
        /// Who.
        by: Actor,
    },
    /// Another person approved it.
    ActApproved {
        /// What is done.
        act: ActKind,
        /// What it is about, 32 bytes in hexadecimal.
        subject: String,
        /// Who.
        by: Actor,
    },
    /// Two people put rules with their tables in force.
    RulesAdopted {
        /// Which.
        rules: RulesHash,
        /// Who proposed them.
        proposed_by: String,
        /// Who approved them.
        approved_by: Actor,
    },
    /// A person changed the state of this bureau.
    Administered {
        /// How.
        act: AdministrativeAct,
        /// Which dataset, agreement or certificate, by its id.
        subject: String,
        /// Who.
        by: Actor,
    },
    /// A person got a certificate.
    CertificateIssued {
        /// Which.
        certificate: CertificateHash,
        /// Who got it, with the roles in it.
        holder: Actor,
        /// Who issued it.
        by: Actor,
    },
    /// A person's certificate is good no more.
    CertificateRevoked {
        /// Which.
        certificate: CertificateHash,
        /// Whose it was.
        holder: Actor,
        /// Why, in the words of who revoked it.
        reason: String,
        /// Who revoked it.
        by: Actor,
    },
    /// A person of an agency got a bearer token.
    TokenIssued {
        /// Which, by the name that is no secret.
        token: TokenId,
        /// Who got it, with what it allows.
        holder: Actor,
        /// Until when it is good.
        #[serde(with = "time::serde::rfc3339")]
        expires_at: OffsetDateTime,
        /// Who issued it.
        by: Actor,
    },
    /// A bearer token is good no more.
    TokenRevoked {
        /// Which, by the name that is no secret.
        token: TokenId,
        /// Whose it was.
        holder: Actor,
        /// Why, in the words of who revoked it.
        reason: String,
        /// Who revoked it.
        by: Actor,
    },
    /// An identity called the bureau face for the first time on this day (UTC).
    LoggedIn {
        /// Who.
        by: Actor,
    },
    /// The bureau face refused what a person's certificate does not allow; once a day for each
    /// identity and act.
    ActRefused {
        /// What was wanted.
        act: String,
        /// Why not.
        reason: String,
        /// Who.
        by: Actor,
    },
    /// An approver allowed others to ask in a case.
    CheckApproved {
        /// Which case: the keyed hash of its reference, hexadecimal.
        case: String,
        /// For which purpose.
        purpose: String,
        /// Who may ask. Entries of before have none.
        #[serde(default)]
        asker: String,
        /// Of which types; of every type where empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        types: Vec<String>,
        /// For so many identifiers in all. In entries of before: in each question.
        most_elements: u64,
        /// Until when.
        #[serde(with = "time::serde::rfc3339")]
        valid_until: OffsetDateTime,
        /// Who.
        by: Actor,
    },
    /// A step in the life of a text of an agreement.
    AgreementStep {
        /// The agreement.
        agreement: AgreementId,
        /// The text.
        hash: AgreementHash,
        /// What happened, by its code.
        step: String,
        /// The state after it.
        state: AgreementState,
        /// The party whose step it was: who signed, suspended, resumed or revoked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        party: Option<String>,
        /// The person of this bureau who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        /// Why, as its party says.
        reason: String,
    },
    /// A bureau became known by its card.
    ContactAdded {
        /// Which.
        bureau: BureauCode,
        /// Fingerprint of the card.
        fingerprint: CardFingerprint,
        /// Who compared it.
        by: Actor,
    },
    /// A bureau is no longer known by card.
    ContactRemoved {
        /// Which.
        bureau: BureauCode,
        /// Who removed it.
        by: Actor,
    },
    /// An agreement came into this node. Entries of before have it instead of steps.
    AgreementInstalled {
        /// Which.
        agreement: AgreementId,
        /// Its text.
        hash: AgreementHash,
    },
    /// An agreement was taken out of this node.
    AgreementRemoved {
        /// Which.
        agreement: AgreementId,
    },
    /// A scope got its key.
    ScopeKeyMade {
        /// Which.
        scope: ScopeId,
    },
    /// A scope's wrapping key was destroyed: nothing can be evaluated in it any more.
    ScopeKeyDestroyed {
        /// Which.
        scope: ScopeId,
    },
    /// A version of a tag set was published.
    ManifestPublished {
        /// Which scope.
        scope: ScopeId,
        /// Which version.
        version: u64,
        /// SHA-256 of the manifest, hexadecimal.
        manifest: String,
        /// What rules kept out of it, if they kept out anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept_out: Option<KeptOut>,
    },
    /// A partner's check was admitted and counted.
    CheckAdmitted {
        /// Who asks.
        requester: BureauCode,
        /// Which check.
        check: CheckId,
        /// Under which agreement.
        agreement: AgreementId,
        /// SHA-256 of the header, hexadecimal.
        header: String,
        /// How many elements it may ask.
        elements: u64,
        /// What the rules said. Entries of before have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<Box<LoggedDecision>>,
    },
    /// A partner's check was answered, whole or in part.
    CheckAnswered {
        /// Who asked.
        requester: BureauCode,
        /// Which check.
        check: CheckId,
        /// Under which agreement. Entries of before have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agreement: Option<AgreementId>,
        /// How many elements were evaluated.
        answered: u64,
        /// Whether it was a repetition, not counted again.
        repeated: bool,
        /// Digest of the evaluated elements, hexadecimal.
        evaluated: String,
        /// The reason, if it broke off.
        broke_off: Option<String>,
    },
    /// A partner's check was refused before anything was evaluated.
    CheckRefused {
        /// Who asked.
        requester: BureauCode,
        /// Which check.
        check: CheckId,
        /// Under which agreement. Entries of before have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agreement: Option<AgreementId>,
        /// SHA-256 of the header, hexadecimal.
        header: String,
        /// Why.
        reason: String,
        /// What the rules said, where it came to that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<Box<LoggedDecision>>,
    },
    /// Checks of a partner that were refused in one hour beyond those that have entries of their own.
    ChecksRefused {
        /// Who asked.
        requester: BureauCode,
        /// When the hour began.
        #[serde(with = "time::serde::rfc3339")]
        hour: OffsetDateTime,
        /// How many, by reason.
        refused: BTreeMap<String, u64>,
    },
    /// What was older than it may be was erased: records and salts of entries, sealed checks, headers.
    RecordsErased {
        /// All older than this.
        #[serde(with = "time::serde::rfc3339")]
        before: OffsetDateTime,
        /// Of what belongs to that agreement only, which keeps it for a shorter time than this node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agreement: Option<AgreementId>,
        /// Entries of the log, whose leaves stay.
        entries: u64,
        /// Checks of this bureau.
        asked: u64,
        /// Checks of partners.
        answered: u64,
        /// Entries of the log whose records this and all earlier erasures took: so many are without
        /// one, and any more were taken by other means. Entries of before have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_all: Option<u64>,
    },
    /// What happened to requests for records since the entry before of this kind: one each period,
    /// whether anything happened or not, and always of one length.
    Disclosures {
        /// Root of the tree (RFC 6962) over the salted hashes of the events, hexadecimal; of the
        /// empty tree where there was none.
        root: String,
    },
    /// An inspector opened a check.
    CheckOpened {
        /// Which.
        check: CheckId,
        /// Which of its elements; all if `None`.
        position: Option<u64>,
        /// The agreements under which its headers were kept then. Entries of before have none.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        agreements: BTreeSet<AgreementId>,
        /// Who.
        by: Actor,
    },
    /// Something was seen that a person should look at.
    FindingMade {
        /// Its number.
        finding: u64,
        /// What.
        kind: FindingKind,
        /// The partner that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partner: Option<BureauCode>,
    },
    /// A person looked at a finding.
    FindingShown {
        /// Its number.
        finding: u64,
        /// Who.
        by: Actor,
    },
    /// A person took a finding off the list.
    FindingAcknowledged {
        /// Its number.
        finding: u64,
        /// Who.
        by: Actor,
    },
    /// A person changed which identifiers are known to be those of one of the bureau's own people.
    OwnIdentifiersChanged {
        /// How many were added.
        added: u64,
        /// How many were removed.
        removed: u64,
        /// Who.
        by: Actor,
    },
    /// This bureau asked.
    CheckAsked {
        /// Which check.
        check: CheckId,
        /// SHA-256 over the SHA-256 of each of its signed headers, in the order in which they were
        /// recorded, hexadecimal. Entries of before have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        headers: Option<String>,
        /// What the rules said for each partner and agreement. Only where they permit is a header
        /// signed and sent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        decisions: Vec<LoggedDecision>,
    },
    /// This bureau asked a check again.
    CheckAskedAgain {
        /// Which check.
        check: CheckId,
        /// What the rules said now for each partner and agreement.
        decisions: Vec<LoggedDecision>,
        /// The agreements under which its headers were kept then, also where the rules said nothing because
        /// nothing may be asked under one now. Entries of before have none.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        agreements: BTreeSet<AgreementId>,
    },
    /// A person of this bureau began a standing check.
    StandingBegun {
        /// Which.
        standing: StandingId,
    },
    /// A person added identifiers to a standing check, or removed some.
    StandingUpdated {
        /// Which.
        standing: StandingId,
    },
    /// A person looked what a standing check hits.
    StandingMatched {
        /// Which.
        standing: StandingId,
    },
    /// A person ended a standing check: its tags and identifiers were destroyed.
    StandingEnded {
        /// Which.
        standing: StandingId,
    },
}

/// Which rules kept how much out of a tag set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptOut {
    /// The rules in force, with their tables.
    pub rules: RulesHash,
    /// Identifiers that are not in the set.
    pub identifiers: u64,
    /// Records that were not admitted, by the ids of the rules that forbade it; empty text for those
    /// that no rule permitted or that could not be decided. Here, as where records are loaded, each
    /// naming of an identifier counts.
    pub records: BTreeMap<String, u64>,
}

/// An entry of the log as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogEntry {
    /// Its index, from 0.
    pub index: u64,
    /// Its leaf in the tree.
    pub leaf: LeafHash,
    /// When it was made.
    pub at: OffsetDateTime,
    /// What it says; `None` after erasure.
    pub record: Option<LogRecord>,
}

impl Store {
    /// Appends to the log.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append(
        &self,
        record: &LogRecord,
        at: OffsetDateTime,
    ) -> Result<(u64, LeafHash), StoreError> {
        let mut transaction = self.begin().await?;
        let entry = append_in(&mut transaction, record, at).await?;
        transaction.commit().await?;
        Ok(entry)
    }

    /// Entries from `first` on, at most `most`, each checked against its leaf.
    ///
    /// # Errors
    /// When the database fails, or an entry does not fit its leaf.
    pub async fn log_entries(&self, first: u64, most: u32) -> Result<Vec<LogEntry>, StoreError> {
        let openings = self.log_openings(first, most).await?;
        openings.into_iter().map(entry).collect()
    }
}

impl LogRecord {
    /// When a record, as the JSON that was hashed, says that it was made: whole seconds since 1970
    /// (UTC). `None` for records of before, which do not say it, and for what is no record.
    pub fn time_in(record: &[u8]) -> Option<i64> {
        time_in(record)
    }
}

impl Store {
    /// Entries from `first` on, at most `most`, as they are: nothing is checked, so that who looks for
    /// what was changed finds it.
    ///
    /// # Errors
    /// When the database fails, or a column has another size than it can have.
    pub async fn log_openings(
        &self,
        first: u64,
        most: u32,
    ) -> Result<Vec<(u64, LogOpening)>, StoreError> {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "SELECT entry_index, leaf_hash, recorded_at, salt, record FROM log_entries
             WHERE entry_index >= $1 ORDER BY entry_index LIMIT $2",
        )
        .bind(i64::try_from(first).unwrap_or(i64::MAX))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(opening).collect()
    }
}

type EntryRow = (i64, Vec<u8>, i64, Option<Vec<u8>>, Option<Vec<u8>>);

fn opening((index, leaf, at, salt, record): EntryRow) -> Result<(u64, LogOpening), StoreError> {
    let opening = LogOpening::read(leaf, at, salt, record).map_err(|_| DAMAGED)?;
    Ok((u64::try_from(index).map_err(|_| DAMAGED)?, opening))
}

fn entry((index, opening): (u64, LogOpening)) -> Result<LogEntry, StoreError> {
    let record = opening.record().map_err(|_| DAMAGED)?;
    Ok(LogEntry { index, leaf: opening.leaf, at: opening.at, record })
}

const DAMAGED: StoreError = StoreError::Damaged { what: "log entry" };

/// Events whose newest entry is looked for.
#[derive(Clone, Copy)]
pub(crate) enum Sought {
    /// Rules were adopted.
    RulesAdopted,
    /// Records were erased, under an agreement or all.
    Erased,
    /// All records were erased, whatever agreement they belong to.
    AllErased,
}

impl Sought {
    /// Quotes in texts of a record are escaped: so its event is named, and nothing else. The conditions
    /// are those of the indices of these entries, word for word.
    fn query(self) -> &'static str {
        match self {
            Self::RulesAdopted => {
                "SELECT entry_index FROM log_entries
                 WHERE instr(record, CAST('\"event\":\"rules_adopted\"' AS BLOB)) > 0
                 ORDER BY entry_index DESC LIMIT 1"
            }
            Self::Erased => {
                "SELECT entry_index FROM log_entries
                 WHERE instr(record, CAST('\"event\":\"records_erased\"' AS BLOB)) > 0
                 ORDER BY entry_index DESC LIMIT 1"
            }
            // Only an erasure under an agreement names one.
            Self::AllErased => {
                "SELECT entry_index FROM log_entries
                 WHERE instr(record, CAST('\"event\":\"records_erased\"' AS BLOB)) > 0
                     AND instr(record, CAST('\"agreement\":' AS BLOB)) = 0
                 ORDER BY entry_index DESC LIMIT 1"
            }
        }
    }
}

/// The index of the newest entry of an event whose record is kept; nothing of it is checked.
pub(crate) async fn newest_of(
    connection: &mut SqliteConnection,
    event: Sought,
) -> Result<Option<i64>, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as(event.query()).fetch_optional(connection).await?;
    Ok(row.map(|(index,)| index))
}

/// One entry that is there, checked against its leaf.
pub(crate) async fn entry_at(
    connection: &mut SqliteConnection,
    index: i64,
) -> Result<LogEntry, StoreError> {
    let row: EntryRow = sqlx::query_as(
        "SELECT entry_index, leaf_hash, recorded_at, salt, record FROM log_entries
         WHERE entry_index = $1",
    )
    .bind(index)
    .fetch_one(connection)
    .await?;
    entry(opening(row)?)
}

pub(crate) async fn append_in(
    transaction: &mut Transaction<'_, Sqlite>,
    record: &LogRecord,
    at: OffsetDateTime,
) -> Result<(u64, LeafHash), StoreError> {
    let Salted { leaf, salt, record } = Salted::new(record, at)?;
    let (index,): (i64,) = sqlx::query_as(
        "INSERT INTO log_entries (entry_index, leaf_hash, recorded_at, salt, record)
         VALUES ((SELECT COALESCE(MAX(entry_index) + 1, 0) FROM log_entries), $1, $2, $3, $4)
         RETURNING entry_index",
    )
    .bind(leaf.0.as_slice())
    .bind(at.unix_timestamp())
    .bind(salt.as_slice())
    .bind(record)
    .fetch_one(&mut **transaction)
    .await?;
    let index = u64::try_from(index).map_err(|_| DAMAGED)?;
    add_nodes(transaction, index, leaf.0).await?;
    Ok((index, leaf))
}
