use std::ops::Range;

use serde::Serialize;
use symbolon_policy::{BureauCode, VerifyingKey};

/// What was found about one log.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    pub(crate) bureau: BureauCode,
    pub(crate) log_key: VerifyingKey,
    /// Whose word it is that this is the key.
    pub(crate) key_from: KeySource,
    /// The folder with its tiles; none if only others' checkpoints and receipts of it are at hand.
    pub(crate) folder: Option<String>,
    /// Whether nothing contradicts it.
    pub(crate) holds: bool,
    pub(crate) entries: u64,
    /// Records that are shown; the others were erased.
    pub(crate) records: u64,
    /// Root of the tree over all its entries, hexadecimal.
    pub(crate) root: Option<String>,
    /// Entries after the newest checkpoint: only the bureau's own word stands for these.
    pub(crate) not_covered: u64,
    /// Checkpoints and receipts of after the export that go beyond it: only a newer one can be held
    /// against them.
    pub(crate) later: u64,
    /// Signed checkpoints held against it, those of receipts and of found contradictions included.
    pub(crate) checkpoints: u64,
    pub(crate) cosignatures: u64,
    pub(crate) receipts: u64,
    /// What happened to requests for records, if the export has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<EventsVerdict>,
    /// The largest signed checkpoint that the entries continue.
    pub(crate) last_agreed: Option<Agreed>,
    /// What contradicts what.
    pub(crate) findings: Vec<Finding>,
    /// Each entry that was held against a receipt, or against another export where it differs.
    pub(crate) held: Vec<HeldEntry>,
}

/// How much of what happened to requests for records was held against the log.
#[derive(Clone, Copy, Default, Debug, Serialize)]
pub(crate) struct EventsVerdict {
    /// Events that are shown, the erased ones included.
    pub(crate) events: u64,
    /// Of these, only the salted hash is left.
    pub(crate) erased: u64,
    /// Entries whose root was computed anew.
    pub(crate) periods: u64,
    /// Events of a period that has not ended: no entry stands for them yet.
    pub(crate) pending: u64,
    /// Events whose entry an older program erased, with the root.
    pub(crate) unproven: u64,
}

/// Where the key of a log was taken from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeySource {
    /// From signed agreements that were given.
    Agreement,
    /// From the folders themselves: whoever made up a whole log signed it with a key of his own.
    Folder,
}

/// A checkpoint that the entries continue.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Agreed {
    pub(crate) size: u64,
    pub(crate) root: String,
    /// Bureaus whose cosignature it bears, by code.
    pub(crate) cosigned_by: Vec<String>,
    pub(crate) note: String,
}

/// An entry for which somebody holds evidence.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeldEntry {
    pub(crate) index: u64,
    /// `receipt` or `export`.
    pub(crate) by: &'static str,
    pub(crate) holder: String,
    pub(crate) state: HeldState,
    /// Where the entry stands now, if it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) moved_to: Option<u64>,
}

/// What became of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeldState {
    /// It is as it was.
    Holds,
    /// Another stands in its place.
    Changed,
    /// The log is too short to have it.
    Missing,
    /// It stands elsewhere.
    Moved,
    /// The tile that would show it is missing.
    NotShown,
}

/// A contradiction.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) kind: FindingKind,
    /// The first entry that it is about, and the last; none if it is about no entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<u64>,
    /// The first event of a request that it is about, by its number; the entries are then those that
    /// stand for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<u64>,
    pub(crate) sentence: String,
    /// Signed notes that prove it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) evidence: Vec<String>,
}

/// Kinds of contradictions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FindingKind {
    /// The bureau's key is none that the given agreements name.
    KeyNotAgreed,
    /// A tile is missing, or cut off.
    TileMissing,
    /// A tile of a higher level was made over other entries.
    TileDiffers,
    /// A record is not what its leaf stands for.
    RecordChanged,
    /// A record stands at another index than its leaf.
    RecordMoved,
    /// A record is missing, and is not said to have been erased.
    RecordMissing,
    /// A record is said to be of another time than it says itself, or does not say it.
    RecordTimeChanged,
    /// Records are said to have been erased, and no entry says that they were, or that so many were.
    ErasedUnsaid,
    /// An entry is not the one that others hold evidence of.
    EntryChanged,
    /// An entry stands at another index than before.
    EntryMoved,
    /// The log is too short to have an entry that others hold evidence of.
    EntryMissing,
    /// An entry says something else than the receipt that was given for it.
    EntryContradictsReceipt,
    /// The log is shorter than a checkpoint that its bureau signed.
    Shortened,
    /// The entries do not give the root of a checkpoint that the bureau signed.
    Rewritten,
    /// The bureau signed two roots for one size.
    Forked,
    /// Something that should be a checkpoint is not signed by the bureau.
    CheckpointForged,
    /// A cosignature does not hold.
    CosignatureForged,
    /// A receipt does not hold.
    ReceiptInvalid,
    /// A receipt speaks of a list that the log does not have.
    ManifestNotLogged,
    /// The log has two different lists of one version.
    ManifestTwice,
    /// An event of a request is not what its salted hash stands for, or not the one that others hold.
    EventChanged,
    /// An event of a request stands at another place than before.
    EventMoved,
    /// An event of a request is missing: of those that were erased, the salted hash stays.
    EventMissing,
    /// An event of a request is said to be of another time than it says itself.
    EventTimeChanged,
    /// An event of a request is said to have been erased, and no entry says that it was.
    EventErasedUnsaid,
    /// Events of requests are not those for whose root an entry stands.
    EventsDiffer,
}

impl Finding {
    pub(super) fn new(kind: FindingKind, sentence: String) -> Self {
        Self { kind, first: None, last: None, event: None, sentence, evidence: Vec::new() }
    }

    pub(super) fn at(kind: FindingKind, index: u64, sentence: String) -> Self {
        Self { first: Some(index), last: Some(index), ..Self::new(kind, sentence) }
    }

    pub(super) fn over(kind: FindingKind, entries: Range<u64>, sentence: String) -> Self {
        let last = entries.end.saturating_sub(1);
        Self { first: Some(entries.start), last: Some(last), ..Self::new(kind, sentence) }
    }

    /// About an event of a request, and the entry that stands for it, if there is one yet.
    pub(super) fn about_event(
        kind: FindingKind,
        event: u64,
        entry: Option<u64>,
        sentence: String,
    ) -> Self {
        Self { first: entry, last: entry, event: Some(event), ..Self::new(kind, sentence) }
    }

    pub(super) fn with(mut self, note: &str) -> Self {
        self.evidence.push(note.to_owned());
        self
    }
}
