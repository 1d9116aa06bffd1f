use std::fs;

use symbolon_policy::{
    Actor, Agreement, AgreementHash, AgreementState, AgreementStep, Reason, Scope, SignedAgreement,
    rules::Role,
};
use symbolon_store::{
    ActKind, FolderError, IncomingText, KeptNotice, LifeError, LogRecord, OwnDecision, StoreError,
    StoredDocument, TakenIn,
};
use tempfile::tempdir;
use time::{Duration, OffsetDateTime};

use crate::fixture::{Home, NOW, Parties, code, copy_database, document, records};

use AgreementState::{Active, Countersigned, Draft, Expired, Proposed, Revoked, Suspended};

/// This bureau is DEU; FRA is the partner.
fn actor(name: &str) -> Actor {
    Actor {
        id: format!("spiffe://deu.example/people/{name}"),
        roles: [Role::Legal, Role::Approver].into(),
    }
}

fn file(text: &str) -> SignedAgreement {
    SignedAgreement::from_json(text.as_bytes()).unwrap()
}

/// The file with the signatures of some parties only.
fn signed_by(text: &str, parties: &[&str]) -> SignedAgreement {
    let whole = file(text);
    let mut part = whole.unsigned();
    for signature in whole.signatures() {
        if parties.contains(&signature.party.as_str()) {
            part.add_signature(signature).unwrap();
        }
    }
    part
}

fn notice(step: AgreementStep, counter: u64) -> KeptNotice {
    let reason = format!("reason {counter}");
    KeptNotice { step, counter, reason, document: document(&format!("notice {counter}")) }
}

fn suspend(party: &str, counter: u64) -> KeptNotice {
    notice(AgreementStep::Suspend { party: code(party) }, counter)
}

fn resume(party: &str, counter: u64) -> KeptNotice {
    notice(AgreementStep::Resume { party: code(party) }, counter)
}

fn revoke(party: &str, counter: u64) -> KeptNotice {
    notice(AgreementStep::Revoke { party: code(party) }, counter)
}

async fn from_fra(
    home: &Home,
    file: &SignedAgreement,
    notices: &[KeptNotice],
    at: OffsetDateTime,
) -> Result<TakenIn, LifeError> {
    let (origin, us) = (code("FRA"), code("DEU"));
    let incoming = IncomingText { file, notices, origin: &origin, us: &us, person: None };
    home.store.take_in_text(&incoming, at).await
}

/// How many notices the database holds.
async fn kept(home: &Home) -> i64 {
    let mut raw = home.raw().await;
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM agreement_notices").fetch_one(&mut raw).await.unwrap();
    count
}

async fn state(home: &Home, agreement: &Agreement) -> AgreementState {
    home.store.agreement_text(&agreement.hash()).await.unwrap().unwrap().state
}

async fn reason(home: &Home, agreement: &Agreement) -> Option<Reason> {
    home.store.withdrawn(agreement).await.unwrap().map(|refusal| refusal.reason)
}

async fn installed(home: &Home) -> (Agreement, String) {
    let (agreement, text) = Parties::new().agree("test-2026", "Title");
    home.store.install_agreement(&agreement, &text, NOW).await.unwrap();
    (agreement, text)
}

fn scope(agreement: &Agreement) -> Scope {
    agreement.scopes_of(&code("DEU"), NOW).next().unwrap().0
}

