use std::{collections::BTreeSet, time::Duration};

use symbolon_client::{
    Compute, Item, Pipeline, QuestionContext, StatedFacts, Stopped, bureau::ItemReason,
};
use symbolon_exchange::ContextFacts;
use symbolon_identifiers::{IdentifierType, parse, parse_zone};
use symbolon_policy::{Actor, BureauCode, CheckId, Reason, Refusal, rules::SubjectCategory};
use symbolon_proto::{
    bureau::v1::{
        self as wire, CheckItem, CheckItems, CheckRequest, CheckStart, ItemRejected, check_request,
    },
    v1::Urgency,
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Streaming};

pub(super) const MOST_ITEMS: usize = 1_000_000;
pub(crate) const MOST_ITEMS_A_MESSAGE: usize = 4_096;
const MOST_BUREAUS: usize = 256;
const LONGEST_VALUE: usize = 1_024;
const USUAL_TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(600);
/// Up to so many items are read at once where they came: less than it takes to hand them on.
const FEW: usize = 32;
const SILENCE: Duration = Duration::from_secs(30);
pub(super) const LONGEST_READING: Duration = Duration::from_secs(300);
/// The name under which a scanned zone comes instead of a type.
const MRZ: &str = "mrz";

/// The messages of a call, one after another, in whichever form they came.
pub(crate) trait Messages<T>: Stream<Item = Result<T, Refusal>> + Send + Unpin {}

impl<T, S: Stream<Item = Result<T, Refusal>> + Send + Unpin> Messages<T> for S {}

/// Those of a gRPC call.
pub(super) fn messages<T: Send + 'static>(requests: Streaming<T>) -> impl Messages<T> {
    requests.map(|message| {
        message.map_err(|status| match status.code() {
            Code::OutOfRange | Code::ResourceExhausted => limit("a message is longer than 8 MiB"),
            _ => invalid(
                "a message cannot be read as one of this method's type, or the stream broke off",
            ),
        })
    })
}

/// A question as it was read: what can be asked, and what cannot with the reason.
pub(super) struct Question {
    pub(super) check: Option<CheckId>,
    pub(super) items: Vec<Item>,
    pub(super) rejected: Vec<ItemRejected>,
    pub(super) context: QuestionContext,
    pub(super) timeout: Duration,
}

/// Reads a whole question; one that takes too long to be said holds its place no longer.
///
/// # Errors
/// With [`TooMany`] as soon as it holds more than `most` items.
pub(super) async fn question(
    requests: impl Messages<CheckRequest>,
    asker: Actor,
    most: usize,
    compute: &Compute,
) -> Result<Result<Question, TooMany>, Refusal> {
    tokio::time::timeout(LONGEST_READING, read(requests, asker, most, compute))
        .await
        .map_err(|_| limit("the question took longer than five minutes to be said"))?
}

/// A question holds more items than the caller may ask about at once.
pub(super) struct TooMany;

