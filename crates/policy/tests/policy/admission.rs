use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Agreement, AgreementHash, BureauCode, Question, Reason, Refusal, Scope, ScopeId, ScopeShare,
    admit, may_ask, may_keep, same_rules,
};
use time::{Duration, OffsetDateTime, macros::datetime};

use crate::fixture::{FROM, NOW, UNTIL, agreement, bureau, code, sign_all, signed_by, terms};

/// A question of FRA to DEU that is in order, to be spoiled by tests.
struct Asked {
    requester: BureauCode,
    owner: BureauCode,
    agreement_hash: AgreementHash,
    purpose: &'static str,
    scopes: Vec<(ScopeId, u64)>,
}

impl Asked {
    fn under(agreement: &Agreement) -> Self {
        Self {
            requester: code("FRA"),
            owner: code("DEU"),
            agreement_hash: agreement.hash(),
            purpose: "border_control",
            scopes: vec![(scope(agreement, "DEU", 0).id(), 3)],
        }
    }

    fn put(&self, agreement: &Agreement, now: OffsetDateTime) -> Result<Vec<ScopeShare>, Refusal> {
        let question = Question {
            requester: &self.requester,
            owner: &self.owner,
            agreement_hash: self.agreement_hash,
            purpose: self.purpose,
            scopes: &self.scopes,
        };
        admit(agreement, &question, now)
    }
}

/// The scope of the first type of an owner's dataset in the test agreement.
fn scope(agreement: &Agreement, owner: &str, epoch: u32) -> Scope {
    let dataset = format!("{}-list", owner.to_lowercase());
    let types = agreement.terms().datasets.iter().find(|d| d.id == dataset).unwrap();
    Scope {
        agreement: agreement.terms().id.clone(),
        agreement_hash: agreement.hash(),
        dataset,
        identifier_type: types.types[0].identifier_type,
        rules_version: types.types[0].rules_version,
        epoch,
    }
}

#[track_caller]
fn refused(verdict: Result<Vec<ScopeShare>, Refusal>, reason: Reason) -> Refusal {
    let refusal = verdict.unwrap_err();
    assert_eq!(refusal.reason, reason, "{refusal}");
    assert!(!refusal.sentence.is_empty());
    refusal
}

#[test]
fn a_question_in_order_is_admitted_with_its_shares_in_the_order_asked() {
    let agreement = agreement();
    let deu = code("DEU");
    let mut offered: Vec<_> =
        agreement.scopes_of(&deu, NOW).map(|(scope, _, offered)| (scope, offered)).collect();
    assert_eq!(offered.len(), 2);
    offered.reverse();
    let mut asked = Asked::under(&agreement);
    asked.scopes = (5..).zip(&offered).map(|(n, (scope, _))| (scope.id(), n)).collect();
    let shares = asked.put(&agreement, NOW).unwrap();
    let expected: Vec<_> = (5..)
        .zip(offered)
        .map(|(elements, (scope, offered))| ScopeShare {
            id: scope.id(),
            scope,
            elements,
            daily_quota: offered.daily_quota,
            epoch_budget: offered.epoch_budget_of_a_party(30),
            shared_budget: None,
            epoch_ends: agreement.terms().epoch_end(0),
        })
        .collect();
    assert_eq!(shares, expected);
}

#[test]
fn quotas_are_not_decided_here() {
    let agreement = agreement();
    let mut asked = Asked::under(&agreement);
    asked.scopes[0].1 = u64::MAX;
    assert_eq!(asked.put(&agreement, NOW).unwrap()[0].elements, u64::MAX);
}

#[test]
fn another_text_of_the_agreement_is_refused() {
    let agreement = agreement();
    let mut asked = Asked::under(&agreement);
    asked.agreement_hash.0[31] ^= 1;
    let refusal = refused(asked.put(&agreement, NOW), Reason::AgreementDiffers);
    assert!(refusal.sentence.contains("test-2026"));
}

