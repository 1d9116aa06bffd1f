use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::Serialize;
use symbolon_mock::{CallFault, Fault};
use symbolon_store::write_public;

use super::{
    bureaus::Bureaus,
    fixed::{Fixed, IDENTIFIERS, MISSING, PEOPLE, PURPOSES},
};
use crate::{CliError, scenario::MISSING_PURPOSE};

/// The file in the mock's folder that says the same as `--json`.
const FILE: &str = "mock.json";

/// Everything that a test needs to know of a mock.
#[derive(Serialize)]
pub(super) struct Described {
    folder: PathBuf,
    bureau_face: BureauFace,
    partner_face: PartnerFace,
    identifiers: Vec<Identifier>,
    purposes: Vec<Purpose>,
    delay_seconds: u64,
    ready_after_seconds: f64,
}

#[derive(Serialize)]
struct BureauFace {
    bureau: String,
    endpoint: String,
    metrics: String,
    root: PathBuf,
    callers: Vec<Caller>,
}

#[derive(Serialize)]
struct Caller {
    name: &'static str,
    certificate: PathBuf,
    key: PathBuf,
    profile: PathBuf,
    remark: &'static str,
}

#[derive(Serialize)]
struct PartnerFace {
    /// Code of the bureau that answers.
    owner: String,
    /// Code of the bureau as which a program asks.
    requester: String,
    endpoint: String,
    root: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
    header_key: PathBuf,
    card: PathBuf,
    owner_card: PathBuf,
    agreements: Vec<AgreementOf>,
}

#[derive(Serialize)]
struct AgreementOf {
    id: String,
    /// SHA-256 of the canonical form, which is what the file holds.
    hash: String,
    file: PathBuf,
    remark: String,
}

#[derive(Serialize)]
struct Identifier {
    identifier_type: &'static str,
    value: &'static str,
    country: &'static str,
    purpose: &'static str,
    answer: &'static str,
    reason: &'static str,
    remark: &'static str,
}

#[derive(Serialize)]
struct Purpose {
    purpose: String,
    /// Which face misbehaves: `partner` or `bureau`; empty for those that ask for nothing.
    face: &'static str,
    what: &'static str,
    /// What the bureau face shows for an identifier that hits: an outcome, or for faults of the bureau face
    /// itself the code of the status.
    shown: &'static str,
    reason: &'static str,
}

impl Described {
    pub(super) fn of(
        root: &Path,
        bureaus: &Bureaus,
        partner: &Path,
        delay: Duration,
        began: Instant,
    ) -> Result<Self, CliError> {
        let home = &bureaus.home;
        let callers = PEOPLE.iter().map(|person| {
            let folder = home.folder.person(person.name);
            Caller {
                name: person.name,
                certificate: folder.join("certificate.pem"),
                key: folder.join("key.pem"),
                profile: folder.join("profile.toml"),
                remark: person.remark,
            }
        });
        let agreements = bureaus.agreements.iter().map(|(agreement, fault)| {
            let id = agreement.terms().id.to_string();
            AgreementOf {
                hash: agreement.hash().to_string(),
                file: partner.join("agreements").join(format!("{id}.json")),
                remark: fault.map_or("", |fault| fault.what()).to_owned(),
                id,
            }
        });
        let described = Self {
            folder: root.to_owned(),
            bureau_face: BureauFace {
                bureau: home.code.to_string(),
                endpoint: home.bureau_endpoint.clone(),
                metrics: format!("http://{}/metrics", home.metrics),
                root: home.folder.certificate("bureau-root"),
                callers: callers.collect(),
            },
            partner_face: PartnerFace {
                owner: bureaus.mock.code.to_string(),
                requester: bureaus.developer.code.to_string(),
                endpoint: bureaus.mock.card.endpoint.clone(),
                root: partner.join("root.pem"),
                certificate: partner.join("certificate.pem"),
                key: partner.join("key.pem"),
                header_key: partner.join("header-key.pem"),
                card: partner.join("card.json"),
                owner_card: partner.join("owner-card.json"),
                agreements: agreements.collect(),
            },
            identifiers: IDENTIFIERS
                .iter()
                .map(|one| identifier(one, PURPOSES[0].0))
                .chain([identifier(&MISSING, MISSING_PURPOSE)])
                .collect(),
            purposes: purposes(),
            delay_seconds: delay.as_secs(),
            ready_after_seconds: began.elapsed().as_secs_f64(),
        };
        let text = serde_json::to_string_pretty(&described)
            .map_err(|error| CliError::new("mock", error.to_string()))?;
        write_public(&root.join(FILE), (text + "\n").as_bytes())?;
        Ok(described)
    }

