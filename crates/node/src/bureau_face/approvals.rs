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
    read::{MOST_ITEMS, invalid, is_code},
};
use crate::logging::event;

impl BureauFace {
    /// The service by which approvers allow others to ask.
    pub(crate) fn approval_service(&self) -> ApprovalServiceServer<Self> {
        ApprovalServiceServer::new(self.clone())
    }

    pub(crate) async fn approve(
        &self,
        actor: Actor,
        request: ApproveCheckRequest,
    ) -> Result<ApproveCheckResponse, Refusal> {
        let now = OffsetDateTime::now_utc();
        let approval = read(request, now)?;
        self.store.approve_check(&approval, &actor, now).await.map_err(|error| {
            event!(warn, "an approval could not be recorded", error = error);
            Refusal::new(
                Reason::Internal,
                "the approval could not be recorded; the administrator finds the cause in the \
                 node's log",
            )
        })?;
        event!(info, "questions of a case were approved", elements = approval.most_elements);
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
        let approved = self.approve(actor, request.into_inner()).await;
        approved.map(Response::new).map_err(|refusal| self.refusal(&refusal))
    }
}

fn read(request: ApproveCheckRequest, now: OffsetDateTime) -> Result<CheckApproval, Refusal> {
    let case_reference = request.case_reference.trim();
    if case_reference.is_empty() || case_reference.len() > 256 {
        return Err(invalid("name the case, in at most 256 bytes"));
    }
    if request.purpose.is_empty() || !is_code(&request.purpose) {
        return Err(invalid("the purpose is a code of small letters, digits, _ . and -"));
    }
    if !(1..=MOST_ITEMS as u64).contains(&request.most_elements) {
        return Err(invalid("an approval is for questions of 1 to 1,000,000 identifiers"));
    }
    let valid_for = request
        .valid_for
        .map(|length| Duration::seconds(length.seconds))
        .filter(|length| length.is_positive() && *length <= LONGEST_APPROVAL)
        .ok_or_else(|| invalid("an approval is good for more than no time, and at most 30 days"))?;
    Ok(CheckApproval {
        case_reference: case_reference.to_owned(),
        purpose: request.purpose,
        most_elements: request.most_elements,
        valid_until: now + valid_for,
    })
}