#[test]
fn a_requester_or_owner_who_is_no_party_is_refused_by_name() {
    let agreement = agreement();
    let stranger = Asked { requester: code("ESP"), ..Asked::under(&agreement) };
    let refusal = refused(stranger.put(&agreement, NOW), Reason::NotAParty);
    assert!(refusal.sentence.contains("ESP"));
    let elsewhere = Asked { owner: code("ITA"), ..Asked::under(&agreement) };
    let refusal = refused(elsewhere.put(&agreement, NOW), Reason::NotAParty);
    assert!(refusal.sentence.contains("ITA"));
}

#[test]
fn a_bureau_does_not_ask_itself() {
    let agreement = agreement();
    let asked = Asked { requester: code("DEU"), ..Asked::under(&agreement) };
    refused(asked.put(&agreement, NOW), Reason::NotAParty);
}

#[test]
fn before_the_first_moment_the_refusal_says_when_to_come_back() {
    let agreement = agreement();
    let asked = Asked::under(&agreement);
    let early = FROM - Duration::NANOSECOND;
    let refusal = refused(asked.put(&agreement, early), Reason::AgreementNotYetValid);
    assert_eq!(refusal.retry_at, Some(FROM));
    assert_eq!(agreement.in_force(early).unwrap_err(), refusal);
    asked.put(&agreement, FROM).unwrap();
    agreement.in_force(FROM).unwrap();
}

#[test]
fn after_the_last_moment_waiting_does_not_help() {
    let agreement = agreement();
    let last = UNTIL - Duration::NANOSECOND;
    let epoch = agreement.terms().epoch_at(last).unwrap();
    let mut asked = Asked::under(&agreement);
    asked.scopes[0].0 = scope(&agreement, "DEU", epoch).id();
    asked.put(&agreement, last).unwrap();
    agreement.in_force(last).unwrap();
    let refusal = refused(asked.put(&agreement, UNTIL), Reason::AgreementExpired);
    assert_eq!(refusal.retry_at, None);
    assert_eq!(agreement.in_force(UNTIL).unwrap_err(), refusal);
}

#[test]
fn a_purpose_that_was_not_agreed_is_refused_and_the_agreed_ones_are_named() {
    let agreement = agreement();
    for purpose in ["", "tax", "Border_control", "border_control ", "border"] {
        let asked = Asked { purpose, ..Asked::under(&agreement) };
        let refusal = refused(asked.put(&agreement, NOW), Reason::PurposeNotAgreed);
        assert!(refusal.sentence.contains("criminal_investigation, border_control"), "{refusal}");
    }
}

#[test]
fn a_scope_that_is_not_offered_is_refused() {
    let agreement = agreement();
    let offered = scope(&agreement, "DEU", 0);
    let unknown = [
        Scope { agreement: "test-2027".parse().unwrap(), ..offered.clone() },
        Scope { dataset: "deu-lists".to_owned(), ..offered.clone() },
        Scope { identifier_type: IdentifierType::Iban, ..offered.clone() },
        Scope { rules_version: offered.rules_version + 1, ..offered.clone() },
        Scope { epoch: 1, ..offered.clone() },
        // One's own, where the other was asked.
        scope(&agreement, "FRA", 0),
    ];
    for scope in unknown {
        let mut asked = Asked::under(&agreement);
        asked.scopes.push((scope.id(), 1));
        refused(asked.put(&agreement, NOW), Reason::ScopeUnknown);
    }
    let mut asked = Asked::under(&agreement);
    asked.scopes[0].0.0[0] ^= 1;
    refused(asked.put(&agreement, NOW), Reason::ScopeUnknown);
}

#[test]
fn a_type_agreed_in_another_version_of_its_rules_is_refused_with_both_versions() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let mut terms = terms(&[&fra.party, &deu.party]);
    let ours = IdentifierType::TravelDocument.rules_version();
    terms.datasets[1].types[0].rules_version = ours + 1;
    let agreement = sign_all(&terms, &[&fra, &deu]).verify().unwrap();
    let refusal =
        refused(Asked::under(&agreement).put(&agreement, NOW), Reason::RulesVersionMismatch);
    assert!(refusal.sentence.contains(&format!("version {}", ours + 1)), "{refusal}");
    assert!(refusal.sentence.contains(&ours.to_string()), "{refusal}");
    // The types beside it are still answered.
    let deu = code("DEU");
    let (vin, ..) = agreement
        .scopes_of(&deu, NOW)
        .find(|(scope, ..)| scope.identifier_type == IdentifierType::Vin)
        .unwrap();
    let mut asked = Asked::under(&agreement);
    asked.scopes = vec![(vin.id(), 1)];
    asked.put(&agreement, NOW).unwrap();
}

