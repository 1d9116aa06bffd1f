use std::{sync::Arc, time::Duration};

use symbolon_exchange::{AnswerDigest, ChunkPosition, DocumentHash, Receipt, chunks_of};
use symbolon_identifiers::IdentifierType;
use symbolon_oprf::{Proof, PublicKey, voprf};
use symbolon_policy::{Agreement, CheckId, Party, ScopeId};
use symbolon_proto::{
    partner::v1::{
        BlindedChunk, CheckRequest, CheckResponse, EvaluatedChunk, check_request, check_response,
    },
    v1::SignedDocument,
};
use symbolon_store::{CLAIM_LEN, CheckClaims, LogId};
use symbolon_tagset::{LabelSecret, MembershipHash};
use time::OffsetDateTime;
use tonic::Streaming;
use zeroize::Zeroizing;

use crate::{
    blinding::{Blinded, BlindedBatch},
    failure::{Failure, FailureReason},
    pipeline::Pipeline,
    requester::Requester,
    sets::{HeldSet, LabelTrouble},
    tags::Tags,
};

const PAUSE_BEFORE_REPEATING: Duration = Duration::from_millis(200);

/// One check on the wire: everything asked of one owner under one agreement.
pub(crate) struct Ask<'a> {
    pub(crate) requester: &'a Requester,
    pub(crate) check: CheckId,
    pub(crate) agreement: Agreement,
    pub(crate) owner: Party,
    pub(crate) scopes: Vec<AskedScope>,
    pub(crate) header: SignedDocument,
    pub(crate) blinded: Arc<Blinded>,
}

/// One scope of it.
#[derive(Clone, Copy)]
pub(crate) struct AskedScope {
    pub(crate) id: ScopeId,
    pub(crate) kind: IdentifierType,
}

/// What was found in one scope.
pub(crate) struct ScopeAnswer {
    pub(crate) version: u64,
    pub(crate) updated_at: OffsetDateTime,
    /// In the order of the batch.
    pub(crate) hits: Vec<bool>,
    /// The same.
    pub(crate) tags: Tags,
    /// What is released at once with hits, by their place in the batch, rising; empty where nothing is
    /// agreed.
    pub(crate) labels: Vec<(usize, OpenedLabel)>,
    /// What opens labels, in the order of the batch; empty in a scope without.
    pub(crate) secrets: Vec<LabelSecret>,
}

/// A label that was opened, or why it was not.
pub type OpenedLabel = Result<String, LabelTrouble>;

/// What is kept of the outputs of one scope.
struct Received {
    tags: Tags,
    /// In a scope with labels, in the same order.
    secrets: Vec<LabelSecret>,
    /// Where hits may be followed by requests, in the same order: 16 bytes each, end to end.
    claims: Zeroizing<Vec<u8>>,
}

/// What is kept of an output beside its tag.
#[derive(Clone, Copy)]
struct Keeps {
    labels: bool,
    claims: bool,
}

