//! Nothing is asked or answered but what both sides have signed, now, for this purpose.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use symbolon_cli::{
    asking::Reason,
    scenario::{agree, dataset, simple_terms},
};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{AgreementTerms, Scope, SignedAgreement, WhoLearns};
use symbolon_tests::{
    Offer, World,
    raw::{self, Question},
    world::{DATASET, outcomes, reason},
};
use time::OffsetDateTime;

use crate::common::{
    LISTED, UNLISTED, about_ships, answers_requester, assert_goes_on, counted, failure_of, ships,
    symbolon, text, third_bureau,
};

#[tokio::test]
async fn an_agreement_that_is_not_signed_by_all_as_it_stands_is_not_installed() {
    let world = World::founded(&ships(10), |_| {}).await;
    let third = third_bureau(&world);
    let mut terms = world.agreement.terms().clone();
    terms.id = "req-own-2".parse().unwrap();
    let mut signed = SignedAgreement::draft(&terms).unwrap();
    let path = world.scratch().join("agreement.json");
    let data = text(world.owner.folder.root());
    let install = ["agreement", "install", "--data", data, text(&path)];
    let refused = |contents: &str| {
        fs::write(&path, contents).unwrap();
        failure_of(&install)
    };

    let (reason, sentence) = refused(&signed.to_json().unwrap());
    assert_eq!(reason, "agreement");
    assert!(sentence.contains("has not signed yet"), "{sentence}");
    world.owner.sign(&mut signed).unwrap();
    let (_, sentence) = refused(&signed.to_json().unwrap());
    assert!(sentence.starts_with("REQ has not signed yet"), "{sentence}");

    world.requester.sign(&mut signed).unwrap();
    let whole: Value = serde_json::from_str(&signed.to_json().unwrap()).unwrap();
    let altered = |change: &dyn Fn(&mut Value)| {
        let mut value = whole.clone();
        change(&mut value);
        refused(&value.to_string())
    };
    let in_terms: [&dyn Fn(&mut Value); 5] = [
        &|v| v["agreement"]["datasets"][0]["types"][0]["daily_quota"] = json!(1_000_000),
        &|v| v["agreement"]["purposes"] = json!(["border_check", "fishing"]),
        &|v| v["agreement"]["valid_until"] = json!("2099-01-01T00:00:00Z"),
        &|v| v["agreement"]["parties"][0]["endpoint"] = json!("https://203.0.113.1:7443"),
        &|v| v["agreement"]["title"] = json!("Another title"),
    ];
    for change in in_terms {
        let (reason, sentence) = altered(change);
        assert_eq!(reason, "agreement");
        assert!(sentence.contains("changed after signing"), "{sentence}");
    }
    let (_, sentence) = altered(&|v| v["signatures"][0]["key"] = v["signatures"][1]["key"].clone());
    assert!(sentence.contains("another legal key"), "{sentence}");
    let (_, sentence) = altered(&|v| v["agreement"]["surprise"] = json!(1));
    assert!(sentence.contains("surprise"), "{sentence}");
    for garbage in ["", "{", "\u{0}\u{1}", "[]", "{\"agreement\": 7, \"signatures\": []}"] {
        let (_, sentence) = refused(garbage);
        let says_so = sentence.contains("not an agreement") || sentence.contains("not well formed");
        assert!(says_so, "{garbage:?}: {sentence}");
    }
    fs::write(&path, whole.to_string()).unwrap();
    let (reason, sentence) =
        failure_of(&["agreement", "install", "--data", text(third.folder.root()), text(&path)]);
    assert_eq!((reason.as_str(), sentence.contains("THI is not a party")), ("not_a_party", true));

    // Nothing of it was installed; the one file that is whole can be.
    let store = world.owner.store().await.unwrap();
    assert_eq!(store.agreements().await.unwrap().len(), 1);
    store.close().await;
    assert_eq!(symbolon(&install).status.code(), Some(0));
}