    pub(super) fn text(&self) -> String {
        let (bureau, partner) = (&self.bureau_face, &self.partner_face);
        let mut text = format!(
            "Bureau face of Homeland ({}): {}, for programs of agencies. Root {}\n",
            bureau.bureau,
            bureau.endpoint,
            bureau.root.display()
        );
        for caller in &bureau.callers {
            let folder = caller.certificate.parent().unwrap_or(&caller.certificate);
            text += &format!("  {:10} {}; {}\n", caller.name, folder.display(), caller.remark);
        }
        text += &format!(
            "\nPartner face of Mockland ({}): {}, for programs of other bureaus, which ask as {}.\n  \
             Certificates, keys, cards and agreements: {}\n",
            partner.owner,
            partner.endpoint,
            partner.requester,
            partner.certificate.parent().unwrap_or(&partner.certificate).display()
        );
        for agreement in &partner.agreements {
            text += &format!("  {:22} {}\n", agreement.id, agreement.remark);
        }
        text += "\nIDENTIFIER                                       ANSWER\n";
        for one in &self.identifiers {
            let value = one.value.lines().next().unwrap_or_default();
            let country =
                if one.country.is_empty() { String::new() } else { format!(" ({})", one.country) };
            let asked = format!("{} {value}{country}", one.identifier_type);
            let remark =
                if one.remark.is_empty() { String::new() } else { format!("  {}", one.remark) };
            let reason =
                if one.reason.is_empty() { String::new() } else { format!(" ({})", one.reason) };
            text += &format!("{asked:48} {}{reason}{remark}\n", one.answer);
        }
        text += "\nPURPOSE                        WHAT HAPPENS\n";
        for one in &self.purposes {
            text += &format!("{:30} {}\n", one.purpose, one.what);
        }
        text += &format!(
            "\nReady after {:.1} s. All of this is in {}, and explained in docs/mock.md. Ends with \
             Ctrl-C.\n  export SYMBOLON_PROFILE={}\n  symbolon check vin 1M8GDM9AXKP042788 --case \
             test\n",
            self.ready_after_seconds,
            self.folder.join(FILE).display(),
            bureau.callers.first().map_or(Path::new(""), |caller| &caller.profile).display()
        );
        text
    }
}

fn identifier(fixed: &Fixed, purpose: &'static str) -> Identifier {
    Identifier {
        identifier_type: fixed.identifier_type,
        value: fixed.value,
        country: fixed.country,
        purpose,
        answer: fixed.answer,
        reason: fixed.reason,
        remark: fixed.remark,
    }
}

fn purposes() -> Vec<Purpose> {
    let mut all: Vec<_> = PURPOSES
        .iter()
        .map(|(purpose, what)| Purpose {
            purpose: (*purpose).to_owned(),
            face: "",
            what,
            shown: "hit",
            reason: "",
        })
        .collect();
    all.extend(Fault::ALL.iter().map(|fault| {
        let (shown, reason) = fault.shown();
        Purpose { purpose: fault.purpose(), face: "partner", what: fault.what(), shown, reason }
    }));
    all.extend(CallFault::ALL.iter().map(|fault| {
        let (shown, reason) = fault.shown();
        Purpose { purpose: fault.purpose(), face: "bureau", what: fault.what(), shown, reason }
    }));
    all
}
