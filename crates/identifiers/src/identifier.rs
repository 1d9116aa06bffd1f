//! The typed, canonical value.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use zeroize::Zeroizing;

use crate::oprf_input::frame;
use crate::types::Parsed;
use crate::{IdentifierType, ParseError, Warning, confusable, parse, types};

/// A value that was read, checked and brought into its one canonical form.
///
/// Equality, order and hash look at type and canonical bytes only. The bytes are wiped on drop,
/// and [`Debug`](fmt::Debug) shows the type and nothing else; there is no `Display` on purpose.
#[derive(Clone)]
pub struct Identifier {
    kind: IdentifierType,
    canonical: Zeroizing<Vec<u8>>,
    country: Option<&'static str>,
    document_code: Option<[u8; 2]>,
    warnings: Vec<Warning>,
}

impl Identifier {
    pub(crate) fn from_parsed(kind: IdentifierType, mut parsed: Parsed) -> Self {
        Self {
            kind,
            canonical: Zeroizing::new(core::mem::take(&mut *parsed.canonical).into_bytes()),
            country: parsed.country,
            document_code: parsed.document_code,
            warnings: parsed.warnings,
        }
    }

    /// Reads bytes that [`canonical`](Self::canonical) gave earlier.
    ///
    /// # Errors
    ///
    /// Any error of [`parse`](crate::parse) where the bytes are not valid under the rules of this
    /// version, and `not_canonical` where they are valid but not what this version produces.
    pub fn from_canonical(kind: IdentifierType, canonical: &[u8]) -> Result<Self, ParseError> {
        parse::from_canonical(kind, canonical)
    }

    /// Type of the identifier.
    #[must_use]
    pub fn kind(&self) -> IdentifierType {
        self.kind
    }

    /// The canonical bytes, UTF-8.
    ///
    /// Types with an issuer start with its alpha-3 code, which has a fixed size of three bytes;
    /// the number or mark follows without separator.
    #[must_use]
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// The value as a person reads it, grouped as is usual for the type, without its country.
    ///
    /// For the screen of the officer who typed or may see the value; never for a log. Parsing it
    /// with [`country`](Self::country) gives an equal identifier.
    #[must_use]
    pub fn display(&self) -> String {
        types::display(self.kind, self.text())
    }

    /// Alpha-3 code of the issuer, or of the country a number belongs to where it names just one.
    #[must_use]
    pub fn country(&self) -> Option<&str> {
        self.country
    }

    /// The document code of the machine-readable zone (ICAO Doc 9303-3 section 4.4), such as `P`
    /// or `ID`; `None` when the value did not come from one. Not part of the key, because sources
    /// often lack it.
    #[must_use]
    pub fn document_code(&self) -> Option<&str> {
        let code = core::str::from_utf8(self.document_code.as_ref()?).ok()?;
        Some(code.trim_end_matches('<'))
    }

    /// Doubts a person should know of. They depend on how the value was written and do not take
    /// part in equality.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Other readings of the value that are valid too: confusable characters (O/0, I/1, S/5, B/8,
    /// Z/2, G/6, L/1, Q/0), and other ways in which sources write the same number (with or without
    /// a country prefix, a century, a check digit).
    ///
    /// They are offered for a person to choose and never substituted. At most
    /// [`MAX_ALTERNATIVES`](crate::MAX_ALTERNATIVES), without duplicates.
    #[must_use]
    pub fn alternatives(&self) -> Vec<Self> {
        confusable::alternatives(self)
    }

    /// The bytes to blind: an injective encoding of type name, rules version and canonical bytes.
    ///
    /// `"Symbolon-v1-Input" || u8 length of the type name || type name || 16-bit big-endian rules
    /// version || 16-bit big-endian length of the canonical bytes || canonical bytes`.
    #[must_use]
    pub fn oprf_input(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(frame(self.kind, &self.canonical))
    }

    pub(crate) fn text(&self) -> &str {
        // INVARIANT: canonical bytes are built from a `String`.
        core::str::from_utf8(&self.canonical).unwrap_or_default()
    }

    pub(crate) fn country_static(&self) -> Option<&'static str> {
        self.country
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identifier").field(&self.kind).finish()
    }
}

impl PartialEq for Identifier {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.canonical == other.canonical
    }
}

impl Eq for Identifier {}

impl Hash for Identifier {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        self.canonical.hash(state);
    }
}

impl PartialOrd for Identifier {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Identifier {
    fn cmp(&self, other: &Self) -> Ordering {
        self.kind.cmp(&other.kind).then_with(|| self.canonical.cmp(&other.canonical))
    }
}