impl Ask<'_> {
    /// Asks, verifies, and looks up once everything is in.
    pub(crate) async fn run(self) -> Result<Vec<Result<ScopeAnswer, Failure>>, Failure> {
        let now = OffsetDateTime::now_utc();
        let mut held = Vec::with_capacity(self.scopes.len());
        for scope in &self.scopes {
            // The public key to verify against is pinned with the set, so without one there is
            // nothing to ask.
            held.push(self.requester.sets.usable(&scope.id, now)?);
        }
        let first = self.attempt(&held).await;
        let (received, receipt) = match first {
            Err(failure) if failure.is_broken_connection() => {
                // Same id, same header: the owner answers the same and counts once. This does not
                // depend on any outcome.
                self.requester.partners.forget(&self.owner);
                tokio::time::sleep(PAUSE_BEFORE_REPEATING).await;
                self.attempt(&held).await?
            }
            other => other?,
        };
        let held = self.fresh_sets(held, &receipt).await;
        self.look_up(held, received).await
    }

    /// The sets as of the owner's receipt: if it has published since, the newer ones.
    /// Where the newer one cannot be had, or is under another key than the answer was verified
    /// with, there is no answer: a no hit would be one in a list that its owner has replaced.
    async fn fresh_sets(
        &self,
        held: Vec<Arc<HeldSet>>,
        receipt: &Receipt,
    ) -> Vec<Result<Arc<HeldSet>, Failure>> {
        if held.iter().map(|set| set.hash).eq(receipt.manifests.iter().copied()) {
            return held.into_iter().map(Ok).collect();
        }
        self.requester.sync_partner(&self.agreement, &self.owner).await;
        let now = OffsetDateTime::now_utc();
        held.iter()
            .zip(&self.scopes)
            .zip(&receipt.manifests)
            .map(|((old, scope), named)| {
                let new = self.requester.sets.usable(&scope.id, now)?;
                let is_newer = new.manifest.version > old.manifest.version;
                if new.manifest.public_key == old.manifest.public_key
                    && (new.hash == *named || is_newer)
                {
                    return Ok(new);
                }
                Err(Failure::no_answer(
                    FailureReason::SetOutdated,
                    "the bureau has a newer list than the copy held here, which could not be \
                     brought up to date; try again shortly, and tell its desk if this stays so",
                ))
            })
            .collect()
    }

    /// While one chunk's proof is verified and its blinds are taken off, the next ones are read,
    /// and requests go out meanwhile. Nothing is looked up before all are in and signed for.
    async fn attempt(&self, held: &[Arc<HeldSet>]) -> Result<(Vec<Received>, Receipt), Failure> {
        let positions = self.positions();
        let mut client = self.requester.partners.client(&self.owner)?;
        let mut answers = client.check(self.requests(positions.clone())).await?.into_inner();
        let mut digest = AnswerDigest::default();
        let compute = &self.requester.compute;
        // One more than there are cores: the next is at hand when a core is free, and no more
        // memory is held.
        let mut under_way = Pipeline::new(compute, compute.cores().saturating_add(1));
        let mut received = self.room(held);
        for position in &positions {
            let chunk = next_chunk(&mut answers).await?;
            digest.add(&chunk.elements);
            let work = self.finalizing(position, chunk, held)?;
            if let Some(done) = under_way.push(work).await? {
                add(&mut received, done?);
            }
        }
        while let Some(done) = under_way.next().await? {
            add(&mut received, done?);
        }
        let answered = received.iter().map(|scope| scope.tags.len()).sum();
        let claims = self.keeps_claims().then(|| {
            CheckClaims::new(
                received.iter_mut().map(|one| std::mem::take(&mut one.claims)).collect(),
            )
        });
        let receipt = self.receipt(&mut answers, digest, answered, claims.as_ref()).await?;
        Ok((received, receipt))
    }

    /// Room for what is kept of each scope.
    fn room(&self, held: &[Arc<HeldSet>]) -> Vec<Received> {
        let room = self.counts().zip(held).map(|(count, set)| {
            let count: usize = count.try_into().unwrap_or(0);
            let secrets = if set.manifest.labels.is_some() { count } else { 0 };
            let claims = if self.keeps_claims() { count.saturating_mul(CLAIM_LEN) } else { 0 };
            Received {
                tags: Tags::with_capacity(count),
                secrets: Vec::with_capacity(secrets),
                claims: Zeroizing::new(Vec::with_capacity(claims)),
            }
        });
        room.collect()
    }

    /// Whether hits may be followed by requests. Said by the agreement alone, so that what is kept
    /// depends on no outcome.
    fn keeps_claims(&self) -> bool {
        let conditions = self.agreement.terms().conditions.as_ref();
        conditions.is_some_and(|conditions| conditions.disclosure.is_some())
    }

    fn counts(&self) -> impl Iterator<Item = u32> {
        self.scopes.iter().map(|scope| self.blinded.get(&scope.kind).map_or(0, BlindedBatch::count))
    }

    fn positions(&self) -> Vec<ChunkPosition> {
        chunks_of(self.counts())
    }

    fn requests(
        &self,
        positions: Vec<ChunkPosition>,
    ) -> impl tokio_stream::Stream<Item = CheckRequest> + Send + 'static {
        let header = CheckRequest { part: Some(check_request::Part::Header(self.header.clone())) };
        let (blinded, scopes) = (Arc::clone(&self.blinded), self.scopes.clone());
        let chunks = positions.into_iter().filter_map(move |position| {
            let scope = scopes.get(usize::try_from(position.scope).ok()?)?;
            let elements = blinded.get(&scope.kind)?.elements(position.chunk)?.clone();
            Some(CheckRequest { part: Some(check_request::Part::Chunk(BlindedChunk { elements })) })
        });
        tokio_stream::iter(std::iter::once(header).chain(chunks))
    }

    /// The work of verifying a chunk's proof against the pinned key and unblinding it.
    fn finalizing(
        &self,
        position: &ChunkPosition,
        answer: EvaluatedChunk,
        held: &[Arc<HeldSet>],
    ) -> Result<impl FnOnce() -> Finalized + Send + 'static, Failure> {
        let index = usize::try_from(position.scope).unwrap_or(usize::MAX);
        let (Some(scope), Some(set)) = (self.scopes.get(index), held.get(index)) else {
            return Err(Failure::untrusted("the bureau answered what was not asked"));
        };
        let (blinded, kind, chunk) = (Arc::clone(&self.blinded), scope.kind, position.chunk);
        let public_key = set.manifest.public_key;
        let keeps = Keeps { labels: set.manifest.labels.is_some(), claims: self.keeps_claims() };
        Ok(move || {
            finalize(&blinded, kind, chunk, &public_key, &answer, keeps)
                .map(|received| (index, received))
                .ok_or_else(|| {
                    Failure::no_answer(
                        FailureReason::ProofInvalid,
                        "the bureau could not prove that it used its published key; nothing of \
                         its answer was used. Tell its desk",
                    )
                })
        })
    }

    async fn receipt(
        &self,
        answers: &mut Streaming<CheckResponse>,
        digest: AnswerDigest,
        answered: usize,
        claims: Option<&CheckClaims>,
    ) -> Result<Receipt, Failure> {
        let signed = match answers.message().await?.and_then(|message| message.part) {
            Some(check_response::Part::Receipt(signed)) => signed,
            _ => return Err(Failure::untrusted("the bureau did not sign for its answer")),
        };
        let receipt = Receipt::verify(&signed, &self.owner.keys.log)?;
        let holds = receipt.check_id == self.check
            && receipt.header_hash == DocumentHash::of(&self.header.document)
            && receipt.evaluated == digest.finish()
            && usize::try_from(receipt.answered) == Ok(answered)
            && receipt.manifests.len() == self.scopes.len();
        if !holds {
            return Err(Failure::untrusted("the bureau signed for another answer than it gave"));
        }
        let (owner, key) = (&self.owner.code, &self.owner.keys.log);
        let logged = receipt.logged(owner, key).map_err(|_| {
            Failure::untrusted("the bureau could not prove that it logged the check; tell its desk")
        })?;
        let agreement = &self.agreement.terms().id;
        self.requester
            .store
            .record_answer(&self.check, &self.owner.code, agreement, &signed.into(), claims)
            .await?;
        let log = LogId { bureau: owner.clone(), key: *key };
        self.requester.log_watch().seen_in_receipt(log, &logged).await?;
        Ok(receipt)
    }

    async fn look_up(
        &self,
        held: Vec<Result<Arc<HeldSet>, Failure>>,
        received: Vec<Received>,
    ) -> Result<Vec<Result<ScopeAnswer, Failure>>, Failure> {
        let work = move || {
            held.into_iter()
                .zip(received)
                .map(|(set, Received { tags, secrets, .. })| {
                    let set = set?;
                    let hits = set.tags.contains_batch(tags.as_slice());
                    Ok(ScopeAnswer {
                        version: set.manifest.version,
                        updated_at: set.manifest.updated_at,
                        labels: open_labels(&set, &hits, &tags, &secrets),
                        hits,
                        tags,
                        secrets,
                    })
                })
                .collect()
        };
        Ok(self.requester.compute.run(work).await?)
    }
}

