//! What a bureau's legal officers and approvers do to agreements: propose and sign, suspend, resume,
//! revoke. Nothing here needs a running node; one that runs acts on it within a second.

mod naming;

use std::{collections::BTreeSet, path::Path};

use symbolon_client::Rules;
use symbolon_exchange::{AgreementNotice, NoticeKind, is_reason_text};
use symbolon_policy::{
    Actor, AgreementHash, AgreementId, AgreementState, AgreementTerms, BureauCode, Party,
    SignedAgreement,
};
use symbolon_store::{
    ActError, ActKind, AgreementStatus, DataFolder, IncomingText, KeptNotice, KeyName, LifeError,
    NodeConfig, OwnDecision, Store, StoredText,
};
use time::OffsetDateTime;

use self::naming::meant;
pub(crate) use self::naming::{short, word_for};
use crate::{CliError, card::read_card, typed::Typed};

/// The desk at which agreements are signed and ended.
pub struct LegalDesk {
    /// The bureau's folder.
    pub folder: DataFolder,
    /// Its store.
    pub store: Store,
    /// Its code.
    pub us: BureauCode,
}

/// What an approval came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Approved {
    /// What was approved and carried out.
    pub act: ActKind,
    /// Where the agreement stands now.
    pub state: AgreementState,
    /// How many scopes' keys were destroyed.
    pub keys_destroyed: u64,
}

