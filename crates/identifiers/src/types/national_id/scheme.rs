//! One numbering scheme.

/// What a failed check says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// No other number of the issuer has this form: the value is refused.
    Certain,
    /// Another number may have this form, but rarely: the value is accepted with a warning that
    /// names the scheme.
    Likely,
    /// Other numbers of the issuer commonly have this form, or the scheme stopped using its check
    /// digit: a failure says nothing.
    Possible,
}

/// A numbering scheme with a public check.
pub(super) struct Scheme {
    pub(super) issuer: &'static str,
    pub(super) name: &'static str,
    pub(super) strength: Strength,
    pub(super) has_form: fn(&str) -> bool,
    pub(super) fits: fn(&str) -> bool,
}

pub(super) const fn scheme(
    issuer: &'static str,
    name: &'static str,
    strength: Strength,
    has_form: fn(&str) -> bool,
    fits: fn(&str) -> bool,
) -> Scheme {
    Scheme { issuer, name, strength, has_form, fits }
}