#[test]
fn same_rules_holds_for_this_programs_version_only() {
    for kind in IdentifierType::ALL {
        same_rules(*kind, kind.rules_version()).unwrap();
        let refusal = same_rules(*kind, kind.rules_version() + 1).unwrap_err();
        assert_eq!(refusal.reason, Reason::RulesVersionMismatch);
    }
}

#[test]
fn epochs_roll_over_to_the_moment() {
    let agreement = agreement();
    let terms = agreement.terms();
    let turn = FROM + Duration::days(30);
    assert_eq!(terms.epoch_at(FROM - Duration::NANOSECOND), None);
    assert_eq!(terms.epoch_at(FROM), Some(0));
    assert_eq!(terms.epoch_at(turn - Duration::NANOSECOND), Some(0));
    assert_eq!(terms.epoch_at(turn), Some(1));
    assert_eq!(terms.epoch_at(UNTIL - Duration::NANOSECOND), Some(12));
    assert_eq!(terms.epoch_at(UNTIL), None);
    assert_eq!(terms.epoch_end(0), turn);
    // The last is cut short, and none ends after the agreement.
    assert_eq!(terms.epoch_end(12), UNTIL);
    assert_eq!(terms.epoch_end(u32::MAX), UNTIL);

    let old = Asked::under(&agreement);
    old.put(&agreement, turn - Duration::NANOSECOND).unwrap();
    refused(old.put(&agreement, turn), Reason::ScopeUnknown);
    let mut new = Asked::under(&agreement);
    new.scopes[0].0 = scope(&agreement, "DEU", 1).id();
    refused(new.put(&agreement, turn - Duration::NANOSECOND), Reason::ScopeUnknown);
    new.put(&agreement, turn).unwrap();
}

#[test]
fn epochs_do_not_depend_on_the_offset_in_which_a_time_is_written() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let mut terms = terms(&[&fra.party, &deu.party]);
    terms.valid_from = datetime!(2026-01-01 00:00 +14);
    terms.epoch_days = 1;
    let agreement = sign_all(&terms, &[&fra, &deu]).verify().unwrap();
    let first = datetime!(2025-12-31 10:00 UTC);
    assert_eq!(agreement.terms().epoch_at(first), Some(0));
    assert_eq!(agreement.terms().epoch_at(first - Duration::NANOSECOND), None);
    assert_eq!(agreement.terms().epoch_at(first + Duration::DAY), Some(1));
}

#[test]
fn outside_its_validity_an_agreement_offers_no_scope() {
    let agreement = agreement();
    let deu = code("DEU");
    assert_eq!(agreement.scopes_of(&deu, NOW).count(), 2);
    assert_eq!(agreement.scopes_of(&deu, FROM - Duration::NANOSECOND).count(), 0);
    assert_eq!(agreement.scopes_of(&deu, UNTIL).count(), 0);
    assert_eq!(agreement.scopes_of(&code("ESP"), NOW).count(), 0);
}

#[test]
fn scope_ids_differ_when_any_field_does() {
    let one = scope(&agreement(), "DEU", 0);
    let others = [
        Scope { agreement: "test-2027".parse().unwrap(), ..one.clone() },
        Scope { dataset: "deu-lisu".to_owned(), ..one.clone() },
        Scope { identifier_type: IdentifierType::Vin, ..one.clone() },
        Scope { rules_version: one.rules_version + 1, ..one.clone() },
        // Where the 16-bit and the 32-bit number meet.
        Scope { rules_version: 0, epoch: 1, ..one.clone() },
        Scope { epoch: 1, ..one.clone() },
        Scope { epoch: 1 << 16, ..one.clone() },
    ];
    let mut seen = vec![one.id()];
    for other in others {
        assert!(!seen.contains(&other.id()), "{other:?}");
        seen.push(other.id());
    }
    assert_eq!(one.id(), one.clone().id());
}