#[tokio::test]
async fn a_text_goes_from_proposed_to_active_as_signatures_come_in_whatever_the_order() {
    let home = Home::new().await;
    let (agreement, text) = Parties::new().agree("test-2026", "Title");
    let hash = agreement.hash();
    let taken = from_fra(&home, &signed_by(&text, &["FRA"]), &[], NOW).await.unwrap();
    assert_eq!(taken, TakenIn { is_new: true, states: vec![Proposed] });
    // Not in place: nothing is known of it to whoever decides.
    assert_eq!(home.store.agreements().await.unwrap(), []);
    assert_eq!(reason(&home, &agreement).await, Some(Reason::AgreementUnknown));
    // Again, and without any signature: nothing changes.
    for again in [signed_by(&text, &["FRA"]), signed_by(&text, &[])] {
        assert_eq!(from_fra(&home, &again, &[], NOW).await.unwrap(), TakenIn::default());
    }
    let taken = from_fra(&home, &signed_by(&text, &["DEU"]), &[], NOW).await.unwrap();
    assert_eq!(taken, TakenIn { is_new: false, states: vec![Active] });
    assert_eq!(home.store.agreements().await.unwrap(), std::slice::from_ref(&agreement));
    assert_eq!(reason(&home, &agreement).await, None);
    let history = home.store.agreement_history(&hash).await.unwrap();
    let steps: Vec<_> =
        history.iter().map(|line| (line.step.as_str(), line.party.as_deref())).collect();
    assert_eq!(steps, [("propose", Some("FRA")), ("countersign", Some("DEU")), ("begin", None)]);
    // Each step is an entry of the log.
    let logged = records(&home.store).await;
    assert_eq!(logged.len(), 3);
    assert!(matches!(
        &logged[2],
        LogRecord::AgreementStep { state: Active, hash: of, .. } if *of == hash
    ));
}

#[tokio::test]
async fn a_text_whose_time_has_not_come_waits_and_one_whose_time_is_over_ends() {
    let home = Home::new().await;
    let (agreement, text) = Parties::new().agree("test-2026", "Title");
    let (from, until) = (agreement.terms().valid_from, agreement.terms().valid_until);
    let early = from - Duration::DAY;
    home.store.install_agreement(&agreement, &text, early).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Countersigned);
    assert_eq!(home.store.advance_agreements(from - Duration::SECOND).await.unwrap(), []);
    let begun = home.store.advance_agreements(from).await.unwrap();
    assert_eq!(begun, [(agreement.hash(), Active)]);
    assert_eq!(home.store.advance_agreements(until - Duration::SECOND).await.unwrap(), []);
    let over = home.store.advance_agreements(until).await.unwrap();
    assert_eq!(over, [(agreement.hash(), Expired)]);
    assert_eq!(home.store.advance_agreements(until).await.unwrap(), []);
}

#[tokio::test]
async fn nothing_stands_against_a_suspension_until_its_party_resumes_it() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let (hash, us, whole) = (agreement.hash(), code("DEU"), file(&text));
    home.store.suspend_agreement(&hash, &us, &actor("anna"), "we look into it", NOW).await.unwrap();
    let refusal = home.store.withdrawn(&agreement).await.unwrap().unwrap();
    assert_eq!(refusal.reason, Reason::AgreementSuspended);
    assert!(refusal.sentence.contains("DEU since"), "{}", refusal.sentence);
    assert!(refusal.sentence.contains("we look into it"), "{}", refusal.sentence);
    // The partner suspends as well, and takes it back: ours stays.
    from_fra(&home, &whole, &[suspend("FRA", 1)], NOW).await.unwrap();
    let stored = home.store.agreement_text(&hash).await.unwrap().unwrap();
    assert_eq!(stored.suspensions.len(), 2);
    assert_eq!(stored.suspensions[0].person.as_deref(), Some(actor("anna").id.as_str()));
    from_fra(&home, &whole, &[suspend("FRA", 1), resume("FRA", 2)], NOW).await.unwrap();
    assert_eq!(reason(&home, &agreement).await, Some(Reason::AgreementSuspended));
    let status = home.store.agreement_state(&agreement.terms().id).await.unwrap().unwrap();
    assert_eq!((status.state, status.suspensions.len()), (Suspended, 1));
    // A partner cannot resume ours, by no notice.
    from_fra(&home, &whole, &[resume("FRA", 3)], NOW).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Suspended);
}

