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
use symbolon_tagset::MembershipHash;
use time::OffsetDateTime;
use tonic::Streaming;
use zeroize::Zeroizing;

use crate::{
    blinding::{Blinded, BlindedBatch},
    failure::Failure,
    pipeline::Pipeline,
    requester::Requester,
    sets::HeldSet,
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
        let (tags, receipt) = match first {
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
        self.look_up(held, tags).await
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
                    "set_outdated",
                    "the bureau has a newer list than the copy held here, which could not be \
                     brought up to date; try again shortly, and tell its desk if this stays so",
                ))
            })
            .collect()
    }

    /// While one chunk's proof is verified and its blinds are taken off, the next ones are read,
    /// and requests go out meanwhile. Nothing is looked up before all are in and signed for.
    async fn attempt(&self, held: &[Arc<HeldSet>]) -> Result<(Vec<Tags>, Receipt), Failure> {
        let positions = self.positions();
        let mut client = self.requester.partners.client(&self.owner)?;
        let mut answers = client.check(self.requests(positions.clone())).await?.into_inner();
        let mut digest = AnswerDigest::default();
        let compute = &self.requester.compute;
        // One more than there are cores: the next is at hand when a core is free, and no more
        // memory is held.
        let mut under_way = Pipeline::new(compute, compute.cores().saturating_add(1));
        let mut received = self.room();
        let mut claims = self.room_for_claims();
        for position in &positions {
            let chunk = next_chunk(&mut answers).await?;
            digest.add(&chunk.elements);
            let work = self.finalizing(position, chunk, held)?;
            if let Some(done) = under_way.push(work).await? {
                add(&mut received, &mut claims, done?);
            }
        }
        while let Some(done) = under_way.next().await? {
            add(&mut received, &mut claims, done?);
        }
        let answered = received.iter().map(Tags::len).sum();
        let claims = self.keeps_claims().then(|| CheckClaims::new(claims));
        let receipt = self.receipt(&mut answers, digest, answered, claims.as_ref()).await?;
        Ok((received, receipt))
    }

    /// Room for the tags of each scope.
    fn room(&self) -> Vec<Tags> {
        self.counts().map(|count| Tags::with_capacity(count.try_into().unwrap_or(0))).collect()
    }

    /// Whether hits may be followed by requests. Said by the agreement alone, so that what is kept
    /// depends on no outcome.
    fn keeps_claims(&self) -> bool {
        let conditions = self.agreement.terms().conditions.as_ref();
        conditions.is_some_and(|conditions| conditions.disclosure.is_some())
    }

    /// Room for the claims of each scope: a vector that grew would leave copies that nobody wipes.
    fn room_for_claims(&self) -> Vec<Zeroizing<Vec<u8>>> {
        let each = if self.keeps_claims() { CLAIM_LEN } else { 0 };
        let room = |count: u32| usize::try_from(count).unwrap_or(0).saturating_mul(each);
        self.counts().map(|count| Zeroizing::new(Vec::with_capacity(room(count)))).collect()
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
        let (public_key, keeps_claims) = (set.manifest.public_key, self.keeps_claims());
        Ok(move || {
            finalize(&blinded, kind, chunk, &public_key, &answer, keeps_claims)
                .map(|(tags, claims)| (index, tags, claims))
                .ok_or_else(|| {
                    Failure::no_answer(
                        "proof_invalid",
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
        tags: Vec<Tags>,
    ) -> Result<Vec<Result<ScopeAnswer, Failure>>, Failure> {
        let work = move || {
            held.into_iter()
                .zip(tags)
                .map(|(set, tags)| {
                    let set = set?;
                    Ok(ScopeAnswer {
                        version: set.manifest.version,
                        updated_at: set.manifest.updated_at,
                        hits: set.tags.contains_batch(tags.as_slice()),
                        tags,
                    })
                })
                .collect()
        };
        Ok(self.requester.compute.run(work).await?)
    }
}

/// Of one chunk, end to end.
type Claims = Zeroizing<Vec<u8>>;

/// The index of a chunk's scope, its tags, and its claims where they are kept.
type Finalized = Result<(usize, Tags, Claims), Failure>;

fn add(received: &mut [Tags], kept: &mut [Claims], (scope, more, claims): (usize, Tags, Claims)) {
    if let Some(tags) = received.get_mut(scope) {
        tags.extend(&more);
    }
    if let Some(kept) = kept.get_mut(scope) {
        kept.extend_from_slice(&claims);
    }
}

/// Of each output only what is looked up is kept, 16 bytes of 64, and where hits may be followed by
/// requests the 16 bytes that are shown with one, which tell nothing of any list.
fn finalize(
    blinded: &Blinded,
    kind: IdentifierType,
    chunk: u32,
    public_key: &PublicKey,
    answer: &EvaluatedChunk,
    keeps_claims: bool,
) -> Option<(Tags, Claims)> {
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
    let mut claims = Zeroizing::new(Vec::with_capacity(outputs.len().saturating_mul(CLAIM_LEN)));
    for output in outputs.iter().filter(|_| keeps_claims) {
        claims.extend_from_slice(&output.claim());
    }
    let tags = outputs.iter().map(|output| MembershipHash(output.membership_hash())).collect();
    Some((tags, claims))
}

async fn next_chunk(answers: &mut Streaming<CheckResponse>) -> Result<EvaluatedChunk, Failure> {
    match answers.message().await?.and_then(|message| message.part) {
        Some(check_response::Part::Chunk(chunk)) => Ok(chunk),
        Some(check_response::Part::Receipt(_)) => {
            Err(Failure::untrusted("the bureau signed before it had answered everything"))
        }
        None => Err(Failure::unreachable("the bureau's answer broke off")),
    }
}
