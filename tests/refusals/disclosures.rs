//! A requester that asks for records that it has no hit on, or not this hit, or somebody else's: each is
//! refused in the same words, and the owner keeps what it was.

use std::{collections::BTreeSet, time::Duration};

use symbolon_cli::{asking::Reason, legal::LegalDesk};
use symbolon_client::{Compute, ElementEvidence, open_check};
use symbolon_exchange::{DisclosureDecision, DisclosureRequest, ElementOpening, HitConfirmation};
use symbolon_identifiers::{Identifier, IdentifierType, parse};
use symbolon_oprf::Blind;
use symbolon_policy::{
    Actor, AgreementTerms, BureauCode, CheckId, Conditions, Deadlines, DisclosureTerms,
    OpenRequests, RequestId, SigningKey,
    disclosure::RefusalGround,
    rules::{DisclosedField, Role, SubjectCategory, Urgency},
};
use symbolon_proto::{
    partner::v1::{
        DisclosureLetter, DisclosureStanding, ExchangeDisclosuresRequest,
        partner_service_client::PartnerServiceClient,
    },
    v1::SignedDocument,
};
use symbolon_store::{ActKind, DisclosureEvent};
use symbolon_tests::{
    World, raw,
    world::{outcomes, reason},
};
use time::OffsetDateTime;
use tonic::transport::Channel;
use zeroize::Zeroizing;

use crate::common::{
    LISTED, UNLISTED, assert_goes_on, failure_of, ships, symbolon_json, text, third_bureau,
};

fn with_disclosure(terms: &mut AgreementTerms) {
    let disclosure = DisclosureTerms {
        deadline_minutes: Deadlines { routine: 100, urgent: 50, emergency: 10 },
        claim_days: 30,
        when_suspended: OpenRequests::Refuse,
        when_revoked: OpenRequests::Refuse,
        retention_days: 365,
    };
    terms.conditions = Some(Conditions { disclosure: Some(disclosure), ..Conditions::default() });
}

/// All that an honest requester has of an element that it asked.
struct Asked {
    check: CheckId,
    evidence: ElementEvidence,
    claim: [u8; 16],
}

impl Asked {
    async fn of(world: &World, check: &str, position: u64) -> Self {
        let check = CheckId(hex::decode(check).unwrap().try_into().unwrap());
        let store = world.requester.store().await.unwrap();
        let opened = open_check(&store, &Compute::default(), check, Some(position)).await.unwrap();
        let evidence = opened.parties[0].evidence[0].clone();
        let place = usize::try_from(evidence.element.index).unwrap();
        let (owner, agreement) = (&world.owner.code, &world.agreement.terms().id);
        let claim = store.claim(&check, owner, agreement, 0, place).await.unwrap().unwrap();
        store.close().await;
        Self { check, evidence, claim: *claim }
    }

    /// An honest request, for a test to spoil.
    fn request(&self, world: &World, id: u8) -> DisclosureRequest {
        let now = OffsetDateTime::now_utc();
        let kind: IdentifierType = self.evidence.identifier_type.parse().unwrap();
        DisclosureRequest {
            request: RequestId([id; 16]),
            check: self.check,
            agreement: world.agreement.terms().id.clone(),
            agreement_hash: world.agreement.hash(),
            requester: world.requester.code.clone(),
            owner: world.owner.code.clone(),
            element: ElementOpening {
                proof: self.evidence.element.clone(),
                identifier: Identifier::from_canonical(kind, &self.evidence.canonical).unwrap(),
                blind: Blind::from_bytes(self.evidence.blind.as_slice().try_into().unwrap())
                    .unwrap(),
            },
            claim: Zeroizing::new(self.claim),
            receipt: self.evidence.receipt.as_ref().unwrap().to_document(),
            confirmation: Some(HitConfirmation {
                by: "officer 17".to_owned(),
                role: "desk officer".to_owned(),
                by_person: true,
                qualified: true,
                method: "by hand".to_owned(),
                at: now,
            }),
            facts: "in port".to_owned(),
            offence_class: "theft".to_owned(),
            purpose: "border_check".to_owned(),
            urgency: Urgency::Routine,
            subject_category: SubjectCategory::Object,
            fields: BTreeSet::from([DisclosedField::ObjectStatus]),
            recipient_authority: "Port police".to_owned(),
            use_in_court: false,
            onward_to: String::new(),
            assurances: BTreeSet::new(),
            emergency_reasons: String::new(),
            issued_at: now,
        }
    }
}

