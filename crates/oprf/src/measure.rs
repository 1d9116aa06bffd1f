//! What the benchmarks and the test of timing measure one by one: the operations that a batch is made
//! of, on each back end of this processor. Not part of the interface.

mod secrets;

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;

use crate::hash::sha512;
use crate::lanes::Backend;
use crate::lanes::fixed_base::FixedBase;
use crate::lanes::packed::{PackedPoints, Scalars};

pub use secrets::{OnSecrets, on_secrets};

/// One operation on one back end, applied to a batch.
pub struct Operation {
    /// What is done.
    pub name: &'static str,
    /// By what.
    pub back_end: &'static str,
    /// To how many elements at a time.
    pub elements: usize,
    run: Box<dyn FnMut() -> usize>,
}

impl Operation {
    /// Does it once; what is returned keeps the compiler from leaving it out.
    pub fn run(&mut self) -> usize {
        (self.run)()
    }
}

/// All operations on batches of `elements`.
pub fn operations(elements: usize) -> Vec<Operation> {
    let Batch { wide, points, encodings } = Batch::of(elements);
    let scalars: Vec<Scalar> = wide.iter().map(Scalar::from_bytes_mod_order_wide).collect();
    let bytes: Vec<[u8; 32]> = scalars.iter().map(Scalar::to_bytes).collect();
    let base = RISTRETTO_BASEPOINT_COMPRESSED.to_bytes();
    let mut operations = Vec::new();

    let mut dalek = |name, run: Box<dyn FnMut() -> usize>| {
        operations.push(Operation { name, back_end: "dalek", elements, run });
    };
    let Some(key) = scalars.first().copied() else { return Vec::new() };
    let inputs = wide.clone();
    dalek(
        "map to group",
        Box::new(move || {
            inputs
                .iter()
                .map(|w| RistrettoPoint::from_uniform_bytes(w).eq(&points_zero()) as usize)
                .sum()
        }),
    );
    let inputs = encodings.clone();
    dalek(
        "decode",
        Box::new(move || {
            inputs.iter().filter(|e| CompressedRistretto(**e).decompress().is_some()).count()
        }),
    );
    let inputs = points.clone();
    dalek(
        "multiply",
        Box::new(move || inputs.iter().map(|p| (key * p).eq(&points_zero()) as usize).sum()),
    );
    let inputs = points.clone();
    dalek(
        "multiply and encode",
        Box::new(move || {
            let products: Vec<_> = inputs.iter().map(|p| key * p).collect();
            RistrettoPoint::double_and_compress_batch(&products).len()
        }),
    );
    let (inputs, factors) = (points.clone(), scalars.clone());
    let table = RistrettoBasepointTable::create(&RistrettoPoint::mul_base(&Scalar::ONE));
    dalek(
        "add multiple of a fixed base and encode",
        Box::new(move || {
            let sums = inputs.iter().zip(&factors).map(|(p, s)| (p + &table * s).compress());
            sums.filter(|sum| sum.as_bytes().first() == Some(&0)).count()
        }),
    );
    let (inputs, factors) = (points.clone(), scalars.clone());
    dalek(
        "multiscalar",
        Box::new(move || {
            RistrettoPoint::vartime_multiscalar_mul(&factors, &inputs).eq(&points_zero()) as usize
        }),
    );

    for backend in Backend::ranked().iter().copied() {
        let mut push = |name, run: Box<dyn FnMut() -> usize>| {
            operations.push(Operation { name, back_end: backend.name(), elements, run });
        };
        let inputs = wide.clone();
        push(
            "map to group",
            Box::new(move || PackedPoints::from_uniform(backend, &inputs).1.unwrap_or_default()),
        );
        let inputs = encodings.clone();
        push("decode", Box::new(move || PackedPoints::decode(backend, &inputs).is_ok() as usize));
        let half = key.div_by_2().to_bytes();
        if let Ok(points) = PackedPoints::decode(backend, &encodings) {
            push(
                "multiply and encode",
                Box::new(move || points.multiply_double_and_encode(Scalars::One(&half)).len()),
            );
        }
        let factors = bytes.clone();
        if let Ok(points) = PackedPoints::decode(backend, &encodings) {
            push(
                "multiscalar",
                Box::new(move || points.multiscalar(&factors).starts_with(&[0]) as usize),
            );
        }
        let factors = bytes.clone();
        let table = FixedBase::new(backend, &base);
        if let Ok(points) = PackedPoints::decode(backend, &encodings) {
            push(
                "add multiple of a fixed base and encode",
                Box::new(move || points.add_multiples_and_encode(&table, &factors, false).len()),
            );
        }
        push(
            "tables for a fixed base",
            Box::new(move || FixedBase::new(backend, &base).is_for(backend) as usize),
        );
    }
    operations
}

/// Elements to work on, the same each time.
struct Batch {
    wide: Vec<[u8; 64]>,
    points: Vec<RistrettoPoint>,
    encodings: Vec<[u8; 32]>,
}

impl Batch {
    fn of(elements: usize) -> Self {
        let wide: Vec<_> = (0..elements).map(|i| sha512(&[b"measure", &i.to_le_bytes()])).collect();
        let points: Vec<_> = wide.iter().map(RistrettoPoint::from_uniform_bytes).collect();
        let encodings = points.iter().map(|p| p.compress().to_bytes()).collect();
        Self { wide, points, encodings }
    }
}

fn points_zero() -> RistrettoPoint {
    RistrettoPoint::default()
}
