use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use clap::{ArgAction, Args};
use serde::Serialize;
use symbolon_client::{
    Compute, DisclosureMade, DisclosureStatus, DisclosureWish, WishedElement, own_disclosures,
    request_disclosure, withdraw_disclosure,
};
use symbolon_exchange::{HitConfirmation, NO_DEATH_PENALTY};
use symbolon_policy::{
    BureauCode, CheckId, RequestId,
    disclosure::DisclosureState,
    rules::{DisclosedField, Role, SubjectCategory, Urgency},
};
use time::OffsetDateTime;

use super::{Place, codes};
use crate::{
    CliError,
    acting::Acting,
    asking::shown_as,
    commands::{DONE, keys::somebody_with},
    moment::moment,
    output::Output,
    rows::Row,
    typed::Typed,
};

/// Ask the owner of a list for the record behind a hit.
///
/// For instance, with SYMBOLON_DATA set to the data folder:
///   symbolon disclosure request 0f3c… --identifier travel_document "C01X 00T47" --country DEU \
///     --role "desk officer" --how "passport compared by hand" --facts "held at the border since 14:05" \
///     --offence fraud --subject suspect --field name --field date_of_birth \
///     --recipient "Border police" --urgency urgent --as officer-17
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(in crate::commands) struct Request {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    /// Id of the check that hit, as its report shows it.
    #[arg(value_parser = check_id)]
    check: CheckId,
    /// Position of the element, from 0, as `symbolon audit open` counts: through all types, not in the
    /// order of a file. It is safer to name the identifier.
    #[arg(required_unless_present = "identifier", conflicts_with = "identifier")]
    position: Option<u64>,
    /// The identifier that hit, as for `symbolon check`: its type and, however it is written, its value.
    #[arg(long, value_names = ["TYPE", "VALUE"], num_args = 2, action = ArgAction::Set)]
    identifier: Option<Vec<String>>,
    /// Country of that identifier, where it has one.
    #[arg(long, requires = "identifier")]
    country: Option<String>,
    /// Code of the bureau whose record it is; needed where several were asked.
    #[arg(long, value_name = "CODE")]
    bureau: Option<BureauCode>,
    /// Which of its lists; needed where several were asked.
    #[arg(long)]
    dataset: Option<String>,
    /// The person who confirmed the hit, if not yourself: a name below people/, or an identity. Who
    /// holds no good certificate as officer or analyst does not count as qualified.
    #[arg(long, value_name = "PERSON", requires_all = ["role", "how"])]
    confirmed_by: Option<String>,
    /// What that person is, for instance "desk officer".
    #[arg(long, requires = "how")]
    role: Option<String>,
    /// How it was confirmed: what was compared with what.
    #[arg(long, requires = "role")]
    how: Option<String>,
    /// That person is not trained for it.
    #[arg(long)]
    unqualified: bool,
    /// The facts of the case, for the owner's people. A request without facts is refused as incomplete.
    #[arg(long, default_value = "")]
    facts: String,
    /// Class of offence, for instance fraud; that of the check unless given.
    #[arg(long, value_name = "CODE")]
    offence: Option<String>,
    /// Purpose; that of the check unless given.
    #[arg(long, value_name = "CODE")]
    purpose: Option<String>,
    /// Whom or what the case concerns: suspect, convicted, victim, witness, missing, contact, object.
    #[arg(long, value_name = "CODE", default_value = "unknown", value_parser = codes::category)]
    subject: SubjectCategory,
    /// A field that is wanted; may be repeated. There are name, alias, date_of_birth, nationality,
    /// place_of_birth, gender, acquisition_date, acquisition_place, acquisition_offence, case_number,
    /// authority, object_description, object_status, photograph, address, asylum_authority, health,
    /// free_text.
    #[arg(long = "field", value_name = "CODE", required = true, value_parser = codes::field)]
    fields: Vec<DisclosedField>,
    /// How soon it matters: routine, urgent (a person is held up) or emergency (danger to life).
    #[arg(long, default_value = "routine", value_parser = codes::urgency)]
    urgency: Urgency,
    /// Why it is an emergency.
    #[arg(long, default_value = "")]
    emergency_reasons: String,
    /// The authority that would receive the record.
    #[arg(long, value_name = "AUTHORITY")]
    recipient: String,
    /// It is wanted as evidence in court.
    #[arg(long)]
    in_court: bool,
    /// Third country or organisation to which it would be passed on.
    #[arg(long, value_name = "WHOM", default_value = "")]
    onward_to: String,
    /// Give the assurance that neither the death penalty nor inhuman treatment follows.
    #[arg(long)]
    no_death_penalty: bool,
}

/// Where a request stands that this bureau has signed and its owner's node has not answered to.
pub(super) const NOT_ACKNOWLEDGED: &str = "not acknowledged by its owner yet";

const ASKING: [Role; 2] = [Role::Officer, Role::Analyst];

const UNQUALIFIED: &str = "\nIt says that nobody qualified has confirmed the hit, and its owner may \
                           refuse it for that.";

const SEEING: [Role; 4] = [Role::Officer, Role::Analyst, Role::Approver, Role::Inspector];

