//! What goes with an agreement that is over.

use std::collections::HashSet;

use symbolon_policy::{
    AgreementHash, AgreementId, AgreementState, AgreementStep, ScopeId, SignedAgreement, StandingId,
};
use time::OffsetDateTime;

use super::{
    DAMAGED,
    rows::{TextRow, read_text},
    steps::{By, take},
};
use crate::{Store, StoreError, TagsEnd, write_private};

impl Store {
    /// Destroys what was kept under agreements that are over: the wrapping keys of their scopes, with
    /// sealed keys, own sets and cached tags; partners' sets; tags of standing checks. A revoked one
    /// also leaves a mark beside the wrapping keys, outside the database, by which a database
    /// restored from an older backup is told that it has ended. What breaks off is taken up
    /// again by calling this again. Returns how many scopes' keys were destroyed.
    ///
    /// # Errors
    /// When a file cannot be removed or the database fails.
    pub async fn destroy_what_has_ended(&self, at: OffsetDateTime) -> Result<u64, StoreError> {
        let rows: Vec<TextRow> = sqlx::query_as(
            "SELECT hash, id, document, state, since, origin FROM agreement_texts
             WHERE state IN ('revoked', 'expired') AND destroyed_at IS NULL",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut destroyed = 0_u64;
        for row in rows {
            let id: AgreementId = row.id.parse().map_err(|_| DAMAGED)?;
            let hash = AgreementHash(row.hash.as_slice().try_into().map_err(|_| DAMAGED)?);
            if row.state()? == AgreementState::Revoked {
                write_private(&self.folder.ended_agreement(&hash), b"ended for good\n")?;
            }
            // Whoever is making a key now has read no mark yet: let that be done before looking.
            self.begin().await?.commit().await?;
            let living = self.living_scopes(&id, at).await?;
            for scope in self.scopes_with_keys(&id).await? {
                if !living.contains(&scope) && self.destroy_scope(&scope, at).await? {
                    destroyed = destroyed.saturating_add(1);
                }
            }
            for set in self.partner_sets().await? {
                if set.agreement == id && !living.contains(&set.scope) {
                    self.drop_partner_set(&set).await?;
                }
            }
            self.end_tags_of(&id, &living, at).await?;
            sqlx::query("UPDATE agreement_texts SET destroyed_at = $2 WHERE hash = $1")
                .bind(row.hash.as_slice())
                .bind(at.unix_timestamp())
                .execute(&self.pool)
                .await?;
        }
        Ok(destroyed)
    }

    /// Ends what was ended before, where the database is of before: a backup was restored. Returns
    /// the agreements concerned.
    ///
    /// # Errors
    /// When the database fails or is damaged.
    pub async fn remember_endings(
        &self,
        at: OffsetDateTime,
    ) -> Result<Vec<AgreementId>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
            "SELECT hash FROM agreement_texts WHERE state NOT IN ('revoked', 'expired')",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut ended = Vec::new();
        for (hash,) in rows {
            let hash = AgreementHash(hash.try_into().map_err(|_| DAMAGED)?);
            if !self.folder.ended_agreement(&hash).exists() {
                continue;
            }
            let mut transaction = self.begin().await?;
            let Some(mut row) = read_text(&mut *transaction, &hash).await? else { continue };
            let by = By {
                person: None,
                reason: "it was ended before; this database was restored from an older backup",
            };
            take(&mut transaction, &mut row, &AgreementStep::Remember, by, at)
                .await
                .map_err(|_| DAMAGED)?;
            transaction.commit().await?;
            ended.push(row.id.parse().map_err(|_| DAMAGED)?);
        }
        Ok(ended)
    }

    /// The scopes that live under an id now, of whichever party, by the text in place.
    async fn living_scopes(
        &self,
        id: &AgreementId,
        at: OffsetDateTime,
    ) -> Result<HashSet<ScopeId>, StoreError> {
        let Some(document) = self.agreement_document(id).await? else {
            return Ok(HashSet::new());
        };
        let agreement = SignedAgreement::from_json(document.as_bytes())
            .and_then(|file| file.verify())
            .map_err(|_| DAMAGED)?;
        let parties = &agreement.terms().parties;
        Ok(parties
            .iter()
            .flat_map(|party| agreement.scopes_of(&party.code, at))
            .map(|(scope, ..)| scope.id())
            .collect())
    }

    async fn end_tags_of(
        &self,
        id: &AgreementId,
        living: &HashSet<ScopeId>,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let standing: Vec<StandingId> = self.standing_ids().await?;
        for standing in standing {
            let Some(stored) = self.standing_check(&standing).await? else { continue };
            for segment in &stored.segments {
                for tags in &segment.tags {
                    let goes = &tags.agreement == id && !living.contains(&tags.scope);
                    if goes && tags.ended.is_none() {
                        self.end_standing_tags(segment, &tags.scope, TagsEnd::AgreementOver, at)
                            .await?;
                    }
                }
            }
        }
        Ok(())
    }
}
