use std::{sync::Arc, time::Duration, time::Instant};

use ring::rand::SystemRandom;
use symbolon_client::{Pipeline, Stopped};
use symbolon_exchange::{AnswerDigest, ChunkPosition, Receipt, chunk_hash, refuse};
use symbolon_oprf::{ELEMENT_LEN, Error as OprfError, voprf};
use symbolon_policy::{Reason, Refusal, statistics::time_step};
use symbolon_proto::partner::v1::{
    BlindedChunk, CheckRequest, CheckResponse, EvaluatedChunk, check_request, check_response,
};
use symbolon_store::{LogRecord, Measure, Side, Tally};
use time::OffsetDateTime;
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use super::{PartnerFace, admission::AdmittedCheck};
use crate::{
    logging::{ReasonCode, event},
    own_log::OwnLogError,
    peer::Peer,
};

/// How long a requester may be silent within a check.
pub(super) const SILENCE: Duration = Duration::from_secs(30);
/// Answers waiting for a requester that reads slowly.
const ANSWERS_WAITING: usize = 2;

impl PartnerFace {
    /// Admits a check and answers it chunk by chunk.
    pub(super) async fn answer(
        &self,
        peer: Peer,
        mut requests: Streaming<CheckRequest>,
    ) -> Result<ReceiverStream<Result<CheckResponse, Status>>, Refusal> {
        let busy = || {
            Refusal::new(Reason::TryAgain, "this bureau is answering as many checks as it can")
                .retry_at(OffsetDateTime::now_utc() + Duration::from_secs(1))
        };
        let own_place = self.checks.of_partner(&peer.actor.id).ok_or_else(busy)?;
        let began = Instant::now();
        let header = match next(&mut requests).await? {
            Some(check_request::Part::Header(header)) => header,
            _ => {
                return Err(Refusal::new(
                    Reason::HeaderInvalid,
                    "a check begins with its signed header",
                ));
            }
        };
        // Only now, so that who says nothing holds no place but one of its own.
        let place = self.checks.of_all().ok_or_else(busy)?;
        let check = self.admit(&peer, &header).await?;
        let (sender, answers) = mpsc::channel(ANSWERS_WAITING);
        let face = self.clone();
        tokio::spawn(async move {
            let _places = (own_place, place);
            face.finish(check, requests, sender, began).await;
        });
        Ok(ReceiverStream::new(answers))
    }

    /// Evaluates, logs how much was answered whatever happened, and signs for it.
    async fn finish(
        &self,
        check: AdmittedCheck,
        mut requests: Streaming<CheckRequest>,
        sender: mpsc::Sender<Result<CheckResponse, Status>>,
        began: Instant,
    ) {
        let mut progress = Progress::default();
        let evaluated = self.evaluate(&check, &mut requests, &sender, &mut progress);
        let outcome = tokio::select! {
            // Between chunks and while the requester is silent: what is suspended answers no more.
            biased;
            refusal = self.book.until_withdrawn(&self.store, &check.agreement) => Err(refusal),
            outcome = timeout(self.deadline, evaluated) => outcome.unwrap_or_else(|_| {
                Err(Refusal::new(Reason::LimitExceeded, "the check took longer than it may"))
            }),
        };
        let Progress { answered, digest } = progress;
        let evaluated = digest.finish();
        let now = OffsetDateTime::now_utc();
        let record = LogRecord::CheckAnswered {
            requester: check.requester.clone(),
            check: check.header.check_id,
            agreement: Some(check.agreement.terms().id.clone()),
            answered,
            repeated: check.admitted.repeated,
            evaluated: hex::encode(evaluated),
            broke_off: outcome.as_ref().err().map(|refusal| refusal.reason.as_str().to_owned()),
        };
        let logged = async {
            self.store.append(&record, now).await.map_err(OwnLogError::from)?;
            self.own_log.include(check.admitted.entry_index, now).await
        };
        let outcome = match logged.await {
            Ok(inclusion) => outcome.map(|()| inclusion),
            // An answer that could not be logged is not signed for.
            Err(error) => {
                match error {
                    OwnLogError::Altered => event!(warn, "an answer was not signed for"),
                    OwnLogError::Folder(error) => {
                        event!(warn, "an answer could not be logged", error = error);
                    }
                    OwnLogError::Store(error) => {
                        event!(warn, "an answer could not be logged", error = error);
                    }
                }
                outcome.and(Err(Refusal::new(Reason::Internal, "the answer could not be logged")))
            }
        };
        let broke_off = outcome.as_ref().err().map(|refusal| refusal.reason);
        let took = began.elapsed();
        let last = match outcome {
            Ok(inclusion) => {
                self.metrics.checks_answered.inc();
                self.metrics.answer_seconds.observe(took.as_secs_f64());
                let receipt = Receipt {
                    check_id: check.header.check_id,
                    header_hash: check.header_hash,
                    manifests: check.scopes.iter().map(|scope| scope.hash).collect(),
                    evaluated,
                    answered,
                    entry_index: check.admitted.entry_index,
                    leaf_hash: check.admitted.leaf.0,
                    issued_at: now,
                    checkpoint: inclusion.checkpoint,
                    inclusion: inclusion.proof,
                };
                let signed = receipt.sign(&self.store.keys().log);
                Ok(CheckResponse { part: Some(check_response::Part::Receipt(signed)) })
            }
            Err(refusal) => {
                self.metrics.checks_refused.get_or_create(&refusal.reason.into()).inc();
                event!(
                    info,
                    "a partner's check broke off",
                    check = check.header.check_id,
                    requester = check.requester,
                    reason = ReasonCode(refusal.reason),
                    answered = answered,
                );
                Err(refuse(&refusal, now))
            }
        };
        // A requester that does not read must not hold its place.
        let _ = timeout(SILENCE, sender.send(last)).await;
        if !check.admitted.repeated {
            self.count(&check, broke_off, took, now).await;
        }
    }