/// Opens the labels of what hit.
fn open_labels(
    set: &HeldSet,
    hits: &[bool],
    tags: &Tags,
    secrets: &[LabelSecret],
) -> Vec<(usize, OpenedLabel)> {
    let outputs = tags.as_slice().iter().zip(secrets);
    let hits = hits.iter().zip(outputs).enumerate().filter(|(_, (hit, _))| **hit);
    hits.filter_map(|(place, (_, (hash, secret)))| Some((place, set.open_label(hash, secret)?)))
        .collect()
}

/// The index of a chunk's scope, and what is kept of it.
type Finalized = Result<(usize, Received), Failure>;

fn add(received: &mut [Received], (scope, mut more): (usize, Received)) {
    if let Some(received) = received.get_mut(scope) {
        received.tags.extend(&more.tags);
        received.secrets.append(&mut more.secrets);
        received.claims.extend_from_slice(&more.claims);
    }
}

/// Of each output only what is looked up is kept, 16 bytes of 64; 32 more where there are labels; and
/// where hits may be followed by requests the 16 bytes that are shown with one, which tell nothing of
/// any list.
fn finalize(
    blinded: &Blinded,
    kind: IdentifierType,
    chunk: u32,
    public_key: &PublicKey,
    answer: &EvaluatedChunk,
    keeps: Keeps,
) -> Option<Received> {
    let (chunk, inputs) = blinded.get(&kind)?.chunk(chunk)?;
    let proof = Proof::from_bytes(&answer.proof).ok()?;
    let outputs = voprf::additive::finalize(
        public_key,
        &inputs,
        &chunk.blinds,
        &chunk.elements,
        &answer.elements,
        &proof,
    )
    .ok()?;
    let claims = if keeps.claims { outputs.len().saturating_mul(CLAIM_LEN) } else { 0 };
    let mut claims = Zeroizing::new(Vec::with_capacity(claims));
    for output in outputs.iter().filter(|_| keeps.claims) {
        claims.extend_from_slice(&output.claim());
    }
    let secrets = outputs.iter().filter(|_| keeps.labels);
    Some(Received {
        tags: outputs.iter().map(|output| MembershipHash(output.membership_hash())).collect(),
        secrets: secrets.map(|output| LabelSecret::new(*output.label_secret())).collect(),
        claims,
    })
}

async fn next_chunk(answers: &mut Streaming<CheckResponse>) -> Result<EvaluatedChunk, Failure> {
    let Some(message) = answers.message().await? else {
        return Err(Failure::unreachable("the bureau's answer broke off"));
    };
    match message.part {
        Some(check_response::Part::Chunk(chunk)) => Ok(chunk),
        Some(check_response::Part::Receipt(_)) => {
            Err(Failure::untrusted("the bureau signed before it had answered everything"))
        }
        // A part of a later version, perhaps; it is not skipped, since it may change what was answered.
        None => Err(Failure::untrusted(
            "the bureau answered with something that this program does not know; tell its desk which \
             version this is",
        )),
    }
}
