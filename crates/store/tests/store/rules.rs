//! Rules come into force by two people, and what they decide on is exact.

use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Actor,
    rules::{Adequacy, ElementCounts, Facts, LoggedDecision, Role, RulesHash},
};
use symbolon_store::{
    ActError, AskedHeader, DecidedHeader, Direction, InForce, LogRecord, NewCheck, NotAdmitted,
    PartnerCounts, Store,
};
use time::{Duration, OffsetDateTime};
use tokio::task::JoinSet;

use crate::fixture::{
    Asked, Home, NOW, agreement_id, check_id, code, document, question, records, share, used,
};

const VIN: IdentifierType = IdentifierType::Vin;
const RULES: RulesHash = RulesHash([7; 32]);
const OTHERS: RulesHash = RulesHash([8; 32]);

fn person(name: &str) -> Actor {
    Actor { id: format!("spiffe://deu.example/{name}"), roles: [Role::Legal].into() }
}

fn files(text: &str) -> Vec<(String, String)> {
    vec![("pack.toml".to_owned(), text.to_owned()), ("R01.toml".to_owned(), "a rule".to_owned())]
}

async fn adopt(store: &Store, rules: &RulesHash) {
    store.propose_rules(rules, &files("x"), &person("a"), NOW).await.unwrap();
    store.approve_rules(rules, &person("b"), NOW).await.unwrap();
}

#[tokio::test]
async fn rules_are_in_force_once_another_person_has_approved_them() {
    let mut home = Home::new().await;
    assert_eq!(home.store.adoptions_count().await.unwrap(), 0);
    home.store.propose_rules(&RULES, &files("x"), &person("a"), NOW).await.unwrap();
    assert_eq!(home.store.adoptions_count().await.unwrap(), 0);
    let [waiting] = home.store.proposed_rules().await.unwrap().try_into().unwrap();
    assert_eq!((waiting.rules, waiting.proposed_by), (RULES, person("a").id));

    let later = NOW + Duration::hours(1);
    let adoption = home.store.approve_rules(&RULES, &person("b"), later).await.unwrap();
    assert_eq!((adoption.number, adoption.rules, adoption.at), (1, RULES, later));
    assert_eq!(
        (adoption.proposed_by.as_str(), adoption.approved_by.as_str()),
        ("spiffe://deu.example/a", "spiffe://deu.example/b")
    );
    assert!(home.store.proposed_rules().await.unwrap().is_empty());
    home.reopen().await;
    assert_eq!(home.store.adoptions_count().await.unwrap(), 1);
    assert_eq!(home.store.adoptions().await.unwrap(), std::slice::from_ref(&adoption));
    let mut kept = home.store.rule_files(&RULES).await.unwrap();
    kept.reverse();
    assert_eq!(kept, files("x"));
    assert_eq!(home.store.adoption_in_force().await.unwrap(), InForce::Adopted(adoption));
    let log = records(&home.store).await;
    assert!(matches!(
        log.as_slice(),
        [
            LogRecord::ActProposed { .. },
            LogRecord::ActApproved { .. },
            LogRecord::RulesAdopted { rules: RULES, .. }
        ]
    ));
}

#[tokio::test]
async fn one_person_alone_puts_nothing_in_force() {
    let home = Home::new().await;
    let approve = |rules: RulesHash, name: &'static str| {
        let store = home.store.clone();
        async move { store.approve_rules(&rules, &person(name), NOW).await.unwrap_err() }
    };
    assert!(matches!(approve(RULES, "a").await, ActError::NotProposed));
    home.store.propose_rules(&RULES, &files("x"), &person("a"), NOW).await.unwrap();
    assert!(matches!(approve(RULES, "a").await, ActError::SamePerson { .. }));
    assert!(matches!(approve(OTHERS, "b").await, ActError::NotProposed));
    assert_eq!(home.store.adoptions_count().await.unwrap(), 0);

    // What two people agreed on once does not let one of them go back to it later.
    adopt(&home.store, &RULES).await;
    adopt(&home.store, &OTHERS).await;
    for name in ["a", "b", "c"] {
        assert!(matches!(approve(RULES, name).await, ActError::NotProposed));
    }
    assert_eq!(home.store.adoptions().await.unwrap().pop().unwrap().rules, OTHERS);
}

#[tokio::test]
async fn an_adoption_that_the_log_does_not_know_is_found_out() {
    let home = Home::new().await;
    adopt(&home.store, &RULES).await;
    adopt(&home.store, &OTHERS).await;
    sqlx::query("UPDATE rule_adoptions SET rules_hash = $1 WHERE number = 2")
        .bind(RULES.0.as_slice())
        .execute(&mut home.raw().await)
        .await
        .unwrap();
    let forged = home.store.adoptions().await.unwrap().pop().unwrap();
    assert_eq!(forged.rules, RULES);
    assert_eq!(
        home.store.adoption_in_force().await.unwrap(),
        InForce::Contradicted { rules: RULES, adoption: Some(forged) }
    );
    // Adopting sound ones cures it.
    adopt(&home.store, &OTHERS).await;
    let in_force = home.store.adoption_in_force().await.unwrap();
    assert!(matches!(in_force, InForce::Adopted(one) if one.rules == OTHERS));
}

