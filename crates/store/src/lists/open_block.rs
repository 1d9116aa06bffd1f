//! One block of a list, gone through in memory: what was in it, what a load does to it, and what that comes
//! to.

use crate::{
    StoreError,
    block::{Builder, Entries, Entry, FILL_LEN, MAX_LEN, Mark, ReferenceList},
    sorter::{Change, Step},
};

/// What a load comes to, and what is to be written.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) replace: bool,
    /// Whether suspects are gathered.
    pub(super) watched: bool,
    /// References of records that lost a name.
    pub(super) suspects: Vec<Vec<u8>>,
    pub(super) added: u64,
    pub(super) unchanged: u64,
    pub(super) removed: u64,
    pub(super) last_identifier: u64,
    pub(super) identifiers: u64,
    pub(super) next_block: i64,
    pub(super) written: Vec<Written>,
    pub(super) emptied: Vec<i64>,
    /// Ids of identifiers that left the list.
    pub(super) gone: Vec<u8>,
    pub(super) references: ReferenceList,
}

pub(super) struct Written {
    pub(super) id: i64,
    pub(super) first: Vec<u8>,
    pub(super) newest: u64,
    pub(super) body: Vec<u8>,
}

impl Tally {
    pub(super) fn new_block(&mut self) -> i64 {
        let id = self.next_block;
        self.next_block = id.saturating_add(1);
        id
    }

    fn reference_leaves(&mut self, reference: &[u8]) {
        self.removed += 1;
        self.suspect(reference);
    }

    fn suspect(&mut self, reference: &[u8]) {
        if self.watched {
            self.suspects.push(reference.to_vec());
        }
    }

    fn identifier_leaves(&mut self, identifier: u64) {
        self.identifiers = self.identifiers.saturating_sub(1);
        self.gone.extend_from_slice(&identifier.to_be_bytes());
    }
}

/// A block that is gone through: what was in it, and what will be.
pub(super) struct OpenBlock {
    pub(super) id: i64,
    first: Vec<u8>,
    old: Vec<u8>,
    mark: Mark,
    built: Builder,
    changed: bool,
    is_new: bool,
    /// Whether a part has been written under the block's own id.
    id_is_used: bool,
}

impl OpenBlock {
    pub(super) fn new(id: i64, first: Vec<u8>, old: Vec<u8>) -> Self {
        let (mark, built) = (Mark::default(), Builder::default());
        let is_new = old.is_empty();
        Self { id, first, old, mark, built, changed: false, is_new, id_is_used: false }
    }

    /// Does to an identifier what the load says.
    pub(super) fn change(
        &mut self,
        canonical: &[u8],
        steps: &[Step<'_>],
        tally: &mut Tally,
    ) -> Result<(), StoreError> {
        let old = std::mem::take(&mut self.old);
        let mut entries = Entries::from_mark(&old, self.mark);
        let mut existing = None;
        loop {
            let mut after = entries;
            match after.next()? {
                Some(entry) if entry.canonical < canonical => {
                    self.keep_unnamed(&entry, after.remaining(), tally);
                }
                Some(entry) if entry.canonical == canonical => existing = Some(entry),
                _ => break,
            }
            entries = after;
        }
        let mut references = std::mem::take(&mut tally.references);
        self.changed |= merge(existing.as_ref(), steps, &mut references, tally);
        let identifier = match existing {
            Some(entry) => entry.identifier,
            None => tally.last_identifier.saturating_add(1),
        };
        let merged = Entry { canonical, identifier, references: references.as_references() };
        if merged.references.count > 0 {
            if existing.is_none() {
                tally.last_identifier = identifier;
                tally.identifiers += 1;
            }
            self.keep(&merged, entries.remaining(), tally);
        } else if existing.is_some() {
            tally.identifier_leaves(identifier);
        }
        tally.references = references;
        self.mark = entries.mark(&old);
        self.old = old;
        Ok(())
    }

    /// Keeps what the load has not named, unless it replaces all.
    fn keep_unnamed(&mut self, entry: &Entry<'_>, remaining: usize, tally: &mut Tally) {
        if tally.replace {
            self.changed = true;
            tally.removed += entry.references.count;
            if tally.watched {
                entry.references.iter().for_each(|reference| tally.suspect(reference));
            }
            tally.identifier_leaves(entry.identifier);
        } else {
            self.keep(entry, remaining, tally);
        }
    }

    fn keep(&mut self, entry: &Entry<'_>, remaining: usize, tally: &mut Tally) {
        let len = self.built.body.len();
        let most = if self.id_is_used || self.is_new { FILL_LEN } else { MAX_LEN };
        if self.changed && len >= FILL_LEN && len + entry.canonical.len() + remaining > most {
            self.end_part(tally);
        }
        self.built.push(entry);
    }

    fn end_part(&mut self, tally: &mut Tally) {
        let Builder { body, first, newest, .. } = std::mem::take(&mut self.built);
        let (id, first) = if self.id_is_used {
            (tally.new_block(), first)
        } else {
            // The lowest block may have got something below its beginning.
            (self.id, first.min(std::mem::take(&mut self.first)))
        };
        self.id_is_used = true;
        tally.written.push(Written { id, first, newest, body });
    }

    pub(super) fn close(mut self, tally: &mut Tally) -> Result<(), StoreError> {
        // What was not touched is not read through, let alone written.
        if !self.changed && !tally.replace {
            return Ok(());
        }
        let old = std::mem::take(&mut self.old);
        let mut entries = Entries::from_mark(&old, self.mark);
        while let Some(entry) = entries.next()? {
            self.keep_unnamed(&entry, entries.remaining(), tally);
        }
        if self.changed && !self.built.body.is_empty() {
            self.end_part(tally);
        }
        if self.changed && !self.id_is_used {
            tally.emptied.push(self.id);
        }
        Ok(())
    }
}

/// The records of an identifier after the load, in `merged`. Says whether they are others.
fn merge(
    existing: Option<&Entry<'_>>,
    steps: &[Step<'_>],
    merged: &mut ReferenceList,
    tally: &mut Tally,
) -> bool {
    merged.clear();
    let before = (tally.added, tally.removed);
    let is_all = |step: &&Step<'_>| step.change == Change::Remove && step.reference.is_empty();
    // Sorted, so it comes first. Rows behind it in the file still count.
    let all = steps.first().filter(is_all);
    let mut old = existing.into_iter().flat_map(|entry| entry.references.iter()).peekable();
    let unnamed_stays = all.is_none() && !tally.replace;
    for step in steps.get(usize::from(all.is_some())..).unwrap_or_default() {
        while let Some(reference) = old.next_if(|reference| *reference < step.reference) {
            if unnamed_stays { merged.push(reference) } else { tally.reference_leaves(reference) }
        }
        let was = old.next_if_eq(&step.reference).is_some();
        let is = step.change == Change::Add && all.is_none_or(|all| step.row > all.row);
        if is {
            merged.push(step.reference);
        }
        match (was, is) {
            (false, true) => tally.added += 1,
            (true, false) => tally.reference_leaves(step.reference),
            (was, _) => {
                tally.unchanged += 1;
                if !was {
                    // Added and taken out again in one load.
                    tally.suspect(step.reference);
                }
            }
        }
    }
    for reference in old {
        if unnamed_stays { merged.push(reference) } else { tally.reference_leaves(reference) }
    }
    let changed = before != (tally.added, tally.removed);
    if all.is_some() && existing.is_none() {
        tally.unchanged += 1;
    }
    changed
}
