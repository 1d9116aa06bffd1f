use std::collections::BTreeSet;

use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_exchange::{
    CHUNK_ELEMENTS, CheckHeader, DisclosureRequest, DocumentHash, ElementOpening, HitConfirmation,
};
use symbolon_identifiers::Identifier;
use symbolon_oprf::Blind;
use symbolon_policy::{
    Actor, Agreement, BureauCode, CheckId, RequestId,
    disclosure::DisclosureState,
    rules::{DisclosedField, SubjectCategory, Urgency},
};
use symbolon_store::{
    DisclosureAdded, DisclosureEvent, DisclosureSide, Measure, Side, Store, StoreError,
    StoredDisclosure,
};
use time::OffsetDateTime;

use super::{DAMAGED, DisclosureFailure, MOST_A_DAY, RequestFile, need_to_know::follows_up};
use crate::{Compute, ElementEvidence, SignedFile, inspection::position_of, open_check};

/// Which of the elements of a check a record is wanted for.
pub enum WishedElement {
    /// The one that asked this identifier, however it was written.
    Of(Identifier),
    /// The one at this position among all that the check asked, from 0, as an inspector counts them:
    /// through all types, and not in the order of a file.
    At(u64),
}

/// What a person wants to know about a hit, and why.
pub struct DisclosureWish {
    /// The check that hit.
    pub check: CheckId,
    /// Which of its elements.
    pub element: WishedElement,
    /// Whose record; needed where the element was asked of several.
    pub bureau: Option<BureauCode>,
    /// Which of its lists; needed where the element was asked in several.
    pub dataset: Option<String>,
    /// Who confirmed the hit. The bureau answers for it with its signature: whether that person is
    /// qualified is looked up, not stated.
    pub confirmation: Option<HitConfirmation>,
    /// The facts of the case.
    pub facts: String,
    /// Class of offence; that of the check unless given.
    pub offence_class: Option<String>,
    /// Purpose; that of the check unless given.
    pub purpose: Option<String>,
    /// How soon it matters.
    pub urgency: Urgency,
    /// Whom or what the case concerns.
    pub subject_category: SubjectCategory,
    /// The fields wanted.
    pub fields: BTreeSet<DisclosedField>,
    /// The authority that would receive it.
    pub recipient_authority: String,
    /// Whether it is wanted as evidence in court.
    pub use_in_court: bool,
    /// To whom it would be passed on; empty if to nobody.
    pub onward_to: String,
    /// Assurances given.
    pub assurances: BTreeSet<String>,
    /// Why it is an emergency; empty if it is none.
    pub emergency_reasons: String,
}

/// A request that was signed, and what it is about, so that who made it sees whose record is asked for.
/// Holds an identifier.
pub struct DisclosureMade {
    /// Identity of the request.
    pub request: RequestId,
    /// The identifier that its owner is told.
    pub identifier: Identifier,
    /// Whose record it is.
    pub owner: BureauCode,
    /// The list in which it was asked.
    pub dataset: String,
}