#[tokio::test]
async fn terms_that_this_version_does_not_carry_out_can_be_neither_drafted_nor_signed() {
    let world = World::founded(&ships(10), |_| {}).await;
    let path = world.scratch().join("terms.json");
    for who in [WhoLearns::Mutual, WhoLearns::HolderFirst] {
        let mut terms = world.agreement.terms().clone();
        terms.datasets[0].who_learns = who;
        let error = SignedAgreement::draft(&terms).unwrap_err().to_string();
        assert!(error.contains("who_learns"), "{error}");
        fs::write(&path, serde_json::to_string(&terms).unwrap()).unwrap();
        let (reason, sentence) = failure_of(&["agreement", "show", text(&path)]);
        assert_eq!(reason, "agreement");
        assert!(sentence.contains("does not carry them out"), "{sentence}");
    }
    let changes: [(&str, fn(&mut AgreementTerms)); 6] = [
        ("valid_until", |terms| terms.valid_until = terms.valid_from),
        ("epoch_days", |terms| terms.epoch_days = 0),
        ("parties", |terms| terms.parties.truncate(1)),
        ("datasets: owner", |terms| terms.datasets[0].owner = "THI".parse().unwrap()),
        ("daily_quota", |terms| terms.datasets[0].types[0].daily_quota = 0),
        ("parties: keys", |terms| terms.parties[1].keys = terms.parties[0].keys.clone()),
    ];
    for (field, change) in changes {
        let mut terms = world.agreement.terms().clone();
        change(&mut terms);
        fs::write(&path, serde_json::to_string(&terms).unwrap()).unwrap();
        let (_, sentence) = failure_of(&["agreement", "show", text(&path)]);
        assert!(sentence.contains(field), "{field}: {sentence}");
    }
}

#[tokio::test]
async fn a_question_outside_its_agreement_is_refused_with_the_reason_and_not_counted() {
    let mut world = World::founded(&ships(2), |_| {}).await;
    let now = OffsetDateTime::now_utc();
    let offered =
        || vec![dataset(DATASET, &world.owner.code, "Ownland list", &[IdentifierType::Imo], 2)];
    let parties = [&world.requester, &world.owner];
    let mut past = simple_terms("past", "Past", &parties, offered()).unwrap();
    past.valid_from = now - time::Duration::days(2);
    past.valid_until = now - time::Duration::seconds(1);
    let past = agree(&past, &parties).await.unwrap();
    let mut future = simple_terms("future", "Future", &parties, offered()).unwrap();
    future.valid_from = now + time::Duration::hours(1);
    let future = agree(&future, &parties).await.unwrap();
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;

    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let mut refused: Vec<(&str, Question)> = Vec::new();
    let mut add = |reason, change: &dyn Fn(&mut Question)| {
        let mut question = about_ships(&world, &[LISTED]);
        change(&mut question);
        refused.push((reason, question));
    };
    add("agreement_unknown", &|q| q.header.agreement = "no-such".parse().unwrap());
    add("agreement_differs", &|q| q.header.agreement_hash.0[0] ^= 1);
    add("agreement_differs", &|q| q.header.agreement = past.terms().id.clone());
    add("agreement_expired", &|q| {
        q.header.agreement = past.terms().id.clone();
        q.header.agreement_hash = past.hash();
    });
    add("agreement_not_yet_valid", &|q| {
        q.header.agreement = future.terms().id.clone();
        q.header.agreement_hash = future.hash();
    });
    add("purpose_not_agreed", &|q| q.header.purpose = "fishing".to_owned());
    add("scope_unknown", &|q| q.header.scopes[0].scope.0 = [7; 32]);
    let scope = |kind: IdentifierType, epoch| Scope {
        agreement: world.agreement.terms().id.clone(),
        agreement_hash: world.agreement.hash(),
        dataset: DATASET.to_owned(),
        identifier_type: kind,
        rules_version: kind.rules_version(),
        epoch,
    };
    // A type that is not offered, and the epoch after this one.
    add("scope_unknown", &|q| {
        q.header.scopes[0].scope = scope(IdentifierType::Email, 0).id();
    });
    add("scope_unknown", &|q| {
        q.header.scopes[0].scope = scope(IdentifierType::Imo, 1).id();
    });
    for (reason, question) in refused {
        let status = raw::send(&mut client, question.messages(&key)).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), reason, "{}", status.message());
        assert!(status.message().len() > 20, "{}", status.message());
    }
    for (agreement, reason) in [(&past, "agreement_expired"), (&future, "agreement_not_yet_valid")]
    {
        let status = raw::manifests(&mut client, &world.owner, agreement).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), reason);
    }

    // The same as an officer sees it.
    let fishing = Reason { purpose: "fishing".to_owned(), ..reason() };
    let report = world.try_ask(&fishing, &[("imo", LISTED, "")]).await.unwrap();
    assert_eq!(outcomes(&report), ["not_permitted"]);
    assert_eq!(report.answers[0].reason, "purpose_not_agreed");
    let report = world.ask(&[("email", "nobody@example.org", "")]).await;
    assert_eq!(outcomes(&report), ["not_permitted"]);
    let stranger = Reason { bureaus: vec!["STR".to_owned()], ..reason() };
    let report = world.try_ask(&stranger, &[("imo", LISTED, "")]).await.unwrap();
    assert_eq!(outcomes(&report), ["not_permitted"]);
    assert_eq!(report.answers[0].reason, "agreement_unknown");

    assert_eq!(counted(&world).await, 0);
    // The quota: two fit, and what does not fit takes nothing with it.
    assert_goes_on(&world).await;
    let report = world.ask(&[("imo", LISTED, "")]).await;
    assert_eq!(outcomes(&report), ["not_permitted"]);
    assert_eq!(report.answers[0].reason, "quota_exhausted");
    assert!(report.answers[0].sentence.contains("0 of 2"), "{}", report.answers[0].sentence);
    assert_eq!(counted(&world).await, 2);
}

