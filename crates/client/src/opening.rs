use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use symbolon_exchange::CHECK_SECRET_LEN;
use symbolon_identifiers::{Identifier, IdentifierType};
use symbolon_store::StoreError;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{batch::Batch, plan::QuestionContext, stated::StatedFacts};

/// What is sealed at the requester for each check: enough to open any of its elements to an
/// inspector, and to ask the same check again.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Opening {
    /// Hexadecimal.
    pub(crate) secret: String,
    /// Who certified the caller: the SPIFFE identity of the agency's certificate.
    pub(crate) agency: String,
    pub(crate) purpose: String,
    pub(crate) offence_class: String,
    pub(crate) urgency: i32,
    pub(crate) officer: String,
    pub(crate) case_reference: String,
    pub(crate) justification: String,
    /// Absent in checks of a time before officers stated any of it.
    #[serde(default)]
    pub(crate) stated: StatedFacts,
    pub(crate) batches: Vec<OpeningBatch>,
    pub(crate) salts: Vec<OpeningSalts>,
}

/// The identifiers of one type, in the order of their elements. Their canonical bytes follow the
/// rest, packed.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpeningBatch {
    pub(crate) identifier_type: String,
    #[serde(default)]
    pub(crate) count: usize,
    /// Canonical values, hexadecimal: in checks of a time before they were packed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    canonical: Vec<String>,
}

/// The salts of the commitments in one header, hexadecimal.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpeningSalts {
    pub(crate) owner: String,
    pub(crate) agreement: String,
    pub(crate) officer: String,
    pub(crate) case_reference: String,
    pub(crate) justification: String,
}

/// An opening as it was sealed.
pub(crate) struct SealedOpening<'a> {
    pub(crate) opening: Opening,
    /// The canonical bytes of all batches in order, each after its length (16-bit big-endian).
    packed: Cow<'a, [u8]>,
}

/// What an opening that cannot be read is.
pub(crate) const DAMAGED: StoreError = StoreError::Damaged { what: "record of a check" };

/// First byte of an opening whose identifiers are packed; an older one begins as JSON does.
const PACKED: u8 = 2;

impl Opening {
    /// The secret from which the blinds of the check are derived.
    pub(crate) fn check_secret(&self) -> Option<Zeroizing<[u8; CHECK_SECRET_LEN]>> {
        let mut secret = Zeroizing::new([0; CHECK_SECRET_LEN]);
        hex::decode_to_slice(&self.secret, secret.as_mut()).ok()?;
        Some(secret)
    }

    /// The opening with the identifiers of its batches.
    pub(crate) fn to_bytes(&self, batches: &[Batch]) -> Option<Zeroizing<Vec<u8>>> {
        let opening = Zeroizing::new(serde_json::to_vec(self).ok()?);
        let packed_len: usize =
            canonical(batches).map(|one| one.len().saturating_add(LENGTH_LEN)).sum();
        // Room for all from the start: a vector that grew would leave copies that nobody wipes.
        let mut bytes = Zeroizing::new(Vec::with_capacity(
            opening.len().saturating_add(packed_len).saturating_add(5),
        ));
        bytes.push(PACKED);
        bytes.extend_from_slice(&u32::try_from(opening.len()).ok()?.to_be_bytes());
        bytes.extend_from_slice(&opening);
        for canonical in canonical(batches) {
            pack(&mut bytes, canonical)?;
        }
        Some(bytes)
    }
}

impl OpeningBatch {
    pub(crate) fn of(batch: &Batch) -> Self {
        Self {
            identifier_type: batch.kind.name().to_owned(),
            count: batch.count(),
            canonical: Vec::new(),
        }
    }
}

impl<'a> SealedOpening<'a> {
    pub(crate) fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        let Some(rest) = bytes.strip_prefix(&[PACKED]) else { return Self::from_older(bytes) };
        let (len, rest) = rest.split_first_chunk()?;
        let (opening, packed) = rest.split_at_checked(u32::from_be_bytes(*len).try_into().ok()?)?;
        let opening = serde_json::from_slice(opening).ok()?;
        Some(Self { opening, packed: Cow::Borrowed(packed) })
    }

    fn from_older(bytes: &[u8]) -> Option<Self> {
        let mut opening: Opening = serde_json::from_slice(bytes).ok()?;
        let mut packed = Vec::new();
        for batch in &mut opening.batches {
            for canonical in &batch.canonical {
                pack(&mut packed, &Zeroizing::new(hex::decode(canonical).ok()?))?;
            }
            batch.count = batch.canonical.len();
        }
        Some(Self { opening, packed: Cow::Owned(packed) })
    }

    /// The identifiers that were asked, in the order of their elements.
    pub(crate) fn identifiers(&self) -> Option<Vec<Identifier>> {
        let mut rest = &*self.packed;
        let mut all = Vec::new();
        for batch in &self.opening.batches {
            let kind: IdentifierType = batch.identifier_type.parse().ok()?;
            for _ in 0..batch.count {
                let (len, after) = rest.split_first_chunk()?;
                let (canonical, after) = after.split_at_checked(u16::from_be_bytes(*len).into())?;
                all.push(Identifier::from_canonical(kind, canonical).ok()?);
                rest = after;
            }
        }
        rest.is_empty().then_some(all)
    }

    /// Whether this is the same question by the same person for the same reason.
    pub(crate) fn asks(&self, context: &QuestionContext, batches: &[Batch]) -> bool {
        let (opening, facts) = (&self.opening, &context.facts);
        let same_batches = opening
            .batches
            .iter()
            .map(|batch| (batch.identifier_type.as_str(), batch.count))
            .eq(batches.iter().map(|batch| (batch.kind.name(), batch.count())));
        opening.agency == context.agency
            && opening.purpose == context.purpose
            && opening.offence_class == context.offence_class
            && opening.urgency == i32::from(context.urgency)
            && opening.officer == facts.officer
            && opening.case_reference == facts.case_reference
            && opening.justification == facts.justification
            && opening.stated == context.stated
            && same_batches
            && self.holds(batches)
    }

    fn holds(&self, batches: &[Batch]) -> bool {
        let mut rest = &*self.packed;
        let all_there = canonical(batches).all(|canonical| {
            let taken = rest
                .split_first_chunk()
                .filter(|(len, _)| usize::from(u16::from_be_bytes(**len)) == canonical.len())
                .and_then(|(_, after)| after.strip_prefix(canonical));
            taken.map(|after| rest = after).is_some()
        });
        all_there && rest.is_empty()
    }
}

