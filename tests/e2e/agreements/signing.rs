//! Two or three bureaus sign what they have agreed.

use std::{fs, path::Path, time::Duration};

use symbolon_cli::{
    Profile,
    rows::Mapping,
    scenario::{Bureau, RunningNode, simple_terms, wait_for_coverage},
};
use symbolon_policy::{AgreementState, SignedAgreement};
use symbolon_store::ActKind;
use symbolon_tests::{program, until};
use tempfile::TempDir;
use time::OffsetDateTime;

use super::{LISTED, approver, decide, desk, legal, ships, suspend, wait_for};

const LIMIT: Duration = Duration::from_secs(40);
/// What a node logs when it does not reach a party.
const TRIED: &str = "a text of an agreement could not be exchanged";

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

fn start(bureau: &Bureau, folder: &Path) -> RunningNode {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join(format!("{}.log", bureau.code)))
        .unwrap();
    bureau.start(program(), log.into()).unwrap()
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
    until("the node has tried in vain", async || {
        fs::read_to_string(folder.path().join("ALP.log")).ok()?.contains(TRIED).then_some(())
    })
    .await;
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
