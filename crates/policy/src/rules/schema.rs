use std::sync::LazyLock;

use cedar_policy::{EntityId, EntityTypeName, EntityUid, Schema, Validator};

use super::file::Point;

/// The schema that every rule is validated against, in Cedar's schema language, with a comment for
/// each fact.
pub const SCHEMA: &str = include_str!("../../rules/symbolon.cedarschema");

/// The schema, read once. `None` would be a mistake in this program: no pack loads then.
pub(super) fn schema() -> Option<&'static Schema> {
    static PARSED: LazyLock<Option<Schema>> =
        LazyLock::new(|| Schema::from_cedarschema_str(SCHEMA).ok().map(|(schema, _)| schema));
    PARSED.as_ref()
}

/// What holds rules to the schema, made once: a pack has many.
pub(super) fn validator() -> Option<&'static Validator> {
    static MADE: LazyLock<Option<Validator>> =
        LazyLock::new(|| schema().cloned().map(Validator::new));
    MADE.as_ref()
}

/// Principal, action and resource of a decision. Only the action differs: everything that a rule
/// may look at is a fact in the context, so that there is one way to say a thing.
pub(super) struct Frame {
    pub(super) principal: EntityUid,
    pub(super) action: EntityUid,
    pub(super) resource: EntityUid,
}

impl Frame {
    pub(super) fn of(point: Point) -> Option<&'static Self> {
        static FRAMES: LazyLock<[Option<Frame>; 4]> = LazyLock::new(|| Point::ALL.map(Frame::new));
        FRAMES.get(point as usize)?.as_ref()
    }

    fn new(point: Point) -> Option<Self> {
        let entity = |kind: &str, id: &str| -> Option<EntityUid> {
            let kind: EntityTypeName = kind.parse().ok()?;
            Some(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
        };
        Some(Self {
            principal: entity("Bureau", "this")?,
            action: entity("Action", point.as_str())?,
            resource: entity("Matter", "this")?,
        })
    }
}
