use serde_json::{Value, json};
use symbolon_policy::{
    AgreementError, AgreementTerms, Conditions, Deadlines, DisclosureTerms, LabelTerms,
    OpenRequests, Reason, SignedAgreement,
    rules::{DisclosedField, RulePackHash},
};

use crate::fixture::{accept_value, bureau, code, hollow_keys, party, sign_all, terms};

fn sound() -> AgreementTerms {
    let mut terms = terms(&[&party("FRA", hollow_keys(1)), &party("DEU", hollow_keys(2))]);
    terms.conditions = Some(Conditions {
        offence_class_required: true,
        disclosure: Some(DisclosureTerms {
            deadline_minutes: Deadlines { routine: 4_320, urgent: 1_440, emergency: 60 },
            claim_days: 30,
            when_suspended: OpenRequests::Pause,
            when_revoked: OpenRequests::Refuse,
            retention_days: 1_096,
        }),
        retention_days: Some(1_096),
        rule_packs: [(code("FRA"), RulePackHash([7; 32]))].into(),
        pooled_budgets: Some(3),
    });
    let dataset = &mut terms.datasets[0];
    dataset.labels = Some(LabelTerms {
        bytes: 64,
        fields: [DisclosedField::CaseNumber, DisclosedField::ObjectStatus].into(),
    });
    dataset.types[0].epoch_budget = Some(1_000_000);
    terms
}

fn drafted(edit: impl FnOnce(&mut AgreementTerms)) -> Result<(), String> {
    let mut terms = sound();
    edit(&mut terms);
    match SignedAgreement::draft(&terms) {
        Ok(_) => Ok(()),
        Err(AgreementError::Invalid(invalid)) => {
            // What cannot be drafted cannot be read from a file either.
            let file = serde_json::to_vec(&terms).unwrap();
            assert!(SignedAgreement::from_json(&file).is_err());
            Err(invalid.field)
        }
        Err(other) => panic!("{other}"),
    }
}

fn disclosure(terms: &mut AgreementTerms) -> &mut DisclosureTerms {
    terms.conditions.as_mut().unwrap().disclosure.as_mut().unwrap()
}

/// Tries a value that is just allowed and those that are just not.
fn bounded<T: Copy>(
    field: &str,
    allowed: &[T],
    refused: &[T],
    place: impl Fn(&mut AgreementTerms) -> &mut T,
) {
    for value in allowed {
        assert_eq!(drafted(|terms| *place(terms) = *value), Ok(()), "{field}");
    }
    for value in refused {
        assert_eq!(drafted(|terms| *place(terms) = *value), Err(field.to_owned()));
    }
}

#[test]
fn the_conditions_that_the_other_tests_spoil_are_sound() {
    assert_eq!(drafted(|_| {}), Ok(()));
}

#[test]
fn days_minutes_bytes_and_budgets_keep_to_their_bounds() {
    let at = |name: &str| format!("conditions: disclosure: {name}");
    let deadline = |name: &str| at(&format!("deadline_minutes: {name}"));
    bounded(&deadline("routine"), &[1, 527_040], &[0, 527_041], |terms| {
        &mut disclosure(terms).deadline_minutes.routine
    });
    bounded(&deadline("urgent"), &[1, 527_040], &[0, 527_041], |terms| {
        &mut disclosure(terms).deadline_minutes.urgent
    });
    bounded(&deadline("emergency"), &[1, 527_040], &[0, 527_041], |terms| {
        &mut disclosure(terms).deadline_minutes.emergency
    });
    bounded(&at("claim_days"), &[0, 366], &[367], |terms| &mut disclosure(terms).claim_days);
    bounded(&at("retention_days"), &[1, 3_660], &[0, 3_661], |terms| {
        &mut disclosure(terms).retention_days
    });
    bounded(
        "conditions: retention_days",
        // No fewer than a hit can be followed by a request.
        &[Some(30), Some(3_660), None],
        &[Some(0), Some(29), Some(3_661)],
        |terms| &mut terms.conditions.as_mut().unwrap().retention_days,
    );
    bounded("dataset fra-list: labels: bytes", &[16, 256], &[0, 15, 257], |terms| {
        &mut terms.datasets[0].labels.as_mut().unwrap().bytes
    });
    bounded(
        "dataset fra-list: epoch_budget",
        &[Some(1), Some(1 << 53), None],
        &[Some(0), Some((1 << 53) + 1)],
        |terms| &mut terms.datasets[0].types[0].epoch_budget,
    );
}

#[test]
fn open_requests_continue_in_a_suspension_but_never_after_the_end() {
    let all = [OpenRequests::Continue, OpenRequests::Pause, OpenRequests::Refuse];
    for open in all {
        assert_eq!(drafted(|terms| disclosure(terms).when_suspended = open), Ok(()));
    }
    let ended = |open| drafted(|terms| disclosure(terms).when_revoked = open);
    assert_eq!(
        all.map(ended),
        [Err("conditions: disclosure: when_revoked".to_owned()), Ok(()), Ok(())]
    );
}

