//! From a proposal to an agreement in force, or to nothing.

use symbolon_policy::{AgreementState, Reason};
use symbolon_store::{ActKind, LifeError, LogRecord, OwnDecision, StoreError, TakenIn};
use time::Duration;

use super::{actor, file, from_fra, installed, reason, resume, signed_by, state};
use crate::fixture::{Home, NOW, Parties, code, records};

use AgreementState::{Active, Countersigned, Draft, Expired, Proposed, Revoked, Suspended};

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
