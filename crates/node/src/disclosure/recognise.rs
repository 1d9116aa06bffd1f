use symbolon_exchange::{CheckHeader, DisclosureRequest, DocumentHash, Receipt};
use symbolon_oprf::voprf;
use symbolon_policy::{
    Agreement, BureauCode, Scope, disclosure::RefusalGround, rules::LegalTables, same_rules,
};
use symbolon_store::{Store, StoreError};
use time::{Duration, OffsetDateTime};

/// That a request is not about an element that this bureau answered.
#[derive(Debug)]
pub(super) struct Unrecognised {
    /// What the requester is told: the same whatever it was, but where the calendar or its own signed
    /// header alone says so.
    pub(super) ground: RefusalGround,
    /// What it was, for this bureau alone.
    pub(super) found: &'static str,
}

/// What is to be recognised.
pub(super) struct Asking<'a> {
    /// The agreement under which it came.
    pub(super) agreement: &'a Agreement,
    /// The request.
    pub(super) request: &'a DisclosureRequest,
    /// Days after a check for which its hits may be followed by a request.
    pub(super) claim_days: u32,
    /// When it came in.
    pub(super) received_at: OffsetDateTime,
}

/// The scope in which the element of a request was asked, if this bureau answered exactly it, and the
/// claim is that of its identifier. Nothing else of a request counts before this holds.
///
/// # Errors
/// The outer one when the database fails; the inner one when something does not hold.
pub(super) async fn recognise(
    store: &Store,
    us: &BureauCode,
    tables: &LegalTables,
    asking: &Asking<'_>,
) -> Result<Result<Scope, Unrecognised>, StoreError> {
    let Asking { agreement, request, claim_days, received_at } = *asking;
    let not = |found| Ok(Err(Unrecognised { ground: RefusalGround::NotRecognised, found }));
    let (Some(requester), Some(owner)) = (agreement.party(&request.requester), agreement.party(us))
    else {
        return not("not_a_party");
    };
    // Looked up under the authenticated requester and the agreement, so that nobody is told anything
    // of what others asked.
    let asked =
        store.answered_check(&request.requester, &request.agreement, &request.check).await?;
    let Some(asked) = asked else { return not("never_asked") };
    let until = asked.admitted_at.checked_add(Duration::days(claim_days.into()));
    if until.is_none_or(|until| received_at > until) {
        return Ok(Err(Unrecognised {
            ground: RefusalGround::ClaimExpired,
            found: "claim_days_over",
        }));
    }
    let header = asked.header.into();
    let Ok((header, hash)) = CheckHeader::verify(&header, &requester.keys.header) else {
        return not("header_of_another_key");
    };
    if header.agreement_hash != agreement.hash() {
        return not("other_text_of_the_agreement");
    }
    if !is_answered(request, hash, &owner.keys.log) {
        return not("receipt_does_not_hold");
    }
    if !names_the_element(&header, request) {
        return not("element_not_in_header");
    }
    if !request.element.opens() {
        return not("element_does_not_open");
    }
    if let Some(found) = declares_otherwise(&header, request, tables) {
        return Ok(Err(Unrecognised { ground: RefusalGround::Incomplete, found }));
    }
    let asked_in = usize::try_from(request.element.proof.scope)
        .ok()
        .and_then(|index| header.scopes.get(index))
        .map(|query| query.scope);
    let kind = request.element.identifier.kind();
    let scope = agreement
        .scopes_of(us, asked.admitted_at)
        .map(|(scope, ..)| scope)
        .find(|scope| Some(scope.id()) == asked_in && scope.identifier_type == kind);
    let Some(scope) = scope.filter(|scope| same_rules(kind, scope.rules_version).is_ok()) else {
        return not("scope_not_offered");
    };
    let Some(key) = store.living_key(&scope.id()).await? else { return not("key_destroyed") };
    let outputs = voprf::evaluate(&key, &[request.element.identifier.oprf_input()]);
    let is_claim = outputs
        .ok()
        .and_then(|outputs| outputs.into_iter().next())
        .is_some_and(|output| output.has_claim(&request.claim));
    if is_claim { Ok(Ok(scope)) } else { not("claim_wrong") }
}

/// Whether a request is for something else than its check was declared for. The tables may authorise
/// other purposes; nothing stands in for another class of offence.
fn declares_otherwise(
    header: &CheckHeader,
    request: &DisclosureRequest,
    tables: &LegalTables,
) -> Option<&'static str> {
    let authorised =
        || tables.partner(&request.requester).purposes_authorised.contains(&request.purpose);
    if request.purpose != header.purpose && !authorised() {
        return Some("other_purpose");
    }
    let declared = !header.offence_class.is_empty();
    (declared && request.offence_class != header.offence_class).then_some("other_offence_class")
}

/// Whether this bureau signed that it answered the check of that header whole.
fn is_answered(
    request: &DisclosureRequest,
    header: DocumentHash,
    log_key: &symbolon_policy::VerifyingKey,
) -> bool {
    Receipt::verify(&request.receipt, log_key)
        .is_ok_and(|receipt| receipt.check_id == request.check && receipt.header_hash == header)
}

fn names_the_element(header: &CheckHeader, request: &DisclosureRequest) -> bool {
    let proof = &request.element.proof;
    header.chunks().iter().any(|(place, chunk_hash)| {
        place.scope == proof.scope
            && place.chunk == proof.chunk
            && u32::try_from(place.elements) == Ok(proof.elements)
            && proof.verifies(&header.check_id, chunk_hash)
    })
}
