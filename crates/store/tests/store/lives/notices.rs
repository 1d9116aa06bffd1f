//! Signed word of parties: what it changes, and what it never can.

use symbolon_policy::{AgreementState, Reason};
use symbolon_store::{LifeError, StoredDocument, TakenIn};
use time::Duration;

use super::{
    actor, file, from_fra, installed, kept, reason, resume, revoke, signed_by, state, suspend,
};
use crate::fixture::{Home, NOW, Parties, code};

use AgreementState::{Active, Countersigned, Revoked, Suspended};

#[tokio::test]
async fn nothing_stands_against_a_suspension_until_its_party_resumes_it() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let (hash, us, whole) = (agreement.hash(), code("DEU"), file(&text));
    home.store.suspend_agreement(&hash, &us, &actor("anna"), "we look into it", NOW).await.unwrap();
    let refusal = home.store.withdrawn(&agreement).await.unwrap().unwrap();
    assert_eq!(refusal.reason, Reason::AgreementSuspended);
    let since = format!("DEU since {} (", symbolon_policy::moment(NOW));
    assert!(refusal.sentence.contains(&since), "{}", refusal.sentence);
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
async fn a_notice_keeps_the_very_bytes_that_were_signed() {
    let home = Home::new().await;
    let (agreement, text) = installed(&home).await;
    let word = suspend("FRA", 1);
    from_fra(&home, &file(&text), std::slice::from_ref(&word), NOW).await.unwrap();
    let kept: Vec<StoredDocument> = home.store.agreement_notices(&agreement.hash()).await.unwrap();
    assert_eq!(kept, [word.document]);
}
