use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder},
    net::IpAddr,
    os::unix::fs::DirBuilderExt as _,
    path::PathBuf,
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use symbolon_client::{actor_of, spiffe_id};
use symbolon_policy::{
    Actor, BureauCode, CertificateHash, DutiesError, rules::Role, separate_duties,
};
use symbolon_store::{DataFolder, FolderError, PersonCertificate, write_private, write_public};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use x509_parser::prelude::{FromDer as _, X509Certificate};

const ROOT_LIFE: Duration = Duration::days(3_650);
const FACE_LIFE: Duration = Duration::days(397);
/// For how many days a person's certificate is good unless the administrator says otherwise.
pub const PERSON_DAYS: u16 = 90;
const MOST_PERSON_DAYS: u16 = 397;
/// A second unit of the subject, written by its number: the library takes each type once.
const UNIT: &[u64] = &[2, 5, 4, 11];
/// So that a clock that is a little behind does not refuse a fresh certificate.
const BACKDATED: Duration = Duration::hours(1);

/// The two authorities of a bureau: one known to partners, one to its own people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Face {
    Partner,
    Bureau,
}

impl Face {
    fn name(self) -> &'static str {
        match self {
            Self::Partner => "partner",
            Self::Bureau => "bureau",
        }
    }

    fn root(self) -> String {
        format!("{}-root", self.name())
    }
}

/// Makes the authority of a face.
pub(crate) fn make_root(
    folder: &DataFolder,
    face: Face,
    code: &BureauCode,
    now: OffsetDateTime,
) -> Result<(), CertificateError> {
    let key = new_key()?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationName, code.as_str());
    let name = format!("{code} {} face root", face.name());
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = now - BACKDATED;
    params.not_after = now + ROOT_LIFE;
    let certificate = params.self_signed(&key).map_err(CertificateError::Make)?;
    write_private(&folder.key(&face.root()), key.serialize_pem().as_bytes())?;
    write_public(&folder.certificate(&face.root()), certificate.pem().as_bytes())?;
    Ok(())
}

/// Makes the certificate that a face shows, for the hosts it is reached by.
pub(crate) fn make_face(
    folder: &DataFolder,
    face: Face,
    code: &BureauCode,
    trust_domain: &str,
    hosts: &[String],
    now: OffsetDateTime,
) -> Result<String, CertificateError> {
    let id = format!("spiffe://{trust_domain}/{}-face", face.name());
    let common_name = format!("{code} {} face", face.name());
    let leaf = Leaf {
        common_name,
        spiffe_id: &id,
        hosts,
        roles: &BTreeSet::new(),
        both_ends: true,
        life: FACE_LIFE,
    };
    let (certificate, key) = leaf.issue(folder, face, now)?;
    write_private(&folder.key(face.name()), key.as_bytes())?;
    write_public(&folder.certificate(face.name()), certificate.as_bytes())?;
    Ok(id)
}

/// Issues a certificate under the bureau's own root to a person or agency, good for `days`, into
/// `people/NAME/`. Each role stands as an organizational unit in its subject. Returns that folder.
/// With `renew` it takes the place of one that was issued to that name before.
///
/// # Errors
/// When the name is malformed, or taken and not to be renewed, nobody may hold these roles at once,
/// the days are not between 1 and 397, or a file cannot be read or written.
pub fn issue_person(
    folder: &DataFolder,
    name: &str,
    roles: &BTreeSet<Role>,
    days: u16,
    renew: bool,
    now: OffsetDateTime,
) -> Result<PathBuf, CertificateError> {
    sound(name)?;
    if !(1..=MOST_PERSON_DAYS).contains(&days) {
        return Err(CertificateError::Days);
    }
    separate_duties(roles)?;
    let person = folder.person(name);
    if person.exists() && !renew {
        return Err(CertificateError::Taken { name: name.to_owned() });
    }
    let id = format!("spiffe://{}/people/{name}", trust_domain(folder)?);
    let leaf = Leaf {
        common_name: name.to_owned(),
        spiffe_id: &id,
        hosts: &[],
        roles,
        both_ends: false,
        life: Duration::days(days.into()),
    };
    let (certificate, key) = leaf.issue(folder, Face::Bureau, now)?;
    let root_path = folder.certificate(&Face::Bureau.root());
    let root = fs::read(&root_path).map_err(|e| FolderError::io("read", &root_path, e))?;
    DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(&person)
        .map_err(|e| FolderError::io("make", &person, e))?;
    write_private(&person.join("key.pem"), key.as_bytes())?;
    write_public(&person.join("certificate.pem"), certificate.as_bytes())?;
    write_public(&person.join("bureau-root.pem"), &root)?;
    Ok(person)
}

