//! Which identifiers of a list are named by none but records that are kept out.

use std::collections::{BTreeSet, HashMap};

use symbolon_policy::{RecordAttributes, rules::DisclosedField};
use zeroize::Zeroizing;

use crate::{
    ListSnapshot, Store, StoreError,
    block::{DAMAGED, Entries},
    details::aged,
};

/// Records of a dataset that have the same attributes and are equally old: rules decide on them
/// alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordGroup {
    /// Their attributes, with the day on which they were entered.
    pub attributes: RecordAttributes,
    id: i64,
    first_day: i64,
}

impl RecordGroup {
    /// Tells the group apart from all others of its dataset: its two numbers in the database, as 8
    /// big-endian bytes each. It stays as it is until the dataset changes.
    pub fn key(&self) -> [u8; 16] {
        let mut key = [0; 16];
        let numbers = [self.id.to_be_bytes(), self.first_day.to_be_bytes()];
        for (to, from) in key.iter_mut().zip(numbers.as_flattened()) {
            *to = *from;
        }
        key
    }
}

/// What is kept out of a set.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Exclusion {
    /// Ids of the identifiers that no admitted record names, ascending.
    pub identifiers: Vec<u64>,
    /// Records that are not admitted, by the group's place among those given: each naming of an
    /// identifier counts.
    pub records: Vec<u64>,
    /// The same of records without details, if those are not admitted.
    pub plain_records: u64,
}

impl ListSnapshot {
    /// The records with details, in groups on which rules decide alike: as a rule a few, some
    /// thousands where each has its own date of entry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_groups(&mut self) -> Result<Vec<RecordGroup>, StoreError> {
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT groups.attributes, groups.first_day, record_attributes.attributes
             FROM (SELECT DISTINCT attributes, first_day FROM record_details WHERE dataset = $1)
                 AS groups
             JOIN record_attributes ON record_attributes.id = groups.attributes",
        )
        .bind(&self.dataset)
        .fetch_all(&mut self.connection)
        .await?;
        rows.into_iter()
            .map(|(id, first_day, attributes)| {
                Ok(RecordGroup { attributes: aged(&attributes, first_day)?, id, first_day })
            })
            .collect()
    }

    /// Finds what is kept out where records without details are admitted or not, as `plain` says, and
    /// those of each of `groups` as is said beside it. Goes through the list if any is not; begins and
    /// ends the reading of pieces.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exclusion(
        &mut self,
        plain: bool,
        groups: &[(RecordGroup, bool)],
    ) -> Result<Exclusion, StoreError> {
        let mut exclusion = Exclusion { records: vec![0; groups.len()], ..Exclusion::default() };
        if plain && groups.iter().all(|(_, admitted)| *admitted) {
            return Ok(exclusion);
        }
        let mut places = HashMap::new();
        // Those that are decided as records without details are need not be told apart from them,
        // where those are admitted.
        let told_apart =
            groups.iter().enumerate().filter(|(_, (_, admitted))| !(plain && *admitted));
        for (place, (group, _)) in told_apart {
            for reference in self.references_in(group).await? {
                places.insert(reference.into_bytes(), place);
            }
        }
        self.rewind();
        while let Some(piece) = self.next_piece(0).await? {
            for body in piece.bodies() {
                let mut entries = Entries::of(body);
                while let Some(entry) = entries.next()? {
                    let mut enters = false;
                    for reference in entry.references.iter() {
                        let place = places.get(reference).copied();
                        let group = place.and_then(|place| groups.get(place));
                        let admitted = group.map_or(plain, |(_, admitted)| *admitted);
                        enters |= admitted;
                        if !admitted {
                            let count = match place {
                                Some(place) => exclusion.records.get_mut(place).ok_or(DAMAGED)?,
                                None => &mut exclusion.plain_records,
                            };
                            *count += 1;
                        }
                    }
                    if !enters {
                        exclusion.identifiers.push(entry.identifier);
                    }
                }
            }
        }
        self.rewind();
        exclusion.identifiers.sort_unstable();
        Ok(exclusion)
    }

    /// What a label says of each identifier, by its id: the values of `fields`, in their order, of the
    /// admitted records that name it. Where there is nothing to say there is no text.
    ///
    /// # Errors
    /// When the database fails or fields do not open.
    pub async fn label_texts(
        &mut self,
        store: &Store,
        groups: &[(RecordGroup, bool)],
        fields: &BTreeSet<DisclosedField>,
    ) -> Result<HashMap<u64, Zeroizing<String>>, StoreError> {
        let mut by_record = HashMap::new();
        for (group, _) in groups.iter().filter(|(_, admitted)| *admitted) {
            let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(
                "SELECT reference, fields FROM record_details
                 WHERE dataset = $1 AND attributes = $2 AND first_day = $3 AND fields IS NOT NULL",
            )
            .bind(&self.dataset)
            .bind(group.id)
            .bind(group.first_day)
            .fetch_all(&mut self.connection)
            .await?;
            for (reference, sealed) in rows {
                let known = store.open_fields(&self.dataset, &reference, &sealed)?;
                let shown: Vec<_> = fields.iter().filter_map(|field| known.get(field)).collect();
                if !shown.is_empty() {
                    by_record.insert(reference.into_bytes(), joined(shown, "; "));
                }
            }
        }
        let mut texts = HashMap::new();
        if by_record.is_empty() {
            return Ok(texts);
        }
        self.rewind();
        while let Some(piece) = self.next_piece(0).await? {
            for body in piece.bodies() {
                let mut entries = Entries::of(body);
                while let Some(entry) = entries.next()? {
                    let said = entry.references.iter().filter_map(|name| by_record.get(name));
                    let said: Vec<_> = said.map(|text| &**text).collect();
                    if !said.is_empty() {
                        texts.insert(entry.identifier, joined(said, " / "));
                    }
                }
            }
        }
        self.rewind();
        Ok(texts)
    }

    /// The references of the records of a group.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn references_in(&mut self, group: &RecordGroup) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT reference FROM record_details
             WHERE dataset = $1 AND attributes = $2 AND first_day = $3 ORDER BY reference",
        )
        .bind(&self.dataset)
        .bind(group.id)
        .bind(group.first_day)
        .fetch_all(&mut self.connection)
        .await?;
        Ok(rows.into_iter().map(|(reference,)| reference).collect())
    }
}

/// Reserved whole, so that no growth leaves copies behind.
fn joined(texts: Vec<&String>, between: &str) -> Zeroizing<String> {
    let len = texts.iter().map(|text| text.len() + between.len()).sum();
    let mut all = Zeroizing::new(String::with_capacity(len));
    for text in texts {
        if !all.is_empty() {
            all.push_str(between);
        }
        // A label is one line.
        all.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }
    all
}