#[derive(Debug, Args)]
pub(in crate::commands) struct Status {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    /// Also those that this bureau has taken back.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct Withdraw {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    acting: Acting,
    /// Id of the request.
    id: RequestId,
}

#[derive(Serialize)]
struct Withdrawn {
    request: RequestId,
}

#[derive(Serialize)]
struct Made {
    request: RequestId,
    /// Whose record it is.
    owner: BureauCode,
    dataset: String,
    identifier_type: &'static str,
    /// As it was asked, with its issuer: a person sees at once if another record was meant.
    identifier: String,
}

#[derive(Serialize)]
struct StatusLine {
    request: RequestId,
    owner: BureauCode,
    dataset: String,
    check: CheckId,
    /// Who asked for the record; unknown once that was erased.
    by: Option<String>,
    state: &'static str,
    /// Released means that the owner has confirmed its record behind the hit.
    confirmed_by_owner: bool,
    made_at: String,
    /// Since when the owner is known to have it.
    at_owner_since: Option<String>,
    /// How it stands, for a person.
    #[serde(skip)]
    standing: String,
    due_at: Option<String>,
    /// Whether the agreed time is over, and the owner has not decided.
    overdue: bool,
    pauses: Vec<&'static str>,
    /// The ground on which the owner refused.
    ground: Option<&'static str>,
    /// Why the owner's node did not take it, for programs.
    reason: Option<String>,
}

impl Request {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let element = self.element()?;
        let opened = self.place.open().await?;
        let actor = opened.actor(&self.acting, &ASKING).await?;
        let now = OffsetDateTime::now_utc();
        let confirmation = match (self.role, self.how) {
            (Some(role), Some(method)) => {
                let named = self.confirmed_by.unwrap_or_else(|| actor.id.clone());
                let (folder, store) = (&opened.folder, &opened.store);
                let known = somebody_with(folder, store, &named, &ASKING, now).await?;
                Some(HitConfirmation {
                    role,
                    by_person: true,
                    qualified: known.is_some() && !self.unqualified,
                    by: known.map_or(named, |person| person.id),
                    method,
                    at: now,
                })
            }
            _ => None,
        };
        let is_qualified = confirmation.as_ref().is_none_or(|one| one.qualified);
        let assurance = self.no_death_penalty.then(|| NO_DEATH_PENALTY.to_owned());
        let wish = DisclosureWish {
            check: self.check,
            element,
            bureau: self.bureau,
            dataset: self.dataset,
            confirmation,
            facts: self.facts,
            offence_class: self.offence,
            purpose: self.purpose,
            urgency: self.urgency,
            subject_category: self.subject,
            fields: self.fields.into_iter().collect(),
            recipient_authority: self.recipient,
            use_in_court: self.in_court,
            onward_to: self.onward_to,
            assurances: assurance.into_iter().collect::<BTreeSet<_>>(),
            emergency_reasons: self.emergency_reasons,
        };
        let (store, us) = (&opened.store, &opened.us);
        let made = request_disclosure(store, &Compute::default(), us, wish, &actor, now).await?;
        store.close().await;
        let made = Made::of(made);
        let next = |words| Typed::command(words).at(&self.place.data).by(self.acting.person());
        output.result(&made, || {
            format!(
                "Request {} is signed. It asks for the record on {} {} in {} of {}; if another was meant, \
                 take it back: `{}`.\nThe running node carries it to the owner; `{}` shows how it \
                 stands.{}",
                made.request,
                made.identifier_type,
                made.identifier,
                made.dataset,
                made.owner,
                next("disclosure withdraw").with(&made.request.to_string()),
                next("disclosure status"),
                if is_qualified { "" } else { UNQUALIFIED }
            )
        });
        Ok(DONE)
    }

    fn element(&self) -> Result<WishedElement, CliError> {
        match (self.identifier.as_deref(), self.position) {
            (Some([identifier_type, value]), _) => {
                let row = Row {
                    line: 1,
                    record: String::new(),
                    identifier_type: identifier_type.clone(),
                    value: value.clone(),
                    country: self.country.clone().unwrap_or_default(),
                    change: String::new(),
                };
                let read = row.identifier();
                Ok(WishedElement::Of(read.map_err(|row| CliError::new(row.reason, row.sentence))?))
            }
            (None, Some(position)) => Ok(WishedElement::At(position)),
            _ => Err(CliError::new(
                "usage",
                "name the identifier that hit: --identifier TYPE VALUE, with --country where it has one",
            )),
        }
    }
}

impl Made {
    fn of(made: DisclosureMade) -> Self {
        Self {
            request: made.request,
            owner: made.owner,
            dataset: made.dataset,
            identifier_type: made.identifier.kind().name(),
            identifier: shown_as(&made.identifier),
        }
    }
}

