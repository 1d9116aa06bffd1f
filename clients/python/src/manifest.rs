use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use pyo3::{prelude::*, types::PyBytes};
use symbolon_exchange::{self as exchange, DocumentHash};
use symbolon_proto::v1::SignedDocument;
use symbolon_tagset::{LabelSecret, Labels, MembershipHash, TagSet};

use crate::{
    fault::{Fault, untrusted},
    signing::{Parts, parts},
};

/// A verified manifest of a tag set.
#[pyclass(frozen, module = "symbolon._core")]
pub(crate) struct Manifest {
    pub(crate) manifest: exchange::Manifest,
    pub(crate) hash: DocumentHash,
    pub(crate) signed: SignedDocument,
    pub(crate) title: String,
}

#[pymethods]
impl Manifest {
    #[getter]
    fn scope_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.manifest.scope_id().0)
    }

    /// SHA-256 of the document.
    #[getter]
    fn hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.hash.0)
    }

    #[getter]
    fn version(&self) -> u64 {
        self.manifest.version
    }

    #[getter]
    fn file_sha256<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.manifest.file_sha256)
    }

    #[getter]
    fn file_len(&self) -> u64 {
        self.manifest.file_len
    }

    /// SHA-256 and length of the file of labels, where there is one.
    #[getter]
    fn labels(&self) -> Option<([u8; 32], u64)> {
        self.manifest.labels.map(|labels| (labels.sha256, labels.file_len))
    }

    /// The document as it was signed, with key and signature: to keep, as a pin.
    #[getter]
    fn signed<'py>(&self, py: Python<'py>) -> Parts<'py> {
        parts(py, &self.signed)
    }

    /// Refuses to take the place of `held`, the document of a manifest that was verified before, unless
    /// it follows it.
    fn follows(&self, held: &[u8]) -> PyResult<()> {
        let pinned = exchange::Manifest::parse(held).map_err(untrusted)?;
        self.manifest.follows(self.hash, &pinned, DocumentHash::of(held)).map_err(untrusted)
    }

    /// Opens the file and holds it against the manifest and its canaries.
    fn open(&self, py: Python<'_>, path: PathBuf) -> PyResult<HeldSet> {
        use exchange::SetError;
        let tags = py.detach(|| self.manifest.open_set(&path)).map_err(|error| {
            let reason = match error {
                SetError::Canaries(_) | SetError::CanaryMissing => "canary_failed",
                _ => "set_not_ready",
            };
            Fault::NoAnswer.error(reason, error)
        })?;
        Ok(HeldSet(Arc::new(Held {
            manifest: self.manifest.clone(),
            hash: self.hash,
            title: self.title.clone(),
            tags,
            labels: OnceLock::new(),
        })))
    }

    fn __repr__(&self) -> String {
        let (scope, version) = (&self.manifest.scope, self.manifest.version);
        format!("<Manifest {} {} version {version}>", scope.dataset, scope.identifier_type)
    }
}

/// A tag set that was opened and checked.
#[pyclass(frozen, module = "symbolon._core")]
pub(crate) struct HeldSet(pub(crate) Arc<Held>);

pub(crate) struct Held {
    pub(crate) manifest: exchange::Manifest,
    pub(crate) hash: DocumentHash,
    pub(crate) title: String,
    pub(crate) tags: TagSet,
    pub(crate) labels: OnceLock<Labels>,
}

/// What a label says, or the reason and the sentence of why it cannot be shown.
pub(crate) type Label = Result<String, (&'static str, &'static str)>;

impl Held {
    /// What the owner releases with the hit of an output at once; `None` where nothing is agreed.
    pub(crate) fn open_label(&self, hash: &MembershipHash, secret: &LabelSecret) -> Option<Label> {
        self.manifest.labels?;
        let Some(labels) = self.labels.get() else {
            return Some(Err((
                "label_not_here",
                "what the bureau releases at once has not been fetched; call its desk",
            )));
        };
        let opened = self.tags.find(hash).and_then(|entry| labels.open_label(entry, secret));
        // The owner's text goes to screens.
        let shown = |text: String| text.replace(char::is_control, " ");
        Some(opened.map(shown).ok_or((
            "label_does_not_open",
            "what the bureau releases at once does not open; the hit is one all the same. Call its \
             desk, and tell it",
        )))
    }
}

#[pymethods]
impl HeldSet {
    #[getter]
    fn scope_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.manifest.scope_id().0)
    }

    #[getter]
    fn dataset(&self) -> &str {
        &self.0.manifest.scope.dataset
    }

    #[getter]
    fn title(&self) -> &str {
        &self.0.title
    }

    #[getter]
    fn identifier_type(&self) -> &'static str {
        self.0.manifest.scope.identifier_type.name()
    }

    #[getter]
    fn version(&self) -> u64 {
        self.0.manifest.version
    }

    /// Hash of its manifest.
    #[getter]
    fn manifest_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.hash.0)
    }

    /// The scope's public key, pinned.
    #[getter]
    fn public_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.manifest.public_key.to_bytes())
    }

    /// Entries, dummies included.
    #[getter]
    fn padded_len(&self) -> u64 {
        self.0.tags.padded_len()
    }

    /// When its owner last loaded records; seconds since 1970.
    #[getter]
    fn updated_at(&self) -> i64 {
        self.0.manifest.updated_at.unix_timestamp()
    }

    /// From when on it must not be used; seconds since 1970.
    #[getter]
    fn expires_at(&self) -> i64 {
        self.0.manifest.expires_at.unix_timestamp()
    }

    /// Opens the file of labels beside it.
    fn open_labels(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let opened = py.detach(|| self.0.manifest.open_labels(&path));
        let labels = opened.map_err(|error| Fault::NoAnswer.error("label_not_here", error))?;
        // Whoever was first; both are of one manifest.
        drop(self.0.labels.set(labels));
        Ok(())
    }

    fn __repr__(&self) -> String {
        let (scope, version) = (&self.0.manifest.scope, self.0.manifest.version);
        format!("<HeldSet {} {} version {version}>", scope.dataset, scope.identifier_type)
    }
}
