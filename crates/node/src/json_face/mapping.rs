use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::{Deserialize, Deserializer, de::Error as _};
use symbolon_policy::{Reason, Refusal};
use symbolon_proto::{FILE_DESCRIPTOR_SET, bureau::v1 as wire};

use super::{
    malformed::{field_of_error, malformed},
    shape::look_through,
};
use crate::bureau_face::invalid;

/// A message of the contract that is read or written as JSON, by the JSON mapping of protobuf.
pub(super) trait Mapped: Message + Default {
    /// Its full name in the contract.
    const NAME: &'static str;
}

macro_rules! mapped {
    ($($message:ident),* $(,)?) => {
        $(impl Mapped for wire::$message {
            const NAME: &'static str = concat!("symbolon.bureau.v1.", stringify!($message));
        })*

        #[cfg(test)]
        pub(super) const ALL: &[&str] = &[$(<wire::$message as Mapped>::NAME),*];
    };
}

mapped! {
    ApproveCheckRequest,
    ApproveCheckResponse,
    CheckFinished,
    CheckItem,
    CheckRequest,
    CheckResponse,
    CheckStart,
    CheckStarted,
    EndStandingRequest,
    EndStandingResponse,
    ItemRejected,
    ListCoverageResponse,
    ListStandingResponse,
    MatchStandingRequest,
    SourceAnswers,
    StandingHit,
    StandingItem,
    StandingKept,
    StandingMatched,
    StandingSource,
    UpdateStandingStart,
}

static CONTRACT: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).ok());

pub(super) fn descriptor(name: &str) -> Option<MessageDescriptor> {
    CONTRACT.as_ref()?.get_message_by_name(name)
}

/// Reads what `text` says, within the limits of the face.
pub(super) fn read<T: for<'de> Deserialize<'de>>(text: &[u8]) -> Result<T, Refusal> {
    if std::str::from_utf8(text).is_err() {
        return Err(invalid("the body is not UTF-8"));
    }
    look_through(text)?;
    serde_json::from_slice(text).map_err(|error| malformed(&error, &field_of_error::<T>(text)))
}

/// A message, read from JSON.
pub(super) struct Json<T>(pub(super) T);

impl<'de, T: Mapped> Deserialize<'de> for Json<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let descriptor = descriptor(T::NAME).ok_or_else(|| D::Error::custom("no such message"))?;
        let message = DynamicMessage::deserialize(descriptor, deserializer)?;
        message.transcode_to().map(Self).map_err(D::Error::custom)
    }
}

/// What begins a call of several messages, and its items, in one object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "S: Mapped, I: Mapped")]
pub(super) struct Said<S, I> {
    start: Json<S>,
    items: Vec<Json<I>>,
}

impl<S, I> Said<S, I> {
    pub(super) fn into_parts(self) -> (S, Vec<I>) {
        (self.start.0, self.items.into_iter().map(|item| item.0).collect())
    }
}

/// A message as JSON. Fields that are not set are written as well, with what they then mean.
pub(super) fn write<T: Mapped>(message: &T) -> Result<Vec<u8>, Refusal> {
    let failed = || Refusal::new(Reason::Internal, "an answer could not be written as JSON");
    let mut dynamic = DynamicMessage::new(descriptor(T::NAME).ok_or_else(failed)?);
    dynamic.transcode_from(message).map_err(|_| failed())?;
    let mut json = serde_json::Serializer::new(Vec::new());
    let options = SerializeOptions::new().skip_default_fields(false);
    dynamic.serialize_with_options(&mut json, &options).map_err(|_| failed())?;
    Ok(json.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as<T: Mapped>(text: &str) -> Result<T, Refusal> {
        read::<Json<T>>(text.as_bytes()).map(|read| read.0)
    }

    #[test]
    fn every_field_is_written_as_the_json_mapping_has_it() {
        let label = wire::ReleasedLabel { text: "call first".to_owned(), ..Default::default() };
        let answers = wire::SourceAnswers {
            source: None,
            answers: vec![wire::Answer {
                r#ref: u64::MAX,
                outcome: wire::Outcome::Hit.into(),
                label: Some(label),
                ..Default::default()
            }],
            elapsed: Some(prost_types::Duration { seconds: 1, nanos: 250_000_000 }),
        };
        assert_eq!(
            String::from_utf8(write(&answers).unwrap()).unwrap(),
            r#"{"answers":[{"ref":"18446744073709551615","outcome":"OUTCOME_HIT","reason":"","#
                .to_owned()
                + r#""sentence":"","label":{"text":"call first","reason":"","sentence":""}}],"#
                + r#""elapsed":"1.250s"}"#
        );
    }

    #[test]
    fn what_is_not_there_and_what_is_null_are_the_same_and_unknown_numbers_of_enums_harm_nobody() {
        let text = r#"{"purpose":"x","officer":null,"urgency":99,"bureaus":null,"stated":null,
                       "timeout":"1.5s","checkId":"AAECAwQFBgcICQoLDA0ODw"}"#;
        let start: wire::CheckStart = read_as(text).unwrap();
        assert_eq!((start.purpose.as_str(), start.officer.as_str()), ("x", ""));
        assert_eq!((start.urgency, start.stated), (99, None));
        let timeout = prost_types::Duration { seconds: 1, nanos: 500_000_000 };
        assert_eq!(start.timeout, Some(timeout));
        assert_eq!(start.check_id, (0..16).collect::<Vec<u8>>());
    }

    #[test]
    fn a_refusal_names_the_place_and_the_field_and_never_shows_a_value() {
        for (text, expected) in [
            (r#"{"officr":"secret"}"#, "line 1, column 9: unrecognized field name 'officr'"),
            ("{\n\"officer\":12}", "line 2, column 12: the value of officer is not of the kind"),
            (r#"{"officer":["secret"]}"#, "the value of officer is not of the kind"),
            (r#"{"timeout":"secret"}"#, "the value of timeout is not of the kind"),
            (r#"{"stated":{"minor":"secret"}}"#, "the value of stated.minor is not of"),
            (r#"["secret"]"#, "this is not the object that is wanted here"),
            (r#"{"officer":"secret""#, "the JSON text ends too early"),
            (r#"{officer}"#, "line 1, column 2: this is not JSON"),
        ] {
            let sentence = read_as::<wire::CheckStart>(text).unwrap_err().sentence;
            assert!(sentence.contains(expected), "{sentence}");
            assert!(!sentence.contains("secret"), "{sentence}");
        }
    }
}
