use symbolon_tagset::MembershipHash;
use zeroize::Zeroize as _;

/// Membership hashes of what was asked in one scope, in the order of the batch: all that is kept of
/// an evaluated element, 16 bytes each. Whoever has them can tell what hits in any version of the
/// scope's set, so they are wiped.
pub(crate) struct Tags(Vec<MembershipHash>);

impl Tags {
    /// None yet, with room for `count`: a vector that grew would leave copies that nobody wipes.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    pub(crate) fn extend(&mut self, more: &Self) {
        self.0.extend_from_slice(&more.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_slice(&self) -> &[MembershipHash] {
        &self.0
    }
}

impl FromIterator<MembershipHash> for Tags {
    fn from_iter<I: IntoIterator<Item = MembershipHash>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}

impl Drop for Tags {
    fn drop(&mut self) {
        for tag in &mut self.0 {
            tag.0.zeroize();
        }
    }
}