async fn read(
    mut requests: impl Messages<CheckRequest>,
    asker: Actor,
    most: usize,
    compute: &Compute,
) -> Result<Result<Question, TooMany>, Refusal> {
    let Some(check_request::Part::Start(start)) = next(&mut requests).await? else {
        return Err(invalid("a check begins with who asks and why"));
    };
    let mut question = begin(start, asker)?;
    let mut references = References::default();
    let mut reading = Pipeline::new(compute, compute.cores().saturating_add(1));
    while let Some(part) = next(&mut requests).await? {
        let check_request::Part::Items(CheckItems { items }) = part else {
            return Err(invalid("who asks and why is said once"));
        };
        if items.len() > MOST_ITEMS_A_MESSAGE {
            return Err(limit("a message holds at most 4,096 items"));
        }
        references.add(items.iter().map(|item| item.r#ref))?;
        if references.len() > most {
            return Ok(Err(TooMany));
        }
        if items.len() <= FEW && reading.is_empty() {
            question.add(read_items(items));
        } else if let Some(read) =
            reading.push(move || read_items(items)).await.map_err(stopping)?
        {
            question.add(read);
        }
    }
    while let Some(read) = reading.next().await.map_err(stopping)? {
        question.add(read);
    }
    references.all_differ()?;
    Ok(Ok(question))
}

impl Question {
    fn add(&mut self, (mut items, mut rejected): (Vec<Item>, Vec<ItemRejected>)) {
        self.items.append(&mut items);
        self.rejected.append(&mut rejected);
    }
}

/// The callers' numbers of the items so far.
#[derive(Default)]
pub(super) struct References {
    all: Vec<u64>,
    /// Most callers count upwards, so that nothing needs to be remembered to see that all differ.
    in_disorder: bool,
}

impl References {
    fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn add(
        &mut self,
        references: impl ExactSizeIterator<Item = u64>,
    ) -> Result<(), Refusal> {
        if self.all.len().saturating_add(references.len()) > MOST_ITEMS {
            return Err(limit("a check holds at most 1,000,000 items; send several"));
        }
        for reference in references {
            self.in_disorder |= self.all.last().is_some_and(|last| reference <= *last);
            self.all.push(reference);
        }
        Ok(())
    }

    pub(super) fn all_differ(mut self) -> Result<(), Refusal> {
        if self.all.is_empty() {
            return Err(invalid("the check holds no item"));
        }
        if self.in_disorder {
            self.all.sort_unstable();
            if self.all.windows(2).any(|two| two.first() == two.last()) {
                return Err(invalid("two items have the same ref"));
            }
        }
        Ok(())
    }
}

/// Reads a check as it is read from a caller, without asking anything: how many items can be asked, and how many
/// cannot be read. For fuzzing.
///
/// # Errors
/// What the caller is refused with.
#[doc(hidden)]
pub fn read_check(parts: Vec<check_request::Part>) -> Result<(usize, usize), Refusal> {
    let mut parts = parts.into_iter();
    let Some(check_request::Part::Start(start)) = parts.next() else {
        return Err(invalid("a check begins with who asks and why"));
    };
    let mut question = begin(start, Actor { id: String::new(), roles: BTreeSet::new() })?;
    let mut references = References::default();
    for part in parts {
        let check_request::Part::Items(CheckItems { items }) = part else {
            return Err(invalid("who asks and why is said once"));
        };
        references.add(items.iter().map(|item| item.r#ref))?;
        question.add(read_items(items));
    }
    references.all_differ()?;
    Ok((question.items.len(), question.rejected.len()))
}

fn read_items(items: Vec<CheckItem>) -> (Vec<Item>, Vec<ItemRejected>) {
    let (mut read, mut rejected) = (Vec::with_capacity(items.len()), Vec::new());
    for item in items {
        match read_item(&item) {
            Ok(identifier) => read.push(Item { reference: item.r#ref, identifier }),
            Err((reason, sentence)) => {
                rejected.push(ItemRejected { r#ref: item.r#ref, reason, sentence });
            }
        }
    }
    (read, rejected)
}

pub(crate) fn stopping(_: Stopped) -> Refusal {
    Refusal::new(Reason::TryAgain, "the node is stopping; ask again when it is up")
}

pub(super) fn begin(start: CheckStart, asker: Actor) -> Result<Question, Refusal> {
    let said = |text: &str, most: usize| !text.trim().is_empty() && text.len() <= most;
    if !said(&start.officer, 256) {
        return Err(invalid("name the officer who asks, in at most 256 bytes"));
    }
    // Whether a case must be named is for this bureau's rules to say.
    if start.case_reference.len() > 256 {
        return Err(invalid("the case has at most 256 bytes"));
    }
    if start.justification.len() > 2_048 {
        return Err(invalid("the justification has at most 2,048 bytes"));
    }
    if start.purpose.is_empty() || !is_code(&start.purpose) || !is_code(&start.offence_class) {
        return Err(invalid(
            "purpose and offence class are codes of small letters, digits, _ . and -; `symbolon \
             coverage --json` shows the purposes that are agreed",
        ));
    }
    if start.bureaus.len() > MOST_BUREAUS {
        return Err(limit("at most 256 bureaus can be named"));
    }
    let bureaus = start
        .bureaus
        .iter()
        .map(|code| code.parse::<BureauCode>().map_err(|error| invalid(&error.to_string())))
        .collect::<Result<_, _>>()?;
    let timeout = waiting(start.timeout)?;
    let stated = stated(start.stated.unwrap_or_default())?;
    let check = match start.check_id.as_slice() {
        [] => None,
        bytes => Some(CheckId(bytes.try_into().map_err(|_| invalid("a check id has 16 bytes"))?)),
    };
    Ok(Question {
        check,
        items: Vec::new(),
        rejected: Vec::new(),
        context: QuestionContext {
            purpose: start.purpose,
            offence_class: start.offence_class,
            urgency: Urgency::try_from(start.urgency).unwrap_or_default(),
            facts: ContextFacts {
                officer: start.officer,
                case_reference: start.case_reference,
                justification: start.justification,
            },
            stated,
            agency: asker.id,
            roles: asker.roles,
            bureaus,
        },
        timeout,
    })
}

pub(super) fn is_code(text: &str) -> bool {
    let may_stand = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b);
    text.len() <= 64 && text.bytes().all(may_stand)
}

fn stated(said: wire::StatedFacts) -> Result<StatedFacts, Refusal> {
    use wire::SubjectCategory as Said;
    let subject_category = match said.subject_category() {
        Said::Unspecified => SubjectCategory::Unknown,
        Said::Suspect => SubjectCategory::Suspect,
        Said::Convicted => SubjectCategory::Convicted,
        Said::Victim => SubjectCategory::Victim,
        Said::Witness => SubjectCategory::Witness,
        Said::Missing => SubjectCategory::Missing,
        Said::Contact => SubjectCategory::Contact,
        Said::Object => SubjectCategory::Object,
    };
    if !is_code(&said.legal_basis) {
        return Err(invalid(
            "the legal basis is a code of small letters, digits, _ . and -, at most 64 bytes",
        ));
    }
    if said.special_categories_only && !said.special_categories {
        return Err(invalid(
            "a question that selects people by special categories alone shows special categories",
        ));
    }
    Ok(StatedFacts {
        subject_category,
        minor: said.minor,
        strictly_necessary: said.strictly_necessary,
        legal_basis: said.legal_basis,
        special_categories: said.special_categories,
        special_categories_only: said.special_categories_only,
        political_matter: said.political_matter,
        political_matter_reviewed: said.political_matter_reviewed,
        dual_criminality_confirmed: said.dual_criminality_confirmed,
        derogation_documented: said.derogation_documented,
    })
}

/// How long to wait for each bureau.
pub(super) fn waiting(wanted: Option<prost_types::Duration>) -> Result<Duration, Refusal> {
    match wanted {
        None => Ok(USUAL_TIMEOUT),
        Some(wanted) => u64::try_from(wanted.seconds)
            .ok()
            .zip(u32::try_from(wanted.nanos).ok())
            .filter(|(_, nanos)| *nanos < 1_000_000_000)
            .map(|(seconds, nanos)| Duration::new(seconds, nanos))
            .filter(|wanted| !wanted.is_zero() && *wanted <= LONGEST_TIMEOUT)
            .ok_or_else(|| invalid("the timeout must be more than 0 and at most 600 seconds")),
    }
}

pub(super) fn read_item(
    item: &CheckItem,
) -> Result<symbolon_identifiers::Identifier, (String, String)> {
    if item.value.len() > LONGEST_VALUE || item.country.len() > LONGEST_VALUE {
        return Err(rejection(ItemReason::TooLong, "an identifier has at most 1,024 bytes"));
    }
    let country = Some(item.country.trim()).filter(|country| !country.is_empty());
    let parsed = if item.identifier_type == MRZ {
        parse_zone(&item.value, country)
    } else {
        let kind: IdentifierType = item.identifier_type.parse().map_err(|_| {
            let known: Vec<_> = IdentifierType::ALL.iter().map(|kind| kind.name()).collect();
            rejection(
                ItemReason::UnknownType,
                format!("there is no such identifier type; known are mrz, {}", known.join(", ")),
            )
        })?;
        parse(kind, &item.value, country)
    };
    parsed.map_err(|error| (error.code.as_str().to_owned(), error.to_string()))
}

pub(super) fn rejection(reason: ItemReason, sentence: impl Into<String>) -> (String, String) {
    (reason.as_str().to_owned(), sentence.into())
}

/// The next message of a caller who does not keep silent; `None` at the end of the stream.
pub(super) async fn message<T>(requests: &mut impl Messages<T>) -> Result<Option<T>, Refusal> {
    tokio::time::timeout(SILENCE, requests.next())
        .await
        .map_err(|_| invalid("the caller was silent for too long"))?
        .transpose()
}

async fn next(
    requests: &mut impl Messages<CheckRequest>,
) -> Result<Option<check_request::Part>, Refusal> {
    match message(requests).await? {
        None => Ok(None),
        Some(message) => {
            message.part.map(Some).ok_or_else(|| invalid("a message of the check is empty"))
        }
    }
}

pub(crate) fn invalid(sentence: &str) -> Refusal {
    Refusal::new(Reason::InvalidArgument, sentence)
}

pub(crate) fn limit(sentence: &str) -> Refusal {
    Refusal::new(Reason::LimitExceeded, sentence)
}
