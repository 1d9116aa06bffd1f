use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::{prelude::*, types::PyBytes};
use ring::rand::SystemRandom;
use symbolon_exchange::{
    self as exchange, AnswerDigest, CheckHeader, ChunkPosition, CommitmentSalts, ContextFacts,
    DocumentHash, MAX_ELEMENTS, MAX_SCOPES, ScopeQuery, chunk_hash, chunks_of,
};
use symbolon_oprf::{Proof, voprf};
use symbolon_policy::{Agreement, BureauCode, Party, SigningKey};
use symbolon_proto::v1::{SignedDocument, Urgency};
use symbolon_tagset::{LabelSecret, MembershipHash};
use time::OffsetDateTime;

use crate::{
    fault::{Fault, invalid, untrusted},
    manifest::{Held, HeldSet},
    question::{Batch, Blinded},
    signing::{Parts, parts, signed},
};

type Opening<'py> =
    (Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// Everything that a header says beside the elements.
pub(crate) struct Context<'a> {
    pub(crate) agreement: &'a Agreement,
    pub(crate) requester: BureauCode,
    pub(crate) owner: &'a Party,
    pub(crate) purpose: String,
    pub(crate) offence_class: String,
    pub(crate) urgency: i32,
    pub(crate) officer: String,
    pub(crate) case_reference: String,
    pub(crate) justification: String,
    pub(crate) issued_at: OffsetDateTime,
}

/// A question that was signed for one owner, and what has come of it.
#[pyclass(frozen, module = "symbolon._core")]
pub(crate) struct Asked(Arc<State>);

struct State {
    blinded: Arc<Blinded>,
    owner: Party,
    sets: Vec<Arc<Held>>,
    signed: SignedDocument,
    salts: CommitmentSalts,
    positions: Vec<ChunkPosition>,
    received: Mutex<Received>,
    receipt: OnceLock<exchange::Receipt>,
}

#[derive(Default)]
struct Received {
    chunks: usize,
    digest: AnswerDigest,
    // In the order of the positions.
    outputs: Vec<Option<Outputs>>,
}

/// What is kept of the outputs of one chunk.
struct Outputs {
    hashes: Vec<MembershipHash>,
    /// In a scope with labels, in the same order.
    secrets: Vec<LabelSecret>,
}

/// Signs the header; the elements are those of `blinded`.
pub(crate) fn header(
    blinded: Arc<Blinded>,
    sets: Vec<Arc<Held>>,
    context: Context<'_>,
    key: &SigningKey,
) -> Result<Asked, &'static str> {
    if sets.is_empty() || sets.len() > MAX_SCOPES {
        return Err("a check asks in at least one list and at most 1,024");
    }
    let batch_of = |set: &Held| blinded.batches.get(&set.manifest.scope.identifier_type);
    let batches: Vec<&Batch> = sets.iter().filter_map(|set| batch_of(set)).collect();
    if batches.len() != sets.len() {
        return Err("a list is named of whose type no identifier is asked");
    }
    if batches.iter().any(|batch| batch.count() > MAX_ELEMENTS) {
        return Err("a check asks at most 4,194,304 different identifiers of a type");
    }
    let positions = chunks_of(batches.iter().map(|batch| batch.count()));
    let mut places = positions.iter();
    let scopes = sets.iter().zip(&batches).map(|(set, batch)| ScopeQuery {
        scope: set.manifest.scope_id(),
        elements: batch.count(),
        chunk_hashes: batch
            .elements()
            .zip(places.by_ref().take(batch.elements().count()))
            .map(|(elements, place)| chunk_hash(&blinded.check, place, elements))
            .collect(),
    });
    let scopes = scopes.collect();
    let salts = CommitmentSalts::random(&SystemRandom::new())
        .map_err(|_| "the system's random number generator gave nothing")?;
    let facts = ContextFacts {
        officer: context.officer,
        case_reference: context.case_reference,
        justification: context.justification,
    };
    let terms = context.agreement.terms();
    let header = CheckHeader {
        check_id: blinded.check,
        agreement: terms.id.clone(),
        agreement_hash: context.agreement.hash(),
        requester: context.requester,
        owner: context.owner.code.clone(),
        scopes,
        purpose: context.purpose,
        offence_class: context.offence_class,
        urgency: Urgency::try_from(context.urgency).unwrap_or_default(),
        commitments: salts.commit_all(&facts),
        issued_at: context.issued_at,
    };
    let received =
        Received { outputs: positions.iter().map(|_| None).collect(), ..Received::default() };
    Ok(Asked(Arc::new(State {
        signed: header.sign(key),
        owner: context.owner.clone(),
        blinded,
        sets,
        salts,
        positions,
        received: Mutex::new(received),
        receipt: OnceLock::new(),
    })))
}

