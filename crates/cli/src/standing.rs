//! Standing checks at a bureau's node, and what it says of them.

use std::borrow::Cow;

use serde::Serialize;
use symbolon_proto::bureau::v1::{
    BeginStandingRequest, CheckItem, EndStandingRequest, ItemRejected, ListStandingRequest,
    MatchStandingRequest, StandingChange, StandingHit, StandingItem, StandingItems, StandingKept,
    StandingSource, UpdateStandingRequest, UpdateStandingStart, begin_standing_request,
    begin_standing_response, bureau_service_client::BureauServiceClient, match_standing_response,
    update_standing_request, update_standing_response,
};
use tonic::transport::Channel;

use crate::{
    CliError,
    asking::{
        Coverage, Desk, Reason, Rejected, Released,
        gather::{milliseconds, named, outcome},
        start,
    },
    moment::moment_of,
    rows::Row,
};

const ITEMS_A_MESSAGE: usize = 2_048;

/// What came of beginning or updating a standing check.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Kept {
    /// The standing check, hexadecimal; empty where no list lets anything be kept.
    pub standing_id: String,
    /// The check that asked what is new, hexadecimal; empty where nothing was.
    pub check_id: String,
    /// Identifiers that are kept from now on.
    pub added: u64,
    /// Identifiers that are not kept any more.
    pub removed: u64,
    /// Identifiers for which nothing changed.
    pub unchanged: u64,
    /// What each list said.
    pub sources: Vec<KeptSource>,
    /// Rows that could not be read; nothing was done with them.
    pub rejected: Vec<Rejected>,
}

/// A list, and what is kept of its answers.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct KeptSource {
    /// Code of the bureau.
    pub bureau: String,
    /// Its name.
    pub bureau_name: String,
    /// Id of the list; empty where none is offered.
    pub dataset: String,
    /// Its title.
    pub dataset_title: String,
    /// The identifier type.
    pub identifier_type: String,
    /// Identifiers that this speaks of.
    pub entries: u64,
    /// Until when they are kept asked, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_until: Option<String>,
    /// What was looked in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// How many of them hit, where it was looked in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hits: Option<u64>,
    /// `not_permitted` or `no_answer`, where nothing is kept or was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// Why, for programs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Why, for a person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sentence: String,
    /// Whom to call.
    #[serde(skip)]
    pub desk: Option<Desk>,
}

/// What a standing check hits.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Matched {
    /// The standing check, hexadecimal.
    pub standing_id: String,
    /// How long it took.
    pub elapsed_ms: f64,
    /// Hits in all lists.
    pub hits: u64,
    /// How many of them nobody had been shown before.
    pub new_hits: u64,
    /// Hit by hit, as far as they were to be kept; new ones first.
    pub answers: Vec<Hit>,
    /// Where was looked.
    pub sources: Vec<KeptSource>,
}

/// An identifier that is on a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Hit {
    /// The caller's own name for it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The identifier as it was read, with its issuer.
    pub identifier: String,
    /// Its type.
    pub identifier_type: String,
    /// Code of the bureau.
    pub bureau: String,
    /// Its name.
    pub bureau_name: String,
    /// Id of the list.
    pub dataset: String,
    /// Its title.
    pub dataset_title: String,
    /// What was looked in.
    pub coverage: Option<Coverage>,
    /// Whom to call.
    pub desk: Option<Desk>,
    /// Whether nobody had been shown this hit before.
    pub new: bool,
    /// What the owner releases with the hit at once; absent where nothing is agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Released>,
}

/// A standing check.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Listed {
    /// Which, hexadecimal.
    pub standing_id: String,
    /// When it was begun, RFC 3339.
    pub begun_at: String,
    /// Its purpose.
    pub purpose: String,
    /// Its case.
    pub case_reference: String,
    /// Identifiers that it keeps.
    pub entries: u64,
    /// Hits that the node has found and nobody has been shown.
    pub unseen_hits: u64,
    /// What is kept of each list's answers.
    pub sources: Vec<KeptSource>,
}

