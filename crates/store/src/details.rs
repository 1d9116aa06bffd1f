//! What the owner knows of records beside their identifiers: attributes, of which only few are
//! different and each is kept once, and fields, sealed.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use symbolon_identifiers::{Identifier, IdentifierType};
use symbolon_policy::{RecordAttributes, RecordDetails, rules::DisclosedField};
use time::{Date, Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::{
    FolderError, Sealer, Store, StoreError,
    block::{self, Entries},
    sorter::{Batch, Change, Sorted, Sorter},
};

/// Records worked on in one statement.
const BATCH: usize = 512;
/// Blocks read in one statement.
const BLOCKS_AT_ONCE: u32 = 256;
/// Memory in which the details of a load, and the records that leave in it, are sorted; bytes.
const SORT_MEMORY: usize = 32 << 20;
/// Rows of these sorters have no type; the sorter wants one.
const NO_KIND: IdentifierType = IdentifierType::TravelDocument;

impl Store {
    /// The references of the records of a dataset that name an identifier, in byte order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn references_of(
        &self,
        dataset: &str,
        identifier: &Identifier,
    ) -> Result<Vec<String>, StoreError> {
        let canonical = identifier.canonical();
        let block: Option<(Vec<u8>,)> = sqlx::query_as(
            "SELECT body FROM blocks JOIN lists ON lists.id = blocks.list
             WHERE dataset = $1 AND identifier_type = $2 AND first <= $3
             ORDER BY first DESC LIMIT 1",
        )
        .bind(dataset)
        .bind(identifier.kind().name())
        .bind(canonical)
        .fetch_optional(&self.pool)
        .await?;
        let Some((body,)) = block else { return Ok(Vec::new()) };
        let mut entries = Entries::of(&body);
        while let Some(entry) = entries.next()? {
            if entry.canonical == canonical {
                let names = entry.references.iter().map(|name| String::from_utf8(name.to_vec()));
                return names.collect::<Result<_, _>>().map_err(|_| block::DAMAGED);
            }
        }
        Ok(Vec::new())
    }

    /// What is known of a record beside its identifiers; `None` where nothing is. Where the load did
    /// not say when it was entered, that is the day on which its details first came.
    ///
    /// # Errors
    /// When the database fails or the fields do not open.
    pub async fn record_details(
        &self,
        dataset: &str,
        reference: &str,
    ) -> Result<Option<RecordDetails>, StoreError> {
        let row: Option<(String, i64, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT record_attributes.attributes, first_day, fields FROM record_details
             JOIN record_attributes ON record_attributes.id = record_details.attributes
             WHERE record_details.dataset = $1 AND reference = $2",
        )
        .bind(dataset)
        .bind(reference)
        .fetch_optional(&self.pool)
        .await?;
        let Some((attributes, first_day, sealed)) = row else { return Ok(None) };
        let fields = match sealed {
            None => BTreeMap::new(),
            Some(sealed) => self.open_fields(dataset, reference, &sealed)?,
        };
        Ok(Some(RecordDetails { attributes: aged(&attributes, first_day)?, fields }))
    }
}

impl Store {
    pub(crate) fn open_fields(
        &self,
        dataset: &str,
        reference: &str,
        sealed: &[u8],
    ) -> Result<BTreeMap<DisclosedField, String>, StoreError> {
        let sealer = &self.keys.key_encryption;
        let plain = sealer.open(&about(dataset, reference.as_bytes()), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| DAMAGED)
    }
}

/// Attributes as they are stored, with the day on which their record was entered.
pub(crate) fn aged(attributes: &str, first_day: i64) -> Result<RecordAttributes, StoreError> {
    let mut attributes: RecordAttributes = serde_json::from_str(attributes).map_err(|_| DAMAGED)?;
    if attributes.entered_on.is_none() {
        let days = Duration::days(first_day);
        let day = OffsetDateTime::UNIX_EPOCH.checked_add(days).ok_or(DAMAGED)?;
        attributes.entered_on = Some(day.date());
    }
    Ok(attributes)
}

