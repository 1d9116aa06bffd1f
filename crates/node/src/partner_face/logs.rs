//! What partners may know of this bureau's log, and what they have seen of others'.

use symbolon_exchange::{MAX_CHECKPOINT_BYTES, MAX_CHECKPOINTS};
use symbolon_ledger::MAX_NOTE_LEN;
use symbolon_policy::{Reason, Refusal};
use symbolon_proto::partner::v1::{
    ExchangeCheckpointsRequest, ExchangeCheckpointsResponse, GetLogCheckpointRequest,
    GetLogCheckpointResponse, GetLogConsistencyRequest, GetLogConsistencyResponse,
};
use symbolon_store::StoreError;
use time::OffsetDateTime;

use super::{PartnerFace, agreement_id, invalid};
use crate::{logging::event, own_log::OwnLogError, peer::Peer};

impl PartnerFace {
    pub(super) async fn log_checkpoint(
        &self,
        peer: &Peer,
        request: &GetLogCheckpointRequest,
    ) -> Result<GetLogCheckpointResponse, Refusal> {
        self.agreement_with(&agreement_id(&request.agreement_id)?, peer)?;
        let newest = self.own_log.newest().await.map_err(own_log_refusal)?;
        let newest = match newest {
            // Receipts lead to checkpoints that are newer than the scheduled one.
            Some(newest) if newest.size >= request.known_size => newest,
            newest => match (self.own_log.sign_now(OffsetDateTime::now_utc()).await, newest) {
                (Ok(signed), _) => signed,
                // What was signed last is evidence, whatever has become of the log since.
                (Err(OwnLogError::Altered), Some(signed)) => signed,
                (Err(error), _) => return Err(own_log_refusal(error)),
            },
        };
        let consistency_proof = if (1..newest.size).contains(&request.known_size) {
            let proof = self.store.log_consistency(request.known_size, newest.size).await;
            proof.map_err(internal)?.to_bytes()
        } else {
            Vec::new()
        };
        Ok(GetLogCheckpointResponse { checkpoint: newest.note, consistency_proof })
    }

    pub(super) async fn log_consistency(
        &self,
        peer: &Peer,
        request: &GetLogConsistencyRequest,
    ) -> Result<GetLogConsistencyResponse, Refusal> {
        self.agreement_with(&agreement_id(&request.agreement_id)?, peer)?;
        let (first, second) = (request.first_size, request.second_size);
        if first == 0 || first > second {
            return Err(invalid("the first size is at least 1, and at most the second"));
        }
        if second > self.store.log_size().await.map_err(internal)? {
            return Err(Refusal::new(
                Reason::LogSizeUnknown,
                "this bureau's log has fewer entries than that",
            ));
        }
        let proof = self.store.log_consistency(first, second).await.map_err(internal)?;
        Ok(GetLogConsistencyResponse { consistency_proof: proof.to_bytes() })
    }

    pub(super) async fn exchange_logs(
        &self,
        peer: &Peer,
        request: &ExchangeCheckpointsRequest,
    ) -> Result<ExchangeCheckpointsResponse, Refusal> {
        let (_, party) = self.agreement_with(&agreement_id(&request.agreement_id)?, peer)?;
        let shown = &request.checkpoints;
        let bytes: usize = shown.iter().map(Vec::len).sum();
        if shown.len() > MAX_CHECKPOINTS
            || bytes > MAX_CHECKPOINT_BYTES
            || shown.iter().any(|note| note.len() > MAX_NOTE_LEN)
        {
            return Err(Refusal::new(
                Reason::LimitExceeded,
                "at most 256 checkpoints, of 16,384 bytes each and 1 MiB in all, are shown at once",
            ));
        }
        let watch = self.own_log.watch();
        let faults = watch.take_in(&party.code, shown, OffsetDateTime::now_utc()).await;
        self.own_log.tell(&faults.map_err(internal)?);
        let checkpoints = watch.to_show().await.map_err(internal)?;
        Ok(ExchangeCheckpointsResponse { checkpoints })
    }
}

fn own_log_refusal(error: OwnLogError) -> Refusal {
    match error {
        OwnLogError::Altered => log_altered(),
        OwnLogError::Store(error) => internal(error),
        OwnLogError::Folder(error) => {
            event!(warn, "the own log's checkpoint could not be kept", error = error);
            not_read()
        }
    }
}

/// Nothing is signed for a log that does not continue what was signed.
pub(super) fn log_altered() -> Refusal {
    Refusal::new(
        Reason::LogAltered,
        "this bureau's log does not continue what it signed before, so it signs and answers nothing; \
         its desk must look into it",
    )
}

fn internal(error: StoreError) -> Refusal {
    event!(warn, "a question about the log could not be answered", error = error);
    not_read()
}

fn not_read() -> Refusal {
    Refusal::new(Reason::Internal, "this bureau's node could not read its log; its desk knows more")
}
