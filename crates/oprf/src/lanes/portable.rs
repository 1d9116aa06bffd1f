//! The reference that the vector back ends are tested against: the same operations on one lane
//! after the other, in plain arithmetic.

use super::field::{Element, Field, MAX_LANES, Mask, Rows, Stored, row_of};

#[derive(Clone, Copy, Debug)]
pub(super) struct Portable([Element; MAX_LANES]);

const LIMB: u64 = (1 << 51) - 1;

impl Element {
    fn reduced(wide: [u128; 5]) -> Self {
        let mut limbs = wide;
        for _ in 0..3 {
            let mut carry = 0;
            for limb in &mut limbs {
                *limb += carry;
                carry = *limb >> 51;
                *limb &= u128::from(LIMB);
            }
            limbs[0] += 19 * carry;
        }
        let mut element = Self(limbs.map(|limb| limb as u64));
        let p = [LIMB - 18, LIMB, LIMB, LIMB, LIMB];
        if element.0.iter().rev().ge(p.iter().rev()) {
            // Only the lowest limb differs from p's.
            element = Self([element.0[0] - p[0], 0, 0, 0, 0]);
        }
        element
    }

    fn product(self, other: Self) -> Self {
        let mut wide = [0u128; 5];
        for (i, a) in self.0.iter().enumerate() {
            for (j, b) in other.0.iter().enumerate() {
                let product = u128::from(*a) * u128::from(*b);
                wide[(i + j) % 5] += if i + j < 5 { product } else { 19 * product };
            }
        }
        Self::reduced(wide)
    }
}

impl Portable {
    fn each(self, other: Self, work: impl Fn(Element, Element) -> Element) -> Self {
        Self(std::array::from_fn(|lane| work(self.0[lane], other.0[lane])))
    }

    fn mask(self, holds: impl Fn(Element) -> bool) -> Mask {
        (0..MAX_LANES).fold(0, |mask, lane| mask | (Mask::from(holds(self.0[lane])) << lane))
    }
}

impl Field for Portable {
    const LANES: usize = 8;
    fn load(stored: &Stored) -> Self {
        Self(std::array::from_fn(|lane| Element(stored.0.map(|limb| limb[lane]))))
    }

    fn store(self) -> Stored {
        Stored(std::array::from_fn(|limb| self.0.map(|element| element.0[limb])))
    }

    fn from_elements(elements: &[Element; MAX_LANES]) -> Self {
        Self(elements.map(|element| Element::reduced(element.0.map(u128::from))))
    }

    fn to_elements(self) -> [Element; MAX_LANES] {
        self.0
    }

    fn broadcast(stored: &Stored, lane: usize) -> Self {
        Self::splat(Self::load(stored).0[lane])
    }

    fn splat(element: Element) -> Self {
        Self([element; MAX_LANES])
    }

    fn add(self, other: Self) -> Self {
        self.each(other, |a, b| {
            Element::reduced(std::array::from_fn(|i| u128::from(a.0[i]) + u128::from(b.0[i])))
        })
    }

    fn sub(self, other: Self) -> Self {
        self.add(other.neg())
    }

    fn neg(self) -> Self {
        let minus_one = Element([LIMB - 19, LIMB, LIMB, LIMB, LIMB]);
        self.mul(Self::splat(minus_one))
    }

    type Wide = Self;

    fn mul_wide(self, other: Self) -> Self {
        self.each(other, Element::product)
    }

    fn square_wide(self) -> Self {
        self.mul_wide(self)
    }

    fn wide_add(a: Self, b: Self) -> Self {
        a.add(b)
    }

    fn wide_sub(a: Self, b: Self) -> Self {
        a.sub(b)
    }

    fn reduce(wide: Self) -> Self {
        wide
    }

    fn widen(self) -> Self {
        self
    }

    fn select(mask: Mask, yes: Self, no: Self) -> Self {
        let lane = |lane| if (mask >> lane) & 1 == 1 { yes.0[lane] } else { no.0[lane] };
        Self(std::array::from_fn(lane))
    }

    fn is_zero(self) -> Mask {
        self.mask(|element| element == Element::ZERO)
    }

    fn is_negative(self) -> Mask {
        self.mask(|element| element.0[0] & 1 == 1)
    }

    fn table(entries: &[Element; MAX_LANES]) -> Stored {
        Self::from_elements(entries).store()
    }

    fn pick(table: &Stored, indices: &[u8; MAX_LANES]) -> Self {
        let entries = Self::load(table).0;
        Self(indices.map(|index| entries[usize::from(index)]))
    }

    type Row = [Element; 4];

    fn read_rows(rows: &Rows<Self::Row>, numbers: &[u8; MAX_LANES]) -> [Self; 4] {
        let row = |lane| rows[row_of(numbers[lane], lane)];
        std::array::from_fn(|i| Self(std::array::from_fn(|lane| row(lane)[i])))
    }

    fn write_rows(rows: &mut Rows<Self::Row>, numbers: &[u8; MAX_LANES], coordinates: [Self; 4]) {
        for (lane, number) in numbers.iter().enumerate() {
            rows[row_of(*number, lane)] = coordinates.map(|coordinate| coordinate.0[lane]);
        }
    }
}
