use bytes::Bytes;
use prost::Message as _;
use ring::rand::SystemRandom;
use symbolon_exchange::{
    AnswerDigest, CheckHeader, DocumentHash, Receipt, read_checkpoint, sign, sign_checkpoint,
};
use symbolon_oprf::{ELEMENT_LEN, voprf};
use symbolon_policy::Label;
use symbolon_proto::{
    partner::v1::{CheckResponse, EvaluatedChunk, check_response},
    v1::SignedDocument,
};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{
    Fault, Faults,
    frames::{framed, message},
    relay::{Next, OnTheWay},
    unknown::{later_part, with_field, with_later_fields},
};

/// An owner's answer to one check, on its way.
pub(crate) struct Answer {
    faults: Faults,
    fault: Option<Fault>,
    header: CheckHeader,
    manifests: Vec<Option<DocumentHash>>,
    /// The elements of each chunk asked.
    blinded: UnboundedReceiver<Bytes>,
    chunks: u64,
    digest: AnswerDigest,
}

impl OnTheWay for Answer {
    async fn next(&mut self, frame: Bytes) -> Next {
        let part = message(&frame)
            .and_then(|message| CheckResponse::decode(message).ok())
            .and_then(|response| response.part);
        match part {
            Some(check_response::Part::Chunk(chunk)) => self.chunk(chunk).await,
            Some(check_response::Part::Receipt(signed)) => self.receipt(signed),
            None => Next::frames(vec![frame]),
        }
    }
}

impl Answer {
    pub(crate) fn new(
        faults: Faults,
        fault: Option<Fault>,
        header: CheckHeader,
        manifests: Vec<Option<DocumentHash>>,
        blinded: UnboundedReceiver<Bytes>,
    ) -> Self {
        Self {
            faults,
            fault,
            header,
            manifests,
            blinded,
            chunks: 0,
            digest: AnswerDigest::default(),
        }
    }

    async fn chunk(&mut self, mut chunk: EvaluatedChunk) -> Next {
        self.chunks = self.chunks.saturating_add(1);
        let asked = self.blinded.recv().await.unwrap_or_default();
        match self.fault {
            Some(fault @ (Fault::OtherKey | Fault::WrongProof)) => {
                let other = &self.faults.keys().other;
                if let Ok(evaluated) = voprf::blind_evaluate(other, &asked, &SystemRandom::new()) {
                    chunk.elements = evaluated.elements.into();
                    if fault == Fault::OtherKey {
                        chunk.proof = evaluated.proof.to_bytes().to_vec();
                    }
                }
            }
            Some(Fault::Swapped) => {
                let mut elements = chunk.elements.to_vec();
                let by = ELEMENT_LEN.min(elements.len());
                elements.rotate_left(by);
                chunk.elements = elements.into();
            }
            Some(Fault::Shortened) => {
                let rest = chunk.elements.len().saturating_sub(ELEMENT_LEN);
                chunk.elements.truncate(rest);
            }
            Some(Fault::SignsEarly) => return Next::frames(Vec::new()),
            Some(Fault::Halfway | Fault::Dropped | Fault::BrokenOnce) if self.chunks > 1 => {
                return if self.fault == Some(Fault::Halfway) {
                    Next::end()
                } else {
                    Next::reset()
                };
            }
            Some(Fault::UnknownPart) => return Next::frames(vec![framed(&later_part())]),
            _ => {}
        }
        self.digest.add(&chunk.elements);
        let message = if self.fault == Some(Fault::UnknownFields) {
            let chunk = with_later_fields(chunk.encode_to_vec());
            with_later_fields(with_field(Vec::new(), CHUNK, &chunk))
        } else {
            CheckResponse { part: Some(check_response::Part::Chunk(chunk)) }.encode_to_vec()
        };
        Next::frames(vec![framed(&message)])
    }

    fn receipt(&mut self, signed: SignedDocument) -> Next {
        let keys = self.faults.keys();
        match self.fault {
            // There was one chunk, and that is the half of an answer.
            Some(Fault::Halfway | Fault::SignsNothing) => return Next::end(),
            Some(Fault::Dropped | Fault::BrokenOnce) => return Next::reset(),
            _ => {}
        }
        let own = keys.log.verifying_key();
        let Ok(mut receipt) = Receipt::verify(&signed, &own) else { return Next::reset() };
        receipt.evaluated = self.digest.clone().finish();
        for (named, offered) in receipt.manifests.iter_mut().zip(&self.manifests) {
            *named = offered.unwrap_or(*named);
        }
        let mut key = &keys.log;
        match self.fault {
            Some(Fault::SignsOtherAnswer) => alter(&mut receipt.evaluated),
            Some(Fault::SignsOtherCheck) => alter(&mut receipt.check_id.0),
            Some(Fault::SignsOtherHeader) => alter(&mut receipt.header_hash.0),
            Some(Fault::ProvesOtherEntry) => alter(&mut receipt.leaf_hash),
            Some(Fault::ListMoved) => {
                receipt.manifests.iter_mut().for_each(|hash| alter(&mut hash.0));
            }
            Some(Fault::SignsWithOtherKey) => key = &keys.manifest,
            Some(Fault::CheckpointMissing) => receipt.checkpoint.clear(),
            Some(fault @ (Fault::CheckpointOtherKey | Fault::CheckpointOtherLog)) => {
                let owner = &self.header.owner;
                if let Ok(checkpoint) = read_checkpoint(&receipt.checkpoint, owner, &own) {
                    let (size, root) = (checkpoint.checkpoint().size, checkpoint.checkpoint().root);
                    let other = if fault == Fault::CheckpointOtherKey {
                        sign_checkpoint(owner, size, root, &keys.manifest)
                    } else {
                        sign_checkpoint(&self.header.requester, size, root, &keys.log)
                    };
                    receipt.checkpoint = other.to_bytes();
                }
            }
            _ => {}
        }
        let mut signed = receipt.sign(key);
        let message = if self.fault == Some(Fault::UnknownFields) {
            signed = sign(key, Label::Receipt, with_later_fields(signed.document));
            let signed = with_later_fields(signed.encode_to_vec());
            with_later_fields(with_field(Vec::new(), RECEIPT, &signed))
        } else {
            CheckResponse { part: Some(check_response::Part::Receipt(signed)) }.encode_to_vec()
        };
        Next::frames(vec![framed(&message)])
    }
}

/// Numbers of the parts of a `CheckResponse`.
const CHUNK: u32 = 1;
const RECEIPT: u32 = 2;

fn alter<const N: usize>(bytes: &mut [u8; N]) {
    if let Some(first) = bytes.first_mut() {
        *first ^= 1;
    }
}
