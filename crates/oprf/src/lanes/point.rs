//! Points of the curve -x² + y² = 1 + d·x²·y², one in each lane.
//!
//! Formulas: H. Hisil, K. Wong, G. Carter, E. Dawson, "Twisted Edwards curves revisited", 2008,
//! for a = -1. They are complete: no input needs a case of its own, so lanes never part.

use zeroize::Zeroize;

use super::field::{D, Field, INVSQRT_A_MINUS_D, MAX_LANES, Mask, Rows, SQRT_M1, Stored, TWICE_D};

/// (X : Y : Z : T) with x = X/Z, y = Y/Z, T = XY/Z.
#[derive(Clone, Copy)]
pub(super) struct Extended<F> {
    pub(super) x: F,
    pub(super) y: F,
    pub(super) z: F,
    pub(super) t: F,
}

/// A point prepared for being added: (Y + X, Y - X, 2Z, 2dT).
#[derive(Clone, Copy)]
pub(super) struct Cached<F> {
    y_plus_x: F,
    y_minus_x: F,
    z2: F,
    t2d: F,
}

/// The same for a point with Z = 1: (y + x, y - x, 2dxy).
#[derive(Clone, Copy)]
pub(super) struct Affine<F> {
    pub(super) y_plus_x: F,
    pub(super) y_minus_x: F,
    pub(super) xy2d: F,
}

/// A point in memory.
#[derive(Clone, Copy, Default, Zeroize)]
pub(super) struct StoredPoint {
    pub(super) x: Stored,
    pub(super) y: Stored,
    pub(super) z: Stored,
    pub(super) t: Stored,
}

impl<F: Field> Extended<F> {
    #[inline(always)]
    pub(super) fn identity() -> Self {
        Self { x: F::zero(), y: F::one(), z: F::one(), t: F::zero() }
    }

    #[inline(always)]
    pub(super) fn load(stored: &StoredPoint) -> Self {
        Self {
            x: F::load(&stored.x),
            y: F::load(&stored.y),
            z: F::load(&stored.z),
            t: F::load(&stored.t),
        }
    }

    #[inline(always)]
    pub(super) fn store(self) -> StoredPoint {
        StoredPoint { x: self.x.store(), y: self.y.store(), z: self.z.store(), t: self.t.store() }
    }

    /// In each lane the point that its own row of this number holds.
    #[inline(always)]
    pub(super) fn read_rows(rows: &Rows<F::Row>, numbers: &[u8; MAX_LANES]) -> Self {
        let [x, y, z, t] = F::read_rows(rows, numbers);
        Self { x, y, z, t }
    }

    /// Puts each lane's point into its own row of this number.
    #[inline(always)]
    pub(super) fn write_rows(self, rows: &mut Rows<F::Row>, numbers: &[u8; MAX_LANES]) {
        F::write_rows(rows, numbers, [self.x, self.y, self.z, self.t]);
    }

    /// The point of one lane in every lane.
    #[inline(always)]
    pub(super) fn broadcast(stored: &StoredPoint, lane: usize) -> Self {
        Self {
            x: F::broadcast(&stored.x, lane),
            y: F::broadcast(&stored.y, lane),
            z: F::broadcast(&stored.z, lane),
            t: F::broadcast(&stored.t, lane),
        }
    }

    /// The same point with Z = 1.
    #[inline(always)]
    pub(super) fn with_z_one(self) -> Self {
        let inverse = self.z.invert();
        let (x, y) = (self.x.mul(inverse), self.y.mul(inverse));
        Self { x, y, z: F::one(), t: x.mul(y) }
    }

    /// Of a point with Z = 1.
    #[inline(always)]
    pub(super) fn affine(self) -> Affine<F> {
        Affine {
            y_plus_x: self.y.add(self.x),
            y_minus_x: self.y.sub(self.x),
            xy2d: self.t.mul(F::splat(TWICE_D)),
        }
    }

    #[inline(always)]
    pub(super) fn cached(self) -> Cached<F> {
        Cached {
            y_plus_x: self.y.add(self.x),
            y_minus_x: self.y.sub(self.x),
            z2: self.z.double(),
            t2d: self.t.mul(F::splat(TWICE_D)),
        }
    }

    /// Twice the point. T is computed only if `WITH_T`, because a doubling does not read it; else it
    /// is left as it was and must not be used.
    #[inline(always)]
    pub(super) fn double<const WITH_T: bool>(self) -> Self {
        let xx = self.x.square_wide();
        let yy = self.y.square_wide();
        let zz = self.z.square_wide();
        let xy = self.x.mul_wide(self.y);
        let e = F::reduce(F::wide_add(xy, xy));
        let f = F::reduce(F::wide_add(F::wide_sub(xx, yy), F::wide_add(zz, zz)));
        let g = F::reduce(F::wide_sub(yy, xx));
        let h = F::reduce(F::wide_add(xx, yy));
        Self { x: e.mul(f), y: g.mul(h), z: f.mul(g), t: if WITH_T { e.mul(h) } else { self.t } }
    }