impl Drop for SealedOpening<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(packed) = &mut self.packed {
            packed.zeroize();
        }
    }
}

const LENGTH_LEN: usize = 2;

fn canonical(batches: &[Batch]) -> impl Iterator<Item = &[u8]> {
    batches.iter().flat_map(|batch| batch.inputs.canonical())
}

fn pack(bytes: &mut Vec<u8>, canonical: &[u8]) -> Option<()> {
    bytes.extend_from_slice(&u16::try_from(canonical.len()).ok()?.to_be_bytes());
    bytes.extend_from_slice(canonical);
    Some(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use symbolon_exchange::ContextFacts;
    use symbolon_identifiers::{IdentifierType, parse};
    use symbolon_proto::v1::Urgency;

    use super::*;
    use crate::plan::Item;

    fn batches(values: &[&str]) -> Vec<Batch> {
        let items: Vec<_> = (0..)
            .zip(values)
            .map(|(reference, value)| Item {
                reference,
                identifier: parse(IdentifierType::Email, value, None).unwrap(),
            })
            .collect();
        Batch::group(&items)
    }

    fn context() -> QuestionContext {
        QuestionContext {
            purpose: "border_check".to_owned(),
            offence_class: String::new(),
            urgency: Urgency::Routine,
            facts: ContextFacts {
                officer: "officer".to_owned(),
                case_reference: "case".to_owned(),
                justification: String::new(),
            },
            stated: StatedFacts::default(),
            agency: "spiffe://x/y".to_owned(),
            roles: BTreeSet::new(),
            bureaus: Vec::new(),
        }
    }

    fn opening(batches: Vec<OpeningBatch>) -> Opening {
        Opening {
            secret: String::new(),
            agency: "spiffe://x/y".to_owned(),
            purpose: "border_check".to_owned(),
            offence_class: String::new(),
            urgency: Urgency::Routine.into(),
            officer: "officer".to_owned(),
            case_reference: "case".to_owned(),
            justification: String::new(),
            stated: StatedFacts::default(),
            batches,
            salts: Vec::new(),
        }
    }

    #[test]
    fn an_opening_asks_the_very_identifiers_that_it_was_made_of() {
        let ours = batches(&["a@x.example", "bc@x.example"]);
        let sealed = opening(ours.iter().map(OpeningBatch::of).collect()).to_bytes(&ours).unwrap();
        let read = SealedOpening::from_bytes(&sealed).unwrap();
        assert!(read.asks(&context(), &ours));
        for others in [
            vec!["a@x.example"],
            vec!["bc@x.example", "a@x.example"],
            vec!["a@x.example", "bd@x.example"],
            vec!["a@x.example", "bc@x.example", "d@x.example"],
        ] {
            assert!(!read.asks(&context(), &batches(&others)), "{others:?}");
        }
        let elsewhere = QuestionContext { purpose: "other".to_owned(), ..context() };
        assert!(!read.asks(&elsewhere, &ours));
        let stated = StatedFacts { minor: true, ..StatedFacts::default() };
        assert!(!read.asks(&QuestionContext { stated, ..context() }, &ours));
    }

    #[test]
    fn an_opening_of_before_identifiers_were_packed_is_read_all_the_same() {
        let ours = batches(&["a@x.example", "bc@x.example"]);
        let canonical = ours[0].inputs.canonical().map(hex::encode).collect();
        let batch = OpeningBatch { identifier_type: "email".to_owned(), count: 0, canonical };
        let mut older = serde_json::to_value(opening(vec![batch])).unwrap();
        older["batches"][0].as_object_mut().unwrap().remove("count");
        older.as_object_mut().unwrap().remove("stated");
        let older = serde_json::to_vec(&older).unwrap();
        assert!(SealedOpening::from_bytes(&older).unwrap().asks(&context(), &ours));
    }

    #[test]
    fn what_is_no_opening_is_not_read() {
        for bytes in [&b""[..], &[PACKED], &[PACKED, 0, 0, 0, 9, b'{'], b"{}"] {
            assert!(SealedOpening::from_bytes(bytes).is_none());
        }
    }
}