#[tokio::test]
async fn what_does_not_fit_the_quota_is_refused_whole_and_what_fits_is_still_answered() {
    let offer = Offer {
        types: vec![IdentifierType::Imo, IdentifierType::Email],
        daily_quota: 3,
        ..Offer::default()
    };
    let world = World::new(&offer).await;
    assert_goes_on(&world).await;
    // One ship would fit, two do not; the e-mail address goes in the same check and is not counted.
    let mail = ("email", "nobody@example.org", "");
    let report = world.ask(&[("imo", LISTED, ""), ("imo", "9321483", ""), mail]).await;
    assert_eq!(outcomes(&report), ["not_permitted"; 3]);
    assert!(report.answers.iter().all(|answer| answer.reason == "quota_exhausted"));
    assert_eq!(counted(&world).await, 2);
    let report = world.ask(&[("imo", UNLISTED, ""), mail, ("email", "b@example.org", "")]).await;
    assert_eq!(outcomes(&report), ["no_hit"; 3]);
    assert_eq!(counted(&world).await, 5);
}

#[tokio::test]
async fn other_rules_or_an_agreement_out_of_force_never_give_a_no_hit() {
    let offer =
        Offer { types: vec![IdentifierType::Email, IdentifierType::Imo], ..Offer::default() };
    let mut world = World::founded(&offer, |terms| {
        // E-mail addresses under rules that this program does not run.
        terms.datasets[0].types[0].rules_version += 1;
    })
    .await;
    let third = third_bureau(&world);
    let mut expired = answers_requester(&world, &third).await.terms().clone();
    expired.valid_from -= time::Duration::days(9);
    expired.valid_until = OffsetDateTime::now_utc() - time::Duration::seconds(1);
    agree(&expired, &[&world.requester, &third]).await.unwrap();
    world.start_owner();
    world.start_requester();

    let of_owner = Reason { bureaus: vec!["OWN".to_owned()], ..reason() };
    let items = [("imo", LISTED, ""), ("email", "wanted@example.org", "")];
    let mut report = None;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        match world.try_ask(&of_owner, &items).await {
            Ok(one) if one.answers[0].outcome == "hit" => {
                report = Some(one);
                break;
            }
            Ok(one) => assert!(!outcomes(&one).contains(&"no_hit"), "{:?}", one.answers),
            Err(_) => {}
        }
    }
    let report = report.expect("the ship is found");
    assert_eq!(outcomes(&report), ["hit", "no_answer"]);
    assert_eq!(report.answers[1].reason, "rules_version_mismatch");
    assert!(report.answers[1].sentence.contains("version 2"), "{}", report.answers[1].sentence);

    // The owner says the same to whoever asks all the same.
    let key = raw::header_key(&world.requester);
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let question = Question::new(
        &world.agreement,
        &world.requester,
        &world.owner,
        IdentifierType::Email,
        &[("wanted@example.org", None)],
    );
    let status = raw::send(&mut client, question.messages(&key)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "rules_version_mismatch");

    let of_third = Reason { bureaus: vec!["THI".to_owned()], ..reason() };
    let report = world.try_ask(&of_third, &[("imo", LISTED, "")]).await.unwrap();
    assert_eq!(outcomes(&report), ["not_permitted"]);
    assert_eq!(report.answers[0].reason, "agreement_expired");
}

