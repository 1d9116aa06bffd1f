//! Batches of points, by whichever engine: what the protocol's steps are made of.

use std::sync::{Arc, Mutex, PoisonError};

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use zeroize::Zeroizing;

use crate::engine::{Engine, Usage};
use crate::group::ELEMENT_LEN;
use crate::lanes::Backend;
use crate::lanes::fixed_base::FixedBase;
use crate::lanes::packed::{PackedPoints, Scalars, Undecodable};
use crate::{Blind, Error, PublicKey};

/// Encodings that may be secret.
pub(crate) type Encodings = Zeroizing<Vec<[u8; ELEMENT_LEN]>>;

/// Multiplications from which on tables for a key cost less than they save.
const TABLES_FROM: usize = 16;

/// Points, none the identity. Wiped when dropped.
pub(crate) enum Points {
    OneByOne(Zeroizing<Vec<RistrettoPoint>>),
    Lanes(PackedPoints),
}

impl Points {
    /// RFC 9497 section 2.1, `DeserializeElement`, for each. Variable-time in what the peer sent.
    pub(crate) fn decode(encodings: &[[u8; ELEMENT_LEN]], usage: Usage) -> Result<Self, Error> {
        match Engine::for_batch(encodings.len(), usage) {
            Engine::Lanes(backend) => {
                let points = PackedPoints::decode(backend, encodings);
                points.map(Self::Lanes).map_err(|error| match error {
                    Undecodable::Invalid(index) => Error::InvalidElement { index },
                    Undecodable::Identity(index) => Error::IdentityElement { index },
                })
            }
            Engine::OneByOne => {
                let mut points = Zeroizing::new(Vec::with_capacity(encodings.len()));
                for (index, encoding) in encodings.iter().enumerate() {
                    let point = CompressedRistretto(*encoding).decompress();
                    let point = point.ok_or(Error::InvalidElement { index })?;
                    if point.is_identity() {
                        return Err(Error::IdentityElement { index });
                    }
                    points.push(point);
                }
                Ok(Self::OneByOne(points))
            }
        }
    }

    /// The points that RFC 9496's map takes uniform bytes to. Constant-time.
    pub(crate) fn from_uniform(uniform: &[[u8; 64]], usage: Usage) -> Result<Self, Error> {
        let identity = |index| Error::InvalidInput { index };
        match Engine::for_batch(uniform.len(), usage) {
            Engine::Lanes(backend) => match PackedPoints::from_uniform(backend, uniform) {
                (points, None) => Ok(Self::Lanes(points)),
                (_, Some(index)) => Err(identity(index)),
            },
            Engine::OneByOne => {
                let points = uniform.iter().map(RistrettoPoint::from_uniform_bytes).collect();
                let points: Zeroizing<Vec<_>> = Zeroizing::new(points);
                match points.iter().position(RistrettoPoint::is_identity) {
                    Some(index) => Err(identity(index)),
                    None => Ok(Self::OneByOne(points)),
                }
            }
        }
    }

    /// Whether this is what [`decode`](Self::decode) would give for another use.
    pub(crate) fn suit(&self, usage: Usage) -> bool {
        match self {
            Self::OneByOne(points) => Engine::for_batch(points.len(), usage) == Engine::OneByOne,
            Self::Lanes(points) => {
                Engine::for_batch(points.len(), usage) == Engine::Lanes(points.backend())
            }
        }
    }