/// Who holds a bearer token: a person or program of an agency, under this bureau's own names.
///
/// # Errors
/// When a name has other letters than names have, nobody may hold these roles at once, or the bureau's
/// certificates cannot be read.
pub fn token_holder(
    folder: &DataFolder,
    agency: &str,
    person: &str,
    roles: BTreeSet<Role>,
) -> Result<Actor, CertificateError> {
    sound(agency)?;
    sound(person)?;
    separate_duties(&roles)?;
    Ok(Actor {
        id: format!("spiffe://{}/agencies/{agency}/{person}", trust_domain(folder)?),
        roles,
    })
}

fn sound(name: &str) -> Result<(), CertificateError> {
    let sound = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        && !name.starts_with('.');
    if sound { Ok(()) } else { Err(CertificateError::Name) }
}

/// The certificate in `people/NAME/`; whether it was revoked stands in the database.
///
/// # Errors
/// When it is missing or malformed.
pub fn person_certificate(
    folder: &DataFolder,
    name: &str,
) -> Result<PersonCertificate, CertificateError> {
    let path = folder.person(name).join("certificate.pem");
    let chain = symbolon_client::read_certificates(&path)
        .map_err(|_| CertificateError::OfPerson { path })?;
    let der = chain.first().ok_or(CertificateError::Read)?;
    let (_, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateError::Read)?;
    Ok(PersonCertificate {
        certificate: CertificateHash::of(der),
        holder: actor_of(der).map_err(|_| CertificateError::Read)?,
        issued_at: parsed.validity().not_before.to_datetime(),
        expires_at: parsed.validity().not_after.to_datetime(),
        revoked: None,
    })
}

/// Makes fresh certificates for both faces, with the names they have now. A running node shows
/// them after its next start.
///
/// # Errors
/// When a file cannot be read or written.
pub fn renew(
    folder: &DataFolder,
    code: &BureauCode,
    now: OffsetDateTime,
) -> Result<(), CertificateError> {
    let domain = trust_domain(folder)?;
    for face in [Face::Partner, Face::Bureau] {
        let hosts = certificate_facts(folder, face.name())?.hosts;
        make_face(folder, face, code, &domain, &hosts, now)?;
    }
    Ok(())
}

/// What a person wants to know of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateFacts {
    /// Whose it is.
    pub subject: String,
    /// Host names and addresses in it.
    pub hosts: Vec<String>,
    /// The SPIFFE identity in it, if it has one.
    pub spiffe_id: Option<String>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// Reads a certificate of the data folder by its name: `partner`, `partner-root`, `bureau`,
/// `bureau-root`.
///
/// # Errors
/// When it is missing or malformed.
pub fn certificate_facts(
    folder: &DataFolder,
    name: &str,
) -> Result<CertificateFacts, CertificateError> {
    let der = read_der(folder, name)?;
    let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| CertificateError::Read)?;
    let names = parsed.subject_alternative_name().map_err(|_| CertificateError::Read)?;
    let hosts = names
        .iter()
        .flat_map(|names| &names.value.general_names)
        .filter_map(|name| match name {
            x509_parser::prelude::GeneralName::DNSName(host) => Some((*host).to_owned()),
            x509_parser::prelude::GeneralName::IPAddress(bytes) => ip_address(bytes),
            _ => None,
        })
        .collect();
    Ok(CertificateFacts {
        subject: parsed.subject().to_string(),
        hosts,
        spiffe_id: spiffe_id(&der).ok(),
        expires_at: parsed.validity().not_after.to_datetime(),
    })
}

