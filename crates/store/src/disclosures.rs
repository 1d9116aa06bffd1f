//! Requests for records, on either side, as they are kept.

use sqlx::{Sqlite, Transaction};
use symbolon_policy::{
    AgreementHash, AgreementId, AgreementState, BureauCode, CheckId, RequestId,
    disclosure::DisclosureState,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{DisclosureEvent, Store, StoreError, disclosure_events::add_event_in};

/// On which side of a request this bureau is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DisclosureSide {
    /// A partner asks for a record of this bureau.
    Owner,
    /// This bureau asks for a record of a partner.
    Requester,
}

impl DisclosureSide {
    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Requester => "requester",
        }
    }
}

/// A request for a record as it is kept.
#[derive(Clone)]
pub struct StoredDisclosure {
    /// On which side this bureau is.
    pub side: DisclosureSide,
    /// SHA-256 of the signed request.
    pub hash: [u8; 32],
    /// Identity of the request.
    pub request: RequestId,
    /// The other bureau.
    pub partner: BureauCode,
    /// The agreement.
    pub agreement: AgreementId,
    /// The check that hit.
    pub check: CheckId,
    /// Where it stands.
    pub state: DisclosureState,
    /// When it was made, or came in.
    pub received_at: OffsetDateTime,
    /// When what is kept of it must be gone.
    pub erase_at: Option<OffsetDateTime>,
    /// Everything else, opened; `None` once it was erased.
    pub file: Option<Zeroizing<Vec<u8>>>,
    /// Which version of it this is; 0 for one that is not kept yet.
    pub version: u64,
}

/// What came of keeping a new request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisclosureAdded {
    /// It is kept.
    New,
    /// It was kept before.
    Known,
    /// Another one is kept under its id.
    IdReused,
    /// The partner has made too many on this day.
    TooMany,
}

/// What must still hold at the very moment at which a release is written.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseGuard<'a> {
    /// The text of the agreement under which the record was asked for.
    pub agreement: &'a AgreementHash,
    /// Whether a record goes out also while that is suspended.
    pub while_suspended: bool,
    /// How many records were released on the same check when the decision looked at them.
    pub released: u64,
}

/// How many requests stand where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DisclosureCount {
    /// On which side.
    pub side: DisclosureSide,
    /// Where they stand.
    pub state: DisclosureState,
    /// How many.
    pub count: u64,
}

const SECONDS_A_DAY: i64 = 86_400;