    /// The sum, or the difference in the lanes of `minus`. T as for [`double`](Self::double).
    #[inline(always)]
    pub(super) fn add<const WITH_T: bool>(self, other: &Cached<F>, minus: Mask) -> Self {
        let d = self.z.mul_wide(other.z2);
        self.combine::<WITH_T>([other.y_plus_x, other.y_minus_x, other.t2d], d, minus)
    }

    /// The same for a point with Z = 1.
    #[inline(always)]
    pub(super) fn add_affine<const WITH_T: bool>(self, other: &Affine<F>, minus: Mask) -> Self {
        let d = F::widen(self.z.double());
        self.combine::<WITH_T>([other.y_plus_x, other.y_minus_x, other.xy2d], d, minus)
    }

    /// To subtract is to exchange y + x and y - x, and the two sums in which 2dT appears.
    #[inline(always)]
    fn combine<const WITH_T: bool>(self, other: [F; 3], d: F::Wide, minus: Mask) -> Self {
        let [y_plus_x, y_minus_x, t2d] = other;
        let a = self.y.sub(self.x).mul_wide(F::select(minus, y_plus_x, y_minus_x));
        let b = self.y.add(self.x).mul_wide(F::select(minus, y_minus_x, y_plus_x));
        let c = self.t.mul_wide(t2d);
        let e = F::reduce(F::wide_sub(b, a));
        let h = F::reduce(F::wide_add(b, a));
        let (sum, difference) = (F::reduce(F::wide_add(d, c)), F::reduce(F::wide_sub(d, c)));
        let f = F::select(minus, sum, difference);
        let g = F::select(minus, difference, sum);
        Self { x: e.mul(f), y: g.mul(h), z: f.mul(g), t: if WITH_T { e.mul(h) } else { self.t } }
    }

    /// The same point with its T, if that was left out.
    #[inline(always)]
    pub(super) fn with_t(self) -> Self {
        Self {
            x: self.x.mul(self.z),
            y: self.y.mul(self.z),
            z: self.z.square(),
            t: self.x.mul(self.y),
        }
    }

    /// The lanes that hold the identity of ristretto255: the four points of order 1, 2 and 4.
    #[inline(always)]
    pub(super) fn is_identity(self) -> Mask {
        self.x.is_zero() | self.y.is_zero()
    }
}

impl<F: Field> Cached<F> {
    #[inline(always)]
    pub(super) fn identity() -> Self {
        Self { y_plus_x: F::one(), y_minus_x: F::one(), z2: F::one().double(), t2d: F::zero() }
    }

    #[inline(always)]
    pub(super) fn select(mask: Mask, yes: &Self, no: &Self) -> Self {
        Self {
            y_plus_x: F::select(mask, yes.y_plus_x, no.y_plus_x),
            y_minus_x: F::select(mask, yes.y_minus_x, no.y_minus_x),
            z2: F::select(mask, yes.z2, no.z2),
            t2d: F::select(mask, yes.t2d, no.t2d),
        }
    }
}

/// A doubling on its way to an encoding that needs no square root, only the inverse of
/// [`denominator`](Self::denominator), which a batch gets for three multiplications each.
///
/// M. Hamburg, H. de Valence, I. Lovecruft, T. Arcieri, "The Ristretto Group", section "Batched
/// double-and-encode".
#[derive(Clone, Copy, Default, Zeroize)]
pub(super) struct DoubledForEncoding {
    e: Stored,
    f: Stored,
    g: Stored,
    h: Stored,
    eg: Stored,
    fh: Stored,
}

impl DoubledForEncoding {
    #[inline(always)]
    pub(super) fn of<F: Field>(point: Extended<F>) -> Self {
        let xx = point.x.square();
        let yy = point.y.square();
        let zz = point.z.square();
        let dtt = point.t.square().mul(F::splat(D));
        let e = point.x.mul(point.y.double());
        let f = zz.add(dtt);
        let g = yy.add(xx);
        let h = zz.sub(dtt);
        Self {
            e: e.store(),
            f: f.store(),
            g: g.store(),
            h: h.store(),
            eg: e.mul(g).store(),
            fh: f.mul(h).store(),
        }
    }

    /// Zero exactly in the lanes that hold the identity.
    #[inline(always)]
    pub(super) fn denominator<F: Field>(&self) -> F {
        F::load(&self.eg).mul(F::load(&self.fh))
    }

    /// s of the encoding, given the inverse of the denominator, zero for zero.
    #[inline(always)]
    pub(super) fn encode<F: Field>(&self, inverse: F) -> F {
        let (e, f) = (F::load(&self.e), F::load(&self.f));
        let (g, h) = (F::load(&self.g), F::load(&self.h));
        let eg = F::load(&self.eg);
        let z_inverse = eg.mul(inverse);
        let t_inverse = F::load(&self.fh).mul(inverse);

        let rotates = eg.mul(z_inverse).is_negative();
        let rotated = f.mul(F::splat(SQRT_M1));
        let (e, g) = (F::select(rotates, g, e), F::select(rotates, e.neg(), g));
        let h = F::select(rotates, rotated, h);
        let magic = F::select(rotates, F::splat(SQRT_M1), F::splat(INVSQRT_A_MINUS_D));

        let g = g.negate_if(h.mul(e).mul(z_inverse).is_negative());
        h.sub(g).mul(magic.mul(g.mul(t_inverse))).absolute()
    }
}