#[tokio::test]
async fn a_notice_that_is_not_newer_changes_nothing() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let whole = file(&text);
    from_fra(&home, &whole, &[suspend("FRA", 1), resume("FRA", 2)], NOW).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Active);
    // Replayed: the old suspension, and another word under an old number.
    for old in [suspend("FRA", 1), suspend("FRA", 2)] {
        assert_eq!(from_fra(&home, &whole, &[old], NOW).await.unwrap(), TakenIn::default());
        assert_eq!(state(&home, &agreement).await, Active);
    }
    from_fra(&home, &whole, &[suspend("FRA", 7)], NOW).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Suspended);
    assert_eq!(kept(&home).await, 3);
    // What counts is the last word.
    let shown = home.store.agreement_notices(&agreement.hash()).await.unwrap();
    assert_eq!(shown, [suspend("FRA", 7).document]);
}

#[tokio::test]
async fn a_revocation_counts_whatever_its_number_and_is_the_last_word() {
    // A bureau that has restored a backup numbers its notices anew.
    for number in [2, 7] {
        let home = Home::new().await;
        let (agreement, text) = installed(&home).await;
        let whole = file(&text);
        from_fra(&home, &whole, &[suspend("FRA", 7)], NOW).await.unwrap();
        let taken = from_fra(&home, &whole, &[revoke("FRA", number)], NOW).await.unwrap();
        assert_eq!((taken.states, state(&home, &agreement).await), (vec![Revoked], Revoked));
        // It is what others are shown, and nothing follows on it.
        let shown = home.store.agreement_notices(&agreement.hash()).await.unwrap();
        assert_eq!(shown, [revoke("FRA", number).document]);
        let held = kept(&home).await;
        let more = [suspend("FRA", 9), resume("FRA", 10), revoke("FRA", 1)];
        assert_eq!(from_fra(&home, &whole, &more, NOW).await.unwrap(), TakenIn::default());
        assert_eq!((kept(&home).await, state(&home, &agreement).await), (held, Revoked));
    }
    // In one message with a suspension of a higher number, whichever comes first.
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    from_fra(&home, &file(&text), &[revoke("FRA", 3), suspend("FRA", 5)], NOW).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Revoked);
}

#[tokio::test]
async fn a_proposal_that_lapsed_counts_until_it_is_erased_and_what_was_whole_stays() {
    let home = Home::new().await;
    let parties = Parties::new();
    let (whole, whole_text) = parties.agree("other-2026", "Whole");
    home.store.install_agreement(&whole, &whole_text, NOW).await.unwrap();
    let mut lapsed = Vec::new();
    for number in 0..64 {
        let (agreement, text) = parties.agree("test-2026", &format!("Title {number}"));
        from_fra(&home, &signed_by(&text, &["FRA"]), &[], NOW).await.unwrap();
        lapsed.push(agreement);
    }
    let over = whole.terms().valid_until;
    home.store.advance_agreements(over).await.unwrap();
    assert_eq!(state(&home, &lapsed[0]).await, Expired);
    let (_, text) = parties.agree("test-2026", "One more");
    let more = signed_by(&text, &["FRA"]);
    let refused = from_fra(&home, &more, &[], over).await;
    assert!(matches!(refused, Err(LifeError::TooManyOpen { most: 64 })), "{refused:?}");

    let later = over + Duration::days(30);
    assert_eq!(home.store.erase_lapsed_texts(later - Duration::SECOND).await.unwrap(), 0);
    assert_eq!(home.store.erase_lapsed_texts(later).await.unwrap(), 64);
    assert_eq!(home.store.agreement_text(&lapsed[0].hash()).await.unwrap(), None);
    assert!(home.store.agreement_history(&lapsed[0].hash()).await.unwrap().is_empty());
    assert_eq!(state(&home, &whole).await, Expired);
    from_fra(&home, &more, &[], later).await.unwrap();
}

