use std::collections::BTreeSet;

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{Actor, Reason, Refusal};
use symbolon_proto::bureau::v1::{
    ApproveCheckRequest, ApproveCheckResponse,
    approval_service_server::{ApprovalService, ApprovalServiceServer},
};
use symbolon_store::{CheckApproval, LONGEST_APPROVAL};
use time::{Duration, OffsetDateTime};
use tonic::{Request, Response, Status};

use super::{
    BureauFace,
    authority::Act,
    convert::timestamp,
    peer_of,
    read::{MOST_ITEMS, invalid, is_code},
};
use crate::{logging::event, peer::Peer};

impl BureauFace {
    /// The service by which approvers allow others to ask.
    pub(crate) fn approval_service(&self) -> ApprovalServiceServer<Self> {
        ApprovalServiceServer::new(self.clone())
    }

    /// Keeps what `actor` allows, whose certificate is `peer`'s: an approval ends with it.
    pub(crate) async fn approve(
        &self,
        peer: &Peer,
        actor: Actor,
        request: ApproveCheckRequest,
    ) -> Result<ApproveCheckResponse, Refusal> {
        let now = OffsetDateTime::now_utc();
        let mut approval = read_approval(request, &actor, now)?;
        // It does not outlive what it was given by.
        approval.valid_until = approval.valid_until.min(peer.not_after);
        let kept = self.store.approve_check(&approval, &actor, &peer.certificate, now).await;
        kept.map_err(|error| {
            event!(warn, "an approval could not be recorded", error = error);
            Refusal::new(
                Reason::Internal,
                "the approval could not be recorded; the administrator finds the cause in the \
                 node's log",
            )
        })?;
        event!(info, "questions of a case were approved", elements = approval.elements);
        Ok(ApproveCheckResponse { valid_until: Some(timestamp(approval.valid_until)) })
    }
}

#[tonic::async_trait]
impl ApprovalService for BureauFace {
    async fn approve_check(
        &self,
        request: Request<ApproveCheckRequest>,
    ) -> Result<Response<ApproveCheckResponse>, Status> {
        let actor = self.authorised(&request, Act::Approve).await?;
        let peer = peer_of(&request).map_err(|refusal| self.refusal(&refusal))?.clone();
        let approved = self.approve(&peer, actor, request.into_inner()).await;
        approved.map(Response::new).map_err(|refusal| self.refusal(&refusal))
    }
}

/// What `by` approves, as it was said. Public for fuzzing.
///
/// # Errors
/// What the caller is refused with.
#[doc(hidden)]
pub fn read_approval(
    request: ApproveCheckRequest,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<CheckApproval, Refusal> {
    let case_reference = request.case_reference.trim();
    if case_reference.is_empty() || case_reference.len() > 256 {
        return Err(invalid("name the case, in at most 256 bytes"));
    }
    if request.purpose.is_empty() || !is_code(&request.purpose) {
        return Err(invalid("the purpose is a code of small letters, digits, _ . and -"));
    }
    if !(1..=MOST_ITEMS as u64).contains(&request.most_elements) {
        return Err(invalid("an approval is for 1 to 1,000,000 identifiers in all"));
    }
    let valid_for = request
        .valid_for
        .map(|length| Duration::seconds(length.seconds))
        .filter(|length| length.is_positive() && *length <= LONGEST_APPROVAL)
        .ok_or_else(|| invalid("an approval is good for more than no time, and at most 30 days"))?;
    let asker = asker(&request.asker, by)?;
    let types = request
        .identifier_types
        .iter()
        .map(|name| name.parse())
        .collect::<Result<BTreeSet<IdentifierType>, _>>()
        .map_err(|_| invalid("an identifier type is named by its code, for instance phone"))?;
    Ok(CheckApproval {
        case_reference: case_reference.to_owned(),
        purpose: request.purpose,
        asker,
        types,
        elements: request.most_elements,
        valid_until: now + valid_for,
    })
}

/// The identity of who may ask: as it stands, or of that name in the approver's own bureau.
fn asker(named: &str, by: &Actor) -> Result<String, Refusal> {
    let named = named.trim();
    if named.is_empty() || named.len() > 512 {
        return Err(invalid("name who may ask: a name, or the identity in a certificate"));
    }
    let asker = match by.id.rsplit_once("/people/") {
        Some((bureau, _)) if !named.contains('/') => format!("{bureau}/people/{named}"),
        _ => named.to_owned(),
    };
    if asker == by.id {
        return Err(invalid("nobody approves what he asks himself"));
    }
    Ok(asker)
}