/// Asks `rows` once and keeps them asked.
///
/// # Errors
/// When the node cannot be reached or refuses.
pub async fn begin(
    client: &mut BureauServiceClient<Channel>,
    reason: &Reason,
    rows: Vec<Row>,
) -> Result<Kept, CliError> {
    use begin_standing_request::Part;
    use begin_standing_response::Event;
    let first = BeginStandingRequest { part: Some(Part::Start(start(reason))) };
    let items = messages(rows)
        .map(|items| BeginStandingRequest { part: Some(Part::Items(StandingItems { items })) });
    let requests = tokio_stream::iter(std::iter::once(first).chain(items));
    let mut events = client.begin_standing(requests).await?.into_inner();
    let mut kept = Kept::default();
    while let Some(message) = events.message().await? {
        match message.event {
            Some(Event::Rejected(one)) => kept.rejected.push(rejected(one)),
            Some(Event::Source(one)) => kept.sources.push(kept_source(one)),
            Some(Event::Kept(end)) => return Ok(kept.finished(&end)),
            None => {}
        }
    }
    Err(broke_off())
}

/// Adds and removes `rows`, as each one's `change` says.
///
/// # Errors
/// When the node cannot be reached or refuses.
pub async fn update(
    client: &mut BureauServiceClient<Channel>,
    standing: [u8; 16],
    timeout: std::time::Duration,
    rows: Vec<Row>,
) -> Result<Kept, CliError> {
    use update_standing_request::Part;
    use update_standing_response::Event;
    let start = UpdateStandingStart {
        standing_id: standing.to_vec(),
        timeout: prost_types::Duration::try_from(timeout).ok(),
    };
    let first = UpdateStandingRequest { part: Some(Part::Start(start)) };
    let items = messages(rows)
        .map(|items| UpdateStandingRequest { part: Some(Part::Items(StandingItems { items })) });
    let requests = tokio_stream::iter(std::iter::once(first).chain(items));
    let mut events = client.update_standing(requests).await?.into_inner();
    let mut kept = Kept::default();
    while let Some(message) = events.message().await? {
        match message.event {
            Some(Event::Rejected(one)) => kept.rejected.push(rejected(one)),
            Some(Event::Source(one)) => kept.sources.push(kept_source(one)),
            Some(Event::Kept(end)) => return Ok(kept.finished(&end)),
            None => {}
        }
    }
    Err(broke_off())
}

/// What a standing check hits now. Each hit goes to `see` as it comes, with its list; those for which
/// it says so are kept in [`Matched::answers`].
///
/// # Errors
/// When the node cannot be reached or refuses, and the error of `see`.
pub async fn matches(
    client: &mut BureauServiceClient<Channel>,
    standing: [u8; 16],
    mut see: impl FnMut(&KeptSource, &StandingHit) -> Result<bool, CliError>,
) -> Result<Matched, CliError> {
    use match_standing_response::Event;
    let request = MatchStandingRequest { standing_id: standing.to_vec() };
    let mut events = client.match_standing(request).await?.into_inner();
    let mut matched = Matched { standing_id: hex::encode(standing), ..Matched::default() };
    while let Some(message) = events.message().await? {
        match message.event {
            Some(Event::Source(one)) => matched.sources.push(kept_source(one)),
            Some(Event::Hits(some)) => {
                let Some(source) = matched.sources.last_mut() else { continue };
                source.hits = source.hits.map(|hits| hits.saturating_add(some.hits.len() as u64));
                for one in some.hits {
                    if see(source, &one)? {
                        matched.answers.push(hit(one, source));
                    }
                }
            }
            Some(Event::Matched(end)) => {
                matched.hits = end.hits;
                matched.new_hits = end.new_hits;
                matched.elapsed_ms = milliseconds(end.elapsed);
                matched.answers.sort_by_key(|one| !one.new);
                return Ok(matched);
            }
            None => {}
        }
    }
    Err(broke_off())
}

