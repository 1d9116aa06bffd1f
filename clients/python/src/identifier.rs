use pyo3::{prelude::*, types::PyBytes};
use symbolon_identifiers::{self as identifiers, IdentifierType, ParseError};

use crate::fault::{Fault, invalid};

/// The name under which a scanned machine-readable zone is given in place of a type.
const ZONE: &str = "mrz";

/// An identifier in its one canonical form.
#[pyclass(frozen, eq, hash, module = "symbolon._core")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Identifier(identifiers::Identifier);

#[pymethods]
impl Identifier {
    /// Registered name of the type, for instance `travel_document`.
    #[getter]
    fn identifier_type(&self) -> &'static str {
        self.0.kind().name()
    }

    /// The canonical bytes, which are compared.
    #[getter]
    fn canonical<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.canonical())
    }

    /// The form for a screen, without the issuer.
    #[getter]
    fn display(&self) -> String {
        self.0.display()
    }

    /// Code of the issuing or registering state, where the type has one.
    #[getter]
    fn country(&self) -> Option<&str> {
        self.0.country()
    }

    /// What a person should know of it: pairs of a reason and a sentence.
    #[getter]
    fn warnings(&self) -> Vec<(&'static str, String)> {
        self.0.warnings().iter().map(|one| (one.as_str(), one.to_string())).collect()
    }

    /// The input of the function, as docs/protocol.md frames it.
    #[getter]
    fn oprf_input<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.oprf_input())
    }

    fn __repr__(&self) -> String {
        format!("<Identifier {}>", self.0.kind().name())
    }
}

/// Reads what a person typed or a file holds.
#[pyfunction]
#[pyo3(signature = (identifier_type, value, country=None))]
pub(crate) fn parse(
    identifier_type: &str,
    value: &str,
    country: Option<&str>,
) -> PyResult<Identifier> {
    match read(identifier_type, value, country) {
        Ok(identifier) => Ok(Identifier(identifier)),
        Err(Unreadable { reason, sentence, .. }) => Err(Fault::Identifier.error(&reason, sentence)),
    }
}

/// Name, title, version of the rules, and whether a country is needed, of each type.
#[pyfunction]
pub(crate) fn identifier_types() -> Vec<(&'static str, &'static str, u16, bool)> {
    let types = IdentifierType::ALL.iter();
    types.map(|one| (one.name(), one.title(), one.rules_version(), one.needs_country())).collect()
}

/// Why a value could not be read.
pub(crate) struct Unreadable {
    pub(crate) reason: String,
    pub(crate) sentence: String,
}

impl From<ParseError> for Unreadable {
    fn from(error: ParseError) -> Self {
        Self { reason: error.code().as_str().to_owned(), sentence: error.to_string() }
    }
}

/// As the bureau face reads an item.
pub(crate) fn read(
    identifier_type: &str,
    value: &str,
    country: Option<&str>,
) -> Result<identifiers::Identifier, Unreadable> {
    let country = country.map(str::trim).filter(|country| !country.is_empty());
    if identifier_type == ZONE {
        return Ok(identifiers::parse_zone(value, country)?);
    }
    let kind = identifier_type.parse().map_err(|_| unknown_type())?;
    Ok(identifiers::parse(kind, value, country)?)
}

/// The type of this registered name.
pub(crate) fn kind(name: &str) -> PyResult<IdentifierType> {
    let found = IdentifierType::ALL.iter().copied().find(|kind| kind.name() == name);
    found.ok_or_else(|| invalid(unknown_type().sentence))
}

fn unknown_type() -> Unreadable {
    let known: Vec<_> = IdentifierType::ALL.iter().map(|kind| kind.name()).collect();
    Unreadable {
        reason: "unknown_type".to_owned(),
        sentence: format!(
            "there is no such identifier type; known are {ZONE}, {}",
            known.join(", ")
        ),
    }
}
