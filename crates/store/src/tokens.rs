//! Bearer tokens: for programs of agencies that cannot use a certificate.

use std::{fmt, str::FromStr};

use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use symbolon_policy::Actor;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    LogRecord, SealError, Store, StoreError,
    code_key::code_key,
    log::append_in,
    role_codes::{codes_of, roles_of},
};

/// The longest time for which a token is good.
pub const LONGEST_TOKEN_LIFE: Duration = Duration::hours(24);

/// How long a token that is over is still told apart from one that never was.
const KEPT_AFTER_ITS_END: Duration = Duration::days(30);

const PREFIX: &str = "symbolon";
const ID_LEN: usize = 8;
const SECRET_LEN: usize = 32;

/// Names a token without being one: 8 bytes, written in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(#[serde(with = "hex")] pub [u8; ID_LEN]);

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TokenId {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let mut id = [0; ID_LEN];
        hex::decode_to_slice(text, &mut id).map_err(|_| NoToken)?;
        Ok(Self(id))
    }
}

/// A token as its holder shows it: `symbolon_ID_SECRET`, both in hexadecimal, the secret with 256
/// random bits.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BearerToken {
    #[zeroize(skip)]
    id: TokenId,
    secret: [u8; SECRET_LEN],
}

impl BearerToken {
    fn generate() -> Result<Self, StoreError> {
        let random = SystemRandom::new();
        let mut token = Self { id: TokenId([0; ID_LEN]), secret: [0; SECRET_LEN] };
        random.fill(&mut token.id.0).map_err(|_| StoreError::Randomness)?;
        random.fill(&mut token.secret).map_err(|_| StoreError::Randomness)?;
        Ok(token)
    }

    /// Which it is.
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// The token as text, for its holder and nobody else.
    pub fn reveal(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(hex::encode(self.secret));
        Zeroizing::new(format!("{PREFIX}_{}_{}", self.id, secret.as_str()))
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken").field("id", &self.id).finish_non_exhaustive()
    }
}

impl FromStr for BearerToken {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let rest = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('_'));
        let (id, secret) = rest.and_then(|rest| rest.split_once('_')).ok_or(NoToken)?;
        let mut token = Self { id: id.parse()?, secret: [0; SECRET_LEN] };
        hex::decode_to_slice(secret, &mut token.secret).map_err(|_| NoToken)?;
        Ok(token)
    }
}

/// A text is no token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("this is neither a token, symbolon_ID_SECRET, nor the id of one, 16 hexadecimal digits")]
pub struct NoToken;

/// What is known of a token that was issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuedToken {
    /// Which.
    pub token: TokenId,
    /// Whose it is, with what it lets the holder do.
    pub holder: Actor,
    /// SPIFFE identity of the administrator who issued it.
    pub issued_by: String,
    /// When.
    pub issued_at: OffsetDateTime,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// When it was revoked, and why.
    pub revoked: Option<(OffsetDateTime, String)>,
}

/// The key under which tokens are recognised: without it nobody who can write into the database can
/// make a token, or change what one allows.
pub(crate) struct TokenKey(hmac::Key);

impl TokenKey {
    /// That of a node, from its key-encryption key.
    pub(crate) fn derive(key_encryption: &[u8]) -> Result<Self, SealError> {
        code_key(key_encryption, b"Symbolon-v1-bearer-tokens", b"token").map(Self)
    }
}