impl Status {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let opened = self.place.open().await?;
        let actor = opened.actor(&self.acting, &SEEING).await?;
        let now = OffsetDateTime::now_utc();
        let mut all = own_disclosures(&opened.store, true, &actor, now).await?;
        opened.store.close().await;
        // Who took one back knows it; what others decided, or let pass, the officer must learn.
        all.retain(|one| self.all || one.state != DisclosureState::Withdrawn);
        let now = OffsetDateTime::now_utc();
        let lines: Vec<_> = all.into_iter().map(|one| line(one, now)).collect();
        output.result(&lines, || text(&lines, &self.place.data, self.acting.person()));
        Ok(DONE)
    }
}

impl Withdraw {
    pub(super) async fn run(self, output: Output) -> Result<u8, CliError> {
        let opened = self.place.open().await?;
        let actor = opened.actor(&self.acting, &ASKING).await?;
        let now = OffsetDateTime::now_utc();
        withdraw_disclosure(&opened.store, &self.id, &actor, now).await?;
        opened.store.close().await;
        output.result(&Withdrawn { request: self.id }, || {
            "Taken back. The owner learns it at the next exchange.".to_owned()
        });
        Ok(DONE)
    }
}

fn line(one: DisclosureStatus, now: OffsetDateTime) -> StatusLine {
    StatusLine {
        standing: standing(&one),
        at_owner_since: one.taken_at.map(moment),
        request: one.id,
        owner: one.owner,
        dataset: one.dataset,
        check: one.check,
        by: one.by,
        state: one.state.as_str(),
        confirmed_by_owner: one.state == DisclosureState::Released,
        made_at: moment(one.made_at),
        due_at: one.due_at.map(moment),
        overdue: one.state.is_open() && one.due_at.is_some_and(|due| due <= now),
        pauses: one.pauses.iter().map(|reason| reason.as_str()).collect(),
        ground: one.ground.map(|ground| ground.as_str()),
        reason: one.not_taken,
    }
}

/// Where a request stands, in words. A clock runs at the owner only, so that a request which nobody has
/// acknowledged must not look like one that waits.
fn standing(one: &DisclosureStatus) -> String {
    match (one.state, one.taken_at) {
        (DisclosureState::Released, _) => "released: confirmed by its owner".to_owned(),
        (DisclosureState::Received, None) => NOT_ACKNOWLEDGED.to_owned(),
        (state, Some(at)) if state.is_open() => {
            format!("{}, at its owner since {}", state.as_str(), moment(at))
        }
        (state, _) => state.as_str().to_owned(),
    }
}

fn text(lines: &[StatusLine], data: &Path, person: &str) -> String {
    if lines.is_empty() {
        return format!(
            "Nothing is asked for. A hit is unconfirmed until its owner has recognised it: {} CHECK \
             --identifier TYPE VALUE …",
            Typed::command("disclosure request").at(data).by(person)
        );
    }
    let mut text = String::new();
    for line in lines {
        let _ = write!(
            text,
            "{}  {}  {}  {}, asked {}",
            line.request, line.owner, line.dataset, line.standing, line.made_at
        );
        if let Some(due) = &line.due_at {
            let _ = write!(text, ", due {due}");
        }
        if line.overdue {
            text.push_str("  OVERDUE: call its desk");
        }
        if !line.pauses.is_empty() {
            let _ = write!(text, ", waits for {}", line.pauses.join(", "));
        }
        for why in [line.ground, line.reason.as_deref()].into_iter().flatten() {
            let _ = write!(text, " ({why})");
        }
        text.push('\n');
    }
    if lines.iter().any(|line| line.ground.is_some() || line.reason.is_some()) {
        let show = Typed::command("disclosure show").at(data).by(person);
        let _ = writeln!(text, "Why, in words: {show} REQUEST");
    }
    text
}

pub(super) fn check_id(text: &str) -> Result<CheckId, String> {
    let mut id = [0; 16];
    hex::decode_to_slice(text, &mut id)
        .map_err(|_| "a check id is 32 hexadecimal digits".to_owned())?;
    Ok(CheckId(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: DisclosureState, taken_at: Option<OffsetDateTime>) -> DisclosureStatus {
        DisclosureStatus {
            id: RequestId([0; 16]),
            owner: "BOR".parse().unwrap(),
            dataset: "list".to_owned(),
            check: CheckId([0; 16]),
            by: None,
            state,
            made_at: OffsetDateTime::UNIX_EPOCH,
            taken_at,
            due_at: None,
            pauses: Vec::new(),
            ground: None,
            not_taken: None,
        }
    }

    #[test]
    fn a_request_that_its_owner_has_is_told_from_one_that_nobody_has_acknowledged() {
        let at = Some(OffsetDateTime::UNIX_EPOCH);
        let since = "at its owner since 1970-01-01T00:00:00Z";
        for (state, taken_at, said) in [
            (DisclosureState::Received, None, NOT_ACKNOWLEDGED.to_owned()),
            (DisclosureState::Received, at, format!("received, {since}")),
            (DisclosureState::Waiting, at, format!("waiting, {since}")),
            (DisclosureState::Paused, at, format!("paused, {since}")),
            // Of a time when it was not kept since when.
            (DisclosureState::Waiting, None, "waiting".to_owned()),
            (DisclosureState::Refused, at, "refused".to_owned()),
        ] {
            assert_eq!(standing(&status(state, taken_at)), said);
        }
    }
}
