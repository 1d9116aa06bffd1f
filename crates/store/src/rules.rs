//! Rules of this bureau's lawyers: kept under their hash, put in force by two people.

use sqlx::{Sqlite, SqliteConnection, Transaction};
use symbolon_policy::{Actor, CheckId, rules::RulesHash};
use time::OffsetDateTime;

use crate::{
    ActError, ActKind, LogEntry, LogRecord, Store, StoreError,
    log::{Sought, append_in, entry_at, newest_of},
    retention::erasures_hold,
};

/// Rules that two people have put in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adoption {
    /// 1 for the first, and so on.
    pub number: u64,
    /// Which rules.
    pub rules: RulesHash,
    /// Who proposed them: a SPIFFE identity.
    pub proposed_by: String,
    /// Who approved them: another one.
    pub approved_by: String,
    /// Since when they are in force.
    pub at: OffsetDateTime,
    /// The entry of the log that says so.
    pub entry_index: u64,
}

/// What is in force, as the table of adoptions and the log have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InForce {
    /// Nothing was ever adopted.
    Nothing,
    /// Both say that this was, and nothing after it.
    Adopted(Adoption),
    /// They do not say the same, or records of the log were taken away.
    Contradicted {
        /// What the table has in force, else what the log has; zeros if neither can be read.
        rules: RulesHash,
        /// The last adoption in the table.
        adoption: Option<Adoption>,
    },
}

impl InForce {
    fn contradicted(adoption: Option<Adoption>, newest: Option<LogEntry>) -> Self {
        let logged = match newest.and_then(|entry| entry.record) {
            Some(LogRecord::RulesAdopted { rules, .. }) => rules,
            _ => RulesHash([0; 32]),
        };
        Self::Contradicted { rules: adoption.as_ref().map_or(logged, |one| one.rules), adoption }
    }
}

/// Rules that wait for a second person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProposedRules {
    /// Which rules.
    pub rules: RulesHash,
    /// Who proposed them: a SPIFFE identity.
    pub proposed_by: String,
    /// When.
    pub at: OffsetDateTime,
}

impl Store {
    /// Keeps the files of rules and proposes that they be put in force.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn propose_rules(
        &self,
        rules: &RulesHash,
        files: &[(String, String)],
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<(), ActError> {
        let mut transaction = self.begin().await?;
        keep(&mut transaction, rules, files, at).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        self.propose_act(ActKind::AdoptRules, &rules.0, by, at).await
    }

    /// Approves rules that another person has proposed, and puts them in force. A proposal serves
    /// once: whoever wants to go back to earlier rules needs two people again.
    ///
    /// # Errors
    /// When nobody has proposed them, the same person has, or the database fails.
    pub async fn approve_rules(
        &self,
        rules: &RulesHash,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<Adoption, ActError> {
        let act = self.approve_act(ActKind::AdoptRules, &rules.0, by, at).await?;
        let mut transaction = self.begin().await?;
        let taken = sqlx::query(
            "DELETE FROM acts WHERE kind = $1 AND subject = $2 AND proposed_by = $3
             AND approved_by = $4",
        )
        .bind(ActKind::AdoptRules.as_str())
        .bind(rules.0.as_slice())
        .bind(&act.proposed_by)
        .bind(&by.id)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::from)?
        .rows_affected();
        // Somebody has proposed anew, or approved, between the two steps.
        if taken != 1 {
            return Err(ActError::NotProposed);
        }
        let record = LogRecord::RulesAdopted {
            rules: *rules,
            proposed_by: act.proposed_by.clone(),
            approved_by: by.clone(),
        };
        let (entry_index, _) = append_in(&mut transaction, &record, at).await?;
        let (number,): (i64,) = sqlx::query_as(
            "INSERT INTO rule_adoptions (number, rules_hash, proposed_by, approved_by, adopted_at,
                 entry_index)
             VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM rule_adoptions), $1, $2, $3, $4, $5)
             RETURNING number",
        )
        .bind(rules.0.as_slice())
        .bind(&act.proposed_by)
        .bind(&by.id)
        .bind(at.unix_timestamp())
        .bind(i64::try_from(entry_index).map_err(|_| DAMAGED)?)
        .fetch_one(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(Adoption {
            number: u64::try_from(number).map_err(|_| DAMAGED)?,
            rules: *rules,
            proposed_by: act.proposed_by,
            approved_by: by.id.clone(),
            at,
            entry_index,
        })
    }

    /// How often rules were adopted: changes when others come in force, and costs next to nothing to
    /// look at. 0 as long as nothing was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn adoptions_count(&self) -> Result<u64, StoreError> {
        let (number,): (i64,) =
            sqlx::query_as("SELECT COALESCE(MAX(number), 0) FROM rule_adoptions")
                .fetch_one(&self.pool)
                .await?;
        u64::try_from(number).map_err(|_| DAMAGED)
    }

    /// All adoptions, the one in force last.
    ///
    /// # Errors
    /// When the database fails or holds what it cannot hold.
    pub async fn adoptions(&self) -> Result<Vec<Adoption>, StoreError> {
        adoptions(&mut *self.pool.acquire().await?).await
    }

    /// What is in force, by what the log says: the newest adoption whose entry it has. Whoever takes
    /// rows or records away gets no earlier rules in force, and not none, but a contradiction.
    ///
    /// # Errors
    /// When the database fails or holds what it cannot hold.
    pub async fn adoption_in_force(&self) -> Result<InForce, StoreError> {
        // What table and log are read from does not change in between.
        let mut transaction = self.pool.begin().await?;
        let last = adoptions(&mut transaction).await?.pop();
        let newest = match newest_of(&mut transaction, Sought::RulesAdopted).await? {
            None => None,
            Some(index) => match entry_at(&mut transaction, index).await {
                Ok(entry) => Some(entry),
                Err(StoreError::Damaged { .. }) => {
                    return Ok(InForce::contradicted(last, None));
                }
                Err(error) => return Err(error),
            },
        };
        let erasures_hold = match erasures_hold(&mut transaction).await {
            Err(StoreError::Damaged { .. }) => false,
            // A database that fails for a moment is asked again.
            holds => holds?,
        };
        Ok(match (last, newest) {
            (None, None) if erasures_hold => InForce::Nothing,
            (Some(last), Some(newest)) if erasures_hold && says(&newest, &last) => {
                InForce::Adopted(last)
            }
            (last, newest) => InForce::contradicted(last, newest),
        })
    }

    /// Rules that were proposed and not approved yet, oldest first.
    ///
    /// # Errors
    /// When the database fails or holds what it cannot hold.
    pub async fn proposed_rules(&self) -> Result<Vec<ProposedRules>, StoreError> {
        let rows: Vec<(Vec<u8>, String, i64)> = sqlx::query_as(
            "SELECT subject, proposed_by, proposed_at FROM acts WHERE kind = $1
             ORDER BY proposed_at, subject",
        )
        .bind(ActKind::AdoptRules.as_str())
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(rules, proposed_by, at)| {
                Ok(ProposedRules {
                    rules: RulesHash(rules.try_into().map_err(|_| DAMAGED)?),
                    proposed_by,
                    at: OffsetDateTime::from_unix_timestamp(at).map_err(|_| DAMAGED)?,
                })
            })
            .collect()
    }

    /// The files of rules that were proposed here once, by name; empty if none with this hash were.
    /// Whether they are what they were is for the caller to see: they hash to `rules` then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rule_files(&self, rules: &RulesHash) -> Result<Vec<(String, String)>, StoreError> {
        let files =
            sqlx::query_as("SELECT name, text FROM rule_files WHERE rules_hash = $1 ORDER BY name")
                .bind(rules.0.as_slice())
                .fetch_all(&self.pool)
                .await?;
        Ok(files)
    }
}