    /// Counts an answer for the statistics, when nobody waits for it any more.
    async fn count(
        &self,
        check: &AdmittedCheck,
        broke_off: Option<Reason>,
        took: Duration,
        at: OffsetDateTime,
    ) {
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let mut tallies = Vec::new();
        for dataset in &check.datasets {
            let tally = |measure| Tally {
                side: Side::Answered,
                partner: check.requester.clone(),
                dataset: dataset.clone(),
                purpose: check.header.purpose.clone(),
                measure,
                count: 1,
            };
            match broke_off {
                Some(reason) => tallies.push(tally(Measure::Refused(reason.as_str().to_owned()))),
                None => {
                    tallies.push(tally(Measure::Answered));
                    tallies.push(tally(Measure::Time(time_step(milliseconds))));
                }
            }
        }
        if let Err(error) = self.store.add_tallies(&tallies, at).await {
            event!(warn, "an answer could not be counted", error = error);
        }
    }

    /// Answers chunk by chunk, in order. While some are evaluated the next is read, so that neither
    /// network nor cores wait for the other. What was read before something went wrong is still
    /// answered, as if each had been answered before the next was looked at.
    async fn evaluate(
        &self,
        check: &AdmittedCheck,
        requests: &mut Streaming<CheckRequest>,
        sender: &mpsc::Sender<Result<CheckResponse, Status>>,
        progress: &mut Progress,
    ) -> Result<(), Refusal> {
        let mut under_way = Pipeline::new(&self.compute, self.compute.cores());
        let mut expected = check.header.chunks().into_iter();
        let read_all = loop {
            tokio::select! {
                // What is ready goes out before more is taken in.
                biased;
                done = under_way.next(), if !under_way.is_empty() => {
                    self.send(done, sender, progress).await?;
                }
                part = next(requests), if !under_way.is_full() => {
                    match self.take_in(check, expected.next(), part) {
                        Ok(Some(work)) => {
                            // There was room, so this gives no result.
                            under_way.push(work).await.map_err(|_| stopping())?;
                        }
                        Ok(None) => break Ok(()),
                        Err(refusal) => break Err(refusal),
                    }
                }
            }
        };
        while !under_way.is_empty() {
            let done = under_way.next().await;
            self.send(done, sender, progress).await?;
        }
        read_all
    }