#[tokio::test]
async fn a_party_that_gives_notice_without_end_fills_nothing_and_can_still_stop_and_end_it() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let (hash, us, whole) = (agreement.hash(), code("DEU"), file(&text));
    let flood: Vec<_> = (0..500)
        .flat_map(|pair| [suspend("FRA", 2 * pair + 1), resume("FRA", 2 * pair + 2)])
        .collect();
    from_fra(&home, &whole, &flood, NOW).await.unwrap();
    // The last that is taken suspends: it is the safe side.
    assert_eq!((kept(&home).await, state(&home, &agreement).await), (65, Suspended));
    from_fra(&home, &whole, &[suspend("FRA", 2_000), resume("FRA", 2_001)], NOW).await.unwrap();
    assert_eq!((kept(&home).await, state(&home, &agreement).await), (65, Suspended));
    // Our own word reaches everybody beside one of theirs.
    home.store.suspend_agreement(&hash, &us, &actor("anna"), "enough", NOW).await.unwrap();
    home.store.keep_own_notice(&hash, &suspend("DEU", 1), NOW).await.unwrap();
    let due = home.store.deliveries(&us, NOW).await.unwrap();
    assert_eq!(due[0].notices, [suspend("DEU", 1).document, suspend("FRA", 65).document]);
    // A party that shows more than its last word holds that too.
    let held: Vec<_> = (1..=65).map(|n| (code("FRA"), n)).chain([(us.clone(), 1)]).collect();
    let signers = [code("FRA"), us.clone()].into();
    home.store.mark_delivered(&hash, &code("FRA"), &signers, &held, NOW).await.unwrap();
    assert!(home.store.deliveries(&us, NOW).await.unwrap().is_empty());

    from_fra(&home, &whole, &[revoke("FRA", 3_000), suspend("FRA", 3_001)], NOW).await.unwrap();
    assert_eq!((kept(&home).await, state(&home, &agreement).await), (67, Revoked));
    let shown = home.store.agreement_notices(&hash).await.unwrap();
    assert_eq!(shown[1], revoke("FRA", 3_000).document);
}

#[tokio::test]
async fn what_a_partner_suspends_before_it_begins_here_begins_suspended() {
    let home = Home::new().await;
    let (agreement, text) = Parties::new().agree("test-2026", "Title");
    let (whole, begins) = (file(&text), agreement.terms().valid_from);
    // By the partner's clock it has begun.
    let early = begins - Duration::SECOND;
    home.store.install_agreement(&agreement, &text, early).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Countersigned);
    from_fra(&home, &whole, &[suspend("FRA", 1)], early).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Countersigned);
    // Even before anybody has looked at the clock.
    assert_eq!(reason(&home, &agreement).await, Some(Reason::AgreementSuspended));
    let changed = home.store.advance_agreements(begins).await.unwrap();
    assert_eq!(changed, [(agreement.hash(), Suspended)]);
    assert_eq!(reason(&home, &agreement).await, Some(Reason::AgreementSuspended));
    from_fra(&home, &whole, &[resume("FRA", 2)], begins).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Active);
    assert_eq!(reason(&home, &agreement).await, None);
}

#[tokio::test]
async fn a_notice_about_a_text_that_is_not_in_force_is_refused_and_nothing_is_kept() {
    let home = Home::new().await;
    let (agreement, text) = Parties::new().agree("test-2026", "Title");
    let proposed = signed_by(&text, &["FRA"]);
    let refused = from_fra(&home, &proposed, &[suspend("FRA", 1)], NOW).await;
    assert!(matches!(refused, Err(LifeError::Illegal(_))), "{refused:?}");
    assert_eq!(home.store.agreement_text(&agreement.hash()).await.unwrap(), None);
}