impl LegalDesk {
    /// Opens a bureau's store, and lets time bring its agreements up to now.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(folder: DataFolder) -> Result<Self, CliError> {
        let us = NodeConfig::read(&folder)?.code;
        let store = Store::open(folder.clone()).await?;
        store.advance_agreements(OffsetDateTime::now_utc()).await?;
        Ok(Self { folder, store, us })
    }

    /// The text that a person means: by id, or by the beginning of its hash. Of several texts under
    /// one id, the only one that is not over.
    ///
    /// # Errors
    /// When there is none, or it is not clear which.
    pub async fn find(&self, name: &str) -> Result<StoredText, CliError> {
        let texts = self.store.agreement_texts().await?;
        match meant(&texts, name).as_slice() {
            [] => Err(CliError::new(
                "agreement_unknown",
                format!(
                    "there is no agreement called {name:?}; `{}` shows all",
                    Typed::command("agreement list").at(self.folder.root())
                ),
            )),
            [one] => Ok((*one).clone()),
            several => {
                let over = if several.iter().all(|text| text.state.is_over()) {
                    ". Each has ended for good, and nothing follows on that: draft another text"
                } else {
                    ""
                };
                Err(CliError::new(
                    "agreement_ambiguous",
                    format!(
                        "{} texts bear the id {name:?}; name one by the first digits of its hash: \
                         {}{over}",
                        several.len(),
                        several
                            .iter()
                            .map(|text| format!("{} ({})", short(&text.hash), text.state))
                            .collect::<Vec<_>>()
                            .join(", ")
                    ),
                ))
            }
        }
    }

    /// The word by which [`find`](Self::find) finds just this text, for commands that are shown.
    ///
    /// # Errors
    /// When the texts cannot be read.
    pub async fn word_for(
        &self,
        id: &AgreementId,
        hash: &AgreementHash,
    ) -> Result<String, CliError> {
        Ok(word_for(&self.store.agreement_texts().await?, id, hash))
    }

    /// Proposes that this bureau signs a text. Another person approves it.
    ///
    /// # Errors
    /// When the text is not about this bureau as its card describes it, names a bureau whose card
    /// nobody here has compared, promises rules of this bureau that are not in force, would replace another text of other parties, or any where
    /// `may_replace` does not say so, or cannot be kept.
    pub async fn propose(
        &self,
        file: &SignedAgreement,
        may_replace: bool,
        by: &Actor,
    ) -> Result<AgreementHash, CliError> {
        let terms = file.verify_signatures()?;
        let hash = file.hash()?;
        self.are_known(&terms).await?;
        self.can_promise(&terms).await?;
        if let Some(other) = self.store.agreement_state(&terms.id).await?
            && other.hash != hash
            && other.state.is_in_place()
        {
            self.may_take_the_place(&terms, &other, may_replace).await?;
        }
        let now = OffsetDateTime::now_utc();
        let incoming =
            IncomingText { file, notices: &[], origin: &self.us, us: &self.us, person: Some(by) };
        self.store.take_in_text(&incoming, now).await?;
        self.propose_act(ActKind::SignAgreement, &hash, "", by, now).await?;
        Ok(hash)
    }

    /// Proposes to resume or to revoke an agreement. Another person approves it.
    ///
    /// # Errors
    /// When the reason cannot stand in a notice, or the step does not follow.
    pub async fn propose_decision(
        &self,
        act: ActKind,
        text: &StoredText,
        reason: &str,
        by: &Actor,
    ) -> Result<(), CliError> {
        is_reason(reason)?;
        self.propose_act(act, &text.hash, reason, by, OffsetDateTime::now_utc()).await
    }

    /// Approves what another person has proposed about a text, and carries it out: this bureau's
    /// legal key signs. Where several acts wait, `named` says which; an end for good is always named,
    /// so that nobody brings one about who thought that he signs.
    ///
    /// # Errors
    /// When nothing waits, a revocation waits that `named` does not name, the same person has proposed
    /// it, the legal key is not here, or the step does not follow.
    pub async fn approve(
        &self,
        text: &StoredText,
        named: Option<ActKind>,
        by: &Actor,
    ) -> Result<Approved, CliError> {
        let waiting = self.store.agreement_intents(&text.hash).await?;
        let mut chosen = waiting.iter().filter(|(kind, _)| named.is_none_or(|act| act == *kind));
        let (act, reason) = match (chosen.next(), chosen.next()) {
            (Some(one), None) => one,
            (Some(_), Some(_)) => {
                return Err(CliError::new(
                    "several_acts",
                    "several acts wait for a second person; say which with --act",
                ));
            }
            (None, _) => return Err(LifeError::NotProposed.into()),
        };
        if *act == ActKind::RevokeAgreement && named.is_none() {
            return Err(self.unnamed_revocation(text).await?);
        }
        // Read first: an approval that cannot be carried out would only be in the way.
        let key = KeyName::Legal.read(&self.folder)?;
        let now = OffsetDateTime::now_utc();
        self.store.approve_act(*act, &text.hash.0, by, now).await.map_err(act_error)?;
        let state = match act {
            ActKind::SignAgreement => {
                let mut file = SignedAgreement::from_json(text.document.as_bytes())?;
                file.sign(&self.us, &key)?;
                self.store.sign_text(&text.hash, &file, by, now).await?
            }
            _ => {
                let kind = match act {
                    ActKind::ResumeAgreement => NoticeKind::Resume,
                    _ => NoticeKind::Revoke,
                };
                let notice = self.notice(text, kind, reason, &key, now).await?;
                let decision = OwnDecision { hash: &text.hash, act: *act, notice: &notice, by };
                self.store.carry_out(&decision, now).await?
            }
        };
        let keys_destroyed = self.store.destroy_what_has_ended(now).await?;
        Ok(Approved { act: *act, state, keys_destroyed })
    }

    async fn unnamed_revocation(&self, text: &StoredText) -> Result<CliError, CliError> {
        let word = self.word_for(&text.id, &text.hash).await?;
        Ok(CliError::new(
            "revocation_not_named",
            format!(
                "what waits is to end {} for good, and that cannot be undone; if that is meant, run \
                 `{}`",
                text.id,
                approval(self.folder.root(), ActKind::RevokeAgreement, &word)
            ),
        ))
    }

    /// Suspends an agreement at once. Returns whether the other parties will be told: that needs the
    /// legal key. Done again, once the key is here, it makes up for that.
    ///
    /// # Errors
    /// When the reason cannot stand in a notice, or the step does not follow.
    pub async fn suspend(
        &self,
        text: &StoredText,
        reason: &str,
        by: &Actor,
    ) -> Result<bool, CliError> {
        is_reason(reason)?;
        let now = OffsetDateTime::now_utc();
        let ours = text.suspensions.iter().find(|one| one.party == self.us);
        // Before anything else: what is to stop must stop even if no word can be signed.
        if ours.is_none() {
            self.store.suspend_agreement(&text.hash, &self.us, by, reason, now).await?;
        }
        if self.store.has_told_suspension(&text.hash, &self.us).await? {
            return Ok(true);
        }
        let Ok(key) = KeyName::Legal.read(&self.folder) else { return Ok(false) };
        let reason = ours.map_or(reason, |one| one.reason.as_str());
        let notice = self.notice(text, NoticeKind::Suspend, reason, &key, now).await?;
        self.store.keep_own_notice(&text.hash, &notice, now).await?;
        Ok(true)
    }

    /// This bureau's card.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn card(&self) -> Result<Party, CliError> {
        read_card(&self.folder.card())
    }

    /// Whether the text describes this bureau by its present card, and every other party by a card
    /// that was compared.
    async fn are_known(&self, terms: &AgreementTerms) -> Result<(), CliError> {
        is_us(terms, &self.us, &self.card()?)?;
        let mut known: Vec<Party> =
            self.store.contacts().await?.into_iter().map(|one| one.card).collect();
        for agreement in self.store.agreements().await? {
            known.extend(agreement.terms().parties.iter().cloned());
        }
        let stranger =
            terms.parties.iter().find(|party| party.code != self.us && !known.contains(party));
        match stranger {
            None => Ok(()),
            Some(party) => Err(CliError::new(
                "not_a_contact",
                format!(
                    "nobody here has compared the card by which this text describes {}; ask for \
                     its card, compare the fingerprint by voice, and run `{} CARD`",
                    party.code,
                    Typed::command("contact add").at(self.folder.root()).by("LEGAL")
                ),
            )),
        }
    }

    /// Whether the rule pack that a text promises for this bureau is the one in force here. Nothing could
    /// be asked or answered under it otherwise.
    async fn can_promise(&self, terms: &AgreementTerms) -> Result<(), CliError> {
        let conditions = terms.conditions.as_ref();
        let Some(promised) = conditions.and_then(|all| all.rule_packs.get(&self.us)) else {
            return Ok(());
        };
        let (rules, _) = Rules::in_force(&self.store).await?;
        if *promised == rules.pack.hash() {
            return Ok(());
        }
        Err(CliError::new(
            "rules_not_as_promised",
            format!(
                "this text promises that {} decides by the rule pack {promised}; in force here is {}. \
                 Put that one in force first, or name this one in the text: a promise that does not \
                 hold stops everything under the agreement",
                self.us,
                rules.pack.hash()
            ),
        ))
    }

    /// Whether a text may take the place of another under its id: where that is meant, and nobody is
    /// a party to the one who is none to the other. Who is left out would not be told.
    async fn may_take_the_place(
        &self,
        terms: &AgreementTerms,
        other: &AgreementStatus,
        is_meant: bool,
    ) -> Result<(), CliError> {
        let Some(text) = self.store.agreement_text(&other.hash).await? else { return Ok(()) };
        let old = SignedAgreement::from_json(text.document.as_bytes())?.terms()?;
        let codes = |terms: &AgreementTerms| -> BTreeSet<BureauCode> {
            terms.parties.iter().map(|party| party.code.clone()).collect()
        };
        if codes(&old) != codes(terms) {
            return Err(CliError::new(
                "other_parties",
                format!(
                    "the text of {} that is in place has other parties; draft this one under \
                     another id, and revoke that one if it is to end",
                    terms.id
                ),
            ));
        }
        if is_meant {
            return Ok(());
        }
        Err(CliError::new(
            "would_replace",
            format!(
                "another text of {} is in place ({}, {}); once all parties have signed this one, \
                 that one ends for good. Say --replace if that is what is meant",
                terms.id,
                short(&other.hash),
                other.state
            ),
        ))
    }

    async fn propose_act(
        &self,
        act: ActKind,
        hash: &AgreementHash,
        reason: &str,
        by: &Actor,
        now: OffsetDateTime,
    ) -> Result<(), CliError> {
        self.store.propose_act(act, &hash.0, by, now).await.map_err(act_error)?;
        Ok(self.store.intend(hash, act, &self.us, reason).await?)
    }

    async fn notice(
        &self,
        text: &StoredText,
        kind: NoticeKind,
        reason: &str,
        key: &symbolon_policy::SigningKey,
        now: OffsetDateTime,
    ) -> Result<KeptNotice, CliError> {
        let notice = AgreementNotice {
            agreement: text.id.clone(),
            hash: text.hash,
            issuer: self.us.clone(),
            kind,
            counter: self.store.next_counter(&text.hash, &self.us).await?,
            reason: reason.to_owned(),
            issued_at: now,
        };
        Ok(KeptNotice {
            step: kind.step(self.us.clone()),
            counter: notice.counter,
            reason: notice.reason.clone(),
            document: notice.sign(key).into(),
        })
    }
}