#[test]
fn a_label_shows_something_and_a_rule_pack_is_a_partys() {
    let emptied = drafted(|terms| terms.datasets[0].labels.as_mut().unwrap().fields.clear());
    assert_eq!(emptied, Err("dataset fra-list: labels: fields".to_owned()));
    // What names or describes a person is released by a decision, never with the hit itself.
    let mut shown = Vec::new();
    for field in DisclosedField::ALL.iter().copied() {
        let only = drafted(|terms| {
            terms.datasets[0].labels.as_mut().unwrap().fields = [field].into();
        });
        let beside = drafted(|terms| {
            terms.datasets[0].labels.as_mut().unwrap().fields.insert(field);
        });
        assert_eq!(only, beside);
        match only {
            Ok(()) => shown.push(field.as_str()),
            Err(place) => assert_eq!(place, "dataset fra-list: labels: fields"),
        }
    }
    shown.sort_unstable();
    let allowed = [
        "acquisition_date",
        "acquisition_offence",
        "authority",
        "case_number",
        "object_description",
        "object_status",
    ];
    assert_eq!(shown, allowed);
    let strange = drafted(|terms| {
        let packs = &mut terms.conditions.as_mut().unwrap().rule_packs;
        packs.insert(code("ESP"), RulePackHash([8; 32]));
    });
    assert_eq!(strange, Err("conditions: rule_packs".to_owned()));
}

#[test]
fn terms_that_say_nothing_of_conditions_labels_and_budgets_have_the_form_that_they_always_had() {
    let silent = terms(&[&party("FRA", hollow_keys(1)), &party("DEU", hollow_keys(2))]);
    let value: Value =
        serde_json::from_str(&SignedAgreement::draft(&silent).unwrap().to_json().unwrap()).unwrap();
    let agreement = &value["agreement"];
    assert!(agreement.get("conditions").is_none());
    assert!(agreement["datasets"][0].get("labels").is_none());
    assert!(agreement["datasets"][0]["types"][0].get("epoch_budget").is_none());
    let hash = |terms: &AgreementTerms| SignedAgreement::draft(terms).unwrap().hash().unwrap();
    let mut said = silent.clone();
    said.conditions = Some(Conditions::default());
    assert_ne!(hash(&said), hash(&silent), "what is said is signed");
}

#[test]
fn who_has_promised_a_rule_pack_decides_by_that_one_or_by_none() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let mut terms = sound();
    terms.parties = vec![fra.party.clone(), deu.party.clone()];
    let (promised, other) = (RulePackHash([7; 32]), RulePackHash([8; 32]));
    terms.conditions.as_mut().unwrap().rule_packs = [(code("FRA"), promised)].into();
    let agreement = sign_all(&terms, &[&fra, &deu]).verify().unwrap();
    assert_eq!(agreement.holds_promise(&code("FRA"), &promised), Ok(()));
    let refusal = agreement.holds_promise(&code("FRA"), &other).unwrap_err();
    assert_eq!(refusal.reason, Reason::RulesNotAsPromised);
    assert!(refusal.sentence.contains(&promised.to_string()), "{refusal}");
    // Who has promised nothing decides by what it will.
    assert_eq!(agreement.holds_promise(&code("DEU"), &other), Ok(()));
    terms.conditions = None;
    let silent = sign_all(&terms, &[&fra, &deu]).verify().unwrap();
    assert_eq!(silent.holds_promise(&code("FRA"), &other), Ok(()));
}

#[test]
fn no_condition_can_be_changed_after_signing() {
    let (fra, deu) = (bureau("FRA"), bureau("DEU"));
    let mut terms = sound();
    terms.parties = vec![fra.party.clone(), deu.party.clone()];
    let signed = sign_all(&terms, &[&fra, &deu]);
    let value: Value = serde_json::from_str(&signed.to_json().unwrap()).unwrap();
    accept_value(&value).unwrap();
    for (place, other) in [
        ("/agreement/conditions/offence_class_required", json!(false)),
        ("/agreement/conditions/retention_days", json!(3_000)),
        ("/agreement/conditions/disclosure/claim_days", json!(366)),
        ("/agreement/conditions/disclosure/when_revoked", json!("pause")),
        ("/agreement/conditions/disclosure/deadline_minutes/urgent", json!(527_040)),
        ("/agreement/conditions/rule_packs", json!({})),
        ("/agreement/datasets/0/labels/bytes", json!(256)),
        ("/agreement/datasets/0/types/0/epoch_budget", json!(9_000_000)),
    ] {
        let mut altered = value.clone();
        *altered.pointer_mut(place).unwrap() = other;
        assert!(matches!(accept_value(&altered), Err(AgreementError::Altered { .. })), "{place}");
    }
    let mut unknown = value.clone();
    unknown["agreement"]["conditions"]["surprise"] = json!(1);
    assert!(accept_value(&unknown).unwrap_err().to_string().contains("surprise"));
}
