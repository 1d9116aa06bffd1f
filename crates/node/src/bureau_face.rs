//! The bureau face: this country's own officers and agencies ask, with plain identifiers.

mod approvals;
mod authority;
mod convert;
mod coverage;
mod read;
mod standing;

use std::{pin::Pin, sync::Arc, time::Duration};

use symbolon_client::{CheckError, CheckRequest, Compute, Requester, bureau::MAX_MESSAGE_LEN};
use symbolon_exchange::refuse;
use symbolon_policy::{Actor, Reason, Refusal, rules::Role};
use symbolon_proto::bureau::v1::{
    self as wire, BeginStandingRequest, BeginStandingResponse, CheckFinished, CheckResponse,
    CheckStarted, EndStandingRequest, EndStandingResponse, ListCoverageRequest,
    ListCoverageResponse, ListStandingRequest, ListStandingResponse, MatchStandingRequest,
    MatchStandingResponse, UpdateStandingRequest, UpdateStandingResponse,
    bureau_service_server::{BureauService, BureauServiceServer},
    check_response::Event,
};
use symbolon_store::Store;
use time::OffsetDateTime;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, timeout},
};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

use self::{
    authority::MOST_ITEMS_OF_OFFICER,
    convert::source_messages,
    read::{Question, messages},
};
use crate::{
    logging::event,
    metrics::{EndLabel, Metrics},
    peer::Peer,
};

/// How long a caller may take to read a message.
const SLOWEST_READER: Duration = Duration::from_secs(60);

/// The service behind the bureau face.
#[derive(Clone)]
pub(crate) struct BureauFace {
    pub(crate) store: Store,
    pub(crate) authority: Authority,
    pub(crate) requester: Requester,
    pub(crate) compute: Compute,
    pub(crate) coverage: coverage::Coverage,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) checks: Arc<Semaphore>,
}

pub use approvals::read_approval;
pub use read::read_check;
pub use standing::read_standing;

pub(crate) use authority::{Act, Authority};
pub(crate) use coverage::Coverage;
pub(crate) use read::{MOST_ITEMS_A_MESSAGE, Messages, invalid, limit, stopping};

impl BureauFace {
    pub(crate) fn into_service(self) -> BureauServiceServer<Self> {
        BureauServiceServer::new(self)
            .max_decoding_message_size(MAX_MESSAGE_LEN)
            .max_encoding_message_size(MAX_MESSAGE_LEN)
    }

    /// Who calls, if the certificate may do `act`.
    async fn authorised<T>(&self, request: &Request<T>, act: Act) -> Result<Actor, Status> {
        let authorised = match peer_of(request) {
            Ok(peer) => self.authority.authorise(peer, act).await,
            Err(refusal) => Err(refusal),
        };
        authorised.map_err(|refusal| self.refusal(&refusal))
    }

    /// Counts what is refused.
    pub(crate) fn count_refusal(&self, refusal: &Refusal) {
        self.metrics.bureau_refused.get_or_create(&refusal.reason.into()).inc();
    }

    fn refusal(&self, refusal: &Refusal) -> Status {
        self.count_refusal(refusal);
        refuse(refusal, OffsetDateTime::now_utc())
    }

    /// What can be asked now.
    pub(crate) fn coverage(&self) -> ListCoverageResponse {
        ListCoverageResponse { entries: self.coverage.entries(OffsetDateTime::now_utc()) }
    }

    /// A place among the calls that read and ask at one time. It is taken before anything of what is
    /// asked is read, so that callers cannot fill memory with questions that wait.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.checks).try_acquire_owned().map_err(|_| {
            Refusal::new(Reason::TryAgain, "this node is asking as many checks as it can")
                .retry_at(OffsetDateTime::now_utc() + time::Duration::seconds(1))
        })
    }

    /// Asks what `actor`, who may ask, says in `requests`; what comes of it, as it comes. `place` is
    /// given back when all has come.
    pub(crate) async fn answer(
        &self,
        place: OwnedSemaphorePermit,
        actor: Actor,
        requests: impl Messages<wire::CheckRequest>,
    ) -> Result<ReceiverStream<CheckResponse>, Refusal> {
        let most = if actor.roles.contains(&Role::Analyst) {
            read::MOST_ITEMS
        } else {
            MOST_ITEMS_OF_OFFICER
        };
        let began = Instant::now();
        let asked = read::question(requests, actor.clone(), most, &self.compute).await?;
        let Ok(Question { check, items, rejected, context, timeout: limit }) = asked else {
            return Err(self.authority.refuse(&actor, Act::BigCheck).await?);
        };
        let accepted = items.len() as u64;
        let started = self
            .requester
            .check(CheckRequest { check, items, context, timeout: limit, keep_tags: false })
            .await
            .map_err(|error| check_refusal(&error))?;
        self.metrics.checks_asked.inc();
        self.metrics.identifiers_asked.inc_by(accepted);
        event!(
            info,
            "a check was asked",
            check = started.check,
            identifiers = accepted,
            rejected = rejected.len(),
            sources = started.sources,
        );
        let first = CheckStarted {
            check_id: started.check.0.to_vec(),
            accepted,
            sources: u32::try_from(started.sources).unwrap_or(u32::MAX),
        };
        let (sender, answers) = mpsc::channel(64);
        let metrics = Arc::clone(&self.metrics);
        tokio::spawn(async move {
            let _place = place;
            let rejected = rejected.into_iter().map(Event::Rejected);
            for event in std::iter::once(Event::Started(first)).chain(rejected) {
                if send(&sender, event).await.is_err() {
                    return;
                }
            }
            let mut results = started.results;
            while let Some(result) = results.recv().await {
                let end = match &result.outcome {
                    Ok(_) => "answered",
                    Err(failure) => convert::end_name(failure.kind),
                };
                metrics.sources_asked.get_or_create(&EndLabel { end }).inc();
                metrics.source_seconds.observe(result.elapsed.as_secs_f64());
                for message in source_messages(&result) {
                    if send(&sender, Event::Answers(message)).await.is_err() {
                        return;
                    }
                }
            }
            let elapsed = prost_types::Duration::try_from(began.elapsed()).ok();
            let _ = send(&sender, Event::Finished(CheckFinished { elapsed })).await;
        });
        Ok(ReceiverStream::new(answers))
    }
}