#[pymethods]
impl Asked {
    /// The signed header.
    #[getter]
    fn header<'py>(&self, py: Python<'py>) -> Parts<'py> {
        parts(py, &self.0.signed)
    }

    /// What opens this check to an inspector, and must be kept secret: the secret of the blinds, and the
    /// salts of officer, case and justification; 32 bytes each.
    fn opening<'py>(&self, py: Python<'py>) -> Opening<'py> {
        let salts = &self.0.salts;
        (
            PyBytes::new(py, self.0.blinded.secret.as_slice()),
            PyBytes::new(py, &salts.officer),
            PyBytes::new(py, &salts.case_reference),
            PyBytes::new(py, &salts.justification),
        )
    }

    /// How many chunks travel.
    #[getter]
    fn chunks(&self) -> usize {
        self.0.positions.len()
    }

    /// Forgets what was received: the same header is asked once more.
    fn restart(&self) {
        let mut received = self.0.received();
        *received = Received {
            outputs: self.0.positions.iter().map(|_| None).collect(),
            ..Received::default()
        };
    }

    /// The blinded elements of a chunk, 32 bytes each, in the order in which they travel.
    fn chunk<'py>(&self, py: Python<'py>, number: usize) -> PyResult<Bound<'py, PyBytes>> {
        let elements = self.0.positions.get(number).and_then(|place| {
            let (batch, _) = self.0.scope(place)?;
            batch.chunk(place.chunk).map(|(_, _, elements)| elements)
        });
        Ok(PyBytes::new(py, elements.ok_or_else(|| invalid("there is no such chunk"))?))
    }

    /// Takes in the owner's answer to the next chunk, which is then to be finalized.
    fn receive(&self, py: Python<'_>, elements: &[u8], proof: &[u8]) -> PyResult<Chunk> {
        py.detach(|| {
            let mut received = self.0.received();
            let number = received.chunks;
            if number >= self.0.positions.len() {
                return Err("the bureau answered more than was asked");
            }
            received.digest.add(elements);
            received.chunks = number.saturating_add(1);
            let (elements, proof) = (elements.to_vec(), proof.to_vec());
            Ok(Chunk { state: Arc::clone(&self.0), number, elements, proof })
        })
        .map_err(untrusted)
    }

    /// Verifies the owner's receipt against everything that was asked and received.
    fn finish(
        &self,
        py: Python<'_>,
        document: &[u8],
        public_key: &[u8],
        signature: &[u8],
    ) -> PyResult<Receipt> {
        let signed = signed(document, public_key, signature);
        py.detach(|| self.0.finish(signed)).map_err(untrusted)
    }

    /// Looks everything up, once the receipt holds. `sets` are those asked in, or newer versions of them
    /// where the receipt names such.
    fn look_up(&self, py: Python<'_>, sets: Vec<PyRef<'_, HeldSet>>) -> PyResult<Vec<Found>> {
        let sets: Vec<_> = sets.iter().map(|set| Arc::clone(&set.0)).collect();
        py.detach(|| self.0.look_up(&sets))
    }

    fn __repr__(&self) -> String {
        format!("<Asked {}: {} lists>", self.0.owner.code, self.0.sets.len())
    }
}

