//! The partner face: answers other bureaus. No identifier ever reaches this module.

mod admission;
mod agreements;
mod answer;
mod disclosures;
mod download;
mod logs;
mod places;

use std::{pin::Pin, sync::Arc, time::Duration};

use symbolon_client::{AgreementBook, Compute, ContactBook, RuleBook};
use symbolon_exchange::{MAX_MESSAGE_LEN, refuse};
use symbolon_policy::{Agreement, AgreementHash, AgreementId, BureauCode, Party, Reason, Refusal};
use symbolon_proto::partner::v1::{
    CheckRequest, CheckResponse, DownloadTagSetRequest, DownloadTagSetResponse,
    ExchangeAgreementRequest, ExchangeAgreementResponse, ExchangeCheckpointsRequest,
    ExchangeCheckpointsResponse, ExchangeDisclosuresRequest, ExchangeDisclosuresResponse,
    GetLogCheckpointRequest, GetLogCheckpointResponse, GetLogConsistencyRequest,
    GetLogConsistencyResponse, GetManifestsRequest, GetManifestsResponse,
    partner_service_server::{PartnerService, PartnerServiceServer},
};
use symbolon_store::Store;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use crate::{
    logging::event, metrics::Metrics, own_log::OwnLog, peer::Peer, published::Published,
    tls::is_party,
};

pub(crate) use places::Places;

/// Most transfers of tag sets at one time.
const MOST_TRANSFERS: usize = 64;

/// The service behind the partner face.
#[derive(Clone)]
pub(crate) struct PartnerFace {
    pub(crate) us: BureauCode,
    pub(crate) store: Store,
    pub(crate) book: AgreementBook,
    pub(crate) contacts: ContactBook,
    /// This bureau, as its card describes it.
    pub(crate) card: Party,
    pub(crate) rules: RuleBook,
    pub(crate) published: Published,
    pub(crate) compute: Compute,
    pub(crate) own_log: OwnLog,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) checks: Places,
    pub(crate) transfers: Arc<Semaphore>,
    pub(crate) deadline: Duration,
}

