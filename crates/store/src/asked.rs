use ring::digest::{Context, SHA256, digest};
use symbolon_policy::{AgreementId, BureauCode, CheckId, rules::LoggedDecision};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    ApprovedQuestion, AskedShare, Direction, LogRecord, OwnQuestions, PartnerCounts, Store,
    StoreError, StoredDocument,
    asked_usage::count_asked_in,
    log::append_in,
    own_watch,
    partner_days::{count_in, counts_in},
};

/// A check that this bureau is about to ask.
pub struct NewCheck<'a> {
    /// Which check.
    pub check: CheckId,
    /// Everything needed to open it later: who, why, what, and the blinds. Sealed before it is
    /// written.
    pub opening: &'a [u8],
    /// What rules let be asked, one for each owner and agreement.
    pub permitted: Vec<DecidedHeader>,
    /// Why the rest may not be asked.
    pub forbidden: Vec<LoggedDecision>,
    /// What it asks, as far as approvals of other people go, and how many covered it when it was
    /// decided; `None` where nobody can have approved it.
    pub approved: Option<(ApprovedQuestion<'a>, u64)>,
    /// What the watch over the bureau's own questions keeps of it.
    pub watched: Option<&'a OwnQuestions>,
    /// When.
    pub at: OffsetDateTime,
}

/// What has changed since a question was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AskedMeanwhile {
    /// What has been asked of its owner now.
    pub counts: PartnerCounts,
    /// How many people's approvals cover it now.
    pub approvals: u64,
}

/// A header that rules let be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecidedHeader {
    /// The header.
    pub header: AskedHeader,
    /// What it asks of which list.
    pub shares: Vec<AskedShare>,
    /// What had been asked of its owner when that was decided.
    pub counts: PartnerCounts,
    /// The decision.
    pub decision: LoggedDecision,
}

/// A header that goes to one owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskedHeader {
    /// To whom.
    pub owner: BureauCode,
    /// Under which agreement.
    pub agreement: AgreementId,
    /// The signed header.
    pub header: StoredDocument,
}

/// An owner's receipt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredReceipt {
    /// Who signed it.
    pub owner: BureauCode,
    /// Under which agreement.
    pub agreement: AgreementId,
    /// The signed receipt.
    pub receipt: StoredDocument,
}

/// A check that was asked before.
pub struct StoredCheck {
    /// What [`NewCheck::opening`] held.
    pub opening: Zeroizing<Vec<u8>>,
    /// The headers.
    pub headers: Vec<AskedHeader>,
}

