//! Multiples of a point that is multiplied many times: the generator, or a pinned public key.

use zeroize::Zeroizing;

use super::field::{Element, Field, MAX_LANES, Mask, Stored, TWICE_D};
use super::packed::Scalars;
use super::point::{Affine, Extended};
use super::recode::Window;
use super::{Backend, Job, ristretto};

const WINDOW_BITS: u32 = 5;
/// 51 windows cover 255 bits, which leaves the last digit no carry: scalars are below 2^253.
const WINDOWS: usize = 51;
const MULTIPLES: usize = 16;

/// For each window w the multiples 1 to 16 of 32^w · B. Takes 98 kB.
pub(crate) struct FixedBase {
    backend: Backend,
    windows: Vec<Multiples>,
}

/// y + x, y - x and 2dxy of sixteen multiples, in two tables of eight each.
#[derive(Clone, Copy, Default)]
struct Multiples {
    y_plus_x: [Stored; 2],
    y_minus_x: [Stored; 2],
    xy2d: [Stored; 2],
}

impl FixedBase {
    /// Tables for the point of this valid encoding. Takes as long as a dozen multiplications.
    pub(crate) fn new(backend: Backend, base: &[u8; 32]) -> Self {
        backend.run(Tabulate { backend, base })
    }

    /// Whether the tables are those of this back end.
    pub(crate) fn is_for(&self, backend: Backend) -> bool {
        self.backend == backend
    }

    /// `point ± s·B` for the group of scalars that begins with number `first`.
    #[inline(always)]
    pub(super) fn add<F: Field>(
        &self,
        point: Extended<F>,
        scalars: &Scalars<'_>,
        first: usize,
        minus: bool,
    ) -> Extended<F> {
        let mut windows = Zeroizing::new([Window::default(); WINDOWS]);
        scalars.recode_group(WINDOW_BITS, first, F::LANES, windows.as_mut());
        let turn = if minus { u8::MAX } else { 0 };
        let mut sum = point;
        for (window, multiples) in windows.iter().zip(&self.windows) {
            sum = sum.add_affine::<true>(&multiples.pick(window), window.negative ^ turn);
        }
        sum
    }
}

impl Multiples {
    #[inline(always)]
    fn pick<F: Field>(&self, window: &Window) -> Affine<F> {
        let (indices, upper) = window.indices();
        let zero = window.lanes_with(0);
        Affine {
            y_plus_x: pick_of_16(&self.y_plus_x, &indices, upper, zero, F::one()),
            y_minus_x: pick_of_16(&self.y_minus_x, &indices, upper, zero, F::one()),
            xy2d: pick_of_16(&self.xy2d, &indices, upper, zero, F::zero()),
        }
    }
}

/// In each lane an entry of the sixteen, or `neutral` in the lanes of `zero`.
#[inline(always)]
fn pick_of_16<F: Field>(
    [low, high]: &[Stored; 2],
    indices: &[u8; MAX_LANES],
    upper: Mask,
    zero: Mask,
    neutral: F,
) -> F {
    let entry = F::select(upper, F::pick(high, indices), F::pick(low, indices));
    F::select(zero, neutral, entry)
}

struct Tabulate<'a> {
    backend: Backend,
    base: &'a [u8; 32],
}

impl Job for Tabulate<'_> {
    type Output = FixedBase;

    #[inline(always)]
    fn run<F: Field>(self) -> FixedBase {
        // 32^w · B for all windows, one after the other, the same in every lane.
        let (_, mut power) = ristretto::decode::<F>(&[*self.base; MAX_LANES]);
        let mut powers = Vec::with_capacity(WINDOWS);
        for _ in 0..WINDOWS {
            powers.push(power.store());
            for _ in 0..WINDOW_BITS {
                power = power.double::<true>();
            }
        }

        // From here on each lane has a window of its own.
        let mut windows = vec![Multiples::default(); WINDOWS];
        for (powers, windows) in powers.chunks(F::LANES).zip(windows.chunks_mut(F::LANES)) {
            let mut lanes = [[Element::ZERO; MAX_LANES]; 4];
            for (lane, power) in powers.iter().enumerate() {
                let power = Extended::<F>::load(power);
                let coordinates = [
                    power.x.to_elements(),
                    power.y.to_elements(),
                    power.z.to_elements(),
                    power.t.to_elements(),
                ];
                for (to, [element, ..]) in lanes.iter_mut().zip(coordinates) {
                    if let Some(to) = to.get_mut(lane) {
                        *to = element;
                    }
                }
            }
            let [x, y, z, t] = &lanes;
            let power = Extended {
                x: F::from_elements(x),
                y: F::from_elements(y),
                z: F::from_elements(z),
                t: F::from_elements(t),
            };
            tabulate_group(power, windows);
        }
        FixedBase { backend: self.backend, windows }
    }
}

/// The multiples 1 to 16 of a window's power in each lane.
#[inline(always)]
fn tabulate_group<F: Field>(power: Extended<F>, windows: &mut [Multiples]) {
    let base = power.cached();
    let mut entries = [[[Element::ZERO; 3]; MULTIPLES]; MAX_LANES];
    let mut multiple = power;
    for number in 0..MULTIPLES {
        // The last window's power may stand in lanes that have no window; these hold zeros, whose
        // inverse is zero.
        let inverse = multiple.z.invert();
        let (x, y) = (multiple.x.mul(inverse), multiple.y.mul(inverse));
        let xy2d = x.mul(y).mul(F::splat(TWICE_D));
        let coordinates = [y.add(x).to_elements(), y.sub(x).to_elements(), xy2d.to_elements()];
        for (lane, to) in entries.iter_mut().enumerate() {
            if let Some(to) = to.get_mut(number) {
                *to = coordinates.map(|lanes| lanes.get(lane).copied().unwrap_or_default());
            }
        }
        multiple = multiple.add::<true>(&base, 0);
    }

    for (to, entries) in windows.iter_mut().zip(&entries) {
        let (halves, _) = entries.as_chunks::<MAX_LANES>();
        for (half, entries) in halves.iter().enumerate() {
            let places = [&mut to.y_plus_x, &mut to.y_minus_x, &mut to.xy2d];
            for (coordinate, place) in places.into_iter().enumerate() {
                let column =
                    entries.map(|entry| entry.get(coordinate).copied().unwrap_or_default());
                if let Some(place) = place.get_mut(half) {
                    *place = F::table(&column);
                }
            }
        }
    }
}
