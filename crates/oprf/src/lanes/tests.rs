//! Every back end that this processor has, and the portable one, against dalek.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};

use super::Backend;
use super::fixed_base::FixedBase;
use super::packed::{PackedPoints, Scalars, Undecodable};
use crate::hash::sha512;

/// The back ends of this machine; says so where one is missing.
fn backends() -> Vec<Backend> {
    Backend::say_what_is_skipped();
    [Backend::ranked(), &[Backend::portable()]].concat()
}

fn uniform(count: usize, label: &str) -> Vec<[u8; 64]> {
    (0..count).map(|i| sha512(&[label.as_bytes(), &i.to_le_bytes()])).collect()
}

fn scalars(count: usize, label: &str) -> Vec<Scalar> {
    uniform(count, label).iter().map(Scalar::from_bytes_mod_order_wide).collect()
}

fn points(count: usize, label: &str) -> Vec<RistrettoPoint> {
    uniform(count, label).iter().map(RistrettoPoint::from_uniform_bytes).collect()
}

fn encodings(points: &[RistrettoPoint]) -> Vec<[u8; 32]> {
    points.iter().map(|point| point.compress().to_bytes()).collect()
}

fn edge_scalars() -> Vec<Scalar> {
    let mut scalars: Vec<Scalar> = (0..=33u64).map(Scalar::from).collect();
    scalars.extend((0..=33u64).map(|n| -Scalar::from(n)));
    // All digits at and around the turn from positive to negative, for both widths of window.
    for byte in [0x77, 0x78, 0x87, 0x88, 0x89, 0x99, 0x0f, 0xf0, 0xff, 0x08, 0x80, 0x10, 0x42] {
        let mut bytes = [byte; 32];
        bytes[31] &= 0x0f;
        scalars.push(Scalar::from_bytes_mod_order(bytes));
    }
    scalars.extend((0..252).map(|bit| {
        let mut bytes = [0; 32];
        bytes[bit / 8] = 1 << (bit % 8);
        Scalar::from_bytes_mod_order(bytes)
    }));
    scalars
}

#[test]
fn mapping_uniform_bytes_gives_dalek_s_points() {
    for backend in backends() {
        let mut inputs = uniform(203, "map");
        inputs.extend([[0; 64], [0xff; 64], [1; 64], [0x7f; 64]]);
        for count in [1, 2, 7, 8, 9, inputs.len()] {
            let inputs = &inputs[..count];
            let (mapped, identity) = PackedPoints::from_uniform(backend, inputs);
            let one = Scalar::ONE.div_by_2().to_bytes();
            let expected: Vec<_> = inputs.iter().map(RistrettoPoint::from_uniform_bytes).collect();
            assert_eq!(identity, expected.iter().position(|p| *p == RistrettoPoint::identity()));
            assert_eq!(
                *mapped.multiply_double_and_encode(Scalars::One(&one)),
                encodings(&expected),
                "{}",
                backend.name()
            );
        }
    }
}

#[test]
fn products_are_dalek_s_for_edge_scalars_edge_points_and_partial_groups() {
    for backend in backends() {
        let scalars = edge_scalars();
        let points = points(scalars.len(), "products");
        for count in [1, 3, 8, 13, 255, 256, 257, scalars.len()] {
            let count = count.min(scalars.len());
            let (scalars, points) = (&scalars[..count], &points[..count]);
            let halves: Vec<_> = scalars.iter().map(|s| s.div_by_2().to_bytes()).collect();
            let decoded = PackedPoints::decode(backend, &encodings(points)).unwrap();
            let products = decoded.multiply_double_and_encode(Scalars::Each(&halves));
            let expected: Vec<_> = scalars.iter().zip(points).map(|(s, p)| s * p).collect();
            assert_eq!(*products, encodings(&expected), "{}", backend.name());
        }
        let one = &scalars[40].div_by_2().to_bytes();
        let products = PackedPoints::decode(backend, &encodings(&points))
            .unwrap()
            .multiply_double_and_encode(Scalars::One(one));
        let expected: Vec<_> = points.iter().map(|p| scalars[40] * p).collect();
        assert_eq!(*products, encodings(&expected));
    }
}

#[test]
fn sums_with_multiples_of_a_fixed_base_are_dalek_s() {
    for backend in backends() {
        let mut scalars = edge_scalars();
        scalars.extend(self::scalars(100, "fixed"));
        let points = points(scalars.len(), "sums");
        for base in [G, points[0]] {
            let table = FixedBase::new(backend, &base.compress().to_bytes());
            let decoded = PackedPoints::decode(backend, &encodings(&points)).unwrap();
            let bytes: Vec<_> = scalars.iter().map(Scalar::to_bytes).collect();
            for minus in [false, true] {
                let sums = decoded.add_multiples_and_encode(&table, &bytes, minus);
                let expected: Vec<_> = scalars
                    .iter()
                    .zip(&points)
                    .map(|(s, p)| if minus { p - s * base } else { p + s * base })
                    .collect();
                assert_eq!(*sums, encodings(&expected), "{}", backend.name());
            }
        }
    }
}

#[test]
fn decoding_accepts_and_refuses_what_dalek_does() {
    for backend in backends() {
        let good = encodings(&points(64, "decode"));
        let p_minus = |n: u8| {
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed - n;
            bytes[31] = 0x7f;
            bytes
        };
        let mut candidates: Vec<[u8; 32]> = uniform(2_000, "candidates")
            .iter()
            .map(|wide| {
                let mut bytes = [0; 32];
                bytes.copy_from_slice(&wide[..32]);
                // Mostly past the cheap refusals: even, and below 2^255.
                if wide[40] > 30 {
                    bytes[0] &= 0xfe;
                    bytes[31] &= 0x7f;
                }
                bytes
            })
            .collect();
        candidates.extend((0..=0x30).map(p_minus));
        candidates.extend((0..=0x12).map(|n| {
            let mut bytes = p_minus(0);
            bytes[0] += n;
            bytes
        }));
        candidates.extend((1..=255u8).map(|n| {
            let mut bytes = [0; 32];
            bytes[0] = n;
            bytes
        }));
        for candidate in candidates {
            let mut batch = good.clone();
            batch[37] = candidate;
            let ours = PackedPoints::decode(backend, &batch).err();
            let theirs = CompressedRistretto(candidate).decompress();
            let expected = theirs.is_none().then_some(Undecodable::Invalid(37));
            assert_eq!(ours, expected, "{candidate:02x?} {}", backend.name());
        }
        let mut batch = good;
        batch[5] = [0; 32];
        batch[6] = [0xff; 32];
        assert_eq!(PackedPoints::decode(backend, &batch).err(), Some(Undecodable::Identity(5)));
    }
}

#[test]
fn combinations_are_dalek_s_for_every_width_of_window() {
    for backend in backends() {
        let points = points(400, "multiscalar");
        let mut coefficients = edge_scalars();
        coefficients.extend(scalars(400, "coefficients"));
        for count in [1, 2, 8, 9, 127, 128, 319, 320, 400] {
            let (points, coefficients) = (&points[..count], &coefficients[..count]);
            let bytes: Vec<_> = coefficients.iter().map(Scalar::to_bytes).collect();
            let decoded = PackedPoints::decode(backend, &encodings(points)).unwrap();
            let expected = RistrettoPoint::vartime_multiscalar_mul(coefficients, points);
            assert_eq!(
                decoded.multiscalar(&bytes),
                expected.compress().to_bytes(),
                "{count} by {}",
                backend.name()
            );
        }
    }
}
