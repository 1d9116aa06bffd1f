//! Operations on secrets of the caller's choice, one back end at a time: what a test of timing
//! compares.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;

use super::Batch;
use crate::lanes::Backend;
use crate::lanes::fixed_base::FixedBase;
use crate::lanes::packed::{PackedPoints, Scalars};

/// One operation on one back end, applied to as many secrets as the batch has elements.
pub struct OnSecrets {
    /// What is done.
    pub name: &'static str,
    /// By what.
    pub back_end: &'static str,
    /// Whether its time must not depend on the secrets. Where not, it is there to be found out.
    pub is_constant_time: bool,
    run: Box<dyn Fn(&[[u8; 32]]) -> usize>,
}

impl OnSecrets {
    /// Does it once with these secrets, canonical scalars, one for each element. What is returned
    /// keeps the compiler from leaving it out.
    pub fn run(&self, secrets: &[[u8; 32]]) -> usize {
        (self.run)(secrets)
    }
}

/// All such operations on batches of `elements`.
pub fn on_secrets(elements: usize) -> Vec<OnSecrets> {
    let batch = Batch::of(elements);
    let mut all = Vec::new();

    let mut dalek = |name, is_constant_time, run: Box<dyn Fn(&[[u8; 32]]) -> usize>| {
        all.push(OnSecrets { name, back_end: "dalek", is_constant_time, run });
    };
    dalek(
        "map to group",
        true,
        Box::new(|secrets| {
            let points = twice(secrets).map(|wide| RistrettoPoint::from_uniform_bytes(&wide));
            points.filter(|point| *point == RistrettoPoint::default()).count()
        }),
    );
    let points = batch.points.clone();
    dalek(
        "multiply and encode",
        true,
        Box::new(move |secrets| {
            let products: Vec<_> = scalars(secrets).zip(&points).map(|(s, p)| s * p).collect();
            RistrettoPoint::double_and_compress_batch(&products).len()
        }),
    );
    let points = batch.points.clone();
    dalek(
        "multiply, in variable time",
        false,
        Box::new(move |secrets| {
            let products = scalars(secrets).zip(&points).map(|(s, p)| {
                RistrettoPoint::vartime_double_scalar_mul_basepoint(&s, p, &Scalar::ZERO)
            });
            products.filter(|product| *product == RistrettoPoint::default()).count()
        }),
    );
    let points = batch.points.clone();
    dalek(
        "add multiple of a fixed base and encode",
        true,
        Box::new(move |secrets| {
            let sums = scalars(secrets).zip(&points).map(|(s, p)| p + RistrettoPoint::mul_base(&s));
            sums.filter(|sum| sum.compress().as_bytes().first() == Some(&0)).count()
        }),
    );

    for backend in Backend::ranked().iter().copied() {
        let mut push = |name, run: Box<dyn Fn(&[[u8; 32]]) -> usize>| {
            all.push(OnSecrets { name, back_end: backend.name(), is_constant_time: true, run });
        };
        push(
            "map to group",
            Box::new(move |secrets| {
                let wide: Vec<_> = twice(secrets).collect();
                PackedPoints::from_uniform(backend, &wide).1.unwrap_or_default()
            }),
        );
        if let Ok(points) = PackedPoints::decode(backend, &batch.encodings) {
            push(
                "multiply and encode",
                Box::new(move |secrets| {
                    points.multiply_double_and_encode(Scalars::Each(secrets)).len()
                }),
            );
        }
        let table = FixedBase::new(backend, RISTRETTO_BASEPOINT_COMPRESSED.as_bytes());
        if let Ok(points) = PackedPoints::decode(backend, &batch.encodings) {
            push(
                "add multiple of a fixed base and encode",
                Box::new(move |secrets| {
                    points.add_multiples_and_encode(&table, secrets, false).len()
                }),
            );
        }
    }
    all
}

fn scalars(secrets: &[[u8; 32]]) -> impl Iterator<Item = Scalar> {
    secrets.iter().map(|secret| Scalar::from_bytes_mod_order(*secret))
}

/// Each secret twice over, as wide as what is mapped.
fn twice(secrets: &[[u8; 32]]) -> impl Iterator<Item = [u8; 64]> {
    secrets.iter().map(|secret| {
        let mut wide = [0; 64];
        wide.as_chunks_mut().0.fill(*secret);
        wide
    })
}
