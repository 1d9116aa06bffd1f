use prost::Message;
use symbolon_exchange::Received;
use symbolon_proto::{bureau::v1 as bureau, partner::v1 as partner, v1 as documents};
use tonic::{Code, Status};

/// A byte for the kind of message, then the message: what is read can be written, and reads the same.
pub(crate) fn messages(data: &[u8]) {
    let Some((kind, message)) = data.split_first() else { return };
    KINDS[usize::from(*kind) % KINDS.len()](message);
}

fn there_and_back<M: Message + Default + PartialEq + std::fmt::Debug>(data: &[u8]) {
    let Ok(message) = M::decode(data) else { return };
    assert_eq!(M::decode(message.encode_to_vec().as_slice()), Ok(message));
}

const KINDS: &[fn(&[u8])] = &[
    there_and_back::<bureau::CheckRequest>,
    there_and_back::<bureau::CheckResponse>,
    there_and_back::<bureau::BeginStandingRequest>,
    there_and_back::<bureau::BeginStandingResponse>,
    there_and_back::<bureau::UpdateStandingRequest>,
    there_and_back::<bureau::MatchStandingResponse>,
    there_and_back::<bureau::ListCoverageResponse>,
    there_and_back::<bureau::ListStandingResponse>,
    there_and_back::<partner::CheckRequest>,
    there_and_back::<partner::CheckResponse>,
    there_and_back::<partner::GetManifestsResponse>,
    there_and_back::<partner::DownloadTagSetRequest>,
    there_and_back::<partner::ExchangeAgreementRequest>,
    there_and_back::<partner::ExchangeDisclosuresRequest>,
    there_and_back::<partner::ExchangeDisclosuresResponse>,
    there_and_back::<partner::ExchangeCheckpointsRequest>,
    there_and_back::<documents::CheckHeader>,
    there_and_back::<documents::Manifest>,
    there_and_back::<documents::Receipt>,
    there_and_back::<documents::DisclosureRequest>,
    there_and_back::<documents::DisclosureDecision>,
    there_and_back::<documents::AgreementNotice>,
    // The seeds say a kind by its number: others come behind.
    there_and_back::<bureau::ApproveCheckRequest>,
    there_and_back::<bureau::ApproveCheckResponse>,
    there_and_back::<bureau::MatchStandingRequest>,
    there_and_back::<bureau::UpdateStandingResponse>,
    there_and_back::<bureau::EndStandingRequest>,
    there_and_back::<partner::GetManifestsRequest>,
    there_and_back::<partner::DownloadTagSetResponse>,
    there_and_back::<partner::GetLogCheckpointRequest>,
    there_and_back::<partner::GetLogCheckpointResponse>,
    there_and_back::<partner::GetLogConsistencyRequest>,
    there_and_back::<partner::GetLogConsistencyResponse>,
    there_and_back::<partner::ExchangeCheckpointsResponse>,
    there_and_back::<partner::ExchangeAgreementResponse>,
    there_and_back::<documents::DisclosureWithdrawal>,
];

/// The details of a refusal, and its sentence.
pub(crate) fn status(data: &[u8]) {
    let sentence = String::from_utf8_lossy(data);
    let details = data.to_vec().into();
    let received = Received::read(&Status::with_details(Code::Unavailable, sentence, details));
    assert!(!received.sentence.chars().any(char::is_control));
    assert!(received.sentence.chars().count() <= 512);
    assert!(received.reason.is_none_or(|reason| (1..=64).contains(&reason.len())));
}