/// The owner's answer to one chunk.
#[pyclass(frozen, module = "symbolon._core")]
pub(crate) struct Chunk {
    state: Arc<State>,
    number: usize,
    elements: Vec<u8>,
    proof: Vec<u8>,
}

#[pymethods]
impl Chunk {
    /// Verifies the proof against the pinned key, then takes the blinds off.
    fn finalize(&self, py: Python<'_>) -> PyResult<()> {
        let outputs = py.detach(|| {
            let outputs = self.state.finalize(self.number, &self.elements, &self.proof)?;
            if let Some(place) = self.state.received().outputs.get_mut(self.number) {
                *place = Some(outputs);
            }
            Some(())
        });
        outputs.ok_or_else(|| {
            Fault::Untrusted.error(
                "proof_invalid",
                "the bureau could not prove that it used its published key; nothing of its answer \
                 was used. Tell its desk",
            )
        })
    }
}

/// A receipt that holds.
#[pyclass(frozen, module = "symbolon._core")]
pub(crate) struct Receipt {
    signed: SignedDocument,
    /// Whether it names the manifests of the sets asked in.
    #[pyo3(get)]
    is_of_held_sets: bool,
    /// Index of the owner's log entry.
    #[pyo3(get)]
    entry_index: u64,
    /// How many elements were answered.
    #[pyo3(get)]
    answered: u64,
    /// The owner's clock, seconds since 1970.
    #[pyo3(get)]
    issued_at: i64,
}

#[pymethods]
impl Receipt {
    /// The document as it was signed: evidence, to keep.
    #[getter]
    fn signed<'py>(&self, py: Python<'py>) -> Parts<'py> {
        parts(py, &self.signed)
    }
}

/// What was found in one list.
#[pyclass(frozen, get_all, module = "symbolon._core")]
pub(crate) struct Found {
    /// Places of the items in the call.
    items: Vec<u32>,
    /// For each of these whether the list holds it.
    hits: Vec<bool>,
    /// What is released at once, by places in `items`: text, reason and sentence of why there is none.
    labels: Vec<(usize, String, &'static str, &'static str)>,
    /// Version of the set that was looked in.
    version: u64,
    /// When its owner last loaded records; seconds since 1970.
    updated_at: i64,
}

impl State {
    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scope(&self, place: &ChunkPosition) -> Option<(&Batch, &Held)> {
        let set = self.sets.get(usize::try_from(place.scope).ok()?)?;
        Some((self.blinded.batches.get(&set.manifest.scope.identifier_type)?, set))
    }

    fn finalize(&self, number: usize, evaluated: &[u8], proof: &[u8]) -> Option<Outputs> {
        let place = self.positions.get(number)?;
        let (batch, set) = self.scope(place)?;
        let (inputs, blinds, elements) = batch.chunk(place.chunk)?;
        let proof = Proof::from_bytes(proof).ok()?;
        let key = &set.manifest.public_key;
        let outputs =
            voprf::additive::finalize(key, inputs, blinds, elements, evaluated, &proof).ok()?;
        let keeps = set.manifest.labels.is_some();
        let secrets = outputs.iter().filter(|_| keeps);
        Some(Outputs {
            hashes: outputs.iter().map(|output| MembershipHash(output.membership_hash())).collect(),
            secrets: secrets.map(|output| LabelSecret::new(*output.label_secret())).collect(),
        })
    }

