//! Takes in texts of agreements and notices, and shows what is held of them.

use symbolon_client::{kept_notices, known_parties};
use symbolon_exchange::{AgreementText, TextError};
use symbolon_policy::{AgreementState, Party, Reason, Refusal, SignedAgreement};
use symbolon_proto::partner::v1::{ExchangeAgreementRequest, ExchangeAgreementResponse};
use symbolon_store::{IncomingText, LifeError, StoreError};
use time::OffsetDateTime;

use super::PartnerFace;
use crate::{
    logging::{ReasonCode, StateCode, event},
    peer::Peer,
    tls::is_party,
};

impl PartnerFace {
    /// The one call for which being known by card is enough. Nothing can be asked for by name: who
    /// calls shows the whole text, and is a party to it.
    pub(super) async fn exchange_text(
        &self,
        peer: &Peer,
        request: ExchangeAgreementRequest,
    ) -> Result<ExchangeAgreementResponse, Refusal> {
        let _place = self.checks.of_partner(&peer.actor.id).ok_or_else(|| {
            Refusal::new(Reason::TryAgain, "this bureau has as much of you in hand as it can")
                .retry_at(OffsetDateTime::now_utc() + time::Duration::seconds(1))
        })?;
        // Before anything is parsed.
        let known: Vec<_> = known_parties(&self.us, &self.book, &self.contacts)
            .into_iter()
            .filter(|party| is_party(peer, party))
            .collect();
        if known.is_empty() {
            return Err(Refusal::new(
                Reason::NotAParty,
                "this bureau does not know the holder of this certificate",
            ));
        }
        let work = move || AgreementText::read(request);
        let text = self
            .compute
            .run(work)
            .await
            .map_err(|_| Refusal::new(Reason::TryAgain, "this bureau's node is stopping"))?;
        let text = text.map_err(|error| text_refusal(&error))?;
        let caller = self.caller(&text, &known)?;
        let taken = self.keep_text(&text, &caller).await;
        let states = match taken {
            Ok(states) => states,
            Err(refusal) => {
                event!(
                    info,
                    "a text of an agreement was refused",
                    agreement = text.terms().id,
                    requester = caller.code,
                    reason = ReasonCode(refusal.reason),
                );
                return Err(refusal);
            }
        };
        for state in states {
            event!(
                info,
                "a text of an agreement was taken in",
                agreement = text.terms().id,
                requester = caller.code,
                state = StateCode(state),
            );
        }
        self.held(&text).await
    }

    /// The party that calls, if it and this bureau are parties to the text, each described as its
    /// card does.
    fn caller(&self, text: &AgreementText, known: &[Party]) -> Result<Party, Refusal> {
        let parties = &text.terms().parties;
        let caller = parties.iter().find(|party| known.contains(party)).ok_or_else(|| {
            Refusal::new(
                Reason::NotAParty,
                "the caller is no party to this text, or the text describes it otherwise than its \
                 card does",
            )
        })?;
        if !parties.contains(&self.card) {
            return Err(Refusal::new(
                Reason::ProposalRefused,
                format!(
                    "{} is no party to this text, or the text describes it otherwise than its \
                     present card does; draft it again from that card",
                    self.us
                ),
            ));
        }
        if !text.file().is_signed_by(&caller.code) {
            return Err(Refusal::new(
                Reason::ProposalRefused,
                "a text is looked at once the party that shows it has signed it",
            ));
        }
        Ok(caller.clone())
    }

    async fn keep_text(
        &self,
        text: &AgreementText,
        caller: &Party,
    ) -> Result<Vec<AgreementState>, Refusal> {
        let now = OffsetDateTime::now_utc();
        let known = self.store.agreement_text(&text.hash()).await.map_err(internal)?;
        if known.is_none() && text.terms().valid_until <= now {
            return Err(Refusal::new(
                Reason::ProposalRefused,
                "the validity of this text is over already",
            ));
        }
        let incoming = IncomingText {
            file: text.file(),
            notices: &kept_notices(text),
            origin: &caller.code,
            us: &self.us,
            person: None,
        };
        let taken = self.store.take_in_text(&incoming, now).await.map_err(life_refusal)?;
        if taken.is_new {
            let in_place = self.book.find(&text.terms().id);
            if in_place.is_some_and(|other| other.hash() != text.hash()) {
                event!(
                    warn,
                    "another text was proposed under the id of an agreement that is in place; it \
                     changes nothing until people of this bureau sign it",
                    agreement = text.terms().id,
                    requester = caller.code,
                );
            }
        }
        Ok(taken.states)
    }

    /// What this bureau holds of the text now.
    async fn held(&self, text: &AgreementText) -> Result<ExchangeAgreementResponse, Refusal> {
        let hash = text.hash();
        let stored = self.store.agreement_text(&hash).await.map_err(internal)?;
        let notices = self.store.agreement_notices(&hash).await.map_err(internal)?;
        let damaged = || internal(StoreError::Damaged { what: "agreement" });
        let document = stored.ok_or_else(damaged)?.document;
        let file = SignedAgreement::from_json(document.as_bytes()).map_err(|_| damaged())?;
        let notices = notices.into_iter().map(Into::into).collect();
        let held = AgreementText::new(file, notices).map_err(|_| damaged())?;
        Ok(held.response())
    }
}

fn text_refusal(error: &TextError) -> Refusal {
    let reason = match error {
        TextError::TooMuch => Reason::LimitExceeded,
        TextError::Notice(_) | TextError::CounterTwice => Reason::NoticeInvalid,
        _ => Reason::ProposalRefused,
    };
    Refusal::new(reason, error.to_string())
}

fn life_refusal(error: LifeError) -> Refusal {
    let reason = match error {
        LifeError::Illegal(_) | LifeError::OldNotice => Reason::NoticeInvalid,
        LifeError::Ended { .. } => Reason::AgreementRevoked,
        LifeError::TooManyOpen { .. } | LifeError::TooManyNotices { .. } => Reason::LimitExceeded,
        LifeError::Store(error) => return internal(error),
        _ => Reason::ProposalRefused,
    };
    Refusal::new(reason, error.to_string())
}

fn internal(error: StoreError) -> Refusal {
    event!(warn, "a text of an agreement could not be kept", error = error);
    Refusal::new(
        Reason::Internal,
        "this bureau's node could not keep the text; its desk knows more",
    )
}