impl Store {
    /// Keeps a new request with its first event, unless it is known. At most `most_a_day` come from
    /// one partner on one day (UTC).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_disclosure(
        &self,
        new: &StoredDisclosure,
        most_a_day: u32,
        event: &DisclosureEvent,
    ) -> Result<DisclosureAdded, StoreError> {
        let sealed = self.seal_disclosure(new)?;
        let mut transaction = self.begin().await?;
        let known: Option<(Vec<u8>,)> = sqlx::query_as(
            "SELECT request_hash FROM disclosures
             WHERE side = $1 AND partner = $2 AND agreement = $3 AND request_id = $4",
        )
        .bind(new.side.as_str())
        .bind(new.partner.as_str())
        .bind(new.agreement.as_str())
        .bind(new.request.0.as_slice())
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some((hash,)) = known {
            let same = hash == new.hash;
            return Ok(if same { DisclosureAdded::Known } else { DisclosureAdded::IdReused });
        }
        let at = new.received_at.unix_timestamp();
        let (today,): (i64,) = sqlx::query_as(
            "SELECT COUNT(*) FROM disclosures
             WHERE side = $1 AND partner = $2 AND received_at >= $3",
        )
        .bind(new.side.as_str())
        .bind(new.partner.as_str())
        .bind(at.saturating_sub(at.rem_euclid(SECONDS_A_DAY)))
        .fetch_one(&mut *transaction)
        .await?;
        if today >= i64::from(most_a_day) {
            return Ok(DisclosureAdded::TooMany);
        }
        sqlx::query(
            "INSERT INTO disclosures (side, request_hash, request_id, partner, agreement, check_id,
                 state, version, received_at, erase_at, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10)",
        )
        .bind(new.side.as_str())
        .bind(new.hash.as_slice())
        .bind(new.request.0.as_slice())
        .bind(new.partner.as_str())
        .bind(new.agreement.as_str())
        .bind(new.check.0.as_slice())
        .bind(new.state.as_str())
        .bind(at)
        .bind(new.erase_at.map(OffsetDateTime::unix_timestamp))
        .bind(sealed)
        .execute(&mut *transaction)
        .await?;
        add_event_in(&mut transaction, event, Some(&new.agreement), new.received_at).await?;
        transaction.commit().await?;
        Ok(DisclosureAdded::New)
    }

    /// Keeps a changed request with the events that changed it. Returns `false`, and changes
    /// nothing, if somebody else has changed it since it was read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_disclosure(
        &self,
        changed: &StoredDisclosure,
        events: &[DisclosureEvent],
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        self.change_disclosure_in(transaction, changed, events, at).await
    }

    /// Keeps a release with its events. Returns `false`, and changes nothing, also if the agreement
    /// does not let it out any more, or another record was released on the same check meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_disclosure(
        &self,
        released: &StoredDisclosure,
        events: &[DisclosureEvent],
        guard: &ReleaseGuard<'_>,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if guard.holds_in(&mut transaction, released).await? {
            self.change_disclosure_in(transaction, released, events, at).await
        } else {
            Ok(false)
        }
    }

    async fn change_disclosure_in(
        &self,
        mut transaction: Transaction<'static, Sqlite>,
        changed: &StoredDisclosure,
        events: &[DisclosureEvent],
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let rows = sqlx::query(
            "UPDATE disclosures SET state = $3, version = version + 1, erase_at = $4, sealed = $5
             WHERE side = $1 AND request_hash = $2 AND version = $6",
        )
        .bind(changed.side.as_str())
        .bind(changed.hash.as_slice())
        .bind(changed.state.as_str())
        .bind(changed.erase_at.map(OffsetDateTime::unix_timestamp))
        .bind(self.seal_disclosure(changed)?)
        .bind(i64::try_from(changed.version).map_err(|_| DAMAGED)?)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if rows == 0 {
            return Ok(false);
        }
        for event in events {
            add_event_in(&mut transaction, event, Some(&changed.agreement), at).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The request whose signed document has this hash.
    ///
    /// # Errors
    /// When the database fails or a seal does not open.
    pub async fn disclosure(
        &self,
        side: DisclosureSide,
        hash: &[u8; 32],
    ) -> Result<Option<StoredDisclosure>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT request_hash, request_id, partner, agreement, check_id, state, version,
                 received_at, erase_at, sealed FROM disclosures
             WHERE side = $1 AND request_hash = $2",
        )
        .bind(side.as_str())
        .bind(hash.as_slice())
        .fetch_all(&self.pool)
        .await?;
        Ok(self.read_disclosures(side, rows)?.pop())
    }

    /// Requests on one side, the oldest first; only those that are open if `open`.
    ///
    /// # Errors
    /// When the database fails or a seal does not open.
    pub async fn disclosures(
        &self,
        side: DisclosureSide,
        open: bool,
    ) -> Result<Vec<StoredDisclosure>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT request_hash, request_id, partner, agreement, check_id, state, version,
                 received_at, erase_at, sealed FROM disclosures
             WHERE side = $1 AND ($2 = 0 OR state IN ('received', 'waiting', 'paused'))
             ORDER BY received_at, request_hash",
        )
        .bind(side.as_str())
        .bind(i64::from(open))
        .fetch_all(&self.pool)
        .await?;
        self.read_disclosures(side, rows)
    }

    /// Requests of one id, as a rule one: partners choose ids independently of one another.
    ///
    /// # Errors
    /// When the database fails or a seal does not open.
    pub async fn disclosures_of_id(
        &self,
        side: DisclosureSide,
        request: &RequestId,
    ) -> Result<Vec<StoredDisclosure>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT request_hash, request_id, partner, agreement, check_id, state, version,
                 received_at, erase_at, sealed FROM disclosures
             WHERE side = $1 AND request_id = $2 ORDER BY received_at, request_hash",
        )
        .bind(side.as_str())
        .bind(request.0.as_slice())
        .fetch_all(&self.pool)
        .await?;
        self.read_disclosures(side, rows)
    }

    /// Requests that are about the same check, the oldest first.
    ///
    /// # Errors
    /// When the database fails or a seal does not open.
    pub async fn disclosures_of_check(
        &self,
        side: DisclosureSide,
        partner: &BureauCode,
        check: &CheckId,
    ) -> Result<Vec<StoredDisclosure>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT request_hash, request_id, partner, agreement, check_id, state, version,
                 received_at, erase_at, sealed FROM disclosures
             WHERE side = $1 AND partner = $2 AND check_id = $3 ORDER BY received_at, request_hash",
        )
        .bind(side.as_str())
        .bind(partner.as_str())
        .bind(check.0.as_slice())
        .fetch_all(&self.pool)
        .await?;
        self.read_disclosures(side, rows)
    }

    /// How many requests stand where.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disclosure_counts(&self) -> Result<Vec<DisclosureCount>, StoreError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT side, state, COUNT(*) FROM disclosures GROUP BY side, state ORDER BY side, state",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(side, state, count)| {
                let side = match side.as_str() {
                    "owner" => DisclosureSide::Owner,
                    "requester" => DisclosureSide::Requester,
                    _ => return Err(DAMAGED),
                };
                let state = DisclosureState::named(&state).ok_or(DAMAGED)?;
                Ok(DisclosureCount {
                    side,
                    state,
                    count: u64::try_from(count).map_err(|_| DAMAGED)?,
                })
            })
            .collect()
    }

    /// Erases what is kept of each request whose time is over. Returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn erase_disclosures(&self, at: OffsetDateTime) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let over: Vec<(String, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT side, request_hash, request_id FROM disclosures
             WHERE erase_at <= $1 AND sealed IS NOT NULL",
        )
        .bind(at.unix_timestamp())
        .fetch_all(&mut *transaction)
        .await?;
        for (side, hash, request) in &over {
            sqlx::query(
                "UPDATE disclosures SET sealed = NULL, version = version + 1
                 WHERE side = $1 AND request_hash = $2",
            )
            .bind(side)
            .bind(hash)
            .execute(&mut *transaction)
            .await?;
            let request = RequestId(request.as_slice().try_into().map_err(|_| DAMAGED)?);
            add_event_in(&mut transaction, &DisclosureEvent::Erased { request }, None, at).await?;
        }
        transaction.commit().await?;
        Ok(over.len() as u64)
    }

    fn seal_disclosure(&self, one: &StoredDisclosure) -> Result<Option<Vec<u8>>, StoreError> {
        let about = about(one.side, &one.hash);
        let seal = |file: &Zeroizing<Vec<u8>>| self.keys.key_encryption.seal(&about, file);
        Ok(one.file.as_ref().map(seal).transpose()?)
    }

    fn read_disclosures(
        &self,
        side: DisclosureSide,
        rows: Vec<Row>,
    ) -> Result<Vec<StoredDisclosure>, StoreError> {
        rows.into_iter().map(|row| self.read_disclosure(side, row)).collect()
    }

    fn read_disclosure(
        &self,
        side: DisclosureSide,
        row: Row,
    ) -> Result<StoredDisclosure, StoreError> {
        let (hash, request, partner, agreement, check, state, version, received, erase, sealed) =
            row;
        let hash: [u8; 32] = hash.try_into().map_err(|_| DAMAGED)?;
        let open = |sealed: Vec<u8>| self.keys.key_encryption.open(&about(side, &hash), &sealed);
        let file = sealed.map(open).transpose()?;
        Ok(StoredDisclosure {
            side,
            hash,
            request: RequestId(request.try_into().map_err(|_| DAMAGED)?),
            partner: partner.parse().map_err(|_| DAMAGED)?,
            agreement: agreement.parse().map_err(|_| DAMAGED)?,
            check: CheckId(check.try_into().map_err(|_| DAMAGED)?),
            state: DisclosureState::named(&state).ok_or(DAMAGED)?,
            received_at: moment(received)?,
            erase_at: erase.map(moment).transpose()?,
            file,
            version: u64::try_from(version).map_err(|_| DAMAGED)?,
        })
    }
}

