//! Agreements between real nodes: proposed, signed and in force over the wire; suspended, resumed and
//! ended; and who is refused.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use symbolon_cli::{
    Profile,
    legal::LegalDesk,
    rows::Mapping,
    scenario::{Bureau, RunningNode, dataset, simple_terms, wait_for_coverage},
};
use symbolon_client::Credentials;
use symbolon_exchange::{AgreementNotice, AgreementText, NoticeKind};
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{Actor, Agreement, AgreementState, SignedAgreement, rules::Role};
use symbolon_proto::partner::v1::{
    CheckResponse, DownloadTagSetRequest, ExchangeAgreementRequest, check_response,
};
use symbolon_store::{ActKind, KeyName, Store};
use symbolon_tests::{
    Offer, World, program,
    raw::{self, Question, chunk_message, header_message},
    world::outcomes,
};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

const LIMIT: Duration = Duration::from_secs(40);
const LISTED: &str = "9074729";

fn person(bureau: &Bureau, name: &str, role: Role) -> Actor {
    let domain = bureau.code.as_str().to_ascii_lowercase();
    Actor { id: format!("spiffe://{domain}.symbolon.internal/people/{name}"), roles: [role].into() }
}

fn legal(bureau: &Bureau) -> Actor {
    person(bureau, "anna", Role::Legal)
}

fn approver(bureau: &Bureau) -> Actor {
    person(bureau, "bert", Role::Approver)
}

async fn desk(bureau: &Bureau) -> LegalDesk {
    LegalDesk::open(bureau.folder.clone()).await.unwrap()
}

/// Each knows the others by their cards.
async fn know_each_other(bureaus: &[&Bureau]) {
    for one in bureaus {
        let store = one.store().await.unwrap();
        for other in bureaus.iter().filter(|other| other.code != one.code) {
            let (card, now) = (&other.card, OffsetDateTime::now_utc());
            let fingerprint = card.fingerprint().unwrap();
            assert!(store.add_contact(card, &fingerprint, &legal(one), now).await.unwrap());
        }
        store.close().await;
    }
}

/// Two people of the bureau sign a text that they have as a file or that was proposed to them.
async fn sign(bureau: &Bureau, file: Option<&SignedAgreement>, id: &str) -> AgreementState {
    let desk = desk(bureau).await;
    let known = match file {
        Some(file) => file.clone(),
        None => {
            let text = desk.find(id).await.unwrap();
            SignedAgreement::from_json(text.document.as_bytes()).unwrap()
        }
    };
    desk.propose(&known, false, &legal(bureau)).await.unwrap();
    let text = desk.find(id).await.unwrap();
    let refused = desk.approve(&text, None, &legal(bureau)).await.unwrap_err();
    assert_eq!(refused.reason, "same_person");
    let approved = desk.approve(&text, None, &approver(bureau)).await.unwrap();
    desk.store.close().await;
    assert_eq!(approved.act, ActKind::SignAgreement);
    approved.state
}

async fn suspend(bureau: &Bureau, id: &str) {
    let desk = desk(bureau).await;
    let text = desk.find(id).await.unwrap();
    assert!(desk.suspend(&text, "we look into something", &legal(bureau)).await.unwrap());
    desk.store.close().await;
}

/// Two people decide.
async fn decide(bureau: &Bureau, id: &str, act: ActKind) -> AgreementState {
    let desk = desk(bureau).await;
    let text = desk.find(id).await.unwrap();
    desk.propose_decision(act, &text, "as we have said", &legal(bureau)).await.unwrap();
    let approved = desk.approve(&text, Some(act), &approver(bureau)).await.unwrap();
    desk.store.close().await;
    approved.state
}