#[tokio::test]
async fn one_approval_serves_once_and_only_what_was_proposed() {
    let home = Home::new().await;
    let (agreement, _) = installed(&home).await;
    let (hash, us, by) = (agreement.hash(), code("DEU"), actor("bert"));
    let decide =
        |notice| OwnDecision { hash: &hash, act: ActKind::ResumeAgreement, notice, by: &by };
    let store = &home.store;
    // Nothing to resume: it is not even proposed.
    assert!(store.intend(&hash, ActKind::ResumeAgreement, &us, "x").await.is_err());
    store.suspend_agreement(&hash, &us, &actor("anna"), "pause", NOW).await.unwrap();
    let word = resume("DEU", 1);
    let not_proposed = store.carry_out(&decide(&word), NOW).await;
    assert!(matches!(not_proposed, Err(LifeError::NotProposed)), "{not_proposed:?}");
    store.intend(&hash, ActKind::ResumeAgreement, &us, "all is well").await.unwrap();
    let waiting = store.agreement_intents(&hash).await.unwrap();
    assert_eq!(waiting, [(ActKind::ResumeAgreement, "all is well".to_owned())]);
    assert_eq!(store.carry_out(&decide(&word), NOW).await.unwrap(), Active);
    // Suspended once more: the approval of before does not resume it.
    store.suspend_agreement(&hash, &us, &actor("anna"), "pause", NOW).await.unwrap();
    let again = store.carry_out(&decide(&resume("DEU", 2)), NOW).await;
    assert!(matches!(again, Err(LifeError::NotProposed)), "{again:?}");
    assert_eq!(state(&home, &agreement).await, Suspended);
}

#[tokio::test]
async fn a_rival_text_changes_nothing_before_all_have_signed_it_and_then_ends_the_other() {
    let home = Home::new().await;
    let parties = Parties::new();
    let (first, first_text) = parties.agree("test-2026", "Title");
    let (rival, rival_text) = parties.agree("test-2026", "Another title");
    home.store.install_agreement(&first, &first_text, NOW).await.unwrap();
    from_fra(&home, &signed_by(&rival_text, &["FRA"]), &[], NOW).await.unwrap();
    assert_eq!(home.store.agreements().await.unwrap(), std::slice::from_ref(&first));
    assert_eq!((state(&home, &first).await, state(&home, &rival).await), (Active, Proposed));
    let texts = home.store.agreement_texts().await.unwrap();
    assert_eq!(texts.len(), 2, "people are shown both");
    from_fra(&home, &file(&rival_text), &[], NOW).await.unwrap();
    assert_eq!(home.store.agreements().await.unwrap(), std::slice::from_ref(&rival));
    assert_eq!((state(&home, &first).await, state(&home, &rival).await), (Revoked, Active));
    assert_eq!(reason(&home, &first).await, Some(Reason::AgreementRevoked));
    // And the old one, signed by all as it is, does not come back.
    from_fra(&home, &file(&first_text), &[], NOW).await.unwrap();
    assert_eq!(state(&home, &first).await, Revoked);
    let error = home.store.install_agreement(&first, &first_text, NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::AgreementEnded { .. }), "{error}");
}

#[tokio::test]
async fn one_bureau_cannot_fill_the_disk_with_proposals() {
    let home = Home::new().await;
    let parties = Parties::new();
    for number in 0..64 {
        let (_, text) = parties.agree("test-2026", &format!("Title {number}"));
        from_fra(&home, &signed_by(&text, &["FRA"]), &[], NOW).await.unwrap();
    }
    let (_, text) = parties.agree("test-2026", "One more");
    let refused = from_fra(&home, &signed_by(&text, &["FRA"]), &[], NOW).await;
    assert!(matches!(refused, Err(LifeError::TooManyOpen { most: 64 })), "{refused:?}");
}

