//! What is asked and answered under rules, and what is recorded of them.

use std::time::{Duration, Instant};

use symbolon_cli::{
    asking::Reason,
    rows::Row,
    scenario::{agree, dataset, simple_terms},
    standing,
};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{
    Actor, Conditions,
    rules::{CheckMode, Facts, RuleSet},
};
use symbolon_store::LogRecord;
use symbolon_tests::{
    World,
    world::{DATASET, outcomes, reason},
};
use time::OffsetDateTime;

use super::{
    LISTED, UNLISTED, asked, complete_investigation, forbidden_by, investigation, is_about_checks,
    json, log_of, path, ships, starter_files, with_tables,
};

#[tokio::test]
async fn what_an_own_rule_forbids_is_not_sent_and_is_recorded_with_the_rule() {
    let world = World::new(&ships()).await;
    let before = log_of(&world.owner).await.iter().filter(|one| is_about_checks(one)).count();
    let report = world.try_ask(&investigation(), &[LISTED]).await.unwrap();
    forbidden_by(&report, "names the offence", "Article 33(2)");
    assert!(report.answers[0].sentence.contains("R07-egress"), "{}", report.answers[0].sentence);
    let after = log_of(&world.owner).await.iter().filter(|one| is_about_checks(one)).count();
    assert_eq!(before, after, "the owner has heard of it");

    let report = world.try_ask(&complete_investigation(), &[LISTED]).await.unwrap();
    assert_eq!(outcomes(&report), ["hit"]);
    // No case is named: the program lets rules say so.
    let nameless = Reason { case_reference: String::new(), ..reason() };
    let report = world.try_ask(&nameless, &[LISTED]).await.unwrap();
    forbidden_by(&report, "individual case", "Article");

    let all = asked(&world.requester).await;
    let [forbidden, permitted, nameless] = all.as_slice() else { panic!("{}", all.len()) };
    assert!(!forbidden[0].ruling.permitted && permitted[0].ruling.permitted);
    let starter = RuleSet::starter().unwrap();
    assert_eq!(forbidden[0].rules, starter.hash);
    let Facts::Egress(facts) = &permitted[0].facts else { panic!() };
    assert_eq!((facts.partner.as_str(), facts.agreement.as_str()), ("OWN", "req-own"));
    assert_eq!((facts.elements.total(), facts.elements_today), (1, 0));
    let Facts::Egress(facts) = &nameless[0].facts else { panic!() };
    // What was forbidden counts for nothing, what was asked does.
    assert_eq!((facts.case_reference_present, facts.elements_today), (false, 1));
}

#[tokio::test]
async fn the_log_grows_by_one_entry_for_a_check_whatever_is_decided_or_found() {
    let world = World::new(&ships()).await;
    let mut sizes = vec![log_of(&world.requester).await.len()];
    for (why, item) in [(reason(), LISTED), (reason(), UNLISTED), (investigation(), LISTED)] {
        world.try_ask(&why, &[item]).await.unwrap();
        sizes.push(log_of(&world.requester).await.len());
    }
    let again = Reason { check_id: Some([9; 16]), ..reason() };
    for _ in 0..2 {
        assert_eq!(outcomes(&world.try_ask(&again, &[LISTED]).await.unwrap()), ["hit"]);
        sizes.push(log_of(&world.requester).await.len());
    }
    let growth: Vec<_> = sizes.windows(2).map(|two| two[1] - two[0]).collect();
    assert_eq!(growth, [1; 5]);
    // A repetition is decided on what was asked beside it.
    let last = log_of(&world.requester).await.pop().unwrap();
    let LogRecord::CheckAskedAgain { decisions, .. } = last else { panic!("{last:?}") };
    let Facts::Egress(facts) = &decisions[0].facts else { panic!() };
    assert_eq!(facts.elements_today, 2);
}

#[tokio::test]
async fn one_agreement_that_rules_rule_out_does_not_keep_others_from_being_asked() {
    let mut world = World::founded(&ships(), |_| {}).await;
    let parties = [&world.requester, &world.owner];
    let offered = dataset(DATASET, &world.owner.code, "Again", &[IdentifierType::Imo], 10);
    let mut strict = simple_terms("strict", "Strict", &parties, vec![offered]).unwrap();
    strict.conditions = Some(Conditions { offence_class_required: true, ..Conditions::default() });
    agree(&strict, &parties).await.unwrap();
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    let report = world.ask(&[LISTED]).await;
    let mut found = outcomes(&report);
    found.sort_unstable();
    assert_eq!(found, ["hit", "not_permitted"]);
    let decisions = asked(&world.requester).await.pop().unwrap();
    let permitted = |agreement: &str| {
        let of = decisions.iter().find(|one| match &one.facts {
            Facts::Egress(facts) => facts.agreement == agreement,
            _ => false,
        });
        of.unwrap().ruling.permitted
    };
    assert!(permitted("req-own") && !permitted("strict"));
    let named = Reason { offence_class: "smuggling".to_owned(), ..reason() };
    let report = world.try_ask(&named, &[LISTED]).await.unwrap();
    assert_eq!(outcomes(&report), ["hit", "hit"]);
}

