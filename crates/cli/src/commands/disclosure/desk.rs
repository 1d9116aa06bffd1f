use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;
use symbolon_node::{CaseStatus, Desk, DeskError, NamedRequest, Proposed, ReleaseTerms};
use symbolon_policy::{
    Actor, AgreementId, BureauCode, RequestId,
    disclosure::{Finding, PauseReason, RefusalGround},
    rules::{DisclosedField, HandlingCode, Role},
};
use time::OffsetDateTime;

use super::{Place, codes};
use crate::{
    CliError, acting::Acting, commands::DONE, moment::moment, output::Output, typed::Typed,
};

/// Which request of a partner.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Id of the request.
    id: RequestId,
    /// Who asks: needed where several partners have chosen the same id.
    #[arg(long, value_name = "CODE")]
    partner: Option<BureauCode>,
    /// Under which agreement: needed where a partner has chosen the same id under several.
    #[arg(long, value_name = "ID")]
    agreement: Option<AgreementId>,
    /// First digits, 8 or more, of the hash of the request's document: instead of the two.
    #[arg(long, value_name = "HEX", value_parser = document_start)]
    document: Option<String>,
}

impl Which {
    pub(super) fn named(&self) -> NamedRequest {
        NamedRequest {
            id: self.id,
            partner: self.partner.clone(),
            agreement: self.agreement.clone(),
            document: self.document.clone(),
        }
    }
}

/// Who has to do with what partners ask for.
pub(super) const DECIDING: [Role; 3] = [Role::Legal, Role::Approver, Role::Inspector];

#[derive(Debug, Args)]
pub(in crate::commands) struct List {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    /// Also those that are closed.
    #[arg(long)]
    all: bool,
}

