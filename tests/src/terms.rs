use symbolon_policy::{AgreementTerms, Conditions, Deadlines, DisclosureTerms, OpenRequests};

/// Adds that records are released on request: within a week, three days or eight hours; paused while the
/// agreement is suspended, refused once it is revoked.
pub fn with_disclosure(terms: &mut AgreementTerms) {
    let disclosure = DisclosureTerms {
        deadline_minutes: Deadlines { routine: 10_080, urgent: 4_320, emergency: 480 },
        claim_days: 30,
        when_suspended: OpenRequests::Pause,
        when_revoked: OpenRequests::Refuse,
        retention_days: 365,
    };
    terms.conditions = Some(Conditions { disclosure: Some(disclosure), ..Conditions::default() });
}