#[tokio::test]
async fn a_type_that_is_not_offered_is_said_to_be_that() {
    let world = World::new(&ships(10)).await;
    let report = world.ask(&[("email", "nobody@example.org", "")]).await;
    assert_eq!(outcomes(&report), ["not_permitted"]);
    assert_eq!(report.answers[0].reason, "type_not_agreed");
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn a_type_that_is_not_offered_is_said_to_be_that_also_beside_an_expired_agreement() {
    let world = World::new(&ships(10)).await;
    let parties = [&world.requester, &world.owner];
    let mut past = world.agreement.terms().clone();
    past.id = "past".parse().unwrap();
    past.valid_from -= time::Duration::days(9);
    past.valid_until = OffsetDateTime::now_utc() - time::Duration::seconds(1);
    agree(&past, &parties).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let report = world.ask(&[("email", "nobody@example.org", "")]).await;
    assert_eq!(outcomes(&report), ["not_permitted"]);
    assert_eq!(report.answers[0].reason, "type_not_agreed");
}

#[tokio::test]
async fn purposes_are_named_of_an_agreement_that_offers_the_type_and_of_no_other() {
    let world = World::new(&ships(10)).await;
    let parties = [&world.requester, &world.owner];
    let people = dataset("people", &world.owner.code, "People", &[IdentifierType::Email], 10);
    let mut terms = simple_terms("zzz", "People", &parties, vec![people]).unwrap();
    terms.purposes = vec!["missing_person".to_owned()];
    agree(&terms, &parties).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let asked_for = async |purpose: &str, item| {
        let why = Reason { purpose: purpose.to_owned(), ..reason() };
        let report = world.try_ask(&why, &[item]).await.unwrap();
        assert_eq!(outcomes(&report), ["not_permitted"]);
        assert_eq!(report.answers[0].reason, "purpose_not_agreed");
        report.answers[0].sentence.clone()
    };
    let sentence = asked_for("no_purpose_of_any", ("imo", LISTED, "")).await;
    assert!(sentence.contains("req-own") && !sentence.contains("zzz"), "{sentence}");
    let sentence = asked_for(&reason().purpose, ("email", "nobody@example.org", "")).await;
    assert!(sentence.contains("zzz") && !sentence.contains("req-own"), "{sentence}");
}

#[tokio::test]
async fn an_agreement_with_a_field_that_stands_twice_is_refused() {
    let world = World::founded(&ships(10), |_| {}).await;
    let mut terms = world.agreement.terms().clone();
    terms.id = "req-own-2".parse().unwrap();
    let mut signed = SignedAgreement::draft(&terms).unwrap();
    world.owner.sign(&mut signed).unwrap();
    world.requester.sign(&mut signed).unwrap();
    let path = world.scratch().join("agreement.json");
    let twice = signed.to_json().unwrap().replacen(
        "\"epoch_days\":",
        "\"epoch_days\": 7, \"epoch_days\":",
        1,
    );
    fs::write(&path, twice).unwrap();
    let data = text(world.owner.folder.root());
    let (reason, _) = failure_of(&["agreement", "install", "--data", data, text(&path)]);
    assert_eq!(reason, "agreement");
}