    fn finish(&self, signed: SignedDocument) -> Result<Receipt, String> {
        let log = &self.owner.keys.log;
        let receipt = exchange::Receipt::verify(&signed, log).map_err(|error| error.to_string())?;
        let received = self.received();
        let outputs = received.outputs.iter().flatten();
        let answered: usize = outputs.map(|outputs| outputs.hashes.len()).sum();
        let holds = received.chunks == self.positions.len()
            && received.outputs.iter().all(Option::is_some)
            && receipt.check_id == self.blinded.check
            && receipt.header_hash == DocumentHash::of(&self.signed.document)
            && receipt.evaluated == received.digest.clone().finish()
            && usize::try_from(receipt.answered) == Ok(answered)
            && receipt.manifests.len() == self.sets.len();
        if !holds {
            return Err("the bureau signed for another answer than it gave".to_owned());
        }
        receipt.logged(&self.owner.code, log).map_err(|_| {
            "the bureau could not prove that it logged the check; tell its desk".to_owned()
        })?;
        let is_of_held_sets =
            self.sets.iter().map(|set| set.hash).eq(receipt.manifests.iter().copied());
        let kept = Receipt {
            signed,
            is_of_held_sets,
            entry_index: receipt.entry_index,
            answered: receipt.answered,
            issued_at: receipt.issued_at.unix_timestamp(),
        };
        drop(self.receipt.set(receipt));
        Ok(kept)
    }

    fn look_up(&self, sets: &[Arc<Held>]) -> PyResult<Vec<Found>> {
        let receipt = self.receipt.get().ok_or_else(|| invalid("the receipt comes first"))?;
        if sets.len() != self.sets.len() {
            return Err(invalid("there must be a list for each that was asked in"));
        }
        let received = self.received();
        let mut found = Vec::with_capacity(sets.len());
        for (number, ((old, new), named)) in
            self.sets.iter().zip(sets).zip(&receipt.manifests).enumerate()
        {
            let same_key = new.manifest.public_key == old.manifest.public_key
                && new.manifest.scope == old.manifest.scope;
            let is_newer = new.manifest.version > old.manifest.version;
            if !same_key || (new.hash != *named && !is_newer) {
                return Err(Fault::NoAnswer.error(
                    "set_outdated",
                    "the bureau has a newer list than the copy held here, which could not be brought \
                     up to date; try again shortly, and tell its desk if this stays so",
                ));
            }
            let outputs = self.positions.iter().zip(&received.outputs);
            let outputs: Vec<_> = outputs
                .filter(|(place, _)| usize::try_from(place.scope) == Ok(number))
                .filter_map(|(_, outputs)| outputs.as_ref())
                .collect();
            let kind = new.manifest.scope.identifier_type;
            if let Some(batch) = self.blinded.batches.get(&kind) {
                found.push(look_up(new, batch, &outputs));
            }
        }
        Ok(found)
    }
}

fn look_up(set: &Held, batch: &Batch, outputs: &[&Outputs]) -> Found {
    let hashes: Vec<_> = outputs.iter().flat_map(|chunk| chunk.hashes.iter().copied()).collect();
    let secrets: Vec<_> = outputs.iter().flat_map(|chunk| chunk.secrets.iter()).collect();
    let found = set.tags.contains_batch(&hashes);
    let place_of = |place: &u32| usize::try_from(*place).unwrap_or(usize::MAX);
    let hits: Vec<_> = batch
        .places
        .iter()
        // INVARIANT: each item has a place among the inputs, and each input has an output.
        .map(|place| found.get(place_of(place)).copied().unwrap_or(false))
        .collect();
    let labels = batch.places.iter().enumerate().filter_map(|(number, place)| {
        let place = place_of(place);
        let is_hit = hits.get(number).copied().unwrap_or(false);
        let (hash, secret) = (hashes.get(place)?, secrets.get(place).filter(|_| is_hit)?);
        Some(match set.open_label(hash, secret)? {
            Ok(text) => (number, text, "", ""),
            Err((reason, sentence)) => (number, String::new(), reason, sentence),
        })
    });
    Found {
        labels: labels.collect(),
        items: batch.items.clone(),
        hits,
        version: set.manifest.version,
        updated_at: set.manifest.updated_at.unix_timestamp(),
    }
}