#[test]
fn a_scope_id_is_what_the_protocol_says() {
    let scope = Scope {
        agreement: "fra-deu".parse().unwrap(),
        agreement_hash: AgreementHash([0x68; 32]),
        dataset: "stolen".to_owned(),
        identifier_type: IdentifierType::Vin,
        rules_version: 0x0102,
        epoch: 0x0304_0506,
    };
    let rest = b"\0\x07fra-deu\0\x06stolen\0\x03vin\x01\x02\x03\x04\x05\x06";
    let bytes = [b"Symbolon-v1-Scope\0".as_slice(), &[0x68; 32], rest].concat();
    let expected = ring::digest::digest(&ring::digest::SHA256, &bytes);
    assert_eq!(scope.id().0, expected.as_ref());
}

#[test]
fn may_ask_says_what_the_owner_would_say() {
    let agreement = agreement();
    may_ask(&agreement, "border_control", NOW).unwrap();
    let cases = [
        ("border_control", FROM - Duration::NANOSECOND, Reason::AgreementNotYetValid),
        ("border_control", UNTIL, Reason::AgreementExpired),
        ("tax", NOW, Reason::PurposeNotAgreed),
        // When both are wrong, the validity comes first on both sides.
        ("tax", UNTIL, Reason::AgreementExpired),
    ];
    for (purpose, now, reason) in cases {
        let ours = may_ask(&agreement, purpose, now).unwrap_err();
        let theirs = Asked { purpose, ..Asked::under(&agreement) }.put(&agreement, now);
        assert_eq!(ours.reason, reason);
        assert_eq!(ours, theirs.unwrap_err());
    }
}

#[test]
fn among_three_parties_each_answers_the_two_others_from_its_own_list() {
    let all = [bureau("FRA"), bureau("DEU"), bureau("ITA")];
    let agreement = signed_by(&[&all[0], &all[1], &all[2]]).verify().unwrap();
    for requester in ["FRA", "DEU", "ITA"] {
        for owner in ["FRA", "DEU", "ITA"] {
            for listed in ["FRA", "DEU", "ITA"] {
                let asked = Asked {
                    requester: code(requester),
                    owner: code(owner),
                    scopes: vec![(scope(&agreement, listed, 0).id(), 1)],
                    ..Asked::under(&agreement)
                };
                let verdict = asked.put(&agreement, NOW);
                if requester == owner {
                    refused(verdict, Reason::NotAParty);
                } else if owner == listed {
                    verdict.unwrap();
                } else {
                    refused(verdict, Reason::ScopeUnknown);
                }
            }
        }
    }
}

#[test]
fn tags_are_kept_as_long_as_was_agreed_and_never_beyond_the_epoch_or_at_all_without_a_word() {
    let agreed = |days| {
        let bureaus = [bureau("FRA"), bureau("DEU")];
        let mut terms = terms(&[&bureaus[0].party, &bureaus[1].party]);
        terms.standing_days = days;
        sign_all(&terms, &[&bureaus[0], &bureaus[1]]).verify().unwrap()
    };
    for silent in [agreed(None), agreed(Some(0))] {
        let refusal = may_keep(&silent, FROM).unwrap_err();
        assert_eq!(refusal.reason, Reason::StandingNotAgreed);
        assert!(refusal.sentence.contains("test-2026"));
    }
    let short = agreed(Some(3));
    assert_eq!(may_keep(&short, FROM), Ok(FROM + Duration::days(3)));
    let epoch_end = short.terms().epoch_end(0);
    assert_eq!(may_keep(&short, epoch_end - Duration::days(1)), Ok(epoch_end));
    assert_eq!(may_keep(&agreed(Some(366)), FROM), Ok(epoch_end));
    assert_eq!(may_keep(&short, UNTIL).unwrap_err().reason, Reason::AgreementExpired);
}
