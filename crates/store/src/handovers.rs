//! Who may follow up a check that somebody else has asked.

use std::collections::BTreeSet;

use symbolon_policy::{Actor, CheckId};
use time::OffsetDateTime;

use crate::{DisclosureEvent, Store, StoreError, disclosure_events::add_event_in};

impl Store {
    /// Lets `to` follow up a check beside whoever asked it, with the event that says so: among the
    /// events of requests, as the log must not grow with what hits. The caller has verified that `by`
    /// may do so, and that `to` is a person who may ask. Returns whether it was not so before; it never
    /// is of a check that is not kept, or not any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hand_over_check(
        &self,
        check: &CheckId,
        to: &str,
        reason: &str,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let added = sqlx::query(
            "INSERT INTO check_handovers (check_id, person, given_by, reason, at)
             SELECT check_id, $2, $3, $4, $5 FROM asked_checks WHERE check_id = $1
             ON CONFLICT (check_id, person) DO NOTHING",
        )
        .bind(check.0.as_slice())
        .bind(to)
        .bind(&by.id)
        .bind(reason)
        .bind(at.unix_timestamp())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if added == 0 {
            return Ok(false);
        }
        let event = DisclosureEvent::HandedOver {
            check: *check,
            to: to.to_owned(),
            reason: reason.to_owned(),
            by: by.clone(),
        };
        add_event_in(&mut transaction, &event, None, at).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The checks that were handed over to that person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn handed_over_to(&self, person: &str) -> Result<BTreeSet<CheckId>, StoreError> {
        let rows: Vec<(Vec<u8>,)> =
            sqlx::query_as("SELECT check_id FROM check_handovers WHERE person = $1")
                .bind(person)
                .fetch_all(&self.pool)
                .await?;
        let id = |(id,): (Vec<u8>,)| id.try_into().map(CheckId).map_err(|_| DAMAGED);
        rows.into_iter().map(id).collect()
    }
}

const DAMAGED: StoreError = StoreError::Damaged { what: "check that was handed over" };