/// The DER bytes of a root or certificate of the data folder.
pub(crate) fn read_der(folder: &DataFolder, name: &str) -> Result<Vec<u8>, CertificateError> {
    let certificates = symbolon_client::read_certificates(&folder.certificate(name))
        .map_err(|_| CertificateError::Read)?;
    certificates.first().map(|first| first.to_vec()).ok_or(CertificateError::Read)
}

fn trust_domain(folder: &DataFolder) -> Result<String, CertificateError> {
    let id =
        spiffe_id(&read_der(folder, Face::Partner.name())?).map_err(|_| CertificateError::Read)?;
    id.strip_prefix("spiffe://")
        .and_then(|rest| rest.split_once('/'))
        .map(|(domain, _)| domain.to_owned())
        .ok_or(CertificateError::Read)
}

fn ip_address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| IpAddr::from(sixteen).to_string())
}

struct Leaf<'a> {
    common_name: String,
    spiffe_id: &'a str,
    hosts: &'a [String],
    roles: &'a BTreeSet<Role>,
    /// A face both accepts connections and, the partner face, makes them.
    both_ends: bool,
    life: Duration,
}

impl Leaf<'_> {
    /// The certificate and its key, both PEM.
    fn issue(
        &self,
        folder: &DataFolder,
        face: Face,
        now: OffsetDateTime,
    ) -> Result<(String, zeroize::Zeroizing<String>), CertificateError> {
        let key_path = folder.key(&face.root());
        let root_path = folder.certificate(&face.root());
        let root_key = zeroize::Zeroizing::new(
            fs::read_to_string(&key_path).map_err(|e| FolderError::io("read", &key_path, e))?,
        );
        let root =
            fs::read_to_string(&root_path).map_err(|e| FolderError::io("read", &root_path, e))?;
        let root_key = KeyPair::from_pem(&root_key).map_err(CertificateError::Make)?;
        let issuer = Issuer::from_ca_cert_pem(&root, root_key).map_err(CertificateError::Make)?;

        // A common name always: without one, some clients take leaf and root for the same name.
        let mut params =
            CertificateParams::new(self.hosts.to_vec()).map_err(CertificateError::Make)?;
        params.distinguished_name.push(DnType::CommonName, self.common_name.as_str());
        let units = [DnType::OrganizationalUnitName, DnType::CustomDnType(UNIT.to_vec())];
        for (unit, role) in units.into_iter().zip(self.roles) {
            params.distinguished_name.push(unit, role.as_str());
        }
        let uri = self.spiffe_id.try_into().map_err(CertificateError::Make)?;
        params.subject_alt_names.push(SanType::URI(uri));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if self.both_ends {
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        params.use_authority_key_identifier_extension = true;
        params.not_before = now - BACKDATED;
        params.not_after = now + self.life;
        let key = new_key()?;
        let certificate = params.signed_by(&key, &issuer).map_err(CertificateError::Make)?;
        Ok((certificate.pem(), zeroize::Zeroizing::new(key.serialize_pem())))
    }
}

fn new_key() -> Result<KeyPair, CertificateError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(CertificateError::Make)
}

/// Why a certificate could not be made or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The number of days is out of bounds.
    #[error("a person's certificate is good for 1 to 397 days")]
    Days,
    /// Nobody may hold these roles at once.
    #[error(transparent)]
    Duties(#[from] DutiesError),
    /// A file failed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It could not be made.
    #[error("a certificate could not be made: {0}")]
    Make(#[source] rcgen::Error),
    /// The name is malformed.
    #[error(
        "a name is 1 to 64 small letters, digits, hyphens and dots, for instance border-post-7"
    )]
    Name,
    /// A person's certificate is missing or malformed.
    #[error("{} is missing, or is no certificate of a person", path.display())]
    OfPerson {
        /// Where it should be.
        path: PathBuf,
    },
    /// A certificate is missing or malformed.
    #[error("a certificate of this bureau is missing or damaged; restore it from the backup")]
    Read,
    /// The name is taken.
    #[error(
        "there is a certificate for {name} already; choose another name, or say --renew to issue another one to the same person"
    )]
    Taken {
        /// The name.
        name: String,
    },
}
