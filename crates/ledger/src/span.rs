use crate::node_id::{MAX_SIZE, NodeId, TreeError};

/// The leaves from `start` to before `end` that a proof stands for by one hash.
///
/// They are what is left after cutting a tree as RFC 6962, section 2.1, does, so `start` is a multiple of
/// a power of two that is at least their number: hence the run falls apart into complete subtrees of
/// falling size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Span {
    /// The complete subtrees of which its hash is made, from the left.
    pub(crate) fn nodes(self) -> impl Iterator<Item = NodeId> {
        let mut start = self.start;
        std::iter::from_fn(move || {
            let height = self.end.checked_sub(start)?.checked_ilog2()?;
            let node = NodeId { level: u8::try_from(height).ok()?, index: start >> height };
            start = start.saturating_add(1 << height);
            Some(node)
        })
    }

    /// Cuts more than one leaf in two, as RFC 6962, section 2.1, does.
    fn cut(self) -> (Self, Self) {
        let middle = self.start + (self.end - self.start).next_power_of_two() / 2;
        (Self { end: middle, ..self }, Self { start: middle, ..self })
    }
}

/// That a tree of `size` leaves can have a leaf `index`.
pub(crate) fn has_leaf(index: u64, size: u64) -> Result<(), TreeError> {
    if size > MAX_SIZE {
        return Err(TreeError::TooLarge { size });
    }
    if index < size { Ok(()) } else { Err(TreeError::NoSuchLeaf { index, size }) }
}

/// That a tree of `second` leaves can continue one of `first`.
pub(crate) fn has_beginning(first: u64, second: u64) -> Result<(), TreeError> {
    if second > MAX_SIZE {
        return Err(TreeError::TooLarge { size: second });
    }
    if (1..=second).contains(&first) {
        Ok(())
    } else {
        Err(TreeError::NoBeginning { first, second })
    }
}

/// `PATH(index, D[size])` of RFC 6962, section 2.1.1: from the leaf up.
pub(crate) fn inclusion_spans(index: u64, size: u64) -> Result<Vec<Span>, TreeError> {
    has_leaf(index, size)?;
    let mut within = Span { start: 0, end: size };
    let mut beside = Vec::new();
    while within.end - within.start > 1 {
        let (left, right) = within.cut();
        if index < left.end {
            beside.push(right);
            within = left;
        } else {
            beside.push(left);
            within = right;
        }
    }
    beside.reverse();
    Ok(beside)
}

/// `PROOF(first, D[second])` of RFC 6962, section 2.1.2, and nothing if both are the same.
pub(crate) fn consistency_spans(first: u64, second: u64) -> Result<Vec<Span>, TreeError> {
    has_beginning(first, second)?;
    let mut within = Span { start: 0, end: second };
    let mut beside = Vec::new();
    while within.end != first {
        let (left, right) = within.cut();
        if first <= left.end {
            beside.push(right);
            within = left;
        } else {
            beside.push(left);
            within = right;
        }
    }
    // Where it is all of the first tree, the verifier has its hash.
    if within.start > 0 {
        beside.push(within);
    }
    beside.reverse();
    Ok(beside)
}
