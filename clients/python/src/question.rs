use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use pyo3::{prelude::*, pybacked::PyBackedStr, types::PyBytes};
use ring::rand::{SecureRandom as _, SystemRandom};
use symbolon_exchange::{CHECK_SECRET_LEN, CHUNK_ELEMENTS, derive_blinds};
use symbolon_identifiers::{Identifier, IdentifierType};
use symbolon_oprf::{Blind, Error, voprf};
use symbolon_policy::CheckId;
use zeroize::Zeroizing;

use crate::{
    agreement::{Agreement, time},
    asked::{self, Asked, Context},
    cores::{cores, on_cores},
    fault::invalid,
    identifier::{Unreadable, read},
    manifest::HeldSet,
    signing::HeaderKey,
};

/// Items that one thread reads at a time.
const STRETCH: usize = 4_096;

/// Identifiers of a check, read and blinded once, for all bureaus that are asked.
#[pyclass(frozen, module = "symbolon._core")]
pub(crate) struct Question {
    blinded: Arc<Blinded>,
    rejected: Vec<(usize, String, String)>,
}

pub(crate) struct Blinded {
    pub(crate) check: CheckId,
    pub(crate) secret: Zeroizing<[u8; CHECK_SECRET_LEN]>,
    pub(crate) batches: BTreeMap<IdentifierType, Batch>,
}

/// Identifiers of one type, each once.
pub(crate) struct Batch {
    inputs: Vec<Zeroizing<Vec<u8>>>,
    chunks: Vec<(Vec<Blind>, Vec<u8>)>,
    /// The caller's items of this type, by their places in the call.
    pub(crate) items: Vec<u32>,
    /// For each of these the place of its identifier among the inputs; equal items share one.
    pub(crate) places: Vec<u32>,
}

impl Batch {
    /// How many different identifiers.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.inputs.len()).unwrap_or(u32::MAX)
    }

    /// Inputs, blinds and elements of a chunk.
    pub(crate) fn chunk(&self, number: u32) -> Option<(&[Zeroizing<Vec<u8>>], &[Blind], &[u8])> {
        let number = usize::try_from(number).ok()?;
        let (blinds, elements) = self.chunks.get(number)?;
        Some((self.inputs.chunks(CHUNK_ELEMENTS).nth(number)?, blinds, elements))
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().map(|(_, elements)| elements.as_slice())
    }
}

#[pymethods]
impl Question {
    /// Reads `items`, triples of type, value and country, and blinds what could be read. `check_id` is
    /// 16 random bytes.
    #[new]
    #[pyo3(signature = (items, check_id, threads=None))]
    fn new(
        py: Python<'_>,
        items: Vec<(PyBackedStr, PyBackedStr, Option<PyBackedStr>)>,
        check_id: [u8; 16],
        threads: Option<usize>,
    ) -> PyResult<Self> {
        if u32::try_from(items.len()).is_err() {
            return Err(invalid("these are more items than one check can have"));
        }
        let threads = threads.unwrap_or_else(cores);
        py.detach(|| Self::blind(&items, CheckId(check_id), threads)).map_err(invalid)
    }