/// What is authenticated: the secret and everything that depends on it, each with its length. Times
/// of issue and revocation are not part of it.
fn authenticated(
    token: &BearerToken,
    holder: &str,
    roles: &str,
    expires_at: i64,
) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(128));
    bytes.extend_from_slice(&token.secret);
    bytes.extend_from_slice(&token.id.0);
    bytes.extend_from_slice(&expires_at.to_be_bytes());
    for text in [holder, roles] {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

type Row = (Vec<u8>, String, String, String, i64, i64, Option<i64>, Option<String>, Vec<u8>);

impl Store {
    /// Issues a token to `holder`, good until `expires_at` in whole seconds, with the log entry that
    /// says by whom. What it returns is the only copy.
    ///
    /// The caller has verified that `by` may do so, that `holder` may hold a token, and that the token
    /// does not live longer than [`LONGEST_TOKEN_LIFE`].
    ///
    /// # Errors
    /// When the system gives no randomness or the database fails.
    pub async fn issue_token(
        &self,
        holder: &Actor,
        expires_at: OffsetDateTime,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<BearerToken, StoreError> {
        let token = BearerToken::generate()?;
        let (roles, until) = (codes_of(&holder.roles), expires_at.unix_timestamp());
        let said = authenticated(&token, &holder.id, &roles, until);
        let code = hmac::sign(&self.keys.tokens.0, &said);
        let mut transaction = self.begin().await?;
        erase_ended_tokens(&mut transaction, at).await?;
        sqlx::query(
            "INSERT INTO bearer_tokens (token, code, holder, roles, issued_by, issued_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(token.id.0.as_slice())
        .bind(code.as_ref())
        .bind(&holder.id)
        .bind(&roles)
        .bind(&by.id)
        .bind(at.unix_timestamp())
        .bind(until)
        .execute(&mut *transaction)
        .await?;
        let record = LogRecord::TokenIssued {
            token: token.id,
            holder: holder.clone(),
            expires_at,
            by: by.clone(),
        };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(token)
    }

    /// What is known of the token that somebody shows, or `None` if no such token was issued here. Read
    /// from the database at each call, so that what one process revokes is over in every other at once.
    /// The secret is compared in constant time.
    ///
    /// # Errors
    /// When the database fails or holds a damaged row.
    pub async fn recognise_token(
        &self,
        shown: &BearerToken,
    ) -> Result<Option<IssuedToken>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT token, holder, roles, issued_by, issued_at, expires_at, revoked_at, reason, code
             FROM bearer_tokens WHERE token = $1",
        )
        .bind(shown.id.0.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let said = authenticated(shown, &row.1, &row.2, row.5);
        if hmac::verify(&self.keys.tokens.0, &said, &row.8).is_err() {
            return Ok(None);
        }
        read(row).map(Some)
    }

    /// Ends a token for good; a running node refuses its next call. Returns whether it was good before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_token(
        &self,
        token: &IssuedToken,
        reason: &str,
        by: &Actor,
        at: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let revoked = sqlx::query(
            "UPDATE bearer_tokens SET revoked_at = $2, reason = $3
             WHERE token = $1 AND revoked_at IS NULL",
        )
        .bind(token.token.0.as_slice())
        .bind(at.unix_timestamp())
        .bind(reason)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if revoked == 0 {
            return Ok(false);
        }
        let record = LogRecord::TokenRevoked {
            token: token.token,
            holder: token.holder.clone(),
            reason: reason.to_owned(),
            by: by.clone(),
        };
        append_in(&mut transaction, &record, at).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// All tokens that are good, or were in the last thirty days, by holder and age.
    ///
    /// # Errors
    /// When the database fails or holds a damaged row.
    pub async fn tokens(&self) -> Result<Vec<IssuedToken>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT token, holder, roles, issued_by, issued_at, expires_at, revoked_at, reason, code
             FROM bearer_tokens ORDER BY holder, issued_at, token",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(read).collect()
    }
}

/// Erases tokens that ended thirty days before `at` or earlier.
pub(crate) async fn erase_ended_tokens(
    transaction: &mut Transaction<'static, Sqlite>,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let ended = at.checked_sub(KEPT_AFTER_ITS_END).map_or(i64::MIN, OffsetDateTime::unix_timestamp);
    sqlx::query("DELETE FROM bearer_tokens WHERE expires_at < $1")
        .bind(ended)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn read(
    (token, holder, roles, issued_by, issued_at, expires_at, revoked_at, reason, _): Row,
) -> Result<IssuedToken, StoreError> {
    let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| DAMAGED);
    let roles = roles_of(&roles).ok_or(DAMAGED)?;
    Ok(IssuedToken {
        token: TokenId(token.try_into().map_err(|_| DAMAGED)?),
        holder: Actor { id: holder, roles },
        issued_by,
        issued_at: time(issued_at)?,
        expires_at: time(expires_at)?,
        revoked: match (revoked_at, reason) {
            (Some(at), Some(reason)) => Some((time(at)?, reason)),
            _ => None,
        },
    })
}

const DAMAGED: StoreError = StoreError::Damaged { what: "bearer token" };