async fn send(sender: &mpsc::Sender<CheckResponse>, event: Event) -> Result<(), ()> {
    let message = CheckResponse { event: Some(event) };
    // A caller that does not read must not hold its place.
    match timeout(SLOWEST_READER, sender.send(message)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(()),
    }
}

#[tonic::async_trait]
impl BureauService for BureauFace {
    type CheckStream = Pin<Box<dyn Stream<Item = Result<CheckResponse, Status>> + Send>>;

    async fn check(
        &self,
        request: Request<Streaming<wire::CheckRequest>>,
    ) -> Result<Response<Self::CheckStream>, Status> {
        let actor = self.authorised(&request, Act::Check).await?;
        let answered =
            async { self.answer(self.place()?, actor, messages(request.into_inner())).await };
        answered
            .await
            .map(|answers| Response::new(Box::pin(answers.map(Ok)) as Self::CheckStream))
            .map_err(|refusal| self.refusal(&refusal))
    }

    async fn list_coverage(
        &self,
        request: Request<ListCoverageRequest>,
    ) -> Result<Response<ListCoverageResponse>, Status> {
        self.authorised(&request, Act::Coverage).await?;
        Ok(Response::new(self.coverage()))
    }

    type BeginStandingStream = Events<BeginStandingResponse>;

    async fn begin_standing(
        &self,
        request: Request<Streaming<BeginStandingRequest>>,
    ) -> Result<Response<Self::BeginStandingStream>, Status> {
        let asker = self.authorised(&request, Act::Standing).await?;
        let events = async {
            self.begin_standing(self.place()?, asker, messages(request.into_inner())).await
        };
        events.await.map(events_of).map_err(|refusal| self.refusal(&refusal))
    }

    type UpdateStandingStream = Events<UpdateStandingResponse>;

    async fn update_standing(
        &self,
        request: Request<Streaming<UpdateStandingRequest>>,
    ) -> Result<Response<Self::UpdateStandingStream>, Status> {
        let asker = self.authorised(&request, Act::Standing).await?;
        let events = async {
            self.update_standing(self.place()?, asker, messages(request.into_inner())).await
        };
        events.await.map(events_of).map_err(|refusal| self.refusal(&refusal))
    }

    type MatchStandingStream = Events<MatchStandingResponse>;

    async fn match_standing(
        &self,
        request: Request<MatchStandingRequest>,
    ) -> Result<Response<Self::MatchStandingStream>, Status> {
        let agency = self.authorised(&request, Act::Standing).await?.id;
        let standing = request.into_inner().standing_id;
        let events = async { self.match_standing(self.place()?, &agency, &standing).await };
        events.await.map(events_of).map_err(|refusal| self.refusal(&refusal))
    }

    async fn list_standing(
        &self,
        request: Request<ListStandingRequest>,
    ) -> Result<Response<ListStandingResponse>, Status> {
        let agency = self.authorised(&request, Act::Standing).await?.id;
        let listed = self.list_standing(&agency).await;
        listed.map(Response::new).map_err(|refusal| self.refusal(&refusal))
    }

    async fn end_standing(
        &self,
        request: Request<EndStandingRequest>,
    ) -> Result<Response<EndStandingResponse>, Status> {
        let agency = self.authorised(&request, Act::Standing).await?.id;
        let ended = self.end_standing(&agency, &request.into_inner().standing_id).await;
        ended
            .map(|()| Response::new(EndStandingResponse {}))
            .map_err(|refusal| self.refusal(&refusal))
    }
}

type Events<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn events_of<T: 'static>(
    events: impl IntoIterator<Item = T, IntoIter: Send + 'static>,
) -> Response<Events<T>> {
    Response::new(Box::pin(tokio_stream::iter(events.into_iter().map(Ok))))
}

fn peer_of<T>(request: &Request<T>) -> Result<&Peer, Refusal> {
    let peer = request.extensions().get();
    peer.ok_or_else(|| Refusal::new(Reason::Internal, "the connection has no identity"))
}

fn check_refusal(error: &CheckError) -> Refusal {
    let reason = match error {
        CheckError::IdReused => Reason::CheckIdReused,
        CheckError::Stopping => Reason::TryAgain,
        CheckError::Store(error) => {
            event!(warn, "a check could not be recorded", error = error);
            return Refusal::new(
                Reason::Internal,
                "the check could not be recorded, so nothing was asked; the administrator finds \
                 the cause in the node's log",
            );
        }
        _ => Reason::Internal,
    };
    Refusal::new(reason, error.to_string())
}
