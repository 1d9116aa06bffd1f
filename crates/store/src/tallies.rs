//! Counts by day for statistics. They name no person and no check, and stay when what they count is
//! erased.

use std::collections::BTreeMap;

use sqlx::{Sqlite, Transaction};
use symbolon_policy::BureauCode;
use time::OffsetDateTime;

use crate::{Store, StoreError, day::day_of};

/// Who asked whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Side {
    /// This bureau asked a partner.
    Asked,
    /// A partner asked this bureau.
    Answered,
}

impl Side {
    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Answered => "answered",
        }
    }
}

/// What is counted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Measure {
    /// Elements that were asked; at the answering side those admitted.
    Elements,
    /// Elements that were answered; at the asking side only.
    AnsweredElements,
    /// Checks of a dataset that were answered whole.
    Answered,
    /// Checks of a dataset that were not, by reason: refused before or while they were answered, or
    /// no answer came.
    Refused(String),
    /// Answers by how long they took, on the scale of `symbolon_policy::statistics::time_step`.
    Time(u16),
    /// Hits that qualified staff confirmed.
    Confirmations,
    /// Records that were released after a hit.
    Disclosures,
}

impl Measure {
    fn to_text(&self) -> String {
        match self {
            Self::Elements => "elements".to_owned(),
            Self::Answered => "answered".to_owned(),
            Self::AnsweredElements => "answered_elements".to_owned(),
            Self::Refused(reason) => format!("refused:{reason}"),
            Self::Time(step) => format!("time:{step}"),
            Self::Confirmations => "confirmations".to_owned(),
            Self::Disclosures => "disclosures".to_owned(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("refused", reason)) => Some(Self::Refused(reason.to_owned())),
            Some(("time", step)) => step.parse().ok().map(Self::Time),
            _ => [
                Self::Elements,
                Self::Answered,
                Self::AnsweredElements,
                Self::Confirmations,
                Self::Disclosures,
            ]
            .into_iter()
            .find(|known| known.to_text() == text),
        }
    }
}

/// A count to be added, or a sum over days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Who asked whom.
    pub side: Side,
    /// The other bureau.
    pub partner: BureauCode,
    /// The dataset; empty where a check was refused before it was known.
    pub dataset: String,
    /// The declared purpose.
    pub purpose: String,
    /// What.
    pub measure: Measure,
    /// How much.
    pub count: u64,
}

/// Hits to be added, or their sum over days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HitTally {
    /// The bureau that was asked.
    pub partner: BureauCode,
    /// The dataset.
    pub dataset: String,
    /// The declared purpose.
    pub purpose: String,
    /// Whether they are of standing checks, found in a later version of the list.
    pub standing: bool,
    /// How many.
    pub hits: u64,
}

