use symbolon_client::SignedFile;
use symbolon_exchange::{DisclosureDecision, DisclosureRefusal, DisclosureRequest, DocumentHash};
use symbolon_policy::{Actor, disclosure::RefusalGround};
use symbolon_store::{DisclosureEvent, Store, StoreError, StoredDisclosure};
use time::OffsetDateTime;

use super::{CaseFile, case::DAMAGED};

/// A refusal to be signed.
pub(super) struct Refusing<'a> {
    /// What the requester is told.
    pub(super) ground: RefusalGround,
    /// The same for a person; says nothing of the record.
    pub(super) sentence: String,
    /// What this bureau alone knows of the reason.
    pub(super) found: String,
    /// Who refuses; nobody where the program does.
    pub(super) by: Option<&'a Actor>,
}

/// Signs a refusal and keeps it. Returns `false` if somebody else changed the case meanwhile.
pub(super) async fn refuse(
    store: &Store,
    mut stored: StoredDisclosure,
    mut file: CaseFile,
    request: &DisclosureRequest,
    refusing: Refusing<'_>,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let Refusing { ground, sentence, found, by } = refusing;
    file.course.refuse(now).map_err(|_| DAMAGED)?;
    let decision = DisclosureDecision {
        request_hash: DocumentHash(stored.hash),
        request: stored.request,
        requester: request.requester.clone(),
        owner: request.owner.clone(),
        decided_at: now,
        outcome: Err(DisclosureRefusal { ground, sentence }),
    };
    let signed = decision.sign(&store.keys().log).map_err(|_| DAMAGED)?;
    file.decision = Some(SignedFile::of(&signed.into()));
    file.proposal = None;
    file.found.clone_from(&found);
    file.put_into(&mut stored)?;
    let event =
        DisclosureEvent::Refused { request: stored.request, ground, found, by: by.cloned() };
    store.change_disclosure(&stored, &[event], now).await
}

/// What a requester is told beside the code: the same for every request of that ground.
pub(super) fn sentence(ground: RefusalGround) -> &'static str {
    match ground {
        RefusalGround::NotRecognised => {
            "no check of yours that was answered here has this element with this claim, or nothing \
             stands behind it; compare check, position and agreement, and call the desk"
        }
        RefusalGround::ClaimExpired => {
            "the time in which this hit could be followed by a request is over; ask the check anew"
        }
        RefusalGround::Incomplete => {
            "a person's confirmation of the hit, the facts and the offence are needed, and purpose and \
             offence as the check declared them or as authorised; send a new request with them"
        }
        RefusalGround::ForbiddenByRule => "the owner's rules do not let the record be released",
        RefusalGround::AlreadyReleased => "the record was released for this hit before",
        RefusalGround::AgreementEnded => {
            "the agreement is suspended or over, and says that open requests are refused"
        }
        RefusalGround::NationalSecurity => "it would harm essential interests of national security",
        RefusalGround::Endangers => "it would endanger an investigation, or a person",
        RefusalGround::Disproportionate => {
            "it is out of proportion to what it is wanted for, or has nothing to do with it"
        }
        RefusalGround::NotAuthorised => "the judicial authority did not authorise it",
        RefusalGround::RecordWithdrawn => "the record has been withdrawn or is being corrected",
        _ => "the record is not released; call the desk",
    }
}

/// Text that may stand in one line of at most a thousand bytes.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if line.len().saturating_add(character.len_utf8()) > 1_000 {
            break;
        }
        line.push(character);
    }
    line
}