/// Release a record, or propose it where the rules ask for two people.
///
/// Everything is decided by the rules once more at the moment of release. For instance, with SYMBOLON_DATA set to the data folder:
///   symbolon disclosure release 3e1a… --field name --field date_of_birth --handling H1 \
///     --evaluation A1 --retention-days 365 --as legal-3
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(in crate::commands) struct Release {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    #[command(flatten)]
    which: Which,
    /// The record, by its reference here; needed where the identifier stands in several.
    #[arg(long, value_name = "REFERENCE")]
    record: Option<String>,
    /// A field to release, of those asked for (`symbolon disclosure show` lists them); may be repeated.
    #[arg(long = "field", value_name = "CODE", required = true, value_parser = codes::field)]
    fields: Vec<DisclosedField>,
    /// What the recipient may do with it: H0 (any fight against crime), H1 (not in court without
    /// permission), H2 (not passed on without permission) or H3 (a restriction in words); no laxer
    /// than the record's own.
    #[arg(long, value_name = "CODE", value_parser = codes::handling)]
    handling: HandlingCode,
    /// The restriction in words, for H3.
    #[arg(long, default_value = "")]
    restriction: String,
    /// Evaluation of source (A, B, C, X) and information (1 to 4), for instance A1; that of the record
    /// unless given.
    #[arg(long, value_name = "CODE", default_value = "")]
    evaluation: String,
    /// Days for which the recipient may keep it: at most what agreement and table say.
    #[arg(long, value_name = "DAYS")]
    retention_days: u32,
    /// Something that was found out before and that a rule asks for, with a word on how; may be
    /// repeated. For instance judicial_authorisation="court of X, 12 March, no. 4". The codes are
    /// judicial_authorisation, dual_criminality, strictly_necessary, legal_review, handling_permission,
    /// handling_reviewed, onward_authorised, derogation_documented, purpose_authorised and
    /// assessments_separated.
    #[arg(long = "found", value_name = "CODE=NOTE", value_parser = codes::finding)]
    findings: Vec<(Finding, String)>,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Approve {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    #[command(flatten)]
    which: Which,
    /// Approve only the proposal with this hash, as `symbolon disclosure show` gives it.
    #[arg(long, value_name = "HEX", value_parser = hash)]
    proposal: Option<[u8; 32]>,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Refuse {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    #[command(flatten)]
    which: Which,
    /// Why, as the requester is told: incomplete, forbidden_by_rule, national_security, endangers,
    /// disproportionate, not_authorised or record_withdrawn.
    #[arg(long, value_name = "CODE", value_parser = codes::ground)]
    ground: RefusalGround,
    /// A word on it for this bureau alone.
    #[arg(long, default_value = "")]
    note: String,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Pause {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    #[command(flatten)]
    which: Which,
    /// Why, as the requester is told: judicial_authorisation, more_information or legal_review.
    #[arg(long, value_name = "CODE", value_parser = codes::pause)]
    reason: PauseReason,
    /// A word on it for this bureau alone.
    #[arg(long, default_value = "")]
    note: String,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Resume {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    #[command(flatten)]
    which: Which,
    /// Which reason to take away: judicial_authorisation, more_information or legal_review.
    #[arg(long, value_name = "CODE", value_parser = codes::pause)]
    reason: PauseReason,
}

#[derive(Serialize)]
struct CaseLine {
    request: RequestId,
    /// Hash of the signed request, hexadecimal.
    document: String,
    requester: BureauCode,
    agreement: String,
    dataset: Option<String>,
    state: &'static str,
    urgency: Option<&'static str>,
    received_at: String,
    due_at: Option<String>,
    /// Whether the agreed time is over, and nobody has decided.
    overdue: bool,
    /// Minutes until a decision is due; negative once it is overdue.
    minutes_left: Option<i64>,
    pauses: Vec<&'static str>,
    /// What the rules said when the hit was recognised.
    rules_permit: Option<bool>,
    proposed: bool,
}

#[derive(Serialize)]
struct Outcome {
    request: RequestId,
    outcome: &'static str,
    /// Hash of the proposal that another person approves.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<String>,
}

impl List {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let opened = self.place.open().await?;
        let actor = opened.actor(&self.acting, &DECIDING).await?;
        let now = OffsetDateTime::now_utc();
        let office = opened.office().await?;
        let all = office.desk().list(self.all, &actor, now).await?;
        opened.store.close().await;
        let mut lines: Vec<_> = all.into_iter().map(|one| line(one, now)).collect();
        // What is late comes first, and of that what is longest late; the rest stays by age.
        lines.sort_by_key(|line| {
            (!line.overdue, line.minutes_left.filter(|_| line.overdue).unwrap_or(0))
        });
        output.result(&lines, || text(&lines));
        Ok(DONE)
    }
}

impl Release {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let named = self.which.named();
        let terms = ReleaseTerms {
            record: self.record,
            fields: self.fields.into_iter().collect(),
            handling_code: self.handling,
            restriction: self.restriction,
            evaluation: self.evaluation,
            retention_days: self.retention_days,
            findings: self.findings.into_iter().collect(),
        };
        let propose =
            async |desk: Desk<'_>, by: &Actor, now| desk.propose(&named, terms, by, now).await;
        let proposed = at_desk(&self.place, &self.acting, Role::Legal, propose).await?;
        let outcome = match proposed {
            Proposed::Released(_) => {
                Outcome { request: named.id, outcome: "released", proposal: None }
            }
            Proposed::NeedsApproval(subject) => Outcome {
                request: named.id,
                outcome: "needs_approval",
                proposal: Some(hex::encode(subject)),
            },
        };
        output.result(&outcome, || match &outcome.proposal {
            None => "Released. The requester's node fetches it at the next exchange.".to_owned(),
            Some(hash) => format!(
                "Proposed. The rules ask for a second person, with the role approver: {}",
                Typed::command("disclosure approve")
                    .at(&self.place.data)
                    .by("APPROVER")
                    .with(&outcome.request.to_string())
                    .with("--proposal")
                    .with(hash)
            ),
        });
        Ok(DONE)
    }
}

impl Approve {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let (named, proposal) = (self.which.named(), self.proposal.as_ref());
        let approve =
            async |desk: Desk<'_>, by: &Actor, now| desk.approve(&named, proposal, by, now).await;
        at_desk(&self.place, &self.acting, Role::Approver, approve).await?;
        let outcome = Outcome { request: named.id, outcome: "released", proposal: None };
        output.result(&outcome, || {
            "Approved and released. The requester's node fetches it at the next exchange."
                .to_owned()
        });
        Ok(DONE)
    }
}

impl Refuse {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let named = self.which.named();
        let refuse = async |desk: Desk<'_>, by: &Actor, now| {
            desk.refuse(&named, self.ground, &self.note, by, now).await
        };
        at_desk(&self.place, &self.acting, Role::Legal, refuse).await?;
        let outcome = Outcome { request: named.id, outcome: "refused", proposal: None };
        output.result(&outcome, || format!("Refused: {}.", self.ground.as_str()));
        Ok(DONE)
    }
}

