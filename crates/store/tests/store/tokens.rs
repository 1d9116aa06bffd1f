//! A bearer token is recognised by nothing but itself, ends when it should, and is nowhere in what is kept.

use symbolon_policy::{Actor, rules::Role};
use symbolon_store::{BearerToken, LogRecord, NoToken};
use time::Duration;

use crate::fixture::{Home, NOW};

fn holder(name: &str) -> Actor {
    Actor {
        id: format!("spiffe://deu.example/agencies/customs/{name}"),
        roles: [Role::Officer].into(),
    }
}

fn admin() -> Actor {
    Actor {
        id: "spiffe://deu.example/people/admin".to_owned(),
        roles: [Role::Administrator].into(),
    }
}

const LIFE: Duration = Duration::hours(8);

#[tokio::test]
async fn a_token_is_recognised_by_every_process_until_it_is_revoked_and_no_other_is() {
    let home = Home::new().await;
    let node = home.other_handle().await;
    let token = home.store.issue_token(&holder("a"), NOW + LIFE, &admin(), NOW).await.unwrap();
    let text = token.reveal();
    let shown: BearerToken = text.parse().unwrap();
    let known = node.recognise_token(&shown).await.unwrap().unwrap();
    assert_eq!((known.holder.clone(), known.expires_at), (holder("a"), NOW + LIFE));
    assert_eq!((known.issued_by.as_str(), known.revoked.clone()), (admin().id.as_str(), None));

    let secret = text.rsplit('_').next().unwrap();
    for place in [0, 31, 63] {
        let mut other = secret.to_owned().into_bytes();
        other[place] = if other[place] == b'0' { b'1' } else { b'0' };
        let other = text.replace(secret, std::str::from_utf8(&other).unwrap());
        assert_eq!(node.recognise_token(&other.parse().unwrap()).await.unwrap(), None);
    }
    let other = home.store.issue_token(&holder("b"), NOW + LIFE, &admin(), NOW).await.unwrap();
    let mixed = other.reveal().replace(&other.id().to_string(), &token.id().to_string());
    assert_eq!(node.recognise_token(&mixed.parse().unwrap()).await.unwrap(), None);

    assert!(home.store.revoke_token(&known, "lost", &admin(), NOW).await.unwrap());
    assert!(!home.store.revoke_token(&known, "found", &admin(), NOW).await.unwrap());
    let known = node.recognise_token(&shown).await.unwrap().unwrap();
    assert_eq!(known.revoked, Some((NOW, "lost".to_owned())));
    assert!(node.recognise_token(&other).await.unwrap().unwrap().revoked.is_none());

    let entries = home.store.log_entries(0, 100).await.unwrap();
    let records: Vec<_> = entries.into_iter().map(|entry| entry.record.unwrap()).collect();
    let issued = |token: &BearerToken, name| LogRecord::TokenIssued {
        token: token.id(),
        holder: holder(name),
        expires_at: NOW + LIFE,
        by: admin(),
    };
    let revoked = LogRecord::TokenRevoked {
        token: token.id(),
        holder: holder("a"),
        reason: "lost".to_owned(),
        by: admin(),
    };
    assert_eq!(records, [issued(&token, "a"), issued(&other, "b"), revoked]);
}

#[tokio::test]
async fn a_token_that_is_over_is_known_for_thirty_days_and_then_forgotten() {
    let home = Home::new().await;
    let old = home.store.issue_token(&holder("a"), NOW + LIFE, &admin(), NOW).await.unwrap();
    let later = NOW + LIFE + Duration::days(30);
    home.store.issue_token(&holder("b"), later + LIFE, &admin(), later).await.unwrap();
    assert_eq!(home.store.tokens().await.unwrap().len(), 2);
    assert_eq!(home.store.recognise_token(&old).await.unwrap().unwrap().expires_at, NOW + LIFE);
    let later = later + Duration::SECOND;
    home.store.issue_token(&holder("c"), later + LIFE, &admin(), later).await.unwrap();
    let names: Vec<_> =
        home.store.tokens().await.unwrap().into_iter().map(|token| token.holder.id).collect();
    assert_eq!(names, [holder("b").id, holder("c").id]);
    assert_eq!(home.store.recognise_token(&old).await.unwrap(), None);
}

#[tokio::test]
async fn a_text_that_is_no_token_is_told_apart_and_no_secret_is_printed() {
    let home = Home::new().await;
    let token = home.store.issue_token(&holder("a"), NOW + LIFE, &admin(), NOW).await.unwrap();
    let text = token.reveal();
    assert_eq!(text.len(), "symbolon_".len() + 16 + 1 + 64);
    assert!(!format!("{token:?}").contains(text.rsplit('_').next().unwrap()));
    for bad in [
        "",
        "symbolon",
        "symbolon__",
        &text[1..],
        &text[..text.len() - 1],
        &format!("{}0", text.as_str()),
        &text.replace('_', "-"),
        &text.replacen("symbolon_", "symbolon_0", 1),
        &format!(" {}", text.as_str()),
    ] {
        assert_eq!(bad.parse::<BearerToken>().err(), Some(NoToken), "{bad}");
    }
}