async fn wait_for(bureau: &Bureau, id: &str, wanted: AgreementState) {
    let (began, store) = (Instant::now(), bureau.store().await.unwrap());
    let id = id.parse().unwrap();
    loop {
        let state = store.agreement_state(&id).await.unwrap().map(|status| status.state);
        if state == Some(wanted) {
            break;
        }
        assert!(began.elapsed() < LIMIT, "{} has {state:?}, not {wanted}", bureau.code);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    store.close().await;
}

fn start(bureau: &Bureau, folder: &Path) -> RunningNode {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join(format!("{}.log", bureau.code)))
        .unwrap();
    bureau.start(program(), log.into()).unwrap()
}

fn ships(owner: &Bureau) -> symbolon_policy::Dataset {
    dataset("ships", &owner.code, "Ships", &[IdentifierType::Imo], 1_000)
}

async fn load_ships(owner: &Bureau) {
    let list = format!("record_id,identifier_type,value,country\nR1,imo,{LISTED},\n");
    owner.load("ships", "Ships", list.as_bytes(), Mapping::default()).await.unwrap();
}

fn profile(bureau: &Bureau) -> Profile {
    bureau.issue("officer").unwrap();
    let path = bureau.folder.person("officer").join("profile.toml");
    Profile::find(Some(&path)).unwrap()
}

#[tokio::test]
async fn two_bureaus_agree_over_the_wire_and_lose_nothing_when_one_is_killed() {
    let folder = TempDir::new().unwrap();
    let alpha = Bureau::found(&folder.path().join("alp"), "ALP", "Alphaland").unwrap();
    let beta = Bureau::found(&folder.path().join("bet"), "BET", "Betaland").unwrap();
    load_ships(&beta).await;
    let profile = profile(&alpha);
    let terms = simple_terms("alp-bet", "Ships", &[&alpha, &beta], vec![ships(&beta)]).unwrap();
    let draft = SignedAgreement::draft(&terms).unwrap();

    // Nobody signs with a bureau whose card it has not compared.
    let stranger = desk(&alpha).await;
    let refused = stranger.propose(&draft, false, &legal(&alpha)).await.unwrap_err();
    assert_eq!(refused.reason, "not_a_contact");
    stranger.store.close().await;
    know_each_other(&[&alpha, &beta]).await;

    // Signed while the other is down: it is shown to it as soon as it is up.
    let _alpha_node = start(&alpha, folder.path());
    assert_eq!(sign(&alpha, Some(&draft), "alp-bet").await, AgreementState::Proposed);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let beta_node = start(&beta, folder.path());
    wait_for(&beta, "alp-bet", AgreementState::Proposed).await;

    // Killed, signed while down, and started again: the word still goes out.
    beta_node.kill().await.unwrap();
    assert_eq!(sign(&beta, None, "alp-bet").await, AgreementState::Active);
    let _beta_node = start(&beta, folder.path());
    wait_for(&alpha, "alp-bet", AgreementState::Active).await;
    wait_for_coverage(&profile, LIMIT).await.unwrap();

    // Both hold the same file, and each the steps with who did what.
    for bureau in [&alpha, &beta] {
        let store = bureau.store().await.unwrap();
        let agreement = &store.agreements().await.unwrap()[0];
        assert_eq!(agreement.hash(), draft.hash().unwrap());
        let history = store.agreement_history(&agreement.hash()).await.unwrap();
        let states: Vec<_> = history.iter().map(|line| line.state).collect();
        assert_eq!(
            states,
            [AgreementState::Proposed, AgreementState::Countersigned, AgreementState::Active]
        );
        let people: Vec<_> = history.iter().filter_map(|line| line.person.clone()).collect();
        assert_eq!(people, [approver(bureau).id]);
        let parties: Vec<_> = history.iter().filter_map(|line| line.party.clone()).collect();
        assert_eq!(parties, ["ALP", "BET"]);
        store.close().await;
    }
}

