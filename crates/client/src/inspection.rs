//! Opens a check of this bureau to an inspector: who asked what, and why, with the proof against both
//! parties' logs that exactly this was asked; all of it, or one element.

use symbolon_exchange::{
    CHECK_SECRET_LEN, CheckHeader, DocumentHash, ElementProof, Receipt, chunk_hash, derive_blind,
};
use symbolon_identifiers::{Identifier, IdentifierType};
use symbolon_ledger::{Commitment, LeafHash};
use symbolon_policy::{AgreementId, BureauCode, CheckId, VerifyingKey};
use symbolon_proto::v1::{SignedDocument, Urgency};
use symbolon_store::{AskedHeader, LogRecord, Store, StoreError, StoredReceipt};
use thiserror::Error;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    Compute,
    batch::Batch,
    blinding::{Blinded, blind},
    check::CheckError,
    evidence::{ElementEvidence, EvidenceFacts, Logged},
    opening::{DAMAGED, Opening, OpeningSalts, SealedOpening},
    plan::Item,
};

/// A check as an inspector sees it.
pub struct OpenedCheck {
    /// Which.
    pub check: CheckId,
    /// When it was asked.
    pub asked_at: OffsetDateTime,
    /// The certificate that asked.
    pub agency: String,
    /// The officer, as named by the agency.
    pub officer: String,
    /// The case.
    pub case_reference: String,
    /// The grounds.
    pub justification: String,
    /// The declared purpose.
    pub purpose: String,
    /// The declared class of offence.
    pub offence_class: String,
    /// The declared urgency.
    pub urgency: Urgency,
    /// How many elements the check has in all.
    pub element_count: u64,
    /// What was asked: all, or the one that was to be opened.
    pub elements: Vec<OpenedElement>,
    /// The entry in this bureau's own log.
    pub own_log: OwnEntry,
    /// The owners asked.
    pub parties: Vec<OpenedParty>,
}

/// One identifier that was asked.
pub struct OpenedElement {
    /// Its position: elements are counted from 0 through all types, in order of the types' names.
    pub position: u64,
    /// Its type.
    pub kind: IdentifierType,
    /// For people.
    pub value: String,
    /// Its issuer or country, where it has one.
    pub country: Option<String>,
}

/// The entry of this bureau's own log for the check.
pub struct OwnEntry {
    /// Its index.
    pub index: u64,
    /// Whether its record names exactly these headers, and its leaf is in the tree.
    pub holds: bool,
}

/// One owner that was asked, and what proves it.
pub struct OpenedParty {
    /// Who.
    pub owner: BureauCode,
    /// Under which agreement.
    pub agreement: AgreementId,
    /// Hash of the signed header.
    pub header: DocumentHash,
    /// Whether the header is signed by this bureau and commits to this officer, case and grounds.
    pub facts_hold: bool,
    /// Whether the elements in it are the blinded identifiers shown here, and no others.
    pub elements_hold: bool,
    /// The owner's signed word that it logged this header, if it gave one.
    pub receipt: Option<OpenedReceipt>,
    /// For one element: all that shows it to others.
    pub evidence: Vec<ElementEvidence>,
}

/// An owner's receipt, held against the header.
pub struct OpenedReceipt {
    /// Entry of the owner's log.
    pub entry_index: u64,
    /// The leaf of that entry.
    pub leaf: [u8; 32],
    /// Size of the tree in which the owner proved the entry to be.
    pub tree_size: u64,
    /// Whether signature, header and proof hold.
    pub holds: bool,
}

/// The identity of the certificate that asked a check.
///
/// # Errors
/// When it is not known, was erased, or is damaged.
pub(crate) async fn asker_of(store: &Store, check: &CheckId) -> Result<String, InspectionError> {
    let stored = store.asked(check).await?.ok_or(InspectionError::Unknown)?;
    let sealed = SealedOpening::from_bytes(&stored.opening).ok_or(DAMAGED)?;
    Ok(sealed.opening.agency.clone())
}

/// The position of an identifier among the elements of a check, as [`OpenedElement`] counts them; `None`
/// where the check did not ask it. An identifier has one: equals are asked once.
///
/// # Errors
/// When the check is not known, was erased, or is damaged.
pub(crate) async fn position_of(
    store: &Store,
    check: &CheckId,
    identifier: &Identifier,
) -> Result<Option<u64>, InspectionError> {
    let stored = store.asked(check).await?.ok_or(InspectionError::Unknown)?;
    let sealed = SealedOpening::from_bytes(&stored.opening).ok_or(DAMAGED)?;
    let identifiers = sealed.identifiers().ok_or(DAMAGED)?;
    let is_it = |one: &Identifier| {
        one.kind() == identifier.kind() && one.canonical() == identifier.canonical()
    };
    Ok((0..).zip(&identifiers).find(|(_, one)| is_it(one)).map(|(position, _)| position))
}

