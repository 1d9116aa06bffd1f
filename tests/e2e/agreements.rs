//! Agreements between real nodes: proposed, signed and in force over the wire; suspended, resumed and
//! ended; and who is refused.

mod ending;
mod notices;
mod signing;
mod strangers;
mod suspending;

use symbolon_cli::{
    legal::LegalDesk,
    scenario::{Bureau, dataset},
};
use symbolon_client::Credentials;
use symbolon_exchange::AgreementText;
use symbolon_identifiers::IdentifierType;
use symbolon_policy::{Actor, AgreementState, SignedAgreement, rules::Role};
use symbolon_proto::partner::v1::ExchangeAgreementRequest;
use symbolon_store::ActKind;
use symbolon_tests::{Offer, raw, until};

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
    let store = bureau.store().await.unwrap();
    let agreement = id.parse().unwrap();
    until(&format!("{} has {id} {wanted}", bureau.code), async || {
        let status = store.agreement_state(&agreement).await.unwrap()?;
        (status.state == wanted).then_some(())
    })
    .await;
    store.close().await;
}

fn ships(owner: &Bureau) -> symbolon_policy::Dataset {
    dataset("ships", &owner.code, "Ships", &[IdentifierType::Imo], 1_000)
}

fn offer() -> Offer {
    Offer {
        list: format!("record_id,identifier_type,value,country\nR1,imo,{LISTED},\n"),
        types: vec![IdentifierType::Imo],
        daily_quota: 1_000_000,
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

fn request(file: &SignedAgreement) -> ExchangeAgreementRequest {
    AgreementText::new(file.clone(), Vec::new()).unwrap().request().unwrap()
}