impl Store {
    /// All entries of the log that name `check`, each checked against its leaf. Goes through the whole
    /// log, at about a gigabyte a second.
    ///
    /// # Errors
    /// When the database fails, or an entry does not fit its leaf.
    pub async fn log_entries_about(&self, check: &CheckId) -> Result<Vec<LogEntry>, StoreError> {
        // Records are JSON, in which an id stands in hexadecimal.
        let indices: Vec<(i64,)> = sqlx::query_as(
            "SELECT entry_index FROM log_entries WHERE instr(record, $1) > 0 ORDER BY entry_index",
        )
        .bind(check.to_string().into_bytes())
        .fetch_all(&self.pool)
        .await?;
        let mut entries = Vec::with_capacity(indices.len());
        for (index,) in indices {
            let index = u64::try_from(index).map_err(|_| DAMAGED)?;
            entries.extend(self.log_entries(index, 1).await?);
        }
        Ok(entries)
    }
}

async fn adoptions(connection: &mut SqliteConnection) -> Result<Vec<Adoption>, StoreError> {
    let rows: Vec<(i64, Vec<u8>, String, String, i64, i64)> = sqlx::query_as(
        "SELECT number, rules_hash, proposed_by, approved_by, adopted_at, entry_index
         FROM rule_adoptions ORDER BY number",
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(number, rules, proposed_by, approved_by, at, entry_index)| {
            Ok(Adoption {
                number: u64::try_from(number).map_err(|_| DAMAGED)?,
                rules: RulesHash(rules.try_into().map_err(|_| DAMAGED)?),
                proposed_by,
                approved_by,
                at: OffsetDateTime::from_unix_timestamp(at).map_err(|_| DAMAGED)?,
                entry_index: u64::try_from(entry_index).map_err(|_| DAMAGED)?,
            })
        })
        .collect()
}

/// Whether that entry says that this adoption took place.
fn says(entry: &LogEntry, adoption: &Adoption) -> bool {
    entry.index == adoption.entry_index
        && matches!(
            &entry.record,
            Some(LogRecord::RulesAdopted { rules, proposed_by, approved_by })
                if *rules == adoption.rules
                    && *proposed_by == adoption.proposed_by
                    && approved_by.id == adoption.approved_by
        )
}

/// The same rules kept again stay as they are, unless what was kept was damaged.
async fn keep(
    transaction: &mut Transaction<'static, Sqlite>,
    rules: &RulesHash,
    files: &[(String, String)],
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rule_sets (rules_hash, stored_at) VALUES ($1, $2)
         ON CONFLICT (rules_hash) DO NOTHING",
    )
    .bind(rules.0.as_slice())
    .bind(at.unix_timestamp())
    .execute(&mut **transaction)
    .await?;
    sqlx::query("DELETE FROM rule_files WHERE rules_hash = $1")
        .bind(rules.0.as_slice())
        .execute(&mut **transaction)
        .await?;
    for (name, text) in files {
        sqlx::query("INSERT INTO rule_files (rules_hash, name, text) VALUES ($1, $2, $3)")
            .bind(rules.0.as_slice())
            .bind(name)
            .bind(text)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

const DAMAGED: StoreError = StoreError::Damaged { what: "rules in force" };