impl ReleaseGuard<'_> {
    async fn holds_in(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        released: &StoredDisclosure,
    ) -> Result<bool, StoreError> {
        let in_place: Option<(String,)> = sqlx::query_as(
            "SELECT t.state FROM agreement_texts t
             JOIN agreements a ON a.hash = t.hash AND a.id = t.id
             WHERE t.hash = $1 AND t.id = $2",
        )
        .bind(self.agreement.0.as_slice())
        .bind(released.agreement.as_str())
        .fetch_optional(&mut **transaction)
        .await?;
        let Some((state,)) = in_place else { return Ok(false) };
        let lets_it_out = match state.parse().map_err(|_| DAMAGED)? {
            AgreementState::Revoked | AgreementState::Expired => false,
            AgreementState::Suspended => self.while_suspended,
            _ => true,
        };
        let (others,): (i64,) = sqlx::query_as(
            "SELECT COUNT(*) FROM disclosures
             WHERE side = $1 AND partner = $2 AND check_id = $3 AND state = 'released'
                 AND request_hash <> $4",
        )
        .bind(released.side.as_str())
        .bind(released.partner.as_str())
        .bind(released.check.0.as_slice())
        .bind(released.hash.as_slice())
        .fetch_one(&mut **transaction)
        .await?;
        Ok(lets_it_out && u64::try_from(others).is_ok_and(|others| others == self.released))
    }
}

type Row =
    (Vec<u8>, Vec<u8>, String, String, Vec<u8>, String, i64, i64, Option<i64>, Option<Vec<u8>>);

fn about(side: DisclosureSide, hash: &[u8; 32]) -> Vec<u8> {
    [b"Symbolon-v1-Disclosure\0".as_slice(), side.as_str().as_bytes(), b"\0", hash].concat()
}

fn moment(seconds: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| DAMAGED)
}

const DAMAGED: StoreError = StoreError::Damaged { what: "request for a record" };