/// The caller's own standing checks.
///
/// # Errors
/// When the node cannot be reached.
pub async fn list(client: &mut BureauServiceClient<Channel>) -> Result<Vec<Listed>, CliError> {
    let checks = client.list_standing(ListStandingRequest {}).await?.into_inner().checks;
    Ok(checks
        .into_iter()
        .map(|one| Listed {
            standing_id: hex::encode(&one.standing_id),
            begun_at: moment_of(one.begun_at).unwrap_or_default(),
            purpose: one.purpose,
            case_reference: one.case_reference,
            entries: one.entries,
            unseen_hits: one.unseen_hits,
            sources: one.sources.into_iter().map(kept_source).collect(),
        })
        .collect())
}

/// Ends a standing check.
///
/// # Errors
/// When the node cannot be reached or knows none of that id.
pub async fn end(
    client: &mut BureauServiceClient<Channel>,
    standing: [u8; 16],
) -> Result<(), CliError> {
    client.end_standing(EndStandingRequest { standing_id: standing.to_vec() }).await?;
    Ok(())
}

impl Kept {
    fn finished(mut self, end: &StandingKept) -> Self {
        self.standing_id = hex::encode(&end.standing_id);
        self.check_id = hex::encode(&end.check_id);
        self.added = end.added;
        self.removed = end.removed;
        self.unchanged = end.unchanged;
        self
    }

    /// Whether every row was read, and every list, of which there is one, keeps what is new.
    pub fn is_complete(&self) -> bool {
        !self.standing_id.is_empty()
            && self.rejected.is_empty()
            && self.sources.iter().all(|source| source.outcome.is_none())
    }
}

/// Made as they are sent.
fn messages(rows: Vec<Row>) -> impl Iterator<Item = Vec<StandingItem>> + Send + 'static {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let items: Vec<_> = rows.by_ref().take(ITEMS_A_MESSAGE).map(item).collect();
        (!items.is_empty()).then_some(items)
    })
}

fn item(row: Row) -> StandingItem {
    let change = if row.change == "remove" { StandingChange::Remove } else { StandingChange::Add };
    StandingItem {
        r#ref: row.record,
        item: Some(CheckItem {
            r#ref: row.line,
            identifier_type: row.identifier_type,
            value: row.value,
            country: row.country,
        }),
        change: change.into(),
    }
}

fn rejected(one: ItemRejected) -> Rejected {
    Rejected {
        reference: one.r#ref,
        identifier: String::new(),
        reason: one.reason,
        sentence: one.sentence,
    }
}

fn kept_source(one: StandingSource) -> KeptSource {
    let outcome = (!one.reason.is_empty()).then(|| outcome(one.outcome()));
    let source = named(one.source.unwrap_or_default(), 0.0);
    KeptSource {
        bureau: source.bureau,
        bureau_name: source.bureau_name,
        dataset: source.dataset,
        dataset_title: source.dataset_title,
        identifier_type: source.identifier_type,
        entries: one.entries,
        keep_until: moment_of(one.keep_until),
        hits: source.coverage.as_ref().map(|_| 0),
        coverage: source.coverage,
        outcome,
        reason: one.reason,
        sentence: one.sentence,
        desk: source.desk,
    }
}

/// An identifier with its issuer, where it has one.
pub(crate) fn with_issuer(hit: &StandingHit) -> Cow<'_, str> {
    match hit.country.as_str() {
        "" => Cow::Borrowed(&hit.value),
        country => Cow::Owned(format!("{} ({country})", hit.value)),
    }
}

fn hit(one: StandingHit, source: &KeptSource) -> Hit {
    Hit {
        identifier: with_issuer(&one).into_owned(),
        label: one.label.as_ref().map(Released::from),
        reference: one.r#ref,
        identifier_type: source.identifier_type.clone(),
        bureau: source.bureau.clone(),
        bureau_name: source.bureau_name.clone(),
        dataset: source.dataset.clone(),
        dataset_title: source.dataset_title.clone(),
        coverage: source.coverage.clone(),
        desk: source.desk.clone(),
        new: one.is_new,
    }
}

fn broke_off() -> CliError {
    CliError::new(
        "broke_off",
        "the node's answer broke off; `symbolon standing list` shows what is kept",
    )
}
