//! How many values of a type there are to try out.

use crate::IdentifierType;

/// How many values of a type somebody would have to try to reach all that are in use: the number
/// against which a budget for questions is set.
///
/// Not the number of values that the form allows, which is far larger for most types. Where a
/// number is given by an issuer, the values of one issuer of usual size count: whoever tries out a
/// type does it country by country. The figures are estimates to within a factor of eight or so,
/// made to set budgets by; an agreement may say another budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    log2: u8,
    argument: &'static str,
}

impl Space {
    /// Binary logarithm of the number of values, 1 to 63.
    #[must_use]
    pub fn log2(self) -> u8 {
        self.log2
    }

    /// The number of values: two to the power of [`log2`](Self::log2).
    #[must_use]
    pub fn values(self) -> u64 {
        1_u64.checked_shl(u32::from(self.log2)).unwrap_or(u64::MAX)
    }

    /// What the estimate rests on, one sentence.
    #[must_use]
    pub fn argument(self) -> &'static str {
        self.argument
    }
}

impl IdentifierType {
    /// The practical size of the type's space.
    #[must_use]
    pub fn space(self) -> Space {
        let (log2, argument) = match self {
            Self::TravelDocument => (
                28,
                "nine characters allow 2^46; one state's numbers in use lie in series of 2^25 to \
                 2^30, and the middle is taken",
            ),
            Self::NationalId => (
                28,
                "birth date and serial, or a run of numbers: 2^23 to 2^33 by state, and the middle \
                 is taken",
            ),
            Self::Vin => (
                32,
                "makers' prefixes in use times about a million serial numbers: 2^30 to 2^34, and \
                 the middle is taken",
            ),
            Self::Plate => (24, "2^20 to 2^27 marks by country, and a middling country is taken"),
            Self::Imo => (
                17,
                "six digits and one that follows from them allow 2^20; about 2^17 have been given \
                 to ships",
            ),
            Self::Mmsi => (
                27,
                "nine digits allow 2^30; the country's digits and the forms for ships leave 2^27",
            ),
            Self::Aircraft => {
                (24, "marks stand for addresses of 24 bits, which bound how many can be in use")
            }
            Self::Phone => (
                35,
                "possible mobile numbers of the world are about 1.2 times 10^11; 2^33 to 2^37 with \
                 what is in use and with fixed lines, and the middle is taken",
            ),
            Self::Email => (
                32,
                "the form bounds nothing; collections of leaked addresses hold about 5 times 10^9",
            ),
            Self::Iban => (
                33,
                "bank codes times account numbers: 2^33 (Norway) to 2^46 (Germany); the least is \
                 taken, since little of the larger ones is in use",
            ),
            Self::Imei => (38, "allocated type codes, about 2^18, times a million serial numbers"),
            Self::Container => (
                31,
                "owner codes in use, about 2^11, times a million serial numbers; the check digit \
                 follows from them",
            ),
        };
        Space { log2, argument }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_space_that_is_neither_trivial_nor_overflows() {
        for kind in IdentifierType::ALL {
            let space = kind.space();
            assert!((10..=63).contains(&space.log2()), "{kind}");
            assert_eq!(space.values(), 1 << space.log2(), "{kind}");
            assert!(space.argument().len() > 20, "{kind}");
        }
    }
}