#[tokio::test]
async fn three_bureaus_agree_and_each_word_reaches_all() {
    let folder = TempDir::new().unwrap();
    let all: Vec<_> = ["ALP", "BET", "GAM"]
        .iter()
        .map(|code| Bureau::found(&folder.path().join(code), code, code).unwrap())
        .collect();
    let [alpha, beta, gamma] = all.as_slice() else { panic!() };
    let bureaus = [alpha, beta, gamma];
    know_each_other(&bureaus).await;
    let _nodes: Vec<_> = bureaus.iter().map(|bureau| start(bureau, folder.path())).collect();
    let terms = simple_terms("three", "Ships", &bureaus, vec![ships(alpha)]).unwrap();
    let draft = SignedAgreement::draft(&terms).unwrap();
    assert_eq!(sign(alpha, Some(&draft), "three").await, AgreementState::Proposed);
    for other in [beta, gamma] {
        wait_for(other, "three", AgreementState::Proposed).await;
    }
    // At once, so that signatures cross.
    let (at_beta, at_gamma) = tokio::join!(sign(beta, None, "three"), sign(gamma, None, "three"));
    assert!(at_beta != AgreementState::Draft && at_gamma != AgreementState::Draft);
    for bureau in bureaus {
        wait_for(bureau, "three", AgreementState::Active).await;
    }
    suspend(gamma, "three").await;
    for bureau in bureaus {
        wait_for(bureau, "three", AgreementState::Suspended).await;
    }
    assert_eq!(decide(gamma, "three", ActKind::ResumeAgreement).await, AgreementState::Active);
    for bureau in bureaus {
        wait_for(bureau, "three", AgreementState::Active).await;
    }
    assert_eq!(decide(beta, "three", ActKind::RevokeAgreement).await, AgreementState::Revoked);
    for bureau in bureaus {
        wait_for(bureau, "three", AgreementState::Revoked).await;
    }
}

fn offer() -> Offer {
    Offer {
        list: format!("record_id,identifier_type,value,country\nR1,imo,{LISTED},\n"),
        types: vec![IdentifierType::Imo],
        daily_quota: 1_000_000,
    }
}

/// Elements of two whole chunks, all valid: an honest question's, over and over.
fn two_chunks(world: &World) -> Question {
    let one = Question::new(
        &world.agreement,
        &world.requester,
        &world.owner,
        IdentifierType::Imo,
        &[(LISTED, None)],
    );
    let elements = one.chunks[0].repeat(2 * 16_384);
    Question::of_elements(
        &world.agreement,
        &world.requester,
        &world.owner,
        IdentifierType::Imo,
        elements,
    )
}

