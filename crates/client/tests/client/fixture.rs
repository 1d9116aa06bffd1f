use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SanType, date_time_ymd,
};
use ring::rand::SystemRandom;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use symbolon_client::Credentials;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Agreement, AgreementTerms, Dataset, Desk, OfferedType, Party, PartyKeys, SignedAgreement,
    SigningKey, WhoLearns,
};
use time::macros::datetime;

/// An authority that issues certificates with any names.
pub(crate) struct Authority {
    pub(crate) root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().der().clone();
        Self { root, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn root_base64(&self) -> String {
        STANDARD.encode(&self.root)
    }

    /// A certificate with these URIs and host names, and its key.
    pub(crate) fn issue(&self, uris: &[&str], hosts: &[&str]) -> Credentials {
        self.sign(CertificateParams::default(), uris, hosts)
    }

    /// A certificate of a person, good from 2020 to 2040, with at most two units in its subject.
    pub(crate) fn issue_to(&self, person: &str, units: &[&str]) -> Credentials {
        let mut params = CertificateParams::default();
        let kinds = [DnType::OrganizationalUnitName, DnType::CustomDnType(vec![2, 5, 4, 11])];
        for (kind, unit) in kinds.into_iter().zip(units) {
            params.distinguished_name.push(kind, *unit);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        self.sign(params, &[person], &[])
    }

    fn sign(&self, mut params: CertificateParams, uris: &[&str], hosts: &[&str]) -> Credentials {
        let uris = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap()));
        let hosts = hosts.iter().map(|host| SanType::DnsName((*host).try_into().unwrap()));
        params.subject_alt_names = uris.chain(hosts).collect();
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        Credentials {
            chain: vec![leaf.der().clone()],
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        }
    }
}

pub(crate) fn party(code: &str, authority: &Authority, legal: &SigningKey) -> Party {
    let public = || signing_key().verifying_key();
    Party {
        code: code.parse().unwrap(),
        name: code.to_owned(),
        endpoint: "https://bureau.example:7443".to_owned(),
        spiffe_id: format!("spiffe://{code}.example/face"),
        tls_root: authority.root_base64(),
        keys: PartyKeys {
            header: public(),
            manifest: public(),
            log: public(),
            legal: legal.verifying_key(),
        },
        desk: Desk {
            name: "Desk".to_owned(),
            phone: "+000 555 0100".to_owned(),
            email: "desk@bureau.example".to_owned(),
        },
    }
}

pub(crate) fn signing_key() -> SigningKey {
    let document = SigningKey::generate(&SystemRandom::new()).unwrap();
    SigningKey::from_pkcs8(document.as_ref()).unwrap()
}

pub(crate) fn agreement(id: &str) -> Agreement {
    let authority = Authority::new();
    let legal = [signing_key(), signing_key()];
    let parties = vec![party("FRA", &authority, &legal[0]), party("DEU", &authority, &legal[1])];
    let kind = IdentifierType::Vin;
    let terms = AgreementTerms {
        format: AgreementTerms::FORMAT.to_owned(),
        id: id.parse().unwrap(),
        title: "Title".to_owned(),
        datasets: vec![Dataset {
            id: "list".to_owned(),
            owner: "DEU".parse().unwrap(),
            title: "List".to_owned(),
            who_learns: WhoLearns::Requester,
            labels: None,
            types: vec![OfferedType {
                identifier_type: kind,
                rules_version: kind.rules_version(),
                daily_quota: 100,
                epoch_budget: None,
            }],
        }],
        purposes: vec!["border_control".to_owned()],
        epoch_days: 30,
        standing_days: None,
        conditions: None,
        valid_from: datetime!(2026-01-01 00:00 UTC),
        valid_until: datetime!(2027-01-01 00:00 UTC),
        parties,
    };
    let mut signed = SignedAgreement::draft(&terms).unwrap();
    for (party, legal) in terms.parties.iter().zip(&legal) {
        signed.sign(&party.code, legal).unwrap();
    }
    signed.verify().unwrap()
}
