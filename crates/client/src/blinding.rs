use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use symbolon_exchange::{CHECK_SECRET_LEN, CHUNK_ELEMENTS, derive_blinds};
use symbolon_identifiers::IdentifierType;
use symbolon_oprf::{Blind, Error, voprf};
use symbolon_policy::CheckId;
use zeroize::Zeroizing;

use crate::{
    Compute,
    batch::{Batch, Inputs},
    check::CheckError,
    pipeline::Pipeline,
};

/// All identifiers of a check by type, blinded once for all partners on the same rules version.
pub(crate) type Blinded = BTreeMap<IdentifierType, BlindedBatch>;

/// All identifiers of one type in a check, blinded, chunk by chunk as they travel.
pub(crate) struct BlindedBatch {
    inputs: Arc<Inputs>,
    chunks: Vec<BlindedChunk>,
}

/// One chunk: what travels, and what takes the answer's blinds off.
pub(crate) struct BlindedChunk {
    pub(crate) blinds: Vec<Blind>,
    /// Packed elements, 32 bytes each, in the order of the inputs; shared with what is sent.
    pub(crate) elements: Bytes,
}

/// Blinds all of a check, in pieces on all cores.
pub(crate) async fn blind(
    compute: &Compute,
    batches: &[Batch],
    check: CheckId,
    secret: &Zeroizing<[u8; CHECK_SECRET_LEN]>,
) -> Result<Blinded, CheckError> {
    let secret = Arc::new(secret.clone());
    let mut blinded = Blinded::new();
    let mut pieces = Pipeline::new(compute, compute.cores().saturating_add(1));
    for batch in batches {
        let mut chunks = Vec::with_capacity(batch.count().div_ceil(CHUNK_ELEMENTS));
        for first in (0..batch.count()).step_by(CHUNK_ELEMENTS) {
            let (inputs, secret) = (Arc::clone(&batch.inputs), Arc::clone(&secret));
            let kind = batch.kind;
            let piece = move || blind_chunk(&inputs, first, kind, &check, &secret);
            if let Some(done) = pieces.push(piece).await.map_err(|_| CheckError::Stopping)? {
                chunks.push(done.map_err(CheckError::Blinding)?);
            }
        }
        while let Some(done) = pieces.next().await.map_err(|_| CheckError::Stopping)? {
            chunks.push(done.map_err(CheckError::Blinding)?);
        }
        blinded.insert(batch.kind, BlindedBatch { inputs: Arc::clone(&batch.inputs), chunks });
    }
    Ok(blinded)
}

fn blind_chunk(
    inputs: &Inputs,
    first: usize,
    kind: IdentifierType,
    check: &CheckId,
    secret: &[u8; CHECK_SECRET_LEN],
) -> Result<BlindedChunk, Error> {
    let inputs = inputs.at(first..first.saturating_add(CHUNK_ELEMENTS));
    let blinds = derive_blinds(secret, check, kind, first, &inputs)?;
    let elements = voprf::additive::blind(&inputs, &blinds)?.into();
    Ok(BlindedChunk { blinds, elements })
}

impl BlindedBatch {
    /// How many identifiers.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.inputs.count()).unwrap_or(u32::MAX)
    }

    /// The chunk of this number, with its inputs.
    pub(crate) fn chunk(&self, number: u32) -> Option<(&BlindedChunk, Vec<&[u8]>)> {
        let number = usize::try_from(number).ok()?;
        let first = number.checked_mul(CHUNK_ELEMENTS)?;
        let inputs = self.inputs.at(first..first.checked_add(CHUNK_ELEMENTS)?);
        Some((self.chunks.get(number)?, inputs))
    }

    /// The elements of the chunk of this number.
    pub(crate) fn elements(&self, number: u32) -> Option<&Bytes> {
        self.chunks.get(usize::try_from(number).ok()?).map(|chunk| &chunk.elements)
    }
}
