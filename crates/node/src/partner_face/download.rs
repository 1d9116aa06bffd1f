use std::{fs::File, io::SeekFrom, sync::Arc};

use symbolon_exchange::{PIECE_LEN, refuse};
use symbolon_policy::{Reason, Refusal, ScopeId};
use symbolon_proto::partner::v1::{DownloadTagSetRequest, DownloadTagSetResponse};
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt as _, AsyncSeekExt as _},
    sync::mpsc,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{PartnerFace, agreement_id, answer::SILENCE, invalid};
use crate::peer::Peer;

impl PartnerFace {
    /// Sends a tag set's file, or that of its labels, from an offset on.
    pub(super) async fn download(
        &self,
        peer: &Peer,
        request: DownloadTagSetRequest,
    ) -> Result<ReceiverStream<Result<DownloadTagSetResponse, Status>>, Refusal> {
        let id = agreement_id(&request.agreement_id)?;
        let (agreement, _) = self.agreement_with(&id, peer)?;
        let now = OffsetDateTime::now_utc();
        self.not_withdrawn(&agreement).await?;
        agreement.in_force(now)?;
        let wanted = ScopeId(
            request
                .scope_id
                .as_slice()
                .try_into()
                .map_err(|_| invalid("the scope id must be 32 bytes"))?,
        );
        let published = agreement
            .scopes_of(&self.us, now)
            .find(|(scope, ..)| scope.id() == wanted)
            .and_then(|_| self.published.find(&wanted))
            // The version before too, so that a transfer that broke off can be taken up.
            .filter(|published| {
                let newest = published.manifest.version;
                request.version == newest || request.version.checked_add(1) == Some(newest)
            })
            .ok_or_else(not_offered)?;
        let place = Arc::clone(&self.transfers).try_acquire_owned().map_err(|_| {
            Refusal::new(Reason::TryAgain, "too many transfers are under way")
                .retry_at(now + time::Duration::seconds(5))
        })?;
        let folder = self.store.folder();
        let path = if request.labels {
            folder.own_labels(&wanted, request.version)
        } else {
            folder.own_set(&wanted, request.version)
        };
        // Opened before anything is answered: from here on the file stays readable, even if a
        // newer version takes its place.
        let file = File::open(path).map_err(|_| {
            let is_newest = request.version == published.manifest.version;
            if !is_newest || (request.labels && published.manifest.labels.is_none()) {
                return not_offered();
            }
            Refusal::new(Reason::SetNotReady, "the set is being replaced; try again")
                .retry_at(now + time::Duration::seconds(5))
        })?;
        if file.metadata().is_ok_and(|file| request.offset > file.len()) {
            return Err(invalid("the offset lies beyond the end of the file"));
        }
        let (sender, pieces) = mpsc::channel(4);
        let (book, store) = (self.book.clone(), self.store.clone());
        let withdrawn = {
            let sender = sender.clone();
            async move {
                let refusal = book.until_withdrawn(&store, &agreement).await;
                let status = refuse(&refusal, OffsetDateTime::now_utc());
                let _ = timeout(SILENCE, sender.send(Err(status))).await;
            }
        };
        let transfer = async move {
            let _place = place;
            let mut file = tokio::fs::File::from_std(file);
            if file.seek(SeekFrom::Start(request.offset)).await.is_err() {
                return;
            }
            loop {
                let mut data = Vec::with_capacity(PIECE_LEN);
                let piece = match (&mut file).take(PIECE_LEN as u64).read_to_end(&mut data).await {
                    Ok(0) => return,
                    Ok(_) => Ok(DownloadTagSetResponse { data }),
                    Err(_) => Err(refuse(
                        &Refusal::new(Reason::Internal, "the set could not be read"),
                        OffsetDateTime::now_utc(),
                    )),
                };
                let failed = piece.is_err();
                let sent = timeout(SILENCE, sender.send(piece)).await;
                if failed || !matches!(sent, Ok(Ok(()))) {
                    return;
                }
            }
        };
        tokio::spawn(async move {
            tokio::select! {
                // What is suspended meanwhile is not sent to its end.
                biased;
                () = withdrawn => {}
                () = transfer => {}
            }
        });
        Ok(ReceiverStream::new(pieces))
    }
}

fn not_offered() -> Refusal {
    Refusal::new(Reason::ScopeUnknown, "that set is not offered now; fetch the manifests again")
}
