//! The lives of agreements: what each step needs, and what it leaves.

mod contacts;
mod deliveries;
mod endings;
mod notices;
mod proposals;

use symbolon_policy::{
    Actor, Agreement, AgreementState, AgreementStep, Reason, Scope, SignedAgreement, rules::Role,
};
use symbolon_store::{IncomingText, KeptNotice, LifeError, TakenIn};
use time::OffsetDateTime;

use crate::fixture::{Home, NOW, Parties, code, document};

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