/// Makes and signs a request; the node carries it to the owner at its next exchange.
///
/// # Errors
/// When the person has no role for it, the check is a colleague's, it or the element is not known, no
/// list or several fit, the agreement has no terms for it, something that every owner asks for is missing, or
/// a text is too long. Nothing is kept then.
pub async fn request_disclosure(
    store: &Store,
    compute: &Compute,
    us: &BureauCode,
    wish: DisclosureWish,
    by: &Actor,
    now: OffsetDateTime,
) -> Result<DisclosureMade, DisclosureFailure> {
    let asker = follows_up(store, &wish.check, by, now).await?;
    let position = match &wish.element {
        WishedElement::At(position) => *position,
        WishedElement::Of(identifier) => position_of(store, &wish.check, identifier)
            .await?
            .ok_or(DisclosureFailure::NotInCheck)?,
    };
    let opened = open_check(store, compute, wish.check, Some(position)).await?;
    let agreements = store.agreements().await?;
    let found = pick(&opened.parties, &agreements, &wish)?;
    let terms = found.agreement.terms();
    let conditions = terms.conditions.as_ref();
    if conditions.is_none_or(|conditions| conditions.disclosure.is_none()) {
        return Err(DisclosureFailure::NotAgreed { agreement: terms.id.to_string() });
    }
    let proof = &found.evidence.element;
    let place = usize::try_from(proof.chunk)
        .ok()
        .and_then(|chunk| chunk.checked_mul(CHUNK_ELEMENTS))
        .and_then(|first| first.checked_add(usize::try_from(proof.index).ok()?))
        .unwrap_or(usize::MAX);
    let claim = store
        .claim(&wish.check, &found.owner, &terms.id, proof.scope, place)
        .await?
        .ok_or(DisclosureFailure::NoClaim)?;
    let receipt = found.evidence.receipt.as_ref().ok_or(DisclosureFailure::NoClaim)?;
    let mut id = [0; 16];
    SystemRandom::new().fill(&mut id).map_err(|_| StoreError::Randomness)?;
    let request = DisclosureRequest {
        request: RequestId(id),
        check: wish.check,
        agreement: terms.id.clone(),
        agreement_hash: found.agreement.hash(),
        requester: us.clone(),
        owner: found.owner.clone(),
        element: opening(found.evidence)?,
        claim,
        receipt: receipt.to_document(),
        confirmation: wish.confirmation,
        facts: wish.facts,
        offence_class: wish.offence_class.unwrap_or(opened.offence_class),
        purpose: wish.purpose.unwrap_or(opened.purpose),
        urgency: wish.urgency,
        subject_category: wish.subject_category,
        fields: wish.fields,
        recipient_authority: wish.recipient_authority,
        use_in_court: wish.use_in_court,
        onward_to: wish.onward_to,
        assurances: wish.assurances,
        emergency_reasons: wish.emergency_reasons,
        issued_at: now,
    };
    if !request.is_complete() {
        return Err(DisclosureFailure::Incomplete);
    }
    let signed = request.sign(&store.keys().header)?;
    let hash = DocumentHash::of(&signed.document);
    let dataset = found.dataset.clone();
    let file = RequestFile {
        request: SignedFile::of(&signed.into()),
        dataset: found.dataset,
        by: by.id.clone(),
        asker: Some(asker),
        withdrawal: None,
        taken_at: None,
        due_at: None,
        pauses: Vec::new(),
        decision: None,
        not_taken: None,
    };
    let stored = StoredDisclosure {
        side: DisclosureSide::Requester,
        hash: hash.0,
        request: request.request,
        partner: request.owner.clone(),
        agreement: request.agreement.clone(),
        check: request.check,
        state: DisclosureState::Received,
        received_at: now,
        erase_at: None,
        file: Some(file.to_bytes()?),
        version: 0,
    };
    let event = DisclosureEvent::Requested {
        request: request.request,
        document: hash.to_string(),
        owner: request.owner.clone(),
        check: request.check,
        by: by.clone(),
    };
    match store.add_disclosure(&stored, MOST_A_DAY, &event).await? {
        DisclosureAdded::TooMany => Err(DisclosureFailure::TooMany),
        _ => {
            if request.confirmation.is_some() {
                let (owner, purpose) = (&request.owner, &request.purpose);
                let what = Measure::Confirmations;
                // The request is kept, also if the statistics lack it.
                let _ = store.count_one(Side::Asked, owner, &dataset, purpose, what, now).await;
            }
            Ok(DisclosureMade {
                request: request.request,
                identifier: request.element.identifier,
                owner: request.owner,
                dataset,
            })
        }
    }
}

/// The list in which an element hit, with what opens it.
struct Picked<'a> {
    owner: BureauCode,
    agreement: &'a Agreement,
    dataset: String,
    evidence: &'a ElementEvidence,
}

fn pick<'a>(
    parties: &'a [crate::OpenedParty],
    agreements: &'a [Agreement],
    wish: &DisclosureWish,
) -> Result<Picked<'a>, DisclosureFailure> {
    let mut fitting = Vec::new();
    for party in parties {
        if wish.bureau.as_ref().is_some_and(|bureau| bureau != &party.owner) {
            continue;
        }
        for evidence in &party.evidence {
            let Some((agreement, dataset)) = asked_in(party, evidence, agreements) else {
                continue;
            };
            if wish.dataset.as_ref().is_some_and(|wanted| wanted != &dataset) {
                continue;
            }
            fitting.push(Picked { owner: party.owner.clone(), agreement, dataset, evidence });
        }
    }
    match fitting.len() {
        1 => fitting.pop().ok_or(DisclosureFailure::NoList),
        0 => Err(DisclosureFailure::NoList),
        _ => Err(DisclosureFailure::WhichList {
            lists: fitting.iter().map(|one| format!("{} of {}", one.dataset, one.owner)).collect(),
        }),
    }
}

/// The agreement and the dataset in which an element was asked, if the very text is still in place.
fn asked_in<'a>(
    party: &crate::OpenedParty,
    evidence: &ElementEvidence,
    agreements: &'a [Agreement],
) -> Option<(&'a Agreement, String)> {
    let agreement = agreements.iter().find(|one| one.terms().id == party.agreement)?;
    let us = CheckHeader::claimed_agreement(&evidence.header.to_document()).ok()?.1;
    let key = agreement.party(&us)?.keys.header;
    let (header, _) = CheckHeader::verify(&evidence.header.to_document(), &key).ok()?;
    if header.agreement_hash != agreement.hash() {
        return None;
    }
    let scope = header.scopes.get(usize::try_from(evidence.element.scope).ok()?)?.scope;
    let offered = agreement.scopes_of(&party.owner, header.issued_at);
    let dataset = offered.map(|(one, ..)| one).find(|one| one.id() == scope)?.dataset;
    Some((agreement, dataset))
}

fn opening(evidence: &ElementEvidence) -> Result<ElementOpening, DisclosureFailure> {
    let kind = evidence.identifier_type.parse().map_err(|_| DAMAGED)?;
    let blind = evidence.blind.as_slice().try_into().map_err(|_| DAMAGED)?;
    Ok(ElementOpening {
        proof: evidence.element.clone(),
        identifier: Identifier::from_canonical(kind, &evidence.canonical).map_err(|_| DAMAGED)?,
        blind: Blind::from_bytes(blind).map_err(|_| DAMAGED)?,
    })
}
