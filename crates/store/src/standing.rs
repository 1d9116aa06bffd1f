//! Standing checks: identifiers that stay asked, with the tags that their answers came to.

mod bitmap;
mod frames;
mod names;
mod rows;
mod segment;

pub use bitmap::Bitmap;
pub use rows::{NewStanding, StandingChange, StoredSegment, StoredStanding, StoredTags, TagsEnd};
pub use segment::{
    EntryRef, NewTags, SegmentId, StandingEntry, StandingError, WrittenSegment, WrittenTags,
};
