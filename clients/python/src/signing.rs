use pyo3::{prelude::*, types::PyBytes};
use symbolon_policy::SigningKey;
use symbolon_proto::v1::SignedDocument;

use crate::fault::invalid;

/// A document as it travels: its bytes, the signer's public key, the signature.
pub(crate) type Parts<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// As Python takes it.
pub(crate) fn parts<'py>(py: Python<'py>, signed: &SignedDocument) -> Parts<'py> {
    (
        PyBytes::new(py, &signed.document),
        PyBytes::new(py, &signed.public_key),
        PyBytes::new(py, &signed.signature),
    )
}

/// From Python.
pub(crate) fn signed(document: &[u8], public_key: &[u8], signature: &[u8]) -> SignedDocument {
    SignedDocument {
        document: document.to_vec(),
        public_key: public_key.to_vec(),
        signature: signature.to_vec(),
    }
}

/// The key with which a bureau signs the headers of its checks.
#[pyclass(frozen, module = "symbolon._core")]
pub(crate) struct HeaderKey(pub(crate) SigningKey);

#[pymethods]
impl HeaderKey {
    /// Reads an Ed25519 key in PKCS#8 form (RFC 8410).
    #[staticmethod]
    fn from_pkcs8(der: &[u8]) -> PyResult<Self> {
        SigningKey::from_pkcs8(der).map(Self).map_err(invalid)
    }

    /// The public half, 32 bytes.
    #[getter]
    fn public_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.verifying_key().0)
    }

    fn __repr__(&self) -> String {
        format!("<HeaderKey of {}>", self.0.verifying_key())
    }
}
