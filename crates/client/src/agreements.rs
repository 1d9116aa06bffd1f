//! Shows other parties what is held of a text of an agreement, and takes in what they hold.

use std::{collections::BTreeSet, time::Duration};

use symbolon_exchange::{AgreementText, TextError};
use symbolon_policy::{Agreement, AgreementId, AgreementState, BureauCode, Party};
use symbolon_store::{Delivery, IncomingText, KeptNotice, StoreError};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::{AgreementBook, ContactBook, Failure, FailureReason, Requester};

const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// One text that one party may not hold yet as it is held here.
pub struct AgreementExchange {
    requester: Requester,
    delivery: Delivery,
    party: Party,
    is_known: bool,
}

impl Requester {
    /// What is to be shown to other parties now, each by itself: one that is slow holds up no other.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn agreements_to_exchange(
        &self,
        contacts: &ContactBook,
    ) -> Result<Vec<AgreementExchange>, StoreError> {
        let known = known_parties(&self.us, &self.book, contacts);
        let deliveries = self.store.deliveries(&self.us, OffsetDateTime::now_utc()).await?;
        Ok(deliveries
            .into_iter()
            .flat_map(|delivery| {
                delivery.parties.clone().into_iter().map(move |party| (delivery.clone(), party))
            })
            .map(|(delivery, party)| {
                let is_known = known.contains(&party);
                AgreementExchange { requester: self.clone(), delivery, party, is_known }
            })
            .collect())
    }

    /// Why nothing is asked under the agreement now, as the database has it.
    pub(crate) async fn withdrawn(
        &self,
        agreement: &Agreement,
        now: OffsetDateTime,
    ) -> Result<Option<Failure>, StoreError> {
        let refusal = self.store.withdrawn(agreement).await?;
        Ok(refusal.map(|refusal| Failure::refused_here(&refusal, now)))
    }
}

impl AgreementExchange {
    /// With whom.
    pub fn bureau(&self) -> &BureauCode {
        &self.party.code
    }

    /// Tells the exchange apart from others that may be under way.
    pub fn key(&self) -> (symbolon_policy::AgreementHash, BureauCode) {
        (self.delivery.hash, self.party.code.clone())
    }

    /// Shows the other party what is held here, takes in what it holds, and takes note of what it
    /// now has. Returns the agreement's id and the states that it went through here.
    ///
    /// # Errors
    /// When the party is not known by this very card, does not answer, refuses, or answers with
    /// something that does not hold: all of it is tried again.
    pub async fn run(self) -> Result<(AgreementId, Vec<AgreementState>), Failure> {
        let Self { requester, delivery, party, is_known } = self;
        if !is_known {
            return Err(Failure::no_answer(
                FailureReason::NotAContact,
                format!(
                    "{} is not known by the card in this text; compare its card and add it with \
                     `symbolon contact add`",
                    party.code
                ),
            ));
        }
        let notices = delivery.notices.iter().cloned().map(Into::into).collect();
        let ours = AgreementText::new(delivery.file, notices).map_err(own_text)?;
        let request = ours.request().map_err(own_text)?;
        let mut client = requester.partners.client(&party)?;
        let answer = timeout(CALL_TIMEOUT, client.exchange_agreement(request)).await;
        let answer = match answer {
            Ok(answer) => answer?.into_inner(),
            Err(_) => {
                // A connection that hangs must not serve the next attempt too.
                requester.partners.forget(&party);
                return Err(Failure::timeout(CALL_TIMEOUT));
            }
        };
        let theirs =
            ours.answered(answer).map_err(|error| Failure::untrusted(error.to_string()))?;
        let now = OffsetDateTime::now_utc();
        let taken = requester
            .store
            .take_in_text(
                &IncomingText {
                    file: theirs.file(),
                    notices: &kept_notices(&theirs),
                    origin: &party.code,
                    us: &requester.us,
                    person: None,
                },
                now,
            )
            .await
            .map_err(|error| Failure::no_answer(FailureReason::Agreement, error.to_string()))?;
        let signers: BTreeSet<_> =
            theirs.file().signatures().iter().map(|one| one.party.clone()).collect();
        let held: Vec<_> = theirs
            .notices()
            .iter()
            .map(|(notice, _)| (notice.issuer.clone(), notice.counter))
            .collect();
        requester.store.mark_delivered(&ours.hash(), &party.code, &signers, &held, now).await?;
        Ok((ours.terms().id.clone(), taken.states))
    }
}

/// All bureaus with which texts of agreements may be exchanged, by the cards under which they are
/// known: parties to agreements that are in place, and contacts.
pub fn known_parties(us: &BureauCode, book: &AgreementBook, contacts: &ContactBook) -> Vec<Party> {
    let mut known: Vec<Party> = contacts.all().to_vec();
    for agreement in book.all().iter() {
        for party in &agreement.terms().parties {
            if &party.code != us && !known.contains(party) {
                known.push(party.clone());
            }
        }
    }
    known
}

/// The notices of a text as they are kept.
pub fn kept_notices(text: &AgreementText) -> Vec<KeptNotice> {
    text.notices()
        .iter()
        .map(|(notice, document)| KeptNotice {
            step: notice.kind.step(notice.issuer.clone()),
            counter: notice.counter,
            reason: notice.reason.clone(),
            document: document.clone().into(),
        })
        .collect()
}

/// What was verified when it came must still hold.
fn own_text(error: TextError) -> Failure {
    Failure::no_answer(
        FailureReason::Agreement,
        format!("the text that is held here cannot be sent: {error}"),
    )
}