#[tokio::test]
async fn taking_adoptions_away_puts_no_earlier_rules_in_force_and_not_the_starter_pack() {
    let home = Home::new().await;
    let run = async |statement: &'static str| {
        sqlx::query(statement).execute(&mut home.raw().await).await.unwrap();
    };
    assert_eq!(home.store.adoption_in_force().await.unwrap(), InForce::Nothing);
    adopt(&home.store, &RULES).await;
    adopt(&home.store, &OTHERS).await;
    run("DELETE FROM rule_adoptions WHERE number = 2").await;
    let in_force = home.store.adoption_in_force().await.unwrap();
    assert!(matches!(
        in_force,
        InForce::Contradicted { rules: RULES, adoption: Some(one) } if one.number == 1
    ));
    run("DELETE FROM rule_adoptions").await;
    let in_force = home.store.adoption_in_force().await.unwrap();
    assert_eq!(in_force, InForce::Contradicted { rules: OTHERS, adoption: None });
    // Not even with the records that say so.
    run("UPDATE log_entries SET salt = NULL, record = NULL").await;
    let in_force = home.store.adoption_in_force().await.unwrap();
    assert!(matches!(in_force, InForce::Contradicted { adoption: None, .. }));
}

/// Records a check of one partner, deciding on what was seen and again where that has changed: at most
/// `limit` elements a day.
async fn ask(
    store: &Store,
    number: u64,
    elements: u64,
    limit: u64,
    at: OffsetDateTime,
) -> Vec<LoggedDecision> {
    let owner = code("FRA");
    let counts = store.partner_counts(&owner, Direction::Asked, at).await.unwrap();
    let decide = |counts: PartnerCounts| {
        question(counts.today + elements <= limit, elements, Adequacy::Derogation)
    };
    let (decision, header) = (decide(counts), document("header"));
    let header = AskedHeader { owner, agreement: agreement_id(), header };
    let (mut permitted, mut forbidden) = (Vec::new(), Vec::new());
    if decision.ruling.permitted {
        permitted.push(DecidedHeader { header, shares: Vec::new(), counts, decision });
    } else {
        forbidden.push(decision);
    }
    let check = NewCheck {
        check: check_id(number),
        opening: b"x",
        permitted,
        forbidden,
        approved: None,
        watched: None,
        at,
    };
    store.record_asked(check, |_, now| decide(now.counts)).await.unwrap()
}

#[tokio::test]
async fn a_limit_holds_exactly_however_many_ask_at_once() {
    let home = Home::new().await;
    let mut asking = JoinSet::new();
    for number in 0..24 {
        let store = home.store.clone();
        asking.spawn(async move { ask(&store, number, 2, 20, NOW).await });
    }
    let decisions: Vec<_> = asking.join_all().await.into_iter().flatten().collect();
    assert_eq!(decisions.iter().filter(|one| one.ruling.permitted).count(), 10);
    let counts = home.store.partner_counts(&code("FRA"), Direction::Asked, NOW).await.unwrap();
    assert_eq!(counts, PartnerCounts { today: 20, window: 20, derogation: 20 });
    // One entry for each check, whatever was decided; and only what is permitted has a header.
    let log = records(&home.store).await;
    assert_eq!(log.len(), 24);
    assert!(log.iter().all(|record| matches!(
        record,
        LogRecord::CheckAsked { decisions, headers: Some(_), .. } if decisions.len() == 1
    )));
    let mut headers = 0;
    for number in 0..24 {
        headers += home.store.asked(&check_id(number)).await.unwrap().unwrap().headers.len();
    }
    assert_eq!(headers, 10);
}

#[tokio::test]
async fn counts_reach_back_thirty_days_and_no_further() {
    let home = Home::new().await;
    for (number, days) in [(1, 0), (2, 10), (3, 29)] {
        ask(&home.store, number, 5, 100, NOW + Duration::days(days)).await;
    }
    let at = |days| {
        let (store, at) = (home.store.clone(), NOW + Duration::days(days));
        async move { store.partner_counts(&code("FRA"), Direction::Asked, at).await.unwrap() }
    };
    assert_eq!(at(29).await, PartnerCounts { today: 5, window: 15, derogation: 15 });
    assert_eq!(at(30).await, PartnerCounts { today: 0, window: 10, derogation: 10 });
    assert_eq!(at(60).await, PartnerCounts::default());
    // The clock of a question decides, not what came later.
    assert_eq!(at(0).await, PartnerCounts { today: 5, window: 5, derogation: 5 });
    let other = home.store.partner_counts(&code("ITA"), Direction::Asked, NOW).await.unwrap();
    assert_eq!(other, PartnerCounts::default());
}