/// What a load says of records, gathered until it is made so.
pub(crate) struct Described {
    rows: Sorter,
    any: bool,
}

impl Described {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { rows: Sorter::new(folder, SORT_MEMORY), any: false }
    }

    pub(crate) fn push(
        &mut self,
        reference: &str,
        details: &RecordDetails,
    ) -> Result<(), StoreError> {
        self.any = true;
        let written = Written::of(details)?;
        Ok(self.rows.push(NO_KIND, reference.as_bytes(), &written.0, Change::Add)?)
    }

    /// What is to be written, sorted; `None` where the load says nothing of any record.
    pub(crate) fn finish(self) -> Result<Option<Sorted>, FolderError> {
        if self.any { self.rows.finish().map(Some) } else { Ok(None) }
    }
}

/// Details on their way into the database: attributes and fields in JSON with a zero between, which
/// JSON never has; empty where nothing is said. Of equal details it is the same.
struct Written(Zeroizing<Vec<u8>>);

impl Written {
    fn of(details: &RecordDetails) -> Result<Self, StoreError> {
        // Reserved whole, so that no growth leaves copies behind. JSON doubles a sign at most.
        let fields: usize = details.fields.values().map(|text| 2 * text.len() + 64).sum();
        let mut bytes = Zeroizing::new(Vec::with_capacity(fields + 4_096));
        if details != &RecordDetails::default() {
            serde_json::to_writer(&mut *bytes, &details.attributes).map_err(|_| DAMAGED)?;
            bytes.push(0);
            if !details.fields.is_empty() {
                serde_json::to_writer(&mut *bytes, &details.fields).map_err(|_| DAMAGED)?;
            }
        }
        Ok(Self(bytes))
    }
}

/// What a record gets.
struct Wanted<'a> {
    reference: &'a str,
    attributes: &'a str,
    /// Plain JSON; empty where there are none.
    fields: &'a [u8],
}

impl<'a> Wanted<'a> {
    fn read(reference: &'a [u8], written: &'a [u8]) -> Option<Self> {
        let zero = written.iter().position(|byte| *byte == 0)?;
        let (attributes, fields) = written.split_at_checked(zero)?;
        Some(Self {
            reference: str::from_utf8(reference).ok()?,
            attributes: str::from_utf8(attributes).ok()?,
            fields: fields.get(1..)?,
        })
    }
}

/// The details of a dataset, being brought into step with a load in the caller's transaction.
pub(crate) struct Keeping<'a> {
    pub(crate) connection: &'a mut SqliteConnection,
    pub(crate) sealer: &'a Sealer,
    pub(crate) dataset: &'a str,
    pub(crate) today: Date,
}

