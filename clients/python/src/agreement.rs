use pyo3::{prelude::*, types::PyBytes};
use symbolon_exchange::Manifest as SignedManifest;
use symbolon_policy::{self as policy, BureauCode, SignedAgreement, may_ask, same_rules};
use time::OffsetDateTime;

use crate::{
    fault::{Fault, invalid, untrusted},
    manifest::Manifest,
    signing::signed,
};

/// An agreement that every party has signed.
#[pyclass(frozen, module = "symbolon._core")]
pub(crate) struct Agreement(pub(crate) policy::Agreement);

/// A bureau that is party to it.
#[pyclass(frozen, get_all, module = "symbolon._core")]
pub(crate) struct Party {
    code: String,
    name: String,
    endpoint: String,
    spiffe_id: String,
    /// DER of its authority's certificate, base64.
    tls_root: String,
    /// Name, telephone, mail of the desk to call after a hit.
    desk: (String, String, String),
    header_key: [u8; 32],
}

/// One identifier type of a list that a party offers now.
#[pyclass(frozen, get_all, module = "symbolon._core")]
pub(crate) struct Offer {
    dataset: String,
    title: String,
    identifier_type: &'static str,
    /// Whether this program runs the rules that were agreed.
    same_rules: bool,
    scope_id: [u8; 32],
    epoch: u32,
    daily_quota: u64,
}

#[pymethods]
impl Agreement {
    /// Reads a file and verifies the signature of every party.
    #[staticmethod]
    fn read(json: &[u8]) -> PyResult<Self> {
        let read = SignedAgreement::from_json(json).and_then(|signed| signed.verify());
        read.map(Self).map_err(|error| Fault::Untrusted.error("agreement_invalid", error))
    }

    #[getter]
    fn id(&self) -> String {
        self.0.terms().id.to_string()
    }

    #[getter]
    fn title(&self) -> &str {
        &self.0.terms().title
    }

    /// SHA-256 of the canonical form.
    #[getter]
    fn hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.hash().0)
    }

    #[getter]
    fn purposes(&self) -> Vec<String> {
        self.0.terms().purposes.clone()
    }

    /// First second, and first second after the last, since 1970.
    #[getter]
    fn validity(&self) -> (i64, i64) {
        let terms = self.0.terms();
        (terms.valid_from.unix_timestamp(), terms.valid_until.unix_timestamp())
    }

    #[getter]
    fn parties(&self) -> Vec<Party> {
        self.0.terms().parties.iter().map(Party::of).collect()
    }

    /// The party with this code.
    fn party(&self, code: &str) -> PyResult<Party> {
        self.known(code).map(Party::of)
    }

    /// What the party offers at this time; empty outside the validity.
    fn offers(&self, owner: &str, at: i64) -> PyResult<Vec<Offer>> {
        let owner = &self.known(owner)?.code;
        let offers = self.0.scopes_of(owner, time(at)?).map(|(scope, dataset, _)| Offer {
            dataset: dataset.id.clone(),
            title: dataset.title.clone(),
            identifier_type: scope.identifier_type.name(),
            same_rules: same_rules(scope.identifier_type, scope.rules_version).is_ok(),
            scope_id: scope.id().0,
            epoch: scope.epoch,
            daily_quota: dataset
                .types
                .iter()
                .find(|offered| offered.identifier_type == scope.identifier_type)
                .map_or(0, |offered| offered.daily_quota),
        });
        Ok(offers.collect())
    }

    /// Refuses what the owner would have to refuse by the text alone.
    fn may_ask(&self, purpose: &str, at: i64) -> PyResult<()> {
        may_ask(&self.0, purpose, time(at)?)
            .map_err(|refusal| Fault::NotPermitted.error(refusal.reason.as_str(), refusal.sentence))
    }

    /// The owner's manifest, if it is signed, of a scope that is offered now, and fit for use. `None` for
    /// a type whose rules this program runs in another version.
    fn manifest(
        &self,
        owner: &str,
        document: &[u8],
        public_key: &[u8],
        signature: &[u8],
        at: i64,
    ) -> PyResult<Option<Manifest>> {
        let (owner, now) = (self.known(owner)?, time(at)?);
        let signed = signed(document, public_key, signature);
        let (manifest, hash) =
            SignedManifest::verify(&signed, &owner.keys.manifest).map_err(untrusted)?;
        let mut scopes = self.0.scopes_of(&owner.code, now);
        let (_, dataset, _) = scopes
            .find(|(scope, ..)| scope == &manifest.scope)
            .ok_or_else(|| untrusted("a manifest names a scope that is not agreed"))?;
        if same_rules(manifest.scope.identifier_type, manifest.scope.rules_version).is_err() {
            return Ok(None);
        }
        manifest.is_usable(now).map_err(|error| Fault::NoAnswer.error("set_not_ready", error))?;
        let agreed = dataset.labels.as_ref().map(|labels| labels.bytes);
        if let Some(labels) = manifest.labels {
            let expected = manifest.label_parameters(labels.label_len).file_len();
            if agreed != Some(labels.label_len) || labels.file_len != expected {
                return Err(untrusted(
                    "the bureau offers labels of another length than was agreed",
                ));
            }
        }
        Ok(Some(Manifest { manifest, hash, signed, title: dataset.title.clone() }))
    }

    fn __repr__(&self) -> String {
        format!("<Agreement {}>", self.0.terms().id)
    }
}

impl Agreement {
    pub(crate) fn known(&self, code: &str) -> PyResult<&policy::Party> {
        let parsed: Option<BureauCode> = code.parse().ok();
        parsed.and_then(|code| self.0.party(&code)).ok_or_else(|| {
            let terms = self.0.terms();
            let codes: Vec<_> = terms.parties.iter().map(|party| party.code.as_str()).collect();
            invalid(format!(
                "the agreement has no party with this code; its parties are {}",
                codes.join(", ")
            ))
        })
    }
}

impl Party {
    fn of(party: &policy::Party) -> Self {
        let desk = &party.desk;
        Self {
            code: party.code.to_string(),
            name: party.name.clone(),
            endpoint: party.endpoint.clone(),
            spiffe_id: party.spiffe_id.clone(),
            tls_root: party.tls_root.clone(),
            desk: (desk.name.clone(), desk.phone.clone(), desk.email.clone()),
            header_key: party.keys.header.0,
        }
    }
}

/// A time in whole seconds since 1970.
pub(crate) fn time(at: i64) -> PyResult<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(at).map_err(invalid)
}