/// Opens the check, or one of its elements.
///
/// # Errors
/// When it is not known, was erased, is damaged, or has no such element.
pub async fn open_check(
    store: &Store,
    compute: &Compute,
    check: CheckId,
    position: Option<u64>,
) -> Result<OpenedCheck, InspectionError> {
    let stored = store.asked(&check).await?.ok_or(InspectionError::Unknown)?;
    let (index, asked_at) = store.asked_entry(&check).await?.ok_or(InspectionError::Unknown)?;
    let sealed = SealedOpening::from_bytes(&stored.opening).ok_or(DAMAGED)?;
    let identifiers = sealed.identifiers().ok_or(DAMAGED)?;
    let items: Vec<_> = (0..)
        .zip(&identifiers)
        .map(|(n, one)| Item { reference: n, identifier: one.clone() })
        .collect();
    let secret = sealed.opening.check_secret().ok_or(DAMAGED)?;
    let batches = Batch::group(&items);
    let blinded = blind(compute, &batches, check, &secret).await?;
    let element_count = identifiers.len() as u64;
    if position.is_some_and(|position| position >= element_count) {
        return Err(InspectionError::NoSuchElement { elements: element_count });
    }
    let elements = (0..)
        .zip(&identifiers)
        .filter(|(number, _)| position.is_none_or(|wanted| wanted == *number))
        .map(|(position, identifier)| OpenedElement {
            position,
            kind: identifier.kind(),
            value: identifier.display(),
            country: identifier.country().map(str::to_owned),
        })
        .collect();
    let receipts = store.receipts(Some(&check)).await?;
    let opening = Opened {
        store,
        check,
        opening: &sealed.opening,
        blinded: &blinded,
        batches: &batches,
        secret: &secret,
    };
    let parties = stored
        .headers
        .iter()
        .map(|asked| {
            let receipt = receipts
                .iter()
                .find(|one| one.owner == asked.owner && one.agreement == asked.agreement);
            opening.party(asked, receipt, position)
        })
        .collect();
    let own_log = OwnEntry { index, holds: entry_holds(store, index, &stored.headers).await? };
    let facts = &sealed.opening;
    Ok(OpenedCheck {
        check,
        asked_at,
        agency: facts.agency.clone(),
        officer: facts.officer.clone(),
        case_reference: facts.case_reference.clone(),
        justification: facts.justification.clone(),
        purpose: facts.purpose.clone(),
        offence_class: facts.offence_class.clone(),
        urgency: Urgency::try_from(facts.urgency).unwrap_or_default(),
        element_count,
        elements,
        own_log,
        parties,
    })
}

/// Whether the own log's entry names these headers, and is in the tree as it is now.
async fn entry_holds(
    store: &Store,
    index: u64,
    headers: &[AskedHeader],
) -> Result<bool, StoreError> {
    let hashes: Vec<u8> =
        headers.iter().flat_map(|asked| DocumentHash::of(&asked.header.document).0).collect();
    let expected = hex::encode(DocumentHash::of(&hashes).0);
    let Some((found, entry)) = store.log_openings(index, 1).await?.pop() else { return Ok(false) };
    let Some((salt, record)) = entry.opening.filter(|_| found == index) else { return Ok(false) };
    let names_them = match serde_json::from_slice(&record) {
        Ok(LogRecord::CheckAsked { headers, .. }) => headers.as_ref() == Some(&expected),
        _ => false,
    };
    let size = store.log_size().await?;
    let (root, proof) = (store.log_root(size).await?, store.log_inclusion(index, size).await?);
    let leaf: LeafHash = Commitment::new(&salt, &record).leaf_hash();
    Ok(names_them && leaf == entry.leaf && proof.verify(&leaf, index, size, &root).is_ok())
}

/// A check that was opened, to be held against its headers.
struct Opened<'a> {
    store: &'a Store,
    check: CheckId,
    opening: &'a Opening,
    blinded: &'a Blinded,
    batches: &'a [Batch],
    secret: &'a Zeroizing<[u8; CHECK_SECRET_LEN]>,
}