impl Store {
    /// Adds to the counts of the day of `at`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_tallies(
        &self,
        tallies: &[Tally],
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.add_results(tallies, &[], at).await
    }

    /// Counts one: a hit that was confirmed, a record that was released.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_one(
        &self,
        side: Side,
        partner: &BureauCode,
        dataset: &str,
        purpose: &str,
        measure: Measure,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let (partner, dataset) = (partner.clone(), dataset.to_owned());
        let purpose = purpose.to_owned();
        self.add_tallies(&[Tally { side, partner, dataset, purpose, measure, count: 1 }], at).await
    }

    /// Adds to the counts of the day of `at`, hits among them. A row of hits is written for each
    /// answer, also where there was none, so that the database's file does not show whether.
    ///
    /// # Errors
    /// When the database fails, or a sealed count does not open.
    pub async fn add_results(
        &self,
        tallies: &[Tally],
        hits: &[HitTally],
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        add_tallies_in(&mut transaction, tallies, at).await?;
        for one in hits {
            self.add_hits_in(&mut transaction, one, at).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn add_hits_in(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        add: &HitTally,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let day = day_of(at);
        let about = about(day, add.partner.as_str(), &add.dataset, &add.purpose, add.standing);
        let known: Option<(Vec<u8>,)> = sqlx::query_as(
            "SELECT sealed FROM hit_tallies
             WHERE day = $1 AND partner = $2 AND dataset = $3 AND purpose = $4 AND standing = $5",
        )
        .bind(day)
        .bind(add.partner.as_str())
        .bind(&add.dataset)
        .bind(&add.purpose)
        .bind(add.standing)
        .fetch_optional(&mut **transaction)
        .await?;
        let before = match known {
            Some((sealed,)) => self.open_count(&about, &sealed)?,
            None => 0,
        };
        let count = before.saturating_add(add.hits).to_be_bytes();
        sqlx::query(
            "INSERT INTO hit_tallies (day, partner, dataset, purpose, standing, sealed)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (day, partner, dataset, purpose, standing)
             DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(day)
        .bind(add.partner.as_str())
        .bind(&add.dataset)
        .bind(&add.purpose)
        .bind(add.standing)
        .bind(self.keys.key_encryption.seal(&about, &count)?)
        .execute(&mut **transaction)
        .await?;
        Ok(())
    }

    /// The sums over the days from that of `from` to that of `to`, both among them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tallies(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Vec<Tally>, StoreError> {
        let rows: Vec<(String, String, String, String, String, i64)> = sqlx::query_as(
            "SELECT side, partner, dataset, purpose, measure, CAST(SUM(count) AS BIGINT)
             FROM tallies WHERE day BETWEEN $1 AND $2
             GROUP BY side, partner, dataset, purpose, measure
             ORDER BY side, partner, dataset, purpose, measure",
        )
        .bind(day_of(from))
        .bind(day_of(to))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(side, partner, dataset, purpose, measure, count)| {
                Ok(Tally {
                    side: [Side::Asked, Side::Answered]
                        .into_iter()
                        .find(|known| known.as_str() == side)
                        .ok_or(DAMAGED)?,
                    partner: partner.parse().map_err(|_| DAMAGED)?,
                    dataset,
                    purpose,
                    measure: Measure::read(&measure).ok_or(DAMAGED)?,
                    count: u64::try_from(count).map_err(|_| DAMAGED)?,
                })
            })
            .collect()
    }

    /// The hits of the days from that of `from` to that of `to`, both among them.
    ///
    /// # Errors
    /// When the database fails, or a sealed count does not open.
    pub async fn hit_tallies(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Vec<HitTally>, StoreError> {
        let rows: Vec<(i64, String, String, String, bool, Vec<u8>)> = sqlx::query_as(
            "SELECT day, partner, dataset, purpose, standing, sealed FROM hit_tallies
             WHERE day BETWEEN $1 AND $2",
        )
        .bind(day_of(from))
        .bind(day_of(to))
        .fetch_all(&self.pool)
        .await?;
        let mut sums: BTreeMap<(String, String, String, bool), u64> = BTreeMap::new();
        for (day, partner, dataset, purpose, standing, sealed) in rows {
            let about = about(day, &partner, &dataset, &purpose, standing);
            let hits = self.open_count(&about, &sealed)?;
            let sum = sums.entry((partner, dataset, purpose, standing)).or_default();
            *sum = sum.saturating_add(hits);
        }
        sums.into_iter()
            .map(|((partner, dataset, purpose, standing), hits)| {
                let partner = partner.parse().map_err(|_| DAMAGED)?;
                Ok(HitTally { partner, dataset, purpose, standing, hits })
            })
            .collect()
    }

    fn open_count(&self, about: &[u8], sealed: &[u8]) -> Result<u64, StoreError> {
        let opened = self.keys.key_encryption.open(about, sealed)?;
        let bytes = opened.as_slice().try_into().map_err(|_| DAMAGED)?;
        Ok(u64::from_be_bytes(bytes))
    }
}

/// Adds to the counts of the day in a transaction of the caller's: for what is counted together with
/// what it counts.
pub(crate) async fn add_tallies_in(
    transaction: &mut Transaction<'static, Sqlite>,
    tallies: &[Tally],
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    for tally in tallies {
        sqlx::query(
            "INSERT INTO tallies (side, day, partner, dataset, purpose, measure, count)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (side, day, partner, dataset, purpose, measure)
             DO UPDATE SET count = tallies.count + excluded.count",
        )
        .bind(tally.side.as_str())
        .bind(day_of(at))
        .bind(tally.partner.as_str())
        .bind(&tally.dataset)
        .bind(&tally.purpose)
        .bind(tally.measure.to_text())
        .bind(i64::try_from(tally.count).map_err(|_| DAMAGED)?)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

fn about(day: i64, partner: &str, dataset: &str, purpose: &str, standing: bool) -> Vec<u8> {
    let label = if standing { "Symbolon-v1-StandingHitTally" } else { "Symbolon-v1-HitTally" };
    format!("{label}\0{day}\0{partner}\0{dataset}\0{purpose}").into_bytes()
}

const DAMAGED: StoreError = StoreError::Damaged { what: "count of the statistics" };