    /// The check's id, 16 bytes.
    #[getter]
    fn check_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.blinded.check.0)
    }

    /// Items that could not be read: place, reason, sentence.
    #[getter]
    fn rejected(&self) -> Vec<(usize, String, String)> {
        self.rejected.clone()
    }

    /// How many different identifiers there are of each type.
    #[getter]
    fn counts(&self) -> BTreeMap<&'static str, u32> {
        self.blinded.batches.iter().map(|(kind, batch)| (kind.name(), batch.count())).collect()
    }

    /// The places of the items of a type in the call.
    fn items(&self, identifier_type: &str) -> Vec<u32> {
        let mut batches = self.blinded.batches.iter();
        let found = batches.find(|(kind, _)| kind.name() == identifier_type);
        found.map(|(_, batch)| batch.items.clone()).unwrap_or_default()
    }

    /// The signed header of this question to one owner, about its lists `sets`.
    #[allow(clippy::too_many_arguments, reason = "keyword arguments in Python")]
    #[pyo3(signature = (
        agreement, requester, owner, sets, key, *, purpose, offence_class, urgency, officer,
        case_reference, justification, issued_at
    ))]
    fn ask(
        &self,
        py: Python<'_>,
        agreement: PyRef<'_, Agreement>,
        requester: &str,
        owner: &str,
        sets: Vec<PyRef<'_, HeldSet>>,
        key: PyRef<'_, HeaderKey>,
        purpose: String,
        offence_class: String,
        urgency: i32,
        officer: String,
        case_reference: String,
        justification: String,
        issued_at: i64,
    ) -> PyResult<Asked> {
        let requester = agreement.known(requester)?;
        let owner = agreement.known(owner)?;
        if requester.keys.header != key.0.verifying_key() {
            return Err(invalid(format!(
                "the key is not the header key that the agreement names for {}",
                requester.code
            )));
        }
        let context = Context {
            agreement: &agreement.0,
            requester: requester.code.clone(),
            owner,
            purpose,
            offence_class,
            urgency,
            officer,
            case_reference,
            justification,
            issued_at: time(issued_at)?,
        };
        let sets = sets.iter().map(|set| Arc::clone(&set.0)).collect();
        let (blinded, key) = (Arc::clone(&self.blinded), &key.0);
        py.detach(|| asked::header(blinded, sets, context, key)).map_err(invalid)
    }

    fn __repr__(&self) -> String {
        let counts: Vec<_> =
            self.counts().into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        format!("<Question: {}>", counts.join(", "))
    }
}

impl Question {
    fn blind(
        items: &[(PyBackedStr, PyBackedStr, Option<PyBackedStr>)],
        check: CheckId,
        threads: usize,
    ) -> Result<Self, Error> {
        let mut secret = Zeroizing::new([0; CHECK_SECRET_LEN]);
        SystemRandom::new().fill(secret.as_mut_slice()).map_err(|_| Error::Randomness)?;
        let stretches = items.chunks(STRETCH).collect();
        let read = on_cores(threads, stretches, |stretch: &[_]| {
            let read = stretch.iter().map(|(kind, value, country): &(PyBackedStr, _, _)| {
                let country: &Option<PyBackedStr> = country;
                let value: &PyBackedStr = value;
                read(kind, value, country.as_deref())
            });
            read.collect::<Vec<_>>()
        });
        let mut rejected = Vec::new();
        let mut by_kind: BTreeMap<IdentifierType, Vec<(u32, Identifier)>> = BTreeMap::new();
        for (place, read) in read.into_iter().flatten().enumerate() {
            match read {
                Ok(identifier) => {
                    let of_kind = by_kind.entry(identifier.kind()).or_default();
                    of_kind.push((u32::try_from(place).unwrap_or(u32::MAX), identifier));
                }
                Err(Unreadable { reason, sentence }) => rejected.push((place, reason, sentence)),
            }
        }
        let mut batches = BTreeMap::new();
        for (kind, items) in by_kind {
            batches.insert(kind, Batch::blind(kind, items, &check, &secret, threads)?);
        }
        Ok(Self { blinded: Arc::new(Blinded { check, secret, batches }), rejected })
    }
}

impl Batch {
    fn blind(
        kind: IdentifierType,
        items: Vec<(u32, Identifier)>,
        check: &CheckId,
        secret: &[u8; CHECK_SECRET_LEN],
        threads: usize,
    ) -> Result<Self, Error> {
        let mut known = HashMap::with_capacity(items.len());
        let (mut inputs, mut places) = (Vec::with_capacity(items.len()), Vec::new());
        for (_, identifier) in &items {
            let next = u32::try_from(inputs.len()).unwrap_or(u32::MAX);
            let place = *known.entry(identifier.canonical()).or_insert_with(|| {
                inputs.push(identifier.oprf_input());
                next
            });
            places.push(place);
        }
        let chunks = inputs.chunks(CHUNK_ELEMENTS).enumerate().collect();
        let blinded = on_cores(threads, chunks, |(number, inputs): (usize, &[_])| {
            let first = number.saturating_mul(CHUNK_ELEMENTS);
            let blinds = derive_blinds(secret, check, kind, first, inputs)?;
            let elements = voprf::additive::blind(inputs, &blinds)?;
            Ok((blinds, elements))
        });
        let chunks = blinded.into_iter().collect::<Result<_, Error>>()?;
        let items = items.iter().map(|(place, _)| *place).collect();
        Ok(Self { inputs, chunks, items, places })
    }
}