#[tokio::test]
async fn a_check_that_a_rule_forbids_is_neither_counted_nor_admitted() {
    let home = Home::new().await;
    let asked = Asked::new(1, vec![share(VIN, 3, 10)]);
    let refused = asked.admit_if(&home.store, |_| asked.decision(false)).await.unwrap_err();
    let NotAdmitted::Forbidden(decision) = refused else { panic!("{refused}") };
    assert_eq!(*decision, asked.decision(false));
    assert_eq!(used(&home.store, VIN, NOW).await, 0);
    let counts = home.store.partner_counts(&code("FRA"), Direction::Answered, NOW).await.unwrap();
    assert_eq!(counts, PartnerCounts::default());
    assert!(records(&home.store).await.is_empty());
    // The same id may be used once it is allowed.
    asked.admit(&home.store).await.unwrap();
}

#[tokio::test]
async fn a_repeated_check_is_decided_again_on_what_was_asked_beside_it() {
    let home = Home::new().await;
    let first = Asked::new(1, vec![share(VIN, 3, 100)]);
    first.admit(&home.store).await.unwrap();
    Asked::new(2, vec![share(VIN, 4, 100)]).admit(&home.store).await.unwrap();
    let mut seen = Vec::new();
    let again = first.admit_if(&home.store, |counts| {
        seen.push(counts);
        first.decision(true)
    });
    assert!(again.await.unwrap().repeated);
    assert_eq!(seen, [PartnerCounts { today: 4, window: 4, derogation: 0 }]);
    // A rule that has come into force since then holds for repetitions, too.
    let refused = first.admit_if(&home.store, |_| first.decision(false)).await.unwrap_err();
    assert!(matches!(refused, NotAdmitted::Forbidden(_)));
}

#[tokio::test]
async fn a_repeated_check_takes_nothing_from_the_derogations_that_it_was_not_counted_under() {
    let home = Home::new().await;
    let under = |adequacy| {
        move |asked: &Asked| {
            let mut decision = asked.decision(true);
            if let Facts::Ingress(facts) = &mut decision.facts {
                facts.partner_adequacy = adequacy;
            }
            decision
        }
    };
    let (adequate, derogation) = (under(Adequacy::Adequate), under(Adequacy::Derogation));
    let plain = Asked::new(1, vec![share(VIN, 3, 100)]);
    plain.admit_if(&home.store, |_| adequate(&plain)).await.unwrap();
    let single = Asked::new(2, vec![share(VIN, 4, 100)]);
    single.admit_if(&home.store, |_| derogation(&single)).await.unwrap();
    // By now the partner is held to be under a derogation.
    let mut seen = Vec::new();
    for asked in [&plain, &single] {
        let again = asked.admit_if(&home.store, |counts| {
            seen.push(counts);
            derogation(asked)
        });
        assert!(again.await.unwrap().repeated);
    }
    let beside_plain = PartnerCounts { today: 4, window: 4, derogation: 4 };
    assert_eq!(seen, [beside_plain, PartnerCounts { today: 3, window: 3, derogation: 0 }]);
}

#[tokio::test]
async fn what_a_check_was_counted_by_is_known_when_it_is_asked_again() {
    let home = Home::new().await;
    ask(&home.store, 1, 5, 100, NOW).await;
    ask(&home.store, 2, 6, 5, NOW).await;
    let (at, counted) = home.store.counted_when_asked(&check_id(1)).await.unwrap().unwrap();
    assert_eq!(at, NOW);
    let counts = home.store.partner_counts(&code("FRA"), Direction::Asked, NOW).await.unwrap();
    assert_eq!(counts.without(&counted, at, NOW), PartnerCounts::default());
    // What was forbidden was not counted.
    let (_, counted) = home.store.counted_when_asked(&check_id(2)).await.unwrap().unwrap();
    assert_eq!(counted, []);
    assert_eq!(home.store.counted_when_asked(&check_id(3)).await.unwrap(), None);
}

#[tokio::test]
async fn entries_of_a_check_are_found_in_the_log() {
    let home = Home::new().await;
    ask(&home.store, 1, 1, 10, NOW).await;
    ask(&home.store, 2, 1, 10, NOW).await;
    Asked::new(1, vec![share(VIN, 3, 10)]).admit(&home.store).await.unwrap();
    let found = home.store.log_entries_about(&check_id(1)).await.unwrap();
    assert_eq!(found.iter().map(|entry| entry.index).collect::<Vec<_>>(), [0, 2]);
    assert!(home.store.log_entries_about(&check_id(3)).await.unwrap().is_empty());
    let Some(LogRecord::CheckAsked { decisions, .. }) = &found[0].record else { panic!() };
    let Facts::Egress(facts) = &decisions[0].facts else { panic!() };
    assert_eq!(facts.elements, ElementCounts::of(VIN, 1));
}
