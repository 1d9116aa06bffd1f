//! What other parties are known to hold of a text, and who may be at the other end.

use std::collections::{BTreeMap, BTreeSet};

use ring::digest::{Context, SHA256};
use symbolon_policy::{AgreementHash, AgreementState, BureauCode, Party, SignedAgreement};
use time::{Duration, OffsetDateTime};

use super::{DAMAGED, rows::TextRow};
use crate::{Store, StoreError, StoredDocument};

/// How long after the end of an agreement its parties are still told so, and may still say what they
/// hold of it.
const AFTER_END: Duration = Duration::days(30);

/// A text of which other parties may not hold yet what this node holds.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The text.
    pub hash: AgreementHash,
    /// Terms with the signatures held here.
    pub file: SignedAgreement,
    /// Of each issuer the newest notice held here.
    pub notices: Vec<StoredDocument>,
    /// The parties that have to be told.
    pub parties: Vec<Party>,
}

/// Changes whenever a text changes its state or is suspended by more or fewer, a contact comes or
/// goes, or anything is to be delivered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExchangeMark {
    texts: Vec<(Vec<u8>, String, i64, bool, i64)>,
    contacts: Vec<(String, Vec<u8>)>,
}

impl Store {
    /// The mark of this moment.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exchange_mark(&self) -> Result<ExchangeMark, StoreError> {
        let texts = sqlx::query_as(
            "SELECT t.hash, t.state, t.since, a.hash IS NOT NULL,
                 (SELECT COUNT(*) FROM agreement_suspensions s WHERE s.hash = t.hash)
             FROM agreement_texts t LEFT JOIN agreements a ON a.hash = t.hash ORDER BY t.hash",
        )
        .fetch_all(&self.pool)
        .await?;
        let contacts = sqlx::query_as("SELECT code, fingerprint FROM contacts ORDER BY code")
            .fetch_all(&self.pool)
            .await?;
        Ok(ExchangeMark { texts, contacts })
    }

    /// The bureaus with which texts of agreements are exchanged although no agreement with them is in
    /// place: contacts, and parties to agreements that ended a short while ago.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn exchange_parties(
        &self,
        us: &BureauCode,
        at: OffsetDateTime,
    ) -> Result<Vec<Party>, StoreError> {
        let mut parties: Vec<_> = self.contacts().await?.into_iter().map(|one| one.card).collect();
        for row in self.recent_texts(at).await? {
            if !row.state()?.is_over() {
                continue;
            }
            // Only what was whole once: a proposal makes nobody known.
            let Ok(agreement) = row.file()?.verify() else { continue };
            for party in &agreement.terms().parties {
                if &party.code != us && !parties.contains(party) {
                    parties.push(party.clone());
                }
            }
        }
        Ok(parties)
    }

    /// What is to be shown to other parties. A text that this bureau has not signed is shown to
    /// nobody, nor one that was carried by hand, until there is word about it.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn deliveries(
        &self,
        us: &BureauCode,
        at: OffsetDateTime,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut due = Vec::new();
        for row in self.recent_texts(at).await? {
            let file = row.file()?;
            let notices = self.notices(&row.hash).await?;
            let exchanged: Option<(bool,)> =
                sqlx::query_as("SELECT exchanged FROM agreement_texts WHERE hash = $1")
                    .bind(row.hash.as_slice())
                    .fetch_optional(&self.pool)
                    .await?;
            let is_ours = file.is_signed_by(us) && exchanged.is_some_and(|(exchanged,)| exchanged);
            let is_over = row.state()?.is_over();
            if (!is_ours || is_over) && notices.is_empty() {
                continue;
            }
            let held = digest(&signers(&file), notices.iter().map(|one| (&*one.0, one.1)));
            let known: Vec<(String, Vec<u8>)> =
                sqlx::query_as("SELECT party, held FROM agreement_deliveries WHERE hash = $1")
                    .bind(row.hash.as_slice())
                    .fetch_all(&self.pool)
                    .await?;
            let terms = file.terms().map_err(|_| DAMAGED)?;
            let parties: Vec<_> = terms
                .parties
                .into_iter()
                .filter(|party| &party.code != us)
                .filter(|party| {
                    !known.iter().any(|(code, theirs)| {
                        code == party.code.as_str() && theirs == held.as_slice()
                    })
                })
                .collect();
            if !parties.is_empty() {
                due.push(Delivery {
                    hash: AgreementHash(row.hash.as_slice().try_into().map_err(|_| DAMAGED)?),
                    file,
                    notices: notices.into_iter().map(|(_, _, document)| document).collect(),
                    parties,
                });
            }
        }
        Ok(due)
    }

    /// What parties show each other of the notices about a text: of each issuer the newest, by its
    /// code. So they fit into a message however many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn agreement_notices(
        &self,
        hash: &AgreementHash,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        let notices = self.notices(&hash.0).await?;
        Ok(notices.into_iter().map(|(_, _, document)| document).collect())
    }

    /// Takes note of what a party has shown that it holds of a text: who has signed it there, and the
    /// notices by issuer and counter.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_delivered(
        &self,
        hash: &AgreementHash,
        party: &BureauCode,
        signers: &BTreeSet<BureauCode>,
        notices: &[(BureauCode, u64)],
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let signers = signers.iter().map(|code| code.as_str().to_owned()).collect();
        let mut newest = BTreeMap::new();
        for (issuer, counter) in notices {
            let known = newest.entry(issuer.as_str()).or_insert(*counter);
            *known = (*known).max(*counter);
        }
        let held = digest(&signers, newest.into_iter());
        sqlx::query(
            "INSERT INTO agreement_deliveries (hash, party, held, known_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (hash, party) DO UPDATE SET held = excluded.held,
                 known_at = excluded.known_at",
        )
        .bind(hash.0.as_slice())
        .bind(party.as_str())
        .bind(held.as_slice())
        .bind(at.unix_timestamp())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Texts that are not over, or have been for a short while only.
    async fn recent_texts(&self, at: OffsetDateTime) -> Result<Vec<TextRow>, StoreError> {
        let over = [AgreementState::Revoked, AgreementState::Expired].map(AgreementState::as_str);
        let [revoked, expired] = over;
        let since = at.checked_sub(AFTER_END).map_or(0, OffsetDateTime::unix_timestamp);
        Ok(sqlx::query_as(
            "SELECT hash, id, document, state, since, origin FROM agreement_texts
             WHERE state NOT IN ($1, $2) OR since >= $3 ORDER BY id, hash",
        )
        .bind(revoked)
        .bind(expired)
        .bind(since)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Of each issuer the newest notice: what it says holds, whatever it said before. Its revocation is
    /// its last word, whatever its number.
    async fn notices(&self, hash: &[u8]) -> Result<Vec<(String, u64, StoredDocument)>, StoreError> {
        let rows: Vec<(String, i64, Vec<u8>, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT n.issuer, n.counter, n.document, n.public_key, n.signature
             FROM agreement_notices n
             WHERE n.hash = $1 AND n.counter =
                 (SELECT o.counter FROM agreement_notices o
                  WHERE o.hash = n.hash AND o.issuer = n.issuer
                  ORDER BY o.step = 'revoke' DESC, o.counter DESC LIMIT 1)
             ORDER BY n.issuer",
        )
        .bind(hash)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(issuer, counter, document, public_key, signature)| {
                let counter = u64::try_from(counter).map_err(|_| DAMAGED)?;
                Ok((issuer, counter, StoredDocument { document, public_key, signature }))
            })
            .collect()
    }
}

fn signers(file: &SignedAgreement) -> BTreeSet<String> {
    file.signatures().iter().map(|one| one.party.as_str().to_owned()).collect()
}

/// Stays in this database: no other program reads it.
fn digest<'a>(
    signers: &BTreeSet<String>,
    notices: impl Iterator<Item = (&'a str, u64)>,
) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for signer in signers {
        context.update(signer.as_bytes());
        context.update(&[0]);
    }
    context.update(&[0]);
    for (issuer, counter) in notices {
        context.update(issuer.as_bytes());
        context.update(&[0]);
        context.update(&counter.to_be_bytes());
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}