    /// Encodings of `s·P`, given halves of the scalars. Constant-time.
    ///
    /// Encoding a point that is known to be a double needs no square root, only an inversion, and a
    /// batch shares one inversion: a tenth of the cost of encoding each. So the scalars come halved,
    /// and the products get doubled on their way out. (A product that is the identity would be
    /// encoded correctly too.)
    pub(crate) fn multiply_and_encode(&self, halves: Scalars<'_>) -> Encodings {
        match self {
            Self::Lanes(points) => points.multiply_double_and_encode(halves),
            Self::OneByOne(points) => {
                let products: Vec<_> = match halves {
                    Scalars::One(half) => {
                        let half = Zeroizing::new(Scalar::from_bytes_mod_order(*half));
                        points.iter().map(|point| *half * point).collect()
                    }
                    Scalars::Each(halves) => halves
                        .iter()
                        .zip(points.iter())
                        .map(|(half, point)| {
                            *Zeroizing::new(Scalar::from_bytes_mod_order(*half)) * point
                        })
                        .collect(),
                };
                let products = Zeroizing::new(products);
                let doubled = RistrettoPoint::double_and_compress_batch(products.iter());
                let doubled = Zeroizing::new(doubled);
                Zeroizing::new(doubled.iter().map(CompressedRistretto::to_bytes).collect())
            }
        }
    }

    /// Encodings of `P + r·G`. Constant-time.
    pub(crate) fn add_generator_and_encode(&self, blinds: &[Blind]) -> Encodings {
        match self {
            Self::Lanes(points) => {
                let tables = generator_tables(points.backend());
                points.add_multiples_and_encode(&tables, &bytes_of(blinds), false)
            }
            Self::OneByOne(points) => {
                encode_each(points, blinds, |point, blind| point + RistrettoPoint::mul_base(blind))
            }
        }
    }

    /// Encodings of `P - r·K`. Constant-time.
    pub(crate) fn subtract_key_and_encode(&self, key: &PublicKey, blinds: &[Blind]) -> Encodings {
        match self {
            Self::Lanes(points) => {
                let tables = FixedBase::new(points.backend(), key.encoding());
                points.add_multiples_and_encode(&tables, &bytes_of(blinds), true)
            }
            Self::OneByOne(points) if points.len() < TABLES_FROM => {
                encode_each(points, blinds, |point, blind| point - blind * key.point())
            }
            Self::OneByOne(points) => {
                let tables = RistrettoBasepointTable::create(key.point());
                encode_each(points, blinds, |point, blind| point - blind * &tables)
            }
        }
    }

    /// `Σ dᵢ·Pᵢ`. Variable-time: for coefficients and points that everybody may know.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidProof`] if it is the identity, which chance does not give and by which an owner
    /// could prove anything.
    pub(crate) fn combine(&self, coefficients: &[Scalar]) -> Result<RistrettoPoint, Error> {
        let sum = match self {
            Self::Lanes(points) => {
                let coefficients: Vec<_> = coefficients.iter().map(Scalar::to_bytes).collect();
                let encoding = points.multiscalar(&coefficients);
                CompressedRistretto(encoding).decompress().ok_or(Error::InvalidProof)?
            }
            Self::OneByOne(points) => {
                RistrettoPoint::vartime_multiscalar_mul(coefficients, points.iter())
            }
        };
        if sum.is_identity() { Err(Error::InvalidProof) } else { Ok(sum) }
    }
}

fn encode_each(
    points: &[RistrettoPoint],
    blinds: &[Blind],
    sum: impl Fn(&RistrettoPoint, &Scalar) -> RistrettoPoint,
) -> Encodings {
    let sums = points
        .iter()
        .zip(blinds)
        .map(|(point, blind)| Zeroizing::new(sum(point, blind.scalar())).compress().to_bytes());
    Zeroizing::new(sums.collect())
}

fn bytes_of(blinds: &[Blind]) -> Zeroizing<Vec<[u8; 32]>> {
    Zeroizing::new(blinds.iter().map(|blind| blind.scalar().to_bytes()).collect())
}

/// Made once for each back end.
fn generator_tables(backend: Backend) -> Arc<FixedBase> {
    static TABLES: Mutex<Vec<Arc<FixedBase>>> = Mutex::new(Vec::new());
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = tables.iter().find(|tables| tables.is_for(backend)) {
        return Arc::clone(known);
    }
    let made = Arc::new(FixedBase::new(backend, RISTRETTO_BASEPOINT_COMPRESSED.as_bytes()));
    tables.push(Arc::clone(&made));
    made
}