impl PartnerFace {
    pub(crate) fn transfers() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(MOST_TRANSFERS))
    }

    pub(crate) fn into_service(self) -> PartnerServiceServer<Self> {
        PartnerServiceServer::new(self)
            .max_decoding_message_size(MAX_MESSAGE_LEN)
            .max_encoding_message_size(MAX_MESSAGE_LEN)
    }

    /// The agreement of that id, if `peer` is a party to it other than this bureau.
    fn agreement_with(&self, id: &AgreementId, peer: &Peer) -> Result<(Agreement, Party), Refusal> {
        let unknown = |id: &AgreementId| {
            Refusal::new(
                Reason::AgreementUnknown,
                format!(
                    "{} has no agreement called {id} in force with the holder of this certificate; \
                     compare with its desk",
                    self.us
                ),
            )
        };
        let agreement = self.book.find(id).ok_or_else(|| unknown(id))?;
        let party = agreement
            .terms()
            .parties
            .iter()
            .find(|party| party.code != self.us && is_party(peer, party))
            .cloned()
            // The same as for no agreement: what this bureau has with others is not said.
            .ok_or_else(|| unknown(id))?;
        Ok((agreement, party))
    }

    /// Refuses what is under an agreement that is suspended or has ended. Asked of the database and
    /// not of memory, so that it counts from the moment at which it was written.
    async fn not_withdrawn(&self, agreement: &Agreement) -> Result<(), Refusal> {
        match self.store.withdrawn(agreement).await {
            Ok(None) => Ok(()),
            Ok(Some(refusal)) => Err(refusal),
            Err(error) => {
                event!(warn, "the state of an agreement could not be read", error = error);
                Err(unreadable())
            }
        }
    }

    fn refusal(&self, refusal: &Refusal) -> Status {
        self.metrics.checks_refused.get_or_create(&refusal.reason.into()).inc();
        refuse(refusal, OffsetDateTime::now_utc())
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl PartnerService for PartnerFace {
    async fn get_manifests(
        &self,
        request: Request<GetManifestsRequest>,
    ) -> Result<Response<GetManifestsResponse>, Status> {
        let peer = peer_of(&request)?;
        let message = request.into_inner();
        let respond = async || -> Result<_, Refusal> {
            let id = agreement_id(&message.agreement_id)?;
            let (agreement, _) = self.agreement_with(&id, &peer)?;
            let hash = AgreementHash(
                message
                    .agreement_hash
                    .as_slice()
                    .try_into()
                    .map_err(|_| invalid("the agreement hash must be 32 bytes"))?,
            );
            if hash != agreement.hash() {
                return Err(Refusal::new(
                    Reason::AgreementDiffers,
                    format!("the two bureaus hold different texts of agreement {id}"),
                ));
            }
            let now = OffsetDateTime::now_utc();
            self.not_withdrawn(&agreement).await?;
            agreement.in_force(now)?;
            let manifests = agreement
                .scopes_of(&self.us, now)
                .filter_map(|(scope, ..)| self.published.find(&scope.id()))
                .map(|published| published.document.clone())
                .collect();
            Ok(GetManifestsResponse { manifests })
        };
        respond().await.map(Response::new).map_err(|refusal| self.refusal(&refusal))
    }

    type DownloadTagSetStream = Answers<DownloadTagSetResponse>;

    async fn download_tag_set(
        &self,
        request: Request<DownloadTagSetRequest>,
    ) -> Result<Response<Self::DownloadTagSetStream>, Status> {
        let peer = peer_of(&request)?;
        self.download(&peer, request.into_inner())
            .await
            .map(|pieces| Response::new(Box::pin(pieces) as Self::DownloadTagSetStream))
            .map_err(|refusal| self.refusal(&refusal))
    }

    type CheckStream = Answers<CheckResponse>;

    async fn check(
        &self,
        request: Request<Streaming<CheckRequest>>,
    ) -> Result<Response<Self::CheckStream>, Status> {
        let peer = peer_of(&request)?;
        self.answer(peer, request.into_inner())
            .await
            .map(|answers| Response::new(Box::pin(answers) as Self::CheckStream))
            .map_err(|refusal| self.refusal(&refusal))
    }

    async fn get_log_checkpoint(
        &self,
        request: Request<GetLogCheckpointRequest>,
    ) -> Result<Response<GetLogCheckpointResponse>, Status> {
        let peer = peer_of(&request)?;
        let answer = self.log_checkpoint(&peer, request.get_ref()).await;
        answer.map(Response::new).map_err(|refusal| self.refusal(&refusal))
    }

    async fn get_log_consistency(
        &self,
        request: Request<GetLogConsistencyRequest>,
    ) -> Result<Response<GetLogConsistencyResponse>, Status> {
        let peer = peer_of(&request)?;
        let answer = self.log_consistency(&peer, request.get_ref()).await;
        answer.map(Response::new).map_err(|refusal| self.refusal(&refusal))
    }

    async fn exchange_agreement(
        &self,
        request: Request<ExchangeAgreementRequest>,
    ) -> Result<Response<ExchangeAgreementResponse>, Status> {
        let peer = peer_of(&request)?;
        let answer = self.exchange_text(&peer, request.into_inner()).await;
        answer.map(Response::new).map_err(|refusal| self.refusal(&refusal))
    }

    async fn exchange_checkpoints(
        &self,
        request: Request<ExchangeCheckpointsRequest>,
    ) -> Result<Response<ExchangeCheckpointsResponse>, Status> {
        let peer = peer_of(&request)?;
        let answer = self.exchange_logs(&peer, request.get_ref()).await;
        answer.map(Response::new).map_err(|refusal| self.refusal(&refusal))
    }

    async fn exchange_disclosures(
        &self,
        request: Request<ExchangeDisclosuresRequest>,
    ) -> Result<Response<ExchangeDisclosuresResponse>, Status> {
        let peer = peer_of(&request)?;
        let answer = self.exchange_disclosures(&peer, request.into_inner()).await;
        answer.map(Response::new).map_err(|refusal| self.refusal(&refusal))
    }
}

fn peer_of<T>(request: &Request<T>) -> Result<Peer, Status> {
    request.extensions().get::<Peer>().cloned().ok_or_else(|| {
        let refusal = Refusal::new(Reason::Internal, "the connection has no identity");
        refuse(&refusal, OffsetDateTime::now_utc())
    })
}

fn agreement_id(text: &str) -> Result<AgreementId, Refusal> {
    text.parse().map_err(|_| invalid("the agreement id is malformed"))
}

fn unreadable() -> Refusal {
    Refusal::new(Reason::Internal, "this bureau's node could not read its database")
}

fn invalid(sentence: &str) -> Refusal {
    Refusal::new(Reason::InvalidArgument, sentence)
}