#[tokio::test]
async fn an_owners_rules_hold_within_a_second_and_the_requester_hears_the_sentence() {
    let world = World::new(&ships()).await;
    assert_eq!(outcomes(&world.ask(&[LISTED]).await), ["hit"]);
    let rules = world.owner.adopt(&with_tables("[partners.REQ]\ndenied = true\n")).await.unwrap();
    let began = Instant::now();
    let report = loop {
        let report = world.ask(&[LISTED]).await;
        if outcomes(&report) != ["hit"] {
            break report;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{}", world.log("owner"));
    };
    // Within a second for what is released; the gate runs some ten times longer without optimisation.
    let most = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });
    assert!(began.elapsed() < most, "{:?}", began.elapsed());
    forbidden_by(&report, "What the owner has closed to a requester", "Article 19(2)");
    let log = log_of(&world.owner).await;
    let refused = log.iter().find_map(|record| match record {
        LogRecord::CheckRefused { reason, decision, .. } => Some((reason, decision)),
        _ => None,
    });
    let (reason, Some(decision)) = refused.unwrap() else { panic!() };
    assert_eq!((reason.as_str(), decision.rules), ("rule_forbids", rules));
    let Facts::Ingress(facts) = &decision.facts else { panic!() };
    assert!(facts.requester_denied && facts.elements_today >= 1);
    // What was answered before has its decision in the log, too.
    assert!(log.iter().any(|record| matches!(
        record,
        LogRecord::CheckAdmitted { decision: Some(one), .. } if one.ruling.permitted
    )));
    assert!(world.log("owner").contains("no rules have been adopted"));
    assert!(world.log("owner").contains(&rules.to_string()));
}

#[tokio::test]
async fn an_owner_takes_no_more_in_a_day_than_its_table_says() {
    let world = World::founded(&ships(), |_| {}).await;
    world.owner.adopt(&with_tables("[partners.REQ]\nanswered_a_day = 3\n")).await.unwrap();
    world.requester.adopt(&with_tables("[partners.OWN]\nasked_a_day = 4\n")).await.unwrap();
    let mut world = world;
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    let two = [LISTED, UNLISTED];
    assert_eq!(outcomes(&world.ask(&two).await), ["hit", "no_hit"]);
    // The own bureau would still let two be asked, the owner answers only one more.
    let report = world.ask(&two).await;
    forbidden_by(&report, "No more is answered to a requester in a day", "Articles 14 and 23");
    let report = world.ask(&[LISTED]).await;
    forbidden_by(&report, "No more is asked of a partner in a day", "Articles 14 and 23");
}

#[tokio::test]
async fn a_standing_check_is_decided_as_such() {
    let mut world = World::founded(&ships(), |terms| terms.standing_days = Some(30)).await;
    let tables = "[partners.OWN]\nrestrictions = [\"standing\"]\n";
    world.requester.adopt(&with_tables(tables)).await.unwrap();
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    assert_eq!(outcomes(&world.ask(&[LISTED]).await), ["hit"]);
    let row = Row {
        line: 2,
        record: "mine".to_owned(),
        identifier_type: "imo".to_owned(),
        value: LISTED.1.to_owned(),
        country: String::new(),
        change: String::new(),
    };
    let mut client = world.profile.connect().unwrap();
    let kept = standing::begin(&mut client, &reason(), vec![row]).await.unwrap();
    assert_eq!(kept.standing_id, "");
    let Facts::Egress(facts) = &asked(&world.requester).await.pop().unwrap()[0].facts else {
        panic!()
    };
    assert_eq!(facts.mode, CheckMode::Standing);
}

#[tokio::test]
async fn rules_that_cannot_be_read_deny_everything() {
    let mut world = World::founded(&ships(), |_| {}).await;
    // What is kept under the hash is not what has it.
    let sound = RuleSet::load(starter_files()).unwrap();
    let mut files = starter_files();
    files.retain(|(name, _)| name != "R01.toml");
    let store = world.requester.store().await.unwrap();
    let person = |name: &str| Actor { id: name.to_owned(), roles: [].into() };
    let now = OffsetDateTime::now_utc();
    store.propose_rules(&sound.hash, &files, &person("spiffe://a"), now).await.unwrap();
    store.approve_rules(&sound.hash, &person("spiffe://b"), now).await.unwrap();
    store.close().await;
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    let report = world.ask(&[LISTED]).await;
    let answer = &report.answers[0];
    assert_eq!((answer.outcome, answer.reason.as_str()), ("not_permitted", "rules_damaged"));
    assert!(world.log("requester").contains("everything is denied"));
    let shown =
        json(&["rules", "show", "--as", "officer", "--data", path(world.requester.folder.root())]);
    assert!(shown["damaged"].as_str().unwrap().contains("hashes to"), "{shown}");
    // The decision is in the log all the same, and sound rules cure it.
    let decisions = asked(&world.requester).await.pop().unwrap();
    assert!(!decisions[0].ruling.faults.is_empty());
    world.requester.adopt(&starter_files()).await.unwrap();
    let began = Instant::now();
    while outcomes(&world.ask(&[LISTED]).await) != ["hit"] {
        assert!(began.elapsed() < Duration::from_secs(30), "{}", world.log("requester"));
    }
}
