//! Single steps of docs/protocol.md, so that a program can check itself against the test vectors.

use pyo3::{prelude::*, types::PyBytes};
use symbolon_exchange::{self as exchange, AnswerDigest, ChunkPosition, commit, derive_blind};
use symbolon_oprf::{Proof, PublicKey, SecretKey, voprf};
use symbolon_policy::{AgreementHash, CheckId, Scope};

use crate::{fault::invalid, identifier::kind};

/// The OPRF input of canary `index` of a type (section 3).
#[pyfunction]
pub(crate) fn canary_input<'py>(
    py: Python<'py>,
    identifier_type: &str,
    index: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &symbolon_identifiers::canary_input(kind(identifier_type)?, index)))
}

/// The scope id (section 4), 32 bytes.
#[pyfunction]
pub(crate) fn scope_id<'py>(
    py: Python<'py>,
    agreement_hash: [u8; 32],
    agreement: &str,
    dataset: &str,
    identifier_type: &str,
    rules_version: u16,
    epoch: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    let scope = Scope {
        agreement: agreement.parse().map_err(invalid)?,
        agreement_hash: AgreementHash(agreement_hash),
        dataset: dataset.to_owned(),
        identifier_type: kind(identifier_type)?,
        rules_version,
        epoch,
    };
    Ok(PyBytes::new(py, &scope.id().0))
}

/// The hash of a chunk of elements (section 9), 32 bytes.
#[pyfunction]
pub(crate) fn chunk_hash<'py>(
    py: Python<'py>,
    check_id: [u8; 16],
    scope_index: u32,
    chunk_index: u32,
    elements: &[u8],
) -> Bound<'py, PyBytes> {
    let place =
        ChunkPosition { scope: scope_index, chunk: chunk_index, elements: elements.len() / 32 };
    PyBytes::new(py, &exchange::chunk_hash(&CheckId(check_id), &place, elements))
}

/// The digest of all chunks of evaluated elements (section 9), 32 bytes.
#[pyfunction]
pub(crate) fn answer_digest(py: Python<'_>, chunks: Vec<Vec<u8>>) -> Bound<'_, PyBytes> {
    let mut digest = AnswerDigest::default();
    chunks.iter().for_each(|chunk| digest.add(chunk));
    PyBytes::new(py, &digest.finish())
}

/// A commitment to a text (section 11), 32 bytes.
#[pyfunction]
pub(crate) fn commitment<'py>(
    py: Python<'py>,
    field: &str,
    salt: [u8; 32],
    text: &str,
) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &commit(field, &salt, text))
}

/// A derived blind and the element blinded with it by addition (section 10), 32 bytes each.
#[pyfunction]
pub(crate) fn derived_blind<'py>(
    py: Python<'py>,
    secret: [u8; 32],
    check_id: [u8; 16],
    identifier_type: &str,
    position: u32,
    oprf_input: &[u8],
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
    let blind =
        derive_blind(&secret, &CheckId(check_id), kind(identifier_type)?, position, oprf_input)
            .map_err(invalid)?;
    let scalar = PyBytes::new(py, blind.to_bytes().as_slice());
    let elements = voprf::additive::blind(&[oprf_input], &[blind]).map_err(invalid)?;
    Ok((scalar, PyBytes::new(py, &elements)))
}

/// The outputs of the function under a secret key, computed as two bureaus do: blind, evaluate with
/// proof, verify, finalize; 64 bytes each. `elements` is what the owner would have seen.
#[pyfunction]
pub(crate) fn finalized(
    py: Python<'_>,
    secret_key: [u8; 32],
    secret: [u8; 32],
    inputs: Vec<Vec<u8>>,
) -> PyResult<Vec<Bound<'_, PyBytes>>> {
    let key = SecretKey::from_bytes(&secret_key).map_err(invalid)?;
    let check = CheckId([0; 16]);
    let kind = symbolon_identifiers::IdentifierType::Vin;
    let outputs = py
        .detach(|| {
            let blinds = exchange::derive_blinds(&secret, &check, kind, 0, &inputs)?;
            let blinded = voprf::additive::blind(&inputs, &blinds)?;
            let random = ring::rand::SystemRandom::new();
            let answer = voprf::blind_evaluate(&key, &blinded, &random)?;
            let proof = Proof::from_bytes(&answer.proof.to_bytes())?;
            let pinned = PublicKey::from_bytes(&key.public_key().to_bytes())?;
            let elements = &answer.elements;
            voprf::additive::finalize(&pinned, &inputs, &blinds, &blinded, elements, &proof)
        })
        .map_err(invalid)?;
    Ok(outputs.iter().map(|output| PyBytes::new(py, output.as_bytes())).collect())
}

/// Seconds an identifier takes the requester on one thread: read, blind, verify, unblind, hash. The
/// owner's evaluation between is not counted.
#[pyfunction]
pub(crate) fn measured(py: Python<'_>, count: usize) -> PyResult<f64> {
    use std::time::{Duration, Instant};

    let random = ring::rand::SystemRandom::new();
    let key = SecretKey::random(&random).map_err(invalid)?;
    let (check, kind) = (CheckId([0; 16]), symbolon_identifiers::IdentifierType::Email);
    py.detach(|| {
        let mut spent = Duration::ZERO;
        let mut first = 0;
        while first < count {
            let batch = exchange::CHUNK_ELEMENTS.min(count.saturating_sub(first));
            let began = Instant::now();
            let inputs: Vec<_> = (first..first.saturating_add(batch))
                .filter_map(|number| {
                    let value = format!("n{number}@nowhere.example");
                    symbolon_identifiers::parse(kind, &value, None).ok()
                })
                .map(|identifier| identifier.oprf_input())
                .collect();
            let blinds = exchange::derive_blinds(&[7; 32], &check, kind, first, &inputs)?;
            let blinded = voprf::additive::blind(&inputs, &blinds)?;
            spent = spent.saturating_add(began.elapsed());
            let answer = voprf::blind_evaluate(&key, &blinded, &random)?;
            let began = Instant::now();
            voprf::additive::finalize(
                &key.public_key(),
                &inputs,
                &blinds,
                &blinded,
                &answer.elements,
                &answer.proof,
            )?;
            spent = spent.saturating_add(began.elapsed());
            first = first.saturating_add(batch);
        }
        Ok(spent)
    })
    .map_err(|error: symbolon_oprf::Error| invalid(error))
    .map(|spent| spent.as_secs_f64() / f64::from(u32::try_from(count).unwrap_or(u32::MAX)))
}