impl Pause {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let named = self.which.named();
        let pause = async |desk: Desk<'_>, by: &Actor, now| {
            desk.pause(&named, self.reason, &self.note, by, now).await
        };
        at_desk(&self.place, &self.acting, Role::Legal, pause).await?;
        let outcome = Outcome { request: named.id, outcome: "paused", proposal: None };
        output.result(&outcome, || format!("The clock stands still: {}.", self.reason.as_str()));
        Ok(DONE)
    }
}

impl Resume {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let named = self.which.named();
        let resume =
            async |desk: Desk<'_>, by: &Actor, now| desk.resume(&named, self.reason, by, now).await;
        let runs = at_desk(&self.place, &self.acting, Role::Legal, resume).await?;
        let outcome = if runs { "waiting" } else { "paused" };
        output.result(&Outcome { request: named.id, outcome, proposal: None }, || {
            match runs {
                true => "The clock runs again.",
                false => "That reason is gone; the clock stands still for another.",
            }
            .to_owned()
        });
        Ok(DONE)
    }
}

/// Lets a person with a role decide something at the desk.
async fn at_desk<T>(
    place: &Place,
    acting: &Acting,
    role: Role,
    decide: impl AsyncFnOnce(Desk<'_>, &Actor, OffsetDateTime) -> Result<T, DeskError>,
) -> Result<T, CliError> {
    let opened = place.open().await?;
    let actor = opened.actor(acting, &[role]).await?;
    let office = opened.office().await?;
    let done = decide(office.desk(), &actor, OffsetDateTime::now_utc()).await?;
    opened.store.close().await;
    Ok(done)
}

fn line(one: CaseStatus, now: OffsetDateTime) -> CaseLine {
    CaseLine {
        request: one.id,
        document: hex::encode(one.document),
        requester: one.requester,
        agreement: one.agreement,
        dataset: one.dataset,
        state: one.state.as_str(),
        urgency: one.urgency.map(|urgency| urgency.as_str()),
        received_at: moment(one.received_at),
        due_at: one.due_at.map(moment),
        overdue: one.due_at.is_some_and(|due| due <= now),
        minutes_left: one.due_at.map(|due| (due - now).whole_minutes()),
        pauses: one.pauses.iter().map(|reason| reason.as_str()).collect(),
        rules_permit: one.rules_permit,
        proposed: one.is_proposed,
    }
}

fn text(lines: &[CaseLine]) -> String {
    if lines.is_empty() {
        return "No partner waits for a record.".to_owned();
    }
    let mut text = String::new();
    let overdue = lines.iter().filter(|line| line.overdue).count();
    if overdue > 0 {
        let _ =
            writeln!(text, "{overdue} OVERDUE: the agreed time is over, and a person must decide.");
    }
    for line in lines {
        let _ = write!(
            text,
            "{}{}  {}  {}  {}  {}",
            if line.overdue { "! " } else { "" },
            line.request,
            line.requester,
            line.dataset.as_deref().unwrap_or("-"),
            line.state,
            line.urgency.unwrap_or("-")
        );
        match line.minutes_left {
            Some(left) if line.overdue => {
                let _ = write!(text, "  OVERDUE by {} min", left.unsigned_abs());
            }
            Some(left) => {
                let _ = write!(text, "  {left} min left");
            }
            None => {}
        }
        if !line.pauses.is_empty() {
            let _ = write!(text, "  waits for {}", line.pauses.join(", "));
        }
        if line.rules_permit == Some(false) {
            text.push_str("  the rules forbid it: see `symbolon disclosure show`");
        }
        if line.proposed {
            text.push_str("  proposed: another person approves");
        }
        text.push('\n');
    }
    text
}

fn document_start(text: &str) -> Result<String, String> {
    let sound = (8..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    sound
        .then(|| text.to_ascii_lowercase())
        .ok_or_else(|| "a document is named by 8 to 64 hexadecimal digits of its hash".to_owned())
}

fn hash(text: &str) -> Result<[u8; 32], String> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash)
        .map_err(|_| "a proposal's hash is 64 hexadecimal digits".to_owned())?;
    Ok(hash)
}
