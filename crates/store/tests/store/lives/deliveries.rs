//! What other parties are shown of a text, and what they hold already.

use symbolon_policy::AgreementState;
use symbolon_store::ActKind;

use super::{actor, file, from_fra, installed, signed_by, suspend};
use crate::fixture::{Home, NOW, Parties, code};

use AgreementState::Active;

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