    /// Takes what came for the chunk that the header names next, and returns the work of holding it against
    /// that and evaluating it; `None` at the end of a check that is whole.
    fn take_in(
        &self,
        check: &AdmittedCheck,
        expected: Option<(ChunkPosition, [u8; 32])>,
        part: Result<Option<check_request::Part>, Refusal>,
    ) -> Result<Option<impl FnOnce() -> EvaluatedPart + Send + 'static>, Refusal> {
        let (expected, elements) = match (expected, part?) {
            (Some(expected), Some(check_request::Part::Chunk(BlindedChunk { elements }))) => {
                (expected, elements)
            }
            (_, Some(check_request::Part::Header(_))) => {
                return Err(Refusal::new(Reason::HeaderInvalid, "a check has one header"));
            }
            (Some(_), None) => {
                return Err(Refusal::new(
                    Reason::ChunkMissing,
                    "the stream ended before all chunks had come",
                ));
            }
            (None, None) => return Ok(None),
            (None, Some(check_request::Part::Chunk(_))) => {
                return Err(Refusal::new(
                    Reason::ChunkAltered,
                    "there is a chunk more than the header counts",
                ));
            }
        };
        let (position, signed_hash) = expected;
        let index = usize::try_from(position.scope).map_err(|_| not_evaluated())?;
        let scope = Arc::clone(check.scopes.get(index).ok_or_else(not_evaluated)?);
        let check_id = check.header.check_id;
        Ok(Some(move || {
            // Before any arithmetic: nothing is evaluated that was not signed for.
            if chunk_hash(&check_id, &position, &elements) != signed_hash {
                return Err(Refusal::new(
                    Reason::ChunkAltered,
                    "a chunk is not the one whose hash was signed",
                ));
            }
            // What was counted against the quota is what the header says, so a chunk holds exactly as
            // much.
            if Some(elements.len()) != position.elements.checked_mul(ELEMENT_LEN) {
                return Err(Refusal::new(
                    Reason::ElementInvalid,
                    "a chunk does not hold as many whole elements as the header counts",
                ));
            }
            let evaluated = voprf::blind_evaluate(&scope.key, &elements, &SystemRandom::new())
                .map_err(|error| match error {
                    OprfError::Randomness => not_evaluated(),
                    at_fault => Refusal::new(
                        Reason::ElementInvalid,
                        format!("the check holds an element that is not valid: {at_fault}"),
                    ),
                })?;
            let chunk = EvaluatedChunk {
                elements: evaluated.elements.into(),
                proof: evaluated.proof.to_bytes().to_vec(),
            };
            Ok((position.elements as u64, chunk))
        }))
    }

    /// Counts a chunk as answered, and sends it.
    async fn send(
        &self,
        done: Result<Option<EvaluatedPart>, Stopped>,
        sender: &mpsc::Sender<Result<CheckResponse, Status>>,
        progress: &mut Progress,
    ) -> Result<(), Refusal> {
        let Some(done) = done.map_err(|_| stopping())? else { return Ok(()) };
        let (answered, chunk) = done?;
        progress.answered = progress.answered.saturating_add(answered);
        progress.digest.add(&chunk.elements);
        self.metrics.elements_evaluated.inc_by(answered);
        let part = Some(check_response::Part::Chunk(chunk));
        sender
            .send(Ok(CheckResponse { part }))
            .await
            .map_err(|_| Refusal::new(Reason::ChunkMissing, "the requester went away"))
    }
}

/// How many elements a chunk has, and what came of it.
type EvaluatedPart = Result<(u64, EvaluatedChunk), Refusal>;

fn not_evaluated() -> Refusal {
    Refusal::new(Reason::Internal, "the chunk could not be evaluated")
}

fn stopping() -> Refusal {
    Refusal::new(Reason::TryAgain, "this bureau's node is stopping")
}

#[derive(Default)]
struct Progress {
    answered: u64,
    digest: AnswerDigest,
}

/// The next part of a check; `None` at the end of the stream.
async fn next(
    requests: &mut Streaming<CheckRequest>,
) -> Result<Option<check_request::Part>, Refusal> {
    let message = timeout(SILENCE, requests.message())
        .await
        .map_err(|_| Refusal::new(Reason::ChunkMissing, "the requester was silent for too long"))?
        .map_err(|status| match status.code() {
            // What tonic says of a message over the limit; it is never read into memory.
            Code::OutOfRange | Code::ResourceExhausted => Refusal::new(
                Reason::LimitExceeded,
                "a message is longer than 2 MiB; send chunks of at most 16,384 elements",
            ),
            // What it says of bytes that are no message. Of a stream that breaks off it names the cause.
            Code::Internal if std::error::Error::source(&status).is_none() => Refusal::new(
                Reason::InvalidArgument,
                "a message of the check cannot be read; compile the contract of this node's version",
            ),
            _ => Refusal::new(Reason::ChunkMissing, "the stream broke off"),
        })?;
    match message {
        None => Ok(None),
        Some(message) => message.part.map(Some).ok_or_else(|| {
            Refusal::new(Reason::InvalidArgument, "a message of the check is empty")
        }),
    }
}