type Client = PartnerServiceClient<Channel>;

async fn send(client: &mut Client, agreement: &str, request: SignedDocument) -> DisclosureStanding {
    let letter = DisclosureLetter { request: Some(request), withdrawal: None };
    let message = ExchangeDisclosuresRequest {
        agreement_id: agreement.to_owned(),
        letters: vec![letter],
        padding: Vec::new(),
    };
    client.exchange_disclosures(message).await.unwrap().into_inner().standings.remove(0)
}

/// Sends a letter until the owner has examined it.
async fn settled(
    client: &mut Client,
    agreement: &str,
    signed: &SignedDocument,
) -> DisclosureStanding {
    // Nobody is told at once: the time of the first answer says nothing.
    assert_eq!(send(client, agreement, signed.clone()).await.state, "received");
    for _ in 0..100 {
        let standing = send(client, agreement, signed.clone()).await;
        if standing.state != "received" {
            return standing;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("never examined");
}

fn ground(standing: &DisclosureStanding, world: &World) -> (RefusalGround, String) {
    let signed = standing.decision.as_ref().unwrap();
    let decision = DisclosureDecision::verify(signed, &world.owner.card.keys.log).unwrap();
    let refusal = decision.outcome.err().unwrap();
    (refusal.ground, refusal.sentence)
}

/// Which step found a reason to refuse a request, as the owner alone knows it.
async fn found(world: &World, id: u8) -> Vec<String> {
    let store = world.owner.store().await.unwrap();
    let events = store.disclosure_events(0, 1_000).await.unwrap();
    store.close().await;
    let found = events.into_iter().filter_map(|entry| match entry.event {
        Some(DisclosureEvent::Refused { request, found, .. }) if request.0 == [id; 16] => {
            Some(found)
        }
        _ => None,
    });
    found.collect()
}

#[tokio::test]
async fn what_was_not_asked_so_is_refused_in_the_same_words_and_the_owner_knows_why() {
    let mut world = World::with_terms(&ships(100), with_disclosure).await;
    let report = world.ask(&[("imo", LISTED, ""), ("imo", UNLISTED, "")]).await;
    assert_eq!(outcomes(&report), ["hit", "no_hit"]);
    let other = world.ask(&[("imo", UNLISTED, "")]).await;
    world.requester_node.take().unwrap().stop().await.unwrap();
    let hit = Asked::of(&world, &report.check_id, 0).await;
    let no_hit = Asked::of(&world, &report.check_id, 1).await;
    let elsewhere = Asked::of(&world, &other.check_id, 0).await;
    let key = raw::header_key(&world.requester);
    let mut client = raw::connect(&world.owner, &raw::credentials(&world.requester)).await.unwrap();

    let other_receipt = elsewhere.request(&world, 0).receipt;
    type Spoil<'a> = Box<dyn Fn(&mut DisclosureRequest) + 'a>;
    let spoils: Vec<(&str, Spoil<'_>)> = vec![
        ("never_asked", Box::new(|one| one.check = CheckId([9; 16]))),
        ("receipt_does_not_hold", Box::new(|one| one.check = elsewhere.check)),
        ("receipt_does_not_hold", Box::new(|one| one.receipt = other_receipt.clone())),
        (
            "element_not_in_header",
            Box::new(|one| one.element.proof = elsewhere.evidence.element.clone()),
        ),
        ("element_not_in_header", Box::new(|one| one.element.proof.scope = 7)),
        ("element_not_in_header", Box::new(|one| one.element.proof.chunk = 1)),
        ("element_not_in_header", Box::new(|one| one.element.proof.block[3] ^= 1)),
        ("element_not_in_header", Box::new(|one| one.element.proof.path = vec![0; 32])),
        ("element_does_not_open", Box::new(|one| one.element.proof.index = 1)),
        (
            "element_does_not_open",
            Box::new(|one| one.element.blind = Blind::from_bytes(&[5; 32].map(|b| b & 7)).unwrap()),
        ),
        (
            "element_does_not_open",
            Box::new(|one| {
                one.element.identifier = parse(IdentifierType::Imo, UNLISTED, None).unwrap();
            }),
        ),
        ("claim_wrong", Box::new(|one| one.claim[15] ^= 1)),
        ("claim_wrong", Box::new(|one| one.claim = Zeroizing::new(no_hit.claim))),
    ];
    let mut words = BTreeSet::new();
    for (number, (expected, spoil)) in (1_u8..).zip(&spoils) {
        let mut request = hit.request(&world, number);
        spoil(&mut request);
        let standing = settled(&mut client, "req-own", &request.sign(&key).unwrap()).await;
        assert_eq!(standing.state, "refused", "{expected}");
        let (ground, sentence) = ground(&standing, &world);
        assert_eq!(ground, RefusalGround::NotRecognised, "{expected}");
        words.insert(sentence);
        assert_eq!(found(&world, number).await, [*expected]);
    }
    drop(spoils);
    // An honest request for an element that did not hit reads the same.
    let signed = no_hit.request(&world, 100).sign(&key).unwrap();
    let standing = settled(&mut client, "req-own", &signed).await;
    let (ground, sentence) = ground(&standing, &world);
    assert_eq!(ground, RefusalGround::NotRecognised);
    words.insert(sentence);
    assert_eq!(found(&world, 100).await, ["no_record"]);
    assert_eq!(words.len(), 1, "{words:?}");

    // And the honest one for the hit is recognised.
    let genuine = hit.request(&world, 101).sign(&key).unwrap();
    assert_eq!(settled(&mut client, "req-own", &genuine).await.state, "waiting");
    world.start_requester();
    world.wait_until_ready().await;
    assert_goes_on(&world).await;
}

#[tokio::test]
async fn what_is_incomplete_or_for_something_else_tells_nothing_of_any_record() {
    let mut world = World::with_terms(&ships(100), with_disclosure).await;
    let theft = Reason { offence_class: "theft".to_owned(), ..reason() };
    let asked = [("imo", LISTED, ""), ("imo", UNLISTED, "")];
    let report = world.try_ask(&theft, &asked).await.unwrap();
    assert_eq!(outcomes(&report), ["hit", "no_hit"]);
    world.requester_node.take().unwrap().stop().await.unwrap();
    let hit = Asked::of(&world, &report.check_id, 0).await;
    let no_hit = Asked::of(&world, &report.check_id, 1).await;
    let key = raw::header_key(&world.requester);
    let mut client = raw::connect(&world.owner, &raw::credentials(&world.requester)).await.unwrap();

    type Spoil = fn(&mut DisclosureRequest);
    let spoils: [(&str, Spoil); 5] = [
        ("incomplete", |one| one.confirmation = None),
        ("incomplete", |one| one.facts.clear()),
        ("incomplete", |one| {
            one.facts.clear();
            one.check = CheckId([9; 16]);
        }),
        ("other_purpose", |one| one.purpose = "criminal_investigation".to_owned()),
        ("other_offence_class", |one| one.offence_class = "murder".to_owned()),
    ];
    let mut words = BTreeSet::new();
    for (first, element) in [(1_u8, &hit), (50, &no_hit)] {
        for (number, (expected, spoil)) in (first..).zip(&spoils) {
            let mut request = element.request(&world, number);
            spoil(&mut request);
            let standing = settled(&mut client, "req-own", &request.sign(&key).unwrap()).await;
            let (ground, sentence) = ground(&standing, &world);
            assert_eq!(ground, RefusalGround::Incomplete, "{expected}");
            words.insert(sentence);
            assert_eq!(found(&world, number).await, [*expected]);
        }
    }
    assert_eq!(words.len(), 1, "{words:?}");
    let genuine = hit.request(&world, 100).sign(&key).unwrap();
    assert_eq!(settled(&mut client, "req-own", &genuine).await.state, "waiting");
}

fn person(name: &str, role: Role) -> Actor {
    Actor { id: format!("spiffe://own.symbolon.internal/people/{name}"), roles: [role].into() }
}

/// The owner suspends the agreement, or lets it go on.
async fn suspended(world: &World, so: bool) {
    let desk = LegalDesk::open(world.owner.folder.clone()).await.unwrap();
    let agreement = desk.find("req-own").await.unwrap();
    let legal = person("anna", Role::Legal);
    if so {
        assert!(desk.suspend(&agreement, "we look into something", &legal).await.unwrap());
    } else {
        let act = ActKind::ResumeAgreement;
        desk.propose_decision(act, &agreement, "all is well", &legal).await.unwrap();
        let approver = person("bert", Role::Approver);
        desk.approve(&agreement, Some(act), &approver).await.unwrap();
    }
    desk.store.close().await;
}

#[tokio::test]
async fn a_released_record_is_held_back_under_a_suspended_agreement_and_under_another() {
    let mut list = ships(100);
    list.list = format!(
        "record_id,identifier_type,value,country,subject_category,object_status,handling_code,\
         evaluation\nR1,imo,{LISTED},,object,stolen,H1,B2\n"
    );
    let mut world = World::with_terms(&list, with_disclosure).await;
    world.owner.issue_with("legal", &[Role::Legal]).unwrap();
    let report = world.ask(&[("imo", LISTED, "")]).await;
    assert_eq!(outcomes(&report), ["hit"]);
    world.requester_node.take().unwrap().stop().await.unwrap();
    let hit = Asked::of(&world, &report.check_id, 0).await;
    let key = raw::header_key(&world.requester);
    let mut client = raw::connect(&world.owner, &raw::credentials(&world.requester)).await.unwrap();
    let request = hit.request(&world, 1);
    let id = request.request.to_string();
    let signed = request.sign(&key).unwrap();
    assert_eq!(settled(&mut client, "req-own", &signed).await.state, "waiting");
    let data = text(world.owner.folder.root());
    let release = |handling| {
        let mut all = vec!["disclosure", "release", &id, "--data", data, "--as", "legal"];
        all.extend(["--field", "object_status", "--handling", handling, "--retention-days", "30"]);
        all
    };
    // The record's own code is H1.
    let (_, sentence) = failure_of(&release("H0"));
    assert!(sentence.contains("has the handling code H1"), "{sentence}");
    let (released, code) = symbolon_json(&release("H1"));
    assert_eq!((code, &released["outcome"]), (0, &"released".into()));

    suspended(&world, true).await;
    let standing = send(&mut client, "req-own", signed.clone()).await;
    assert_eq!((standing.state.as_str(), standing.decision), ("paused", None));
    assert_eq!(standing.pauses, ["agreement_suspended"]);
    suspended(&world, false).await;
    let standing = send(&mut client, "req-own", signed.clone()).await;
    assert_eq!(standing.state, "released");
    let decision = standing.decision.unwrap();
    let decision = DisclosureDecision::verify(&decision, &world.owner.card.keys.log).unwrap();
    // Nobody gave an evaluation, so it is that of the record.
    assert_eq!(decision.outcome.ok().unwrap().evaluation, "B2");

    // Another agreement between the same two.
    let (requester, owner) = (&world.requester, &world.owner);
    let mut terms =
        AgreementTerms { id: "req-own-2".parse().unwrap(), ..world.agreement.terms().clone() };
    terms.title = "Another".to_owned();
    symbolon_cli::scenario::agree(&terms, &[requester, owner]).await.unwrap();
    let standing = loop {
        let letter = DisclosureLetter { request: Some(signed.clone()), withdrawal: None };
        let message = ExchangeDisclosuresRequest {
            agreement_id: "req-own-2".to_owned(),
            letters: vec![letter],
            padding: Vec::new(),
        };
        match client.exchange_disclosures(message).await {
            Ok(answer) => break answer.into_inner().standings.remove(0),
            // The owner's node reads agreements every second.
            Err(status) => assert_eq!(raw::reason_of(&status), "agreement_unknown"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!((standing.reason.as_str(), standing.decision), ("agreement_differs", None));
}

#[tokio::test]
async fn a_letter_sent_again_is_the_same_request_and_another_under_its_id_is_not_taken() {
    let mut world = World::with_terms(&ships(100), with_disclosure).await;
    let report = world.ask(&[("imo", LISTED, "")]).await;
    world.requester_node.take().unwrap().stop().await.unwrap();
    let hit = Asked::of(&world, &report.check_id, 0).await;
    let key = raw::header_key(&world.requester);
    let mut client = raw::connect(&world.owner, &raw::credentials(&world.requester)).await.unwrap();
    let signed = hit.request(&world, 1).sign(&key).unwrap();
    for _ in 0..5 {
        send(&mut client, "req-own", signed.clone()).await;
    }
    let store = world.owner.store().await.unwrap();
    let kept = store.disclosures(symbolon_store::DisclosureSide::Owner, false).await.unwrap();
    assert_eq!(kept.len(), 1);
    store.close().await;
    let other = DisclosureRequest { facts: "other facts".to_owned(), ..hit.request(&world, 1) };
    let standing = send(&mut client, "req-own", other.sign(&key).unwrap()).await;
    assert_eq!((standing.state.as_str(), standing.reason.as_str()), ("", "disclosure_id_reused"));
    // A key that the agreement does not name signs nothing.
    let stranger = SigningKey::generate(&ring::rand::SystemRandom::new()).unwrap();
    let stranger = SigningKey::from_pkcs8(stranger.as_ref()).unwrap();
    let forged = hit.request(&world, 2).sign(&stranger).unwrap();
    let standing = send(&mut client, "req-own", forged).await;
    assert_eq!(standing.reason, "header_signature");
    let later = OffsetDateTime::now_utc() + Duration::from_secs(1_200);
    let ahead = DisclosureRequest { issued_at: later, ..hit.request(&world, 3) };
    let standing = send(&mut client, "req-own", ahead.sign(&key).unwrap()).await;
    assert_eq!(standing.reason, "disclosure_invalid");
}

#[tokio::test]
async fn nobody_asks_for_the_record_behind_anothers_hit() {
    let world = World::with_terms(&ships(100), with_disclosure).await;
    let third = third_bureau(&world);
    let owner = &world.owner;
    let offered = symbolon_cli::scenario::dataset(
        symbolon_tests::world::DATASET,
        &owner.code,
        "Ownland list",
        &[IdentifierType::Imo],
        100,
    );
    let mut terms =
        symbolon_cli::scenario::simple_terms("thi-own", "Third", &[&third, owner], vec![offered])
            .unwrap();
    with_disclosure(&mut terms);
    let agreement = symbolon_cli::scenario::agree(&terms, &[&third, owner]).await.unwrap();
    let report = world.ask(&[("imo", LISTED, "")]).await;
    let hit = Asked::of(&world, &report.check_id, 0).await;
    let credentials = raw::credentials(&third);
    let mut client = None;
    for _ in 0..100 {
        // The owner's node reads agreements by the clock, and says only in the first call that it does
        // not know a certificate.
        let nothing = ExchangeDisclosuresRequest {
            agreement_id: agreement.terms().id.to_string(),
            ..ExchangeDisclosuresRequest::default()
        };
        if let Ok(mut connected) = raw::connect(owner, &credentials).await
            && connected.exchange_disclosures(nothing).await.is_ok()
        {
            client = Some(connected);
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut client = client.unwrap();
    let thief: BureauCode = third.code.clone();
    // Its own letter, with all that the other has of the hit.
    let stolen = DisclosureRequest {
        requester: thief,
        agreement: agreement.terms().id.clone(),
        agreement_hash: agreement.hash(),
        ..hit.request(&world, 1)
    };
    let signed = stolen.sign(&raw::header_key(&third)).unwrap();
    let standing = settled(&mut client, "thi-own", &signed).await;
    assert_eq!(ground(&standing, &world).0, RefusalGround::NotRecognised);
    assert_eq!(found(&world, 1).await, ["never_asked"]);
    // The other's letter, as it was signed.
    let passed_on = hit.request(&world, 2).sign(&raw::header_key(&world.requester)).unwrap();
    let standing = send(&mut client, "thi-own", passed_on).await;
    assert_eq!(standing.reason, "header_signature");
    // Both have chosen one id: nobody of the owner decides on one of them unawares.
    let genuine = hit.request(&world, 1).sign(&raw::header_key(&world.requester)).unwrap();
    let mut honest = raw::connect(owner, &raw::credentials(&world.requester)).await.unwrap();
    assert_eq!(settled(&mut honest, "req-own", &genuine).await.state, "waiting");
    owner.issue_with("legal", &[Role::Legal]).unwrap();
    let id = RequestId([1; 16]).to_string();
    let data = text(owner.folder.root());
    let refuse = |which: &[&'static str]| {
        let mut all = vec!["disclosure", "refuse", &id, "--ground", "endangers", "--data", data];
        all.extend(["--as", "legal"].iter().chain(which));
        all
    };
    let (_, sentence) = failure_of(&refuse(&[]));
    assert!(sentence.contains("THI under thi-own, document "), "{sentence}");
    assert!(sentence.contains("REQ under req-own, document "), "{sentence}");
    assert_eq!(symbolon_json(&refuse(&["--partner", "REQ"])).1, 0);
    // And no agreement of others is known to it.
    let message = ExchangeDisclosuresRequest {
        agreement_id: "req-own".to_owned(),
        letters: Vec::new(),
        padding: Vec::new(),
    };
    let status = client.exchange_disclosures(message).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_unknown");
}