impl Keeping<'_> {
    /// Writes what a load says of records. Returns of how many records it is something else than
    /// before.
    pub(crate) async fn write(&mut self, mut rows: Sorted) -> Result<u64, StoreError> {
        let mut changed = 0;
        let mut batch = Batch::default();
        let mut known = HashMap::new();
        while rows.next_kind().is_some() {
            rows.next_batch(&mut batch, BATCH)?;
            let mut wanted = Vec::new();
            let mut blank = Vec::new();
            for (reference, steps) in batch.iter() {
                // Of two rows on one record, the last that says something counts.
                let said = steps.filter(|step| !step.reference.is_empty());
                match said.max_by_key(|step| step.row) {
                    Some(step) => {
                        wanted.push(Wanted::read(reference, step.reference).ok_or(DAMAGED)?);
                    }
                    None => blank.push(str::from_utf8(reference).map_err(|_| DAMAGED)?),
                }
            }
            changed += self.put(&wanted, &mut known).await?;
            changed += self.remove(&blank).await?;
        }
        Ok(changed)
    }

    /// Takes the details of records away that no identifier of the dataset names any more.
    /// `suspects` are records that lost a name. Returns how many.
    pub(crate) async fn leave(&mut self, mut suspects: Sorted) -> Result<u64, StoreError> {
        let mut batch = Batch::default();
        let mut gone = HashSet::new();
        while suspects.next_kind().is_some() {
            suspects.next_batch(&mut batch, BATCH)?;
            let names: Result<Vec<_>, _> =
                batch.iter().map(|(reference, _)| str::from_utf8(reference)).collect();
            gone.extend(self.with_details(&names.map_err(|_| DAMAGED)?).await?);
        }
        if gone.is_empty() {
            return Ok(0);
        }
        self.spare_named(&mut gone).await?;
        let gone: Vec<_> = gone.iter().map(String::as_str).collect();
        let mut removed = 0;
        for part in gone.chunks(BATCH) {
            removed += self.remove(part).await?;
        }
        Ok(removed)
    }

    /// Takes those out of `gone` that an identifier still names.
    async fn spare_named(&mut self, gone: &mut HashSet<String>) -> Result<(), StoreError> {
        let lists: Vec<(i64,)> = sqlx::query_as("SELECT id FROM lists WHERE dataset = $1")
            .bind(self.dataset)
            .fetch_all(&mut *self.connection)
            .await?;
        for (list,) in lists {
            let mut read_to: Option<Vec<u8>> = None;
            loop {
                let blocks: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
                    "SELECT first, body FROM blocks WHERE list = $1 AND ($2 IS NULL OR first > $2)
                     ORDER BY first LIMIT $3",
                )
                .bind(list)
                .bind(read_to.as_deref())
                .bind(BLOCKS_AT_ONCE)
                .fetch_all(&mut *self.connection)
                .await?;
                let Some((last, _)) = blocks.last() else { break };
                read_to = Some(last.clone());
                for (_, body) in &blocks {
                    let mut entries = Entries::of(body);
                    while let Some(entry) = entries.next()? {
                        for name in entry.references.iter() {
                            // A reference is text; what is none has no details.
                            if let Ok(name) = str::from_utf8(name) {
                                gone.remove(name);
                            }
                        }
                    }
                }
                if gone.is_empty() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn with_details(&mut self, references: &[&str]) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT reference FROM record_details
             WHERE dataset = $1 AND reference IN (SELECT value FROM json_each($2))",
        )
        .bind(self.dataset)
        .bind(serde_json::to_string(references).map_err(|_| DAMAGED)?)
        .fetch_all(&mut *self.connection)
        .await?;
        Ok(rows.into_iter().map(|(reference,)| reference).collect())
    }

    /// Returns how many of them had something else before.
    async fn put(
        &mut self,
        wanted: &[Wanted<'_>],
        known: &mut HashMap<String, i64>,
    ) -> Result<u64, StoreError> {
        if wanted.is_empty() {
            return Ok(0);
        }
        let references: Vec<_> = wanted.iter().map(|one| one.reference).collect();
        let held: Vec<(String, i64, i64, Option<Vec<u8>>)> = sqlx::query_as(
            "SELECT reference, attributes, first_day, fields FROM record_details
             WHERE dataset = $1 AND reference IN (SELECT value FROM json_each($2))",
        )
        .bind(self.dataset)
        .bind(serde_json::to_string(&references).map_err(|_| DAMAGED)?)
        .fetch_all(&mut *self.connection)
        .await?;
        let held: HashMap<_, _> = held
            .into_iter()
            .map(|(reference, attributes, first_day, fields)| {
                (reference, (attributes, first_day, fields))
            })
            .collect();
        let today =
            (self.today - Date::from_ordinal_date(1970, 1).map_err(|_| DAMAGED)?).whole_days();
        let mut rows = Vec::new();
        for one in wanted {
            let attributes = self.intern(one.attributes, known).await?;
            let about = about(self.dataset, one.reference.as_bytes());
            let mut first_day = today;
            if let Some((before, since, fields)) = held.get(one.reference) {
                first_day = *since;
                let same_fields = match fields {
                    None => one.fields.is_empty(),
                    Some(sealed) => self.sealer.open(&about, sealed)?.as_slice() == one.fields,
                };
                if *before == attributes && same_fields {
                    continue;
                }
            }
            let fields = if one.fields.is_empty() {
                None
            } else {
                Some(self.sealer.seal(&about, one.fields)?)
            };
            rows.push((one.reference, attributes, first_day, fields));
        }
        if rows.is_empty() {
            return Ok(0);
        }
        let changed = rows.len() as u64;
        let mut statement: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO record_details (dataset, reference, attributes, first_day, fields) ",
        );
        statement.push_values(rows, |mut row, (reference, attributes, first_day, fields)| {
            row.push_bind(self.dataset)
                .push_bind(reference)
                .push_bind(attributes)
                .push_bind(first_day)
                .push_bind(fields);
        });
        statement.push(
            " ON CONFLICT (dataset, reference) DO UPDATE SET
              attributes = excluded.attributes, fields = excluded.fields",
        );
        statement.build().execute(&mut *self.connection).await?;
        Ok(changed)
    }

    /// The id of attributes, given now if they are new.
    async fn intern(
        &mut self,
        attributes: &str,
        known: &mut HashMap<String, i64>,
    ) -> Result<i64, StoreError> {
        if let Some(id) = known.get(attributes) {
            return Ok(*id);
        }
        sqlx::query(
            "INSERT INTO record_attributes (dataset, attributes) VALUES ($1, $2)
             ON CONFLICT DO NOTHING",
        )
        .bind(self.dataset)
        .bind(attributes)
        .execute(&mut *self.connection)
        .await?;
        let (id,): (i64,) = sqlx::query_as(
            "SELECT id FROM record_attributes WHERE dataset = $1 AND attributes = $2",
        )
        .bind(self.dataset)
        .bind(attributes)
        .fetch_one(&mut *self.connection)
        .await?;
        known.insert(attributes.to_owned(), id);
        Ok(id)
    }

    async fn remove(&mut self, references: &[&str]) -> Result<u64, StoreError> {
        if references.is_empty() {
            return Ok(0);
        }
        let removed = sqlx::query(
            "DELETE FROM record_details
             WHERE dataset = $1 AND reference IN (SELECT value FROM json_each($2))",
        )
        .bind(self.dataset)
        .bind(serde_json::to_string(references).map_err(|_| DAMAGED)?)
        .execute(&mut *self.connection)
        .await?;
        Ok(removed.rows_affected())
    }

    /// Forgets attributes that no record has any more.
    pub(crate) async fn tidy(&mut self) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM record_attributes WHERE dataset = $1 AND NOT EXISTS (
                 SELECT 1 FROM record_details WHERE record_details.dataset = $1
                 AND record_details.attributes = record_attributes.id)",
        )
        .bind(self.dataset)
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }
}

/// Whether any record of a dataset has details.
pub(crate) async fn has_details(
    connection: &mut SqliteConnection,
    dataset: &str,
) -> Result<bool, StoreError> {
    let (any,): (bool,) =
        sqlx::query_as("SELECT EXISTS (SELECT 1 FROM record_details WHERE dataset = $1)")
            .bind(dataset)
            .fetch_one(connection)
            .await?;
    Ok(any)
}

/// Records that lost a name in a load: they may have left.
pub(crate) struct Suspects(Sorter);

impl Suspects {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(Sorter::new(folder, SORT_MEMORY))
    }

    pub(crate) fn push(&mut self, reference: &[u8]) -> Result<(), FolderError> {
        self.0.push(NO_KIND, reference, &[], Change::Remove)
    }

    pub(crate) fn finish(self) -> Result<Sorted, FolderError> {
        self.0.finish()
    }
}

/// What fields are sealed for: they open for no other record.
fn about(dataset: &str, reference: &[u8]) -> Vec<u8> {
    [b"Symbolon-v1-record-details\0", dataset.as_bytes(), b"\0", reference].concat()
}

const DAMAGED: StoreError = StoreError::Damaged { what: "record's details" };