impl Opened<'_> {
    fn party(
        &self,
        asked: &AskedHeader,
        receipt: Option<&StoredReceipt>,
        position: Option<u64>,
    ) -> OpenedParty {
        let signed: SignedDocument = asked.header.clone().into();
        let ours = self.store.keys().header.verifying_key();
        let hash = DocumentHash::of(&asked.header.document);
        let header = CheckHeader::verify(&signed, &ours).ok().map(|(header, _)| header);
        let salts = self.opening.salts.iter().find(|salts| {
            salts.owner == asked.owner.as_str() && salts.agreement == asked.agreement.as_str()
        });
        let facts = salts.and_then(|salts| self.facts(salts));
        let kinds = header.as_ref().map(|header| self.kinds(header)).unwrap_or_default();
        let evidence = match (&header, &facts, position) {
            (Some(header), Some(facts), Some(position)) => {
                self.evidence(&signed, header, &kinds, facts, receipt, position)
            }
            _ => Vec::new(),
        };
        OpenedParty {
            owner: asked.owner.clone(),
            agreement: asked.agreement.clone(),
            header: hash,
            facts_hold: header
                .as_ref()
                .zip(facts.as_ref())
                .is_some_and(|(header, facts)| facts.are_committed_to(header)),
            elements_hold: !kinds.is_empty() && kinds.iter().all(Option::is_some),
            receipt: receipt.map(|receipt| hold_receipt(receipt, &hash, &self.check)),
            evidence,
        }
    }

    /// For each scope of a header the type whose blinded identifiers it asks: found by the hashes, so
    /// that it needs no agreement that may be gone.
    fn kinds(&self, header: &CheckHeader) -> Vec<Option<IdentifierType>> {
        let chunks = header.chunks();
        (0_u32..)
            .zip(&header.scopes)
            .map(|(scope, query)| {
                self.batches.iter().map(|batch| batch.kind).find(|kind| {
                    let Some(batch) = self.blinded.get(kind) else { return false };
                    let mut of_scope = chunks.iter().filter(|(place, _)| place.scope == scope);
                    batch.count() == query.elements
                        && of_scope.all(|(place, hash)| {
                            let elements = batch.elements(place.chunk);
                            elements.is_some_and(|all| &chunk_hash(&self.check, place, all) == hash)
                        })
                })
            })
            .collect()
    }

    /// All that shows the element at `position` to others, once for each scope that asks it.
    fn evidence(
        &self,
        signed: &SignedDocument,
        header: &CheckHeader,
        kinds: &[Option<IdentifierType>],
        facts: &EvidenceFacts,
        receipt: Option<&StoredReceipt>,
        position: u64,
    ) -> Vec<ElementEvidence> {
        let Some((kind, index)) = self.place(position) else { return Vec::new() };
        let Some(batch) = self.batches.iter().find(|batch| batch.kind == kind) else {
            return Vec::new();
        };
        let chunks = header.chunks();
        let of_kind = (0_u32..).zip(kinds).filter(|(_, one)| **one == Some(kind));
        of_kind
            .filter_map(|(scope, _)| {
                let chunk_len = symbolon_exchange::CHUNK_ELEMENTS;
                let chunk = u32::try_from(index.checked_div(chunk_len)?).ok()?;
                let (place, _) =
                    chunks.iter().find(|(at, _)| at.scope == scope && at.chunk == chunk)?;
                let elements = self.blinded.get(&kind)?.elements(chunk)?;
                let proof = ElementProof::of(place, elements, index.checked_rem(chunk_len)?)?;
                let input = batch.inputs.at(index..index.checked_add(1)?).pop()?;
                let number = u32::try_from(index).ok()?;
                let blind = derive_blind(self.secret, &self.check, kind, number, input).ok()?;
                let canonical = batch.inputs.canonical().nth(index)?;
                Some(ElementEvidence::new(
                    signed,
                    proof,
                    kind,
                    canonical,
                    &blind,
                    facts.clone(),
                    receipt.map(|receipt| Logged::of(&receipt.receipt)),
                ))
            })
            .collect()
    }

    /// Type and index in its batch of the element at a position.
    fn place(&self, position: u64) -> Option<(IdentifierType, usize)> {
        let mut left = usize::try_from(position).ok()?;
        for batch in self.batches {
            match left.checked_sub(batch.count()) {
                Some(after) => left = after,
                None => return Some((batch.kind, left)),
            }
        }
        None
    }

    fn facts(&self, salts: &OpeningSalts) -> Option<EvidenceFacts> {
        let facts = EvidenceFacts {
            officer: self.opening.officer.clone(),
            case_reference: self.opening.case_reference.clone(),
            justification: self.opening.justification.clone(),
            officer_salt: salts.officer.clone(),
            case_reference_salt: salts.case_reference.clone(),
            justification_salt: salts.justification.clone(),
        };
        Some(facts)
    }
}

/// Holds a receipt against a header, under the key that it was verified with when it came.
fn hold_receipt(stored: &StoredReceipt, header: &DocumentHash, check: &CheckId) -> OpenedReceipt {
    let signed: SignedDocument = stored.receipt.clone().into();
    let key = stored.receipt.public_key.as_slice().try_into().map(VerifyingKey);
    let read = key.ok().and_then(|key| {
        let receipt = Receipt::verify(&signed, &key).ok()?;
        let logged = receipt.logged(&stored.owner, &key).ok()?;
        Some((receipt, logged.checkpoint().size))
    });
    match read {
        Some((receipt, tree_size)) => OpenedReceipt {
            entry_index: receipt.entry_index,
            leaf: receipt.leaf_hash,
            tree_size,
            holds: &receipt.header_hash == header && &receipt.check_id == check,
        },
        None => OpenedReceipt { entry_index: 0, leaf: [0; 32], tree_size: 0, holds: false },
    }
}

/// Why a check was not opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InspectionError {
    /// This bureau asked no such check, or what it kept of it was erased when its time was over.
    #[error(
        "this bureau holds no check of that id: it never asked it, or erased it when its retention \
         was over; its leaf is in the log all the same"
    )]
    Unknown,
    /// The check has fewer elements.
    #[error("the check has {elements} elements, counted from 0")]
    NoSuchElement {
        /// How many it has.
        elements: u64,
    },
    /// The identifiers could not be blinded again.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