impl Store {
    /// Seals and records a check before anything of it is sent, with one log entry whatever was
    /// decided and whatever comes of it. Where more has been asked of an owner since it was decided, or
    /// other approvals cover it, `again` decides anew, by the place in `permitted` and what holds now;
    /// so limits hold exactly, whoever else is asking. If anything may be sent, all approvals that
    /// cover the check are counted down by it. Returns the decisions that hold, in the order of
    /// `permitted`: only what they permit may be sent.
    ///
    /// # Errors
    /// When the database fails; a check of the same id is not overwritten.
    pub async fn record_asked(
        &self,
        check: NewCheck<'_>,
        mut again: impl FnMut(usize, AskedMeanwhile) -> LoggedDecision + Send,
    ) -> Result<Vec<LoggedDecision>, StoreError> {
        let sealed = self.keys.key_encryption.seal(&about(&check.check), check.opening)?;
        let mut transaction = self.begin().await?;
        let covering = match &check.approved {
            Some((question, _)) => self.covering_in(&mut transaction, question, check.at).await?,
            None => Vec::new(),
        };
        let approvals = covering.len() as u64;
        let others_approve = check.approved.as_ref().is_some_and(|(_, then)| *then != approvals);
        let (mut permitted, mut headers) = (Vec::new(), Vec::new());
        for (place, decided) in check.permitted.into_iter().enumerate() {
            let DecidedHeader { header, shares, counts, mut decision } = decided;
            let now =
                counts_in(&mut transaction, &header.owner, Direction::Asked, check.at).await?;
            if now != counts || others_approve {
                decision = again(place, AskedMeanwhile { counts: now, approvals });
            }
            if decision.ruling.permitted {
                let owner = &header.owner;
                count_in(&mut transaction, owner, Direction::Asked, &decision.facts, check.at)
                    .await?;
                count_asked_in(&mut transaction, &shares, check.at).await?;
                headers.push(header);
            }
            permitted.push(decision);
        }
        if let Some((question, _)) = check.approved.filter(|_| !headers.is_empty()) {
            self.use_up_in(&mut transaction, &check.check, &question, &covering).await?;
        }
        // The leaf stands for exactly this question: headers name every element and commit to the rest.
        let mut hash = Context::new(&SHA256);
        for asked in &headers {
            hash.update(digest(&SHA256, &asked.header.document).as_ref());
        }
        let record = LogRecord::CheckAsked {
            check: check.check,
            headers: Some(hex::encode(hash.finish())),
            decisions: permitted.iter().cloned().chain(check.forbidden).collect(),
        };
        let (entry_index, _) = append_in(&mut transaction, &record, check.at).await?;
        sqlx::query(
            "INSERT INTO asked_checks (check_id, entry_index, asked_at, sealed)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(check.check.0.as_slice())
        .bind(i64::try_from(entry_index).map_err(|_| DAMAGED)?)
        .bind(check.at.unix_timestamp())
        .bind(sealed)
        .execute(&mut *transaction)
        .await?;
        for asked in &headers {
            sqlx::query(
                "INSERT INTO asked_headers (check_id, owner, agreement, header, public_key,
                     signature) VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(check.check.0.as_slice())
            .bind(asked.owner.as_str())
            .bind(asked.agreement.as_str())
            .bind(&asked.header.document)
            .bind(&asked.header.public_key)
            .bind(&asked.header.signature)
            .execute(&mut *transaction)
            .await?;
        }
        // Who was kept from asking has asked nothing.
        if let Some(watched) = check.watched.filter(|_| !headers.is_empty()) {
            own_watch::keep_in(&mut transaction, watched, check.at).await?;
        }
        transaction.commit().await?;
        Ok(permitted)
    }

    /// A check that was asked before, opened.
    ///
    /// # Errors
    /// When the database fails or the seal does not open.
    pub async fn asked(&self, check: &CheckId) -> Result<Option<StoredCheck>, StoreError> {
        let row: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT sealed FROM asked_checks WHERE check_id = $1")
                .bind(check.0.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        let Some((sealed,)) = row else { return Ok(None) };
        let opening = self.keys.key_encryption.open(&about(check), &sealed)?;
        let rows: Vec<(String, String, Vec<u8>, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT owner, agreement, header, public_key, signature FROM asked_headers
             WHERE check_id = $1 ORDER BY rowid",
        )
        .bind(check.0.as_slice())
        .fetch_all(&self.pool)
        .await?;
        let headers = rows
            .into_iter()
            .map(|(owner, agreement, document, public_key, signature)| {
                Ok(AskedHeader {
                    owner: owner.parse().map_err(|_| DAMAGED)?,
                    agreement: agreement.parse().map_err(|_| DAMAGED)?,
                    header: StoredDocument { document, public_key, signature },
                })
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Some(StoredCheck { opening, headers }))
    }

    /// Where the log names a check of this bureau, and when it was asked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn asked_entry(
        &self,
        check: &CheckId,
    ) -> Result<Option<(u64, OffsetDateTime)>, StoreError> {
        let row: Option<(i64, i64)> =
            sqlx::query_as("SELECT entry_index, asked_at FROM asked_checks WHERE check_id = $1")
                .bind(check.0.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        row.map(|(index, at)| {
            let at = OffsetDateTime::from_unix_timestamp(at).map_err(|_| DAMAGED)?;
            Ok((u64::try_from(index).map_err(|_| DAMAGED)?, at))
        })
        .transpose()
    }

    /// The receipts that came for a check, with who gave them under which agreement; those of all
    /// checks if `check` is `None`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn receipts(
        &self,
        check: Option<&CheckId>,
    ) -> Result<Vec<StoredReceipt>, StoreError> {
        let rows: Vec<(String, String, Vec<u8>, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT owner, agreement, receipt, receipt_public_key, receipt_signature
             FROM asked_headers WHERE receipt IS NOT NULL AND ($1 IS NULL OR check_id = $1)
             ORDER BY owner, agreement, check_id",
        )
        .bind(check.map(|check| check.0.to_vec()))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(owner, agreement, document, public_key, signature)| {
                Ok(StoredReceipt {
                    owner: owner.parse().map_err(|_| DAMAGED)?,
                    agreement: agreement.parse().map_err(|_| DAMAGED)?,
                    receipt: StoredDocument { document, public_key, signature },
                })
            })
            .collect()
    }
}

fn about(check: &CheckId) -> Vec<u8> {
    [b"Symbolon-v1-AskedCheck\0".as_slice(), &check.0].concat()
}

const DAMAGED: StoreError = StoreError::Damaged { what: "record of a check" };
