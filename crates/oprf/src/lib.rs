//! Oblivious pseudorandom functions by [RFC 9497], suite `ristretto255-SHA512`, made for batches.
//!
//! The owner of a [`SecretKey`] `k` and a requester with an input `x` compute `F(k, x)` together.
//! The requester learns the 64-byte [`Output`] and nothing about `k`; the owner learns that it
//! evaluated something, and nothing about `x`. In mode [`voprf`] the requester also gets a proof
//! that the owner used the key behind a public key that the requester holds already; in mode
//! [`oprf`] it takes that on trust.
//!
//! ```text
//!  requester: inputs xᵢ, blinds rᵢ, pinned K                         owner: key k, K = k·G
//!  ───────────────────────────────────────                         ─────────────────────
//!  voprf::blind
//!    Bᵢ = rᵢ·H(xᵢ)
//!                          B₁ … Bₘ, 32 bytes each
//!                       ───────────────────────────▶
//!                                                       voprf::blind_evaluate
//!                                                         refuse non-elements, identity
//!                                                         Eᵢ = k·Bᵢ
//!                                                         π  = proof of log_G K = log_Bᵢ Eᵢ, all i
//!                        E₁ … Eₘ, and π of 64 bytes
//!                       ◀───────────────────────────
//!  voprf::finalize
//!    refuse unless π holds for K
//!    Nᵢ = rᵢ⁻¹·Eᵢ = k·H(xᵢ)                             voprf::evaluate
//!    F(k, xᵢ) = SHA-512(xᵢ, Nᵢ)            =              F(k, xᵢ) = SHA-512(xᵢ, k·H(xᵢ))
//! ```
//!
//! ```
//! use ring::rand::SystemRandom;
//! use symbolon_oprf::{Blind, SecretKey, voprf};
//!
//! let rng = SystemRandom::new();
//!
//! // The owner makes a key once, and publishes its public half.
//! let key = SecretKey::random(&rng)?;
//! let pinned = key.public_key();
//!
//! // The requester blinds what it wants to ask, each input with a blind of its own.
//! let inputs = ["AB-123-CD", "EF-456-GH"];
//! let blinds = [Blind::random(&rng)?, Blind::random(&rng)?];
//! let blinded = voprf::blind(&inputs, &blinds)?;
//!
//! // The owner evaluates, without seeing the inputs, and proves which key it used.
//! let evaluated = voprf::blind_evaluate(&key, &blinded, &rng)?;
//!
//! // The requester checks the proof and takes its blinds off.
//! let outputs = voprf::finalize(
//!     &pinned, &inputs, &blinds, &blinded, &evaluated.elements, &evaluated.proof,
//! )?;
//!
//! // The owner gets the same outputs for its own records.
//! assert_eq!(outputs, voprf::evaluate(&key, &inputs)?);
//! # Ok::<(), symbolon_oprf::Error>(())
//! ```
//!
//! # Secrets and time
//!
//! Work on keys, blinds, proof nonces and inputs takes the same time whatever their values are; it
//! does depend on the length of an input. Work on what both parties see anyway (the proof's
//! composites, its verification, decoding) is variable-time, because that is several times faster.
//! Secrets held by this crate's types are wiped when dropped, and so are the intermediates that it
//! allocates; copies on the stack, and the temporary buffers of the libraries below, are beyond its
//! reach.
//!
//! Large batches go through vector instructions where the processor has them; `LANES.md` beside this
//! crate's manifest says how. [`voprf::additive`] is the cheaper way to blind.
//!
//! Nothing here does input or output, reads a clock or starts a thread.
//!
//! [RFC 9497]: https://www.rfc-editor.org/rfc/rfc9497

#![deny(unsafe_code)]

pub mod oprf;
pub mod voprf;

mod batch;
mod blind;
#[doc(hidden)]
pub mod differential;
mod dleq;
mod engine;
mod error;
mod group;
mod hash;
mod hash_batch;
mod key;
mod lanes;
#[doc(hidden)]
pub mod measure;
mod mode;
mod output;
mod points;
mod scalar;
#[cfg(test)]
mod vectors;

pub use blind::Blind;
pub use dleq::{MAX_BATCH, PROOF_LEN, Proof};
pub use error::Error;
pub use group::ELEMENT_LEN;
pub use key::{PublicKey, SecretKey};
pub use mode::Mode;
pub use output::{OUTPUT_LEN, Output};
pub use scalar::SCALAR_LEN;
