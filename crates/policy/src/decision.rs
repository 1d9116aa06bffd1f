use symbolon_identifiers::IdentifierType;
use time::OffsetDateTime;

use crate::{Agreement, AgreementHash, BureauCode, Reason, Refusal, Scope, ScopeId};

/// What a check asks, as far as the agreement decides.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who asks, as authenticated.
    pub requester: &'a BureauCode,
    /// Who is asked, as the header says.
    pub owner: &'a BureauCode,
    /// The text that the requester means.
    pub agreement_hash: AgreementHash,
    /// The declared purpose.
    pub purpose: &'a str,
    /// The scopes and how many elements in each.
    pub scopes: &'a [(ScopeId, u64)],
}

/// A scope of a check that the agreement lets be answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeShare {
    /// The scope.
    pub scope: Scope,
    /// Its id.
    pub id: ScopeId,
    /// How many elements are asked in it.
    pub elements: u64,
    /// How many may be asked in the day.
    pub daily_quota: u64,
    /// How many the requester may ask in the epoch.
    pub epoch_budget: u64,
    /// How many all parties together may ask in the epoch; `None` where there is one other only.
    pub shared_budget: Option<u64>,
    /// When the epoch ends, and both budgets renew.
    pub epoch_ends: OffsetDateTime,
}

/// Decides whether `owner` answers `question` under `agreement` at `now`, quotas aside: those are
/// counted where they are stored, in one step with the record of the check.
///
/// # Errors
/// The refusal, with its reason and what to do.
pub fn admit(
    agreement: &Agreement,
    question: &Question<'_>,
    now: OffsetDateTime,
) -> Result<Vec<ScopeShare>, Refusal> {
    let terms = agreement.terms();
    if question.agreement_hash != agreement.hash() {
        return Err(Refusal::new(
            Reason::AgreementDiffers,
            format!(
                "the two bureaus hold different texts of agreement {}; compare `symbolon agreement \
                 show` on both sides and install the one that both signed",
                terms.id
            ),
        ));
    }
    for party in [question.requester, question.owner] {
        if agreement.party(party).is_none() {
            return Err(Refusal::new(
                Reason::NotAParty,
                format!("{party} is not a party to agreement {}", terms.id),
            ));
        }
    }
    if question.requester == question.owner {
        return Err(Refusal::new(Reason::NotAParty, "a bureau does not ask itself"));
    }
    in_force(agreement, now)?;
    purpose_agreed(agreement, question.purpose)?;
    let offered: Vec<_> = agreement
        .scopes_of(question.owner, now)
        .map(|(scope, _, offered)| (scope.id(), scope, offered))
        .collect();
    question
        .scopes
        .iter()
        .map(|(id, elements)| {
            let (_, scope, terms_of_type) =
                offered.iter().find(|(offered, ..)| offered == id).ok_or_else(|| {
                    Refusal::new(
                        Reason::ScopeUnknown,
                        "a scope of this check is not offered in the present epoch; fetch the \
                         manifests again",
                    )
                })?;
            same_rules(scope.identifier_type, scope.rules_version)?;
            Ok(ScopeShare {
                scope: scope.clone(),
                id: *id,
                elements: *elements,
                daily_quota: terms_of_type.daily_quota,
                epoch_budget: terms_of_type.epoch_budget_of_a_party(terms.epoch_days),
                shared_budget: terms.epoch_budget_of_all(terms_of_type),
                epoch_ends: terms.budget_renews_at(scope),
            })
        })
        .collect()
}

fn purpose_agreed(agreement: &Agreement, purpose: &str) -> Result<(), Refusal> {
    let terms = agreement.terms();
    if terms.purposes.iter().any(|agreed| agreed == purpose) {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::PurposeNotAgreed,
        format!(
            "agreement {} allows the purposes {}; declare one of them, or have the agreement \
             extended",
            terms.id,
            terms.purposes.join(", ")
        ),
    ))
}

fn in_force(agreement: &Agreement, now: OffsetDateTime) -> Result<(), Refusal> {
    let terms = agreement.terms();
    if now < terms.valid_from {
        return Err(Refusal::new(
            Reason::AgreementNotYetValid,
            format!("agreement {} is in force from {}", terms.id, crate::moment(terms.valid_from)),
        )
        .retry_at(terms.valid_from));
    }
    if now >= terms.valid_until {
        return Err(Refusal::new(
            Reason::AgreementExpired,
            format!(
                "agreement {} was in force until {}; the parties must renew it",
                terms.id,
                crate::moment(terms.valid_until)
            ),
        ));
    }
    Ok(())
}

/// Refuses a type whose rules this program runs in another version than was agreed: the same
/// passport could become two different values, a no hit that is not true.
///
/// # Errors
/// The refusal, with both versions.
pub fn same_rules(kind: IdentifierType, agreed: u16) -> Result<(), Refusal> {
    let ours = kind.rules_version();
    if ours == agreed {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::RulesVersionMismatch,
        format!(
            "the agreement has version {agreed} of the rules for {kind}, this program runs version \
             {ours}; bring both sides to one version"
        ),
    ))
}

impl Agreement {
    /// Whether the agreement is in force at `now`.
    ///
    /// # Errors
    /// The refusal, with when it begins or that it must be renewed.
    pub fn in_force(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        in_force(self, now)
    }
}

/// Whether a question for `purpose` may be put under `agreement` at `now`: what the asking side
/// knows by itself, so that it does not send what must be refused.
///
/// # Errors
/// The refusal that the owner would give.
pub fn may_ask(agreement: &Agreement, purpose: &str, now: OffsetDateTime) -> Result<(), Refusal> {
    in_force(agreement, now)?;
    purpose_agreed(agreement, purpose)
}

/// Until when a requester may keep the tags of what it asks under `agreement` at `now`.
///
/// # Errors
/// When the agreement does not let it keep any.
pub fn may_keep(agreement: &Agreement, now: OffsetDateTime) -> Result<OffsetDateTime, Refusal> {
    in_force(agreement, now)?;
    let terms = agreement.terms();
    terms.keep_until(now).ok_or_else(|| {
        Refusal::new(
            Reason::StandingNotAgreed,
            format!(
                "agreement {} does not let a bureau keep what it asked; a single check is \
                 possible, and a new agreement may say standing_days",
                terms.id
            ),
        )
    })
}