#[tokio::test]
async fn a_suspension_breaks_off_a_check_that_streams_and_refuses_all_else_within_a_second() {
    let world = World::new(&offer()).await;
    let id = world.agreement.terms().id.to_string();
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    let manifests = raw::manifests(&mut client, &world.owner, &world.agreement).await.unwrap();

    // A check of two chunks, of which the second is not sent yet.
    let question = two_chunks(&world);
    let (sender, messages) = mpsc::channel(4);
    let header = question.header.sign(&raw::header_key(&world.requester));
    sender.send(header_message(header)).await.unwrap();
    sender.send(chunk_message(question.chunks[0].clone())).await.unwrap();
    let mut answers = client.check(ReceiverStream::new(messages)).await.unwrap().into_inner();
    let first = answers.message().await.unwrap().unwrap();
    assert!(matches!(first, CheckResponse { part: Some(check_response::Part::Chunk(_)) }));

    suspend(&world.owner, &id).await;
    let suspended = Instant::now();
    let broken_off = answers.message().await.unwrap_err();
    assert!(suspended.elapsed() < Duration::from_secs(1), "{:?}", suspended.elapsed());
    assert_eq!(raw::reason_of(&broken_off), "agreement_suspended");
    assert!(broken_off.message().contains("we look into something"), "{broken_off}");

    // Everything else under it, from now on.
    let key = raw::header_key(&world.requester);
    let fresh = Question::new(
        &world.agreement,
        &world.requester,
        &world.owner,
        IdentifierType::Imo,
        &[(LISTED, None)],
    );
    let status = raw::send(&mut client, fresh.messages(&key)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_suspended");
    let status = raw::manifests(&mut client, &world.owner, &world.agreement).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_suspended");
    let download = DownloadTagSetRequest {
        agreement_id: id.clone(),
        scope_id: manifests[0].scope.id().0.to_vec(),
        version: manifests[0].version,
        offset: 0,
        labels: false,
    };
    let status = client.download_tag_set(download.clone()).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_suspended");

    // The partner is told and stops asking by itself; its officer reads who suspended it and why.
    wait_for(&world.requester, &id, AgreementState::Suspended).await;
    let report = world.ask(&[("imo", LISTED, "")]).await;
    assert_eq!(outcomes(&report), ["not_permitted"]);
    assert_eq!(report.answers[0].reason, "agreement_suspended");
    assert!(report.answers[0].sentence.contains("OWN since"), "{}", report.answers[0].sentence);

    // The partner's own suspension on top: ours resumed does not resume it.
    suspend(&world.requester, &id).await;
    wait_for(&world.owner, &id, AgreementState::Suspended).await;
    let stored = desk(&world.owner).await;
    while stored.find(&id).await.unwrap().suspensions.len() < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stored.store.close().await;
    let still = decide(&world.owner, &id, ActKind::ResumeAgreement).await;
    assert_eq!(still, AgreementState::Suspended);
    let status = raw::manifests(&mut client, &world.owner, &world.agreement).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_suspended");
    decide(&world.requester, &id, ActKind::ResumeAgreement).await;
    wait_for(&world.owner, &id, AgreementState::Active).await;
    wait_for(&world.requester, &id, AgreementState::Active).await;
    let began = Instant::now();
    loop {
        let report = world.ask(&[("imo", LISTED, "")]).await;
        if outcomes(&report) == ["hit"] {
            break;
        }
        assert_eq!(report.summary.hit, 0);
        assert!(began.elapsed() < LIMIT, "{:?}", report.answers);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn after_a_revocation_no_backup_of_before_answers_anything_and_other_agreements_go_on() {
    let mut world = World::founded(&offer(), |_| {}).await;
    let other = simple_terms(
        "other",
        "Another",
        &[&world.requester, &world.owner],
        vec![dataset(
            symbolon_tests::world::DATASET,
            &world.owner.code,
            "Ownland list",
            &[IdentifierType::Imo],
            1_000,
        )],
    )
    .unwrap();
    let other =
        symbolon_cli::scenario::agree(&other, &[&world.requester, &world.owner]).await.unwrap();
    world.start_owner();
    world.start_requester();
    world.wait_until_ready().await;
    let ask = |agreement: &Agreement| {
        Question::new(
            agreement,
            &world.requester,
            &world.owner,
            IdentifierType::Imo,
            &[(LISTED, None)],
        )
        .messages(&raw::header_key(&world.requester))
    };
    let (about_ended, about_other) = (ask(&world.agreement), ask(&other));
    let credentials = raw::credentials(&world.requester);
    let mut client = raw::connect(&world.owner, &credentials).await.unwrap();
    raw::send(&mut client, about_ended.clone()).await.unwrap();
    raw::send(&mut client, about_other.clone()).await.unwrap();

    // A backup of everything but the wrapping keys, while nothing runs. The last checkpoint is in it
    // too: whoever restores this hides from the node itself that its log is of before.
    world.owner_node.take().unwrap().stop().await.unwrap();
    let data = world.owner.folder.root().to_owned();
    let backup = world.scratch().join("backup");
    fs::create_dir(&backup).unwrap();
    fs::copy(world.owner.folder.log_checkpoint(), backup.join("log.checkpoint")).unwrap();
    for name in ["state", "sets/own", "sets/partners"] {
        copy_folder(&data.join(name), &backup.join(name));
    }
    let id = world.agreement.terms().id.to_string();
    world.start_owner();
    assert_eq!(decide(&world.owner, &id, ActKind::RevokeAgreement).await, AgreementState::Revoked);
    // The other side ends it too, with what it holds of it.
    wait_for(&world.requester, &id, AgreementState::Revoked).await;
    let held = world.requester.store().await.unwrap();
    let began = Instant::now();
    while held.partner_sets().await.unwrap().iter().any(|set| set.agreement.as_str() == id) {
        assert!(began.elapsed() < LIMIT);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    held.close().await;

    // Nobody is left who could tell the owner of what it has signed since.
    world.requester_node.take().unwrap().stop().await.unwrap();
    world.owner_node.take().unwrap().stop().await.unwrap();
    fs::copy(backup.join("log.checkpoint"), world.owner.folder.log_checkpoint()).unwrap();
    for name in ["state", "sets/own", "sets/partners"] {
        fs::remove_dir_all(data.join(name)).unwrap();
        copy_folder(&backup.join(name), &data.join(name));
    }
    let store = world.owner.store().await.unwrap();
    let living = store.agreements().await.unwrap();
    assert!(living.iter().any(|one| one.terms().id.as_str() == id), "the database is of before");
    store.close().await;
    // Even to a node that is not told that it has ended.
    let mark = world.owner.folder.ended_agreement(&world.agreement.hash());
    let contents = fs::read(&mark).unwrap();
    fs::remove_file(&mark).unwrap();
    assert_nothing_is_answered(&mut world, &about_ended, &about_other).await;
    symbolon_store::write_private(&mark, &contents).unwrap();
    assert_nothing_is_answered(&mut world, &about_ended, &about_other).await;
    let store = world.owner.store().await.unwrap();
    let status = store.agreement_state(&world.agreement.terms().id).await.unwrap().unwrap();
    assert_eq!(status.state, AgreementState::Revoked);
    store.close().await;
}

/// Starts the owner's node, asks under both agreements until the other one answers, and stops it.
async fn assert_nothing_is_answered(
    world: &mut World,
    ended: &[symbolon_proto::partner::v1::CheckRequest],
    other: &[symbolon_proto::partner::v1::CheckRequest],
) {
    world.start_owner();
    let credentials = raw::credentials(&world.requester);
    let began = Instant::now();
    let mut client = loop {
        match raw::connect(&world.owner, &credentials).await {
            Ok(client) => break client,
            Err(error) => assert!(began.elapsed() < LIMIT, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    loop {
        let refused = raw::send(&mut client, ended.to_vec()).await;
        assert!(refused.is_err(), "it was answered");
        if raw::send(&mut client, other.to_vec()).await.is_ok() {
            break;
        }
        assert!(began.elapsed() < LIMIT, "{}", world.log("owner"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let refused = raw::send(&mut client, ended.to_vec()).await.unwrap_err();
    let reason = raw::reason_of(&refused);
    assert!(["set_not_ready", "agreement_unknown"].contains(&reason.as_str()), "{reason}");
    world.owner_node.take().unwrap().stop().await.unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

async fn exchange(
    owner: &Bureau,
    credentials: &Credentials,
    request: ExchangeAgreementRequest,
) -> Result<symbolon_proto::partner::v1::ExchangeAgreementResponse, tonic::Status> {
    let mut client = raw::connect(owner, credentials).await.unwrap();
    client.exchange_agreement(request).await.map(tonic::Response::into_inner)
}

/// Whether the partner face reads a request of whoever shows these credentials.
async fn is_let_in(owner: &Bureau, credentials: &Credentials) -> bool {
    let Ok(mut client) = raw::connect(owner, credentials).await else { return false };
    let status = client.exchange_agreement(ExchangeAgreementRequest::default()).await.unwrap_err();
    symbolon_exchange::Received::read(&status).reason.is_some()
}

fn request(file: &SignedAgreement) -> ExchangeAgreementRequest {
    AgreementText::new(file.clone(), Vec::new()).unwrap().request().unwrap()
}

#[tokio::test]
async fn a_contact_can_propose_and_nothing_else_and_a_stranger_nothing_at_all() {
    let world = World::new(&offer()).await;
    let owner = &world.owner;
    let contact = Bureau::found(&world.scratch().join("con"), "CON", "Contact").unwrap();
    let stranger = Bureau::found(&world.scratch().join("str"), "STR", "Stranger").unwrap();
    let credentials = raw::credentials(&contact);
    assert!(!is_let_in(owner, &credentials).await, "not known yet");
    let store = owner.store().await.unwrap();
    let (fingerprint, now) = (contact.card.fingerprint().unwrap(), OffsetDateTime::now_utc());
    store.add_contact(&contact.card, &fingerprint, &legal(owner), now).await.unwrap();
    while !is_let_in(owner, &credentials).await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut client = raw::connect(owner, &credentials).await.unwrap();
    assert!(!is_let_in(owner, &raw::credentials(&stranger)).await);

    // Under an agreement of others it is told the same as under none.
    let question =
        Question::new(&world.agreement, &contact, owner, IdentifierType::Imo, &[(LISTED, None)]);
    let key = raw::header_key(&contact);
    let status = raw::send(&mut client, question.messages(&key)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_unknown");
    let status = raw::manifests(&mut client, owner, &world.agreement).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "agreement_unknown");

    // The agreement of others, whole as it is: who shows it is no party to it.
    let document = store.agreement_document(&world.agreement.terms().id).await.unwrap().unwrap();
    let of_others = SignedAgreement::from_json(document.as_bytes()).unwrap();
    let status = exchange(owner, &credentials, request(&of_others)).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "not_a_party");

    // A text between the contact and somebody else; one that nobody has signed; one with another
    // card of the contact; one with another card of the owner.
    let draft = |parties: &[&Bureau]| {
        let terms = simple_terms("con-own", "Ships", parties, vec![ships(&contact)]).unwrap();
        SignedAgreement::draft(&terms).unwrap()
    };
    let signed = |mut file: SignedAgreement| {
        contact.sign(&mut file).unwrap();
        file
    };
    let refused = |file: SignedAgreement| {
        let credentials = &credentials;
        async move {
            let status = exchange(owner, credentials, request(&file)).await.unwrap_err();
            raw::reason_of(&status)
        }
    };
    assert_eq!(refused(signed(draft(&[&contact, &stranger]))).await, "proposal_refused");
    assert_eq!(refused(draft(&[&contact, owner])).await, "proposal_refused");
    let changed = |code: &str, change: fn(&mut symbolon_policy::Party)| {
        let mut terms = draft(&[&contact, owner]).terms().unwrap();
        change(terms.parties.iter_mut().find(|party| party.code.as_str() == code).unwrap());
        signed(SignedAgreement::draft(&terms).unwrap())
    };
    let moved = |party: &mut symbolon_policy::Party| {
        party.endpoint = "https://203.0.113.1:7443".to_owned();
    };
    assert_eq!(refused(changed("CON", moved)).await, "not_a_party");
    assert_eq!(refused(changed("OWN", moved)).await, "proposal_refused");
    let mut past = draft(&[&contact, owner]).terms().unwrap();
    past.valid_from -= time::Duration::days(9);
    past.valid_until = now - time::Duration::SECOND;
    let past = signed(SignedAgreement::draft(&past).unwrap());
    assert_eq!(refused(past).await, "proposal_refused");
    let mut oversized = request(&signed(draft(&[&contact, owner])));
    oversized.text = vec![b' '; (1 << 20) + 1];
    let status = exchange(owner, &credentials, oversized).await.unwrap_err();
    assert_eq!(raw::reason_of(&status), "limit_exceeded");
    assert_eq!(store.agreement_texts().await.unwrap().len(), 1, "nothing of all that was kept");

    // What it may: propose. Nothing comes into force by that, and the answer holds its own
    // signature only.
    let proposed = signed(draft(&[&contact, owner]));
    let answer = exchange(owner, &credentials, request(&proposed)).await.unwrap();
    assert_eq!(answer.signatures.len(), 1);
    let status = store.agreement_state(&"con-own".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(status.state, AgreementState::Proposed);
    assert_eq!(store.agreements().await.unwrap().len(), 1);

    // Forgotten again: the connection that is open serves no more.
    store.remove_contact(&contact.code, &legal(owner), OffsetDateTime::now_utc()).await.unwrap();
    let began = Instant::now();
    loop {
        match client.exchange_agreement(request(&proposed)).await {
            Err(status) => {
                assert_eq!(raw::reason_of(&status), "not_a_party");
                break;
            }
            Ok(_) => assert!(began.elapsed() < LIMIT),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    store.close().await;
}

#[tokio::test]
async fn forged_replayed_and_misdirected_notices_change_nothing() {
    let world = World::new(&offer()).await;
    let (owner, requester) = (&world.owner, &world.requester);
    let store = owner.store().await.unwrap();
    let id = &world.agreement.terms().id;
    let document = store.agreement_document(id).await.unwrap().unwrap();
    let file = SignedAgreement::from_json(document.as_bytes()).unwrap();
    let notice = |issuer: &Bureau, kind, counter| AgreementNotice {
        agreement: id.clone(),
        hash: world.agreement.hash(),
        issuer: issuer.code.clone(),
        kind,
        counter,
        reason: "a test".to_owned(),
        issued_at: OffsetDateTime::now_utc(),
    };
    let key = |bureau: &Bureau, name: KeyName| name.read(&bureau.folder).unwrap();
    let credentials = raw::credentials(requester);
    let sent = |notices| {
        let request = ExchangeAgreementRequest { notices, ..request(&file) };
        let credentials = &credentials;
        async move { exchange(owner, credentials, request).await }
    };
    let legal_key = key(requester, KeyName::Legal);

    // In the name of the owner; by another key of the requester; about another text; altered.
    let in_its_name = notice(owner, NoticeKind::Revoke, 1).sign(&legal_key);
    let by_other_key =
        notice(requester, NoticeKind::Revoke, 1).sign(&key(requester, KeyName::Header));
    let mut of_other = notice(requester, NoticeKind::Revoke, 1);
    of_other.hash.0[0] ^= 1;
    let mut altered = notice(requester, NoticeKind::Suspend, 1).sign(&legal_key);
    let last = altered.document.len() - 1;
    altered.document[last] ^= 1;
    for forged in [in_its_name, by_other_key, of_other.sign(&legal_key), altered] {
        let status = sent(vec![forged]).await.unwrap_err();
        assert_eq!(raw::reason_of(&status), "notice_invalid");
    }
    assert_state(&store, &world.agreement, AgreementState::Active).await;

    // Sound ones, and then the first of them once more.
    let stop = notice(requester, NoticeKind::Suspend, 1).sign(&legal_key);
    let go = notice(requester, NoticeKind::Resume, 2).sign(&legal_key);
    sent(vec![stop.clone()]).await.unwrap();
    assert_state(&store, &world.agreement, AgreementState::Suspended).await;
    sent(vec![go.clone()]).await.unwrap();
    assert_state(&store, &world.agreement, AgreementState::Active).await;
    let answer = sent(vec![stop]).await.unwrap();
    assert_eq!(answer.notices.len(), 1, "it is shown what it has said last");
    assert_state(&store, &world.agreement, AgreementState::Active).await;
    store.close().await;
}

async fn assert_state(store: &Store, agreement: &Agreement, wanted: AgreementState) {
    let status = store.agreement_state(&agreement.terms().id).await.unwrap().unwrap();
    assert_eq!(status.state, wanted);
}