/// Whether a text describes this bureau by its present card.
///
/// # Errors
/// When it is no party, or is described otherwise.
pub(crate) fn is_us(terms: &AgreementTerms, us: &BureauCode, card: &Party) -> Result<(), CliError> {
    match terms.parties.iter().find(|party| &party.code == us) {
        None => Err(CliError::new("not_a_party", format!("{us} is not a party to this agreement"))),
        Some(named) if named != card => Err(CliError::new(
            "card_differs",
            format!(
                "the agreement describes {us} otherwise than its present card does; draft it again \
                 from the card that `symbolon node card` prints"
            ),
        )),
        Some(_) => Ok(()),
    }
}

fn is_reason(reason: &str) -> Result<(), CliError> {
    if is_reason_text(reason) {
        return Ok(());
    }
    Err(CliError::new(
        "reason",
        "the reason goes to the other parties' people: 1 to 256 characters in one line, and no names \
         of persons",
    ))
}

/// The command by which another person approves an act about a text. An end that cannot be undone is
/// named in it.
pub(crate) fn approval(data: &Path, act: ActKind, word: &str) -> Typed {
    let command = Typed::command("agreement approve").at(data).by("APPROVER");
    match act {
        ActKind::RevokeAgreement => command.with("--act").with("revoke").with(word),
        _ => command.with(word),
    }
}

impl From<LifeError> for CliError {
    fn from(error: LifeError) -> Self {
        let reason = match error {
            LifeError::Illegal(_) => "step",
            LifeError::Ended { .. } => "agreement_revoked",
            LifeError::NotProposed => "not_proposed",
            LifeError::Unknown => "agreement_unknown",
            LifeError::Store(_) => "store",
            _ => "agreement",
        };
        Self::new(reason, error.to_string())
    }
}

/// More than the usual reason says, for programs: whether somebody else must act first.
fn act_error(error: ActError) -> CliError {
    let reason = match error {
        ActError::NotProposed => "not_proposed",
        ActError::SamePerson { .. } => "same_person",
        _ => "act",
    };
    CliError::new(reason, error.to_string())
}
