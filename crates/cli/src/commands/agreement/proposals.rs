//! Who proposed what of an agreement: the history names who carried a step out, and the log who had proposed
//! it.

use symbolon_policy::AgreementHash;
use symbolon_store::{ActKind, HistoryLine, LogRecord, Store};
use time::OffsetDateTime;

use crate::CliError;

/// Entries of the log that are read at once.
const PAGE: u32 = 4_096;

/// All proposals about one text, in order.
pub(super) struct Proposals(Vec<(ActKind, OffsetDateTime, String)>);

impl Proposals {
    /// Goes through the whole log; what was erased of it is not there.
    pub(super) async fn of(store: &Store, hash: &AgreementHash) -> Result<Self, CliError> {
        let (mut all, mut first, hash) = (Vec::new(), 0, hash.to_string());
        loop {
            let entries = store.log_entries(first, PAGE).await?;
            let Some(last) = entries.last() else { return Ok(Self(all)) };
            first = last.index.saturating_add(1);
            for entry in entries {
                if let Some(LogRecord::ActProposed { act, subject, by }) = entry.record
                    && subject == hash
                {
                    all.push((act, entry.at, by.id));
                }
            }
        }
    }

    /// Who had proposed what a person of this bureau carried out in this step: the last proposal before it.
    /// Nobody where one person is enough.
    pub(super) fn behind(&self, line: &HistoryLine) -> Option<String> {
        line.person.as_ref()?;
        let act = act_of(&line.step)?;
        let before = |(kind, at, _): &&(ActKind, OffsetDateTime, String)| {
            *kind == act && at.unix_timestamp() <= line.at.unix_timestamp()
        };
        self.0.iter().rev().find(before).map(|(_, _, person)| person.clone())
    }
}

/// The act of two people by which a step is taken; steps are named by `AgreementStep::as_str`.
fn act_of(step: &str) -> Option<ActKind> {
    match step {
        "propose" | "countersign" => Some(ActKind::SignAgreement),
        "resume" => Some(ActKind::ResumeAgreement),
        "revoke" => Some(ActKind::RevokeAgreement),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use symbolon_policy::AgreementState;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_step_of_two_people_names_who_proposed_it_last_and_one_of_one_person_nobody() {
        let proposals = Proposals(vec![
            (ActKind::SignAgreement, datetime!(2026-01-01 10:00 UTC), "anna".to_owned()),
            (ActKind::ResumeAgreement, datetime!(2026-02-01 10:00 UTC), "anna".to_owned()),
            (ActKind::ResumeAgreement, datetime!(2026-03-01 10:00 UTC), "carla".to_owned()),
        ]);
        let line = |step: &str, at, person: Option<&str>| HistoryLine {
            step: step.to_owned(),
            state: AgreementState::Active,
            party: None,
            person: person.map(str::to_owned),
            reason: String::new(),
            at,
        };
        let behind = |step, at, person| proposals.behind(&line(step, at, person));
        let (first, second) = (datetime!(2026-02-01 11:00 UTC), datetime!(2026-03-01 11:00 UTC));
        assert_eq!(behind("countersign", first, Some("bert")).as_deref(), Some("anna"));
        assert_eq!(behind("resume", first, Some("bert")).as_deref(), Some("anna"));
        assert_eq!(behind("resume", second, Some("bert")).as_deref(), Some("carla"));
        assert_eq!(behind("suspend", second, Some("anna")), None);
        assert_eq!(behind("begin", second, None), None);
        assert_eq!(behind("revoke", second, Some("bert")), None);
    }
}
