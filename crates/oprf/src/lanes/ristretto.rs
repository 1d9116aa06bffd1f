//! RFC 9496's maps between bytes and points, for a point in each lane.

use super::field::{
    D, D_MINUS_ONE_SQ, Element, Field, INVSQRT_A_MINUS_D, MAX_LANES, Mask, ONE_MINUS_D_SQ,
    SQRT_AD_MINUS_ONE, SQRT_M1,
};
use super::point::Extended;

/// Section 4.3.1, Decode: the points, and the lanes whose bytes are a valid encoding. The other
/// lanes hold nothing of use. The points have Z = 1.
#[inline(always)]
pub(super) fn decode<F: Field>(encodings: &[[u8; 32]; MAX_LANES]) -> (Mask, Extended<F>) {
    let canonical = mask_of(encodings, is_canonical);
    let s = F::from_elements(&encodings.map(|bytes| Element::from_bytes(&bytes)));
    let one = F::one();
    let ss = s.square();
    let u1 = one.sub(ss);
    let u2 = one.add(ss);
    let u2_squared = u2.square();
    let v = u1.square().mul(F::splat(D)).neg().sub(u2_squared);
    let (is_square, inverse) = F::sqrt_ratio(one, v.mul(u2_squared));
    let denominator_x = inverse.mul(u2);
    let denominator_y = inverse.mul(denominator_x).mul(v);
    let x = s.double().mul(denominator_x).absolute();
    let y = u1.mul(denominator_y);
    let t = x.mul(y);
    let is_valid = canonical & is_square & !t.is_negative() & !y.is_zero();
    (is_valid, Extended { x, y, z: one, t })
}

/// Section 4.3.2, Encode.
#[inline(always)]
pub(super) fn encode<F: Field>(point: Extended<F>) -> [[u8; 32]; MAX_LANES] {
    let Extended { x, y, z, t } = point;
    let i = F::splat(SQRT_M1);
    let u1 = z.add(y).mul(z.sub(y));
    let u2 = x.mul(y);
    let (_, inverse) = F::sqrt_ratio(F::one(), u1.mul(u2.square()));
    let denominator_1 = inverse.mul(u1);
    let denominator_2 = inverse.mul(u2);
    let z_inverse = denominator_1.mul(denominator_2).mul(t);
    let rotates = t.mul(z_inverse).is_negative();
    let enchanted = denominator_1.mul(F::splat(INVSQRT_A_MINUS_D));
    let (rotated_x, rotated_y) = (y.mul(i), x.mul(i));
    let x = F::select(rotates, rotated_x, x);
    let y = F::select(rotates, rotated_y, y);
    let denominator = F::select(rotates, enchanted, denominator_2);
    let y = y.negate_if(x.mul(z_inverse).is_negative());
    to_bytes(denominator.mul(z.sub(y)).absolute())
}

/// Section 4.3.4, the map from uniform bytes, 64 for each lane: the sum of two MAPs.
#[inline(always)]
pub(super) fn from_uniform<F: Field>(uniform: &[[u8; 64]; MAX_LANES]) -> Extended<F> {
    // A loop, so that the map is compiled into here once.
    let mut sum = Extended::identity();
    for second in [false, true] {
        let halves = F::from_elements(&half_of(uniform, second));
        sum = sum.add::<true>(&map(halves).cached(), 0);
    }
    sum
}

#[inline(always)]
fn half_of(uniform: &[[u8; 64]; MAX_LANES], second: bool) -> [Element; MAX_LANES] {
    uniform.map(|bytes| {
        let (halves, _) = bytes.as_chunks::<32>();
        let half = if second { halves.last() } else { halves.first() };
        half.map_or(Element::ZERO, Element::from_bytes)
    })
}

/// Section 4.3.4, MAP.
#[inline(always)]
fn map<F: Field>(t: F) -> Extended<F> {
    let (one, d) = (F::one(), F::splat(D));
    let r = F::splat(SQRT_M1).mul(t.square());
    let u = r.add(one).mul(F::splat(ONE_MINUS_D_SQ));
    let v = one.neg().sub(r.mul(d)).mul(r.add(d));
    let (was_square, s) = F::sqrt_ratio(u, v);
    let s_prime = s.mul(t).absolute().neg();
    let s = F::select(was_square, s, s_prime);
    let c = F::select(was_square, one.neg(), r);
    let n = c.mul(r.sub(one)).mul(F::splat(D_MINUS_ONE_SQ)).sub(v);
    let ss = s.square();
    let w0 = s.double().mul(v);
    let w1 = n.mul(F::splat(SQRT_AD_MINUS_ONE));
    let w2 = one.sub(ss);
    let w3 = one.add(ss);
    Extended { x: w0.mul(w3), y: w2.mul(w1), z: w1.mul(w3), t: w0.mul(w2) }
}

#[inline(always)]
pub(super) fn to_bytes<F: Field>(s: F) -> [[u8; 32]; MAX_LANES] {
    s.to_elements().map(Element::to_bytes)
}

/// Whether the bytes are the encoding of a field element less than p that is not negative.
/// Variable-time in what a peer sent.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let element = Element::from_bytes(bytes);
    // p = 2^255 - 19: four limbs of ones over one that ends in 0xed.
    let [lowest, higher @ ..] = element.0;
    let is_below_p = higher.iter().any(|limb| *limb != (1 << 51) - 1) || lowest < (1 << 51) - 19;
    is_below_p && lowest & 1 == 0 && element.to_bytes() == *bytes
}

#[inline(always)]
fn mask_of<T>(items: &[T; MAX_LANES], holds: impl Fn(&T) -> bool) -> Mask {
    items.iter().rev().fold(0, |mask, item| (mask << 1) | Mask::from(holds(item)))
}