#[tokio::test]
async fn what_a_party_has_shown_that_it_holds_is_not_shown_to_it_again() {
    let home = Home::new().await;
    let (agreement, text) = Parties::new().agree("test-2026", "Title");
    let (hash, us, fra) = (agreement.hash(), code("DEU"), code("FRA"));
    // Proposed by the partner and not signed here: there is nothing to say.
    from_fra(&home, &signed_by(&text, &["FRA"]), &[], NOW).await.unwrap();
    assert!(home.store.deliveries(&us, NOW).await.unwrap().is_empty());
    home.store.propose_act(ActKind::SignAgreement, &hash.0, &actor("anna"), NOW).await.unwrap();
    home.store.intend(&hash, ActKind::SignAgreement, &us, "").await.unwrap();
    let whole = file(&text);
    let signed = home.store.sign_text(&hash, &whole, &actor("bert"), NOW).await.unwrap();
    assert_eq!(signed, Active);
    let due = home.store.deliveries(&us, NOW).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(
        due[0].parties.iter().map(|p| p.code.clone()).collect::<Vec<_>>(),
        std::slice::from_ref(&fra)
    );
    // It still lacks our signature: not done.
    let only_theirs = [fra.clone()].into();
    home.store.mark_delivered(&hash, &fra, &only_theirs, &[], NOW).await.unwrap();
    assert_eq!(home.store.deliveries(&us, NOW).await.unwrap().len(), 1);
    let both = [fra.clone(), us.clone()].into();
    home.store.mark_delivered(&hash, &fra, &both, &[], NOW).await.unwrap();
    assert!(home.store.deliveries(&us, NOW).await.unwrap().is_empty());
    // A notice is something new to say.
    home.store.suspend_agreement(&hash, &us, &actor("anna"), "pause", NOW).await.unwrap();
    home.store.keep_own_notice(&hash, &suspend("DEU", 1), NOW).await.unwrap();
    let due = home.store.deliveries(&us, NOW).await.unwrap();
    assert_eq!((due.len(), due[0].notices.len()), (1, 1));
    home.store.mark_delivered(&hash, &fra, &both, &[(us.clone(), 1)], NOW).await.unwrap();
    assert!(home.store.deliveries(&us, NOW).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_agreement_carried_by_hand_is_shown_to_nobody_until_there_is_word_about_it() {
    let home = Home::new().await;
    let (agreement, _) = installed(&home).await;
    let (hash, us) = (agreement.hash(), code("DEU"));
    assert!(home.store.deliveries(&us, NOW).await.unwrap().is_empty());
    home.store.suspend_agreement(&hash, &us, &actor("anna"), "pause", NOW).await.unwrap();
    home.store.keep_own_notice(&hash, &suspend("DEU", 1), NOW).await.unwrap();
    assert_eq!(home.store.deliveries(&us, NOW).await.unwrap().len(), 1);
}

/// Revokes as two people of this bureau do.
async fn revoked_here(home: &Home, hash: &AgreementHash) -> u64 {
    let us = code("DEU");
    home.store.intend(hash, ActKind::RevokeAgreement, &us, "it is over").await.unwrap();
    let (word, by) = (revoke("DEU", 1), actor("bert"));
    let decision = OwnDecision { hash, act: ActKind::RevokeAgreement, notice: &word, by: &by };
    assert_eq!(home.store.carry_out(&decision, NOW).await.unwrap(), Revoked);
    home.store.destroy_what_has_ended(NOW).await.unwrap()
}

#[tokio::test]
async fn a_backup_of_before_a_revocation_evaluates_nothing_and_others_go_on() {
    let mut home = Home::new().await;
    let parties = Parties::new();
    let (ended, ended_text) = parties.agree("ended-2026", "Ended");
    let (other, other_text) = parties.agree("other-2026", "Other");
    for (agreement, text) in [(&ended, &ended_text), (&other, &other_text)] {
        home.store.install_agreement(agreement, text, NOW).await.unwrap();
    }
    let (lost, kept) = (scope(&ended), scope(&other));
    home.store.scope_secrets(&lost, NOW).await.unwrap();
    let key = home.store.scope_secrets(&kept, NOW).await.unwrap().key.to_bytes();
    let sets = home.folder.own_set(&lost.id(), 1);
    fs::write(&sets, b"a published set").unwrap();
    home.store.close().await;

    // The whole database and the sets, as they were.
    let state_folder = home.folder.root().join("state");
    let sets_folder = home.folder.root().join("sets/own");
    let (database, published) = (tempdir().unwrap(), tempdir().unwrap());
    copy_database(&state_folder, database.path());
    copy_database(&sets_folder, published.path());
    home.store = home.other_handle().await;
    assert_eq!(revoked_here(&home, &ended.hash()).await, 1);
    assert!(!sets.exists());
    assert_eq!(reason(&home, &ended).await, Some(Reason::AgreementRevoked));
    home.store.close().await;

    for entry in fs::read_dir(&state_folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    copy_database(database.path(), &state_folder);
    copy_database(published.path(), &sets_folder);
    home.store = home.other_handle().await;
    // The database is of before: to it the agreement lives. Its key does not open all the same.
    assert_eq!(state(&home, &ended).await, Active);
    let refused = home.store.scope_secrets(&lost, NOW).await;
    assert!(
        matches!(refused, Err(StoreError::Folder(FolderError::Io { .. }))),
        "{:?}",
        refused.err()
    );
    // Nor is a new key made in its place, for this scope or for a later one.
    let mut later = lost.clone();
    later.epoch += 1;
    let refused = home.store.scope_secrets(&later, NOW).await;
    assert!(matches!(refused, Err(StoreError::AgreementEnded { .. })), "{:?}", refused.err());
    let same = home.store.scope_secrets(&kept, NOW).await.unwrap();
    assert_eq!(same.key.to_bytes(), key);

    // A node that starts on it is told by what lies beside the wrapping keys.
    let remembered = home.store.remember_endings(NOW).await.unwrap();
    assert_eq!(remembered, [ended.terms().id.clone()]);
    assert_eq!(home.store.destroy_what_has_ended(NOW).await.unwrap(), 1);
    assert!(!sets.exists());
    assert_eq!(reason(&home, &ended).await, Some(Reason::AgreementRevoked));
    assert_eq!(reason(&home, &other).await, None);
    assert_eq!(home.store.remember_endings(NOW).await.unwrap(), []);
}

#[tokio::test]
async fn a_backup_of_before_the_agreement_does_not_let_it_be_agreed_again_by_its_old_text() {
    let mut home = Home::new().await;
    home.store.close().await;
    let state_folder = home.folder.root().join("state");
    let database = tempdir().unwrap();
    copy_database(&state_folder, database.path());
    home.store = home.other_handle().await;
    let (agreement, text) = installed(&home).await;
    revoked_here(&home, &agreement.hash()).await;
    home.store.close().await;
    for entry in fs::read_dir(&state_folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    copy_database(database.path(), &state_folder);
    home.store = home.other_handle().await;
    let by_hand = home.store.install_agreement(&agreement, &text, NOW).await.unwrap_err();
    assert!(matches!(by_hand, StoreError::AgreementEnded { .. }), "{by_hand}");
    let by_wire = from_fra(&home, &file(&text), &[], NOW).await;
    assert!(matches!(by_wire, Err(LifeError::Ended { .. })), "{by_wire:?}");
}

#[tokio::test]
async fn a_destruction_that_broke_off_is_taken_up_again() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let scope = scope(&agreement);
    home.store.scope_secrets(&scope, NOW).await.unwrap();
    // The word of the partner is written, and the node is killed before it could destroy.
    from_fra(&home, &file(&text), &[revoke("FRA", 1)], NOW).await.unwrap();
    assert_eq!(state(&home, &agreement).await, Revoked);
    assert!(home.folder.wrapping_key(&scope.id()).is_file());
    let other = home.other_handle().await;
    assert_eq!(other.destroy_what_has_ended(NOW).await.unwrap(), 1);
    assert!(!home.folder.wrapping_key(&scope.id()).is_file());
    assert_eq!(other.destroy_what_has_ended(NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_over_destroys_its_keys_as_a_revocation_does() {
    let home = Home::new().await;
    let (agreement, _) = installed(&home).await;
    let scope = scope(&agreement);
    home.store.scope_secrets(&scope, NOW).await.unwrap();
    let after = agreement.terms().valid_until;
    home.store.advance_agreements(after).await.unwrap();
    assert_eq!(home.store.destroy_what_has_ended(after).await.unwrap(), 1);
    assert!(!home.folder.wrapping_key(&scope.id()).exists());
    let left = home.store.scopes_with_keys(&agreement.terms().id).await.unwrap();
    assert_eq!(left, []);
}

#[tokio::test]
async fn contacts_are_kept_as_they_were_compared_and_logged() {
    let home = Home::new().await;
    let (agreement, _) = Parties::new().agree("test-2026", "Title");
    let card = &agreement.terms().parties[0];
    let fingerprint = card.fingerprint().unwrap();
    let by = actor("anna");
    assert!(home.store.add_contact(card, &fingerprint, &by, NOW).await.unwrap());
    assert!(home.store.add_contact(card, &fingerprint, &by, NOW).await.unwrap());
    let mut other = card.clone();
    other.name.push('x');
    let others = other.fingerprint().unwrap();
    assert!(!home.store.add_contact(&other, &others, &by, NOW).await.unwrap());
    let contacts = home.store.contacts().await.unwrap();
    assert_eq!((contacts.len(), &contacts[0].card), (1, card));
    assert_eq!(
        home.store.exchange_parties(&code("DEU"), NOW).await.unwrap(),
        std::slice::from_ref(card)
    );
    // Another card put in its place by whoever holds the database is found.
    sqlx::query("UPDATE contacts SET card = $1")
        .bind(serde_json::to_string(&other).unwrap())
        .execute(&mut home.raw().await)
        .await
        .unwrap();
    assert!(matches!(home.store.contacts().await, Err(StoreError::Damaged { what: "contact" })));
    assert!(home.store.remove_contact(&card.code, &by, NOW).await.unwrap());
    assert!(!home.store.remove_contact(&card.code, &by, NOW).await.unwrap());
    let logged = records(&home.store).await;
    assert!(matches!(&logged[0], LogRecord::ContactAdded { bureau, .. } if *bureau == card.code));
    assert!(matches!(&logged[1], LogRecord::ContactRemoved { by: who, .. } if *who == by));
    assert_eq!(logged.len(), 2);
}

#[tokio::test]
async fn parties_of_an_ended_agreement_may_say_what_they_hold_of_it_for_a_while() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let (us, fra) = (code("DEU"), agreement.terms().parties[0].clone());
    // In place: the agreement itself makes them known.
    assert_eq!(home.store.exchange_parties(&us, NOW).await.unwrap(), []);
    from_fra(&home, &file(&text), &[revoke("FRA", 1)], NOW).await.unwrap();
    assert_eq!(home.store.exchange_parties(&us, NOW).await.unwrap(), [fra]);
    let later = NOW + Duration::days(31);
    assert_eq!(home.store.exchange_parties(&us, later).await.unwrap(), []);
    // A proposal alone makes nobody known.
    let (_, proposed) = Parties::new().agree("other-2026", "Other");
    from_fra(&home, &signed_by(&proposed, &["FRA"]), &[], NOW).await.unwrap();
    assert_eq!(home.store.exchange_parties(&us, NOW).await.unwrap().len(), 1);
}

#[tokio::test]
async fn texts_are_counted_by_state() {
    let home = Home::new().await;
    let parties = Parties::new();
    let (one, one_text) = parties.agree("one-2026", "One");
    let (_, two_text) = parties.agree("two-2026", "Two");
    home.store.install_agreement(&one, &one_text, NOW).await.unwrap();
    from_fra(&home, &signed_by(&two_text, &["FRA"]), &[], NOW).await.unwrap();
    let counts = home.store.agreements_by_state().await.unwrap();
    let count = |state| counts.iter().find(|(one, _)| *one == state).unwrap().1;
    assert_eq!((count(Draft), count(Proposed), count(Active), count(Revoked)), (0, 1, 1, 0));
}

#[tokio::test]
async fn a_notice_keeps_the_very_bytes_that_were_signed() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let word = suspend("FRA", 1);
    from_fra(&home, &file(&text), std::slice::from_ref(&word), NOW).await.unwrap();
    let kept: Vec<StoredDocument> = home.store.agreement_notices(&agreement.hash()).await.unwrap();
    assert_eq!(kept, [word.document]);
}
