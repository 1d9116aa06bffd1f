use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Wrong tokens that an address may show at once, and how long it takes until it may show one more. So
/// many that one broken program does not shut out the others behind its address.
const AT_ONCE: u32 = 100;
const ONE_MORE_AFTER: Duration = Duration::from_millis(100);
/// Addresses told apart; what comes from further ones counts together.
const MOST_ADDRESSES: usize = 4_096;

/// How many wrong tokens were shown lately, by address. A token has 256 random bits, so nobody guesses
/// one; this keeps those who try from keeping the node busy.
#[derive(Default)]
pub(super) struct Attempts {
    /// When each origin will be as if it had never shown a wrong one.
    forgiven_at: Mutex<HashMap<Origin, Instant>>,
}

impl Attempts {
    /// How long whoever calls from `from` must wait before a token of it is looked at.
    pub(super) fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let table = self.forgiven_at.lock().unwrap_or_else(PoisonError::into_inner);
        let place = table.get(&Origin::of(from));
        let place = match table.len() < MOST_ADDRESSES {
            true => place,
            false => place.or(table.get(&Origin::Others)),
        };
        let wait =
            place?.checked_duration_since(now + ONE_MORE_AFTER * AT_ONCE.saturating_sub(1))?;
        Some(wait).filter(|wait| !wait.is_zero())
    }

    /// Counts a wrong token.
    pub(super) fn failed(&self, from: IpAddr, now: Instant) {
        let mut table = self.forgiven_at.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = Origin::of(from);
        if table.len() >= MOST_ADDRESSES {
            table.retain(|_, forgiven_at| *forgiven_at > now);
            if table.len() >= MOST_ADDRESSES && !table.contains_key(&key) {
                key = Origin::Others;
            }
        }
        let forgiven_at = table.entry(key).or_insert(now);
        *forgiven_at = (*forgiven_at).max(now) + ONE_MORE_AFTER;
    }
}

/// Whose wrong tokens count together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Origin {
    /// One address of version 4, however it is written, or one network of version 6.
    Network(IpAddr),
    /// Everybody for whom there was no room.
    Others,
}

impl Origin {
    /// Who has one address of version 6 has 2^64 of them.
    fn of(address: IpAddr) -> Self {
        Self::Network(match address.to_canonical() {
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
            }
            version_4 => version_4,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_shows_wrong_tokens_waits_and_no_other_does() {
        let (attempts, now) = (Attempts::default(), Instant::now() + Duration::from_secs(3_600));
        let (bad, good): (IpAddr, IpAddr) =
            ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..AT_ONCE {
            assert_eq!(attempts.wait(bad, now), None);
            attempts.failed(bad, now);
        }
        assert_eq!(attempts.wait(bad, now), Some(ONE_MORE_AFTER));
        assert_eq!(attempts.wait(good, now), None);
        // The same address, written for version 6.
        assert!(attempts.wait("::ffff:192.0.2.1".parse().unwrap(), now).is_some());

        let later = now + ONE_MORE_AFTER;
        assert_eq!(attempts.wait(bad, later), None);
        attempts.failed(bad, later);
        assert_eq!(attempts.wait(bad, later), Some(ONE_MORE_AFTER));
        assert_eq!(attempts.wait(bad, later + ONE_MORE_AFTER * AT_ONCE), None);
    }

    #[test]
    fn all_addresses_of_one_network_of_version_6_count_together() {
        let (attempts, now) = (Attempts::default(), Instant::now() + Duration::from_secs(3_600));
        for host in 0..AT_ONCE {
            attempts.failed(format!("2001:db8::{host:x}").parse().unwrap(), now);
        }
        assert!(attempts.wait("2001:db8::ffff".parse().unwrap(), now).is_some());
        assert_eq!(attempts.wait("2001:db8:0:1::1".parse().unwrap(), now), None);
    }

    #[test]
    fn programs_on_the_same_machine_do_not_wait_with_the_strangers_for_whom_there_was_no_room() {
        let (attempts, now) = (Attempts::default(), Instant::now() + Duration::from_secs(3_600));
        let address = |number: usize| IpAddr::V4(u32::try_from(number).unwrap().into());
        for number in 0..2 * MOST_ADDRESSES {
            attempts.failed(address(number), now);
        }
        let loopback: IpAddr = "::1".parse().unwrap();
        assert_ne!(Origin::of(loopback), Origin::Others);
        let mut table = attempts.forgiven_at.lock().unwrap();
        assert!(table[&Origin::Others] > now + ONE_MORE_AFTER * AT_ONCE);
        table.insert(Origin::of(loopback), now);
        drop(table);
        assert_eq!(attempts.wait(loopback, now), None);
        assert!(attempts.wait(address(3 * MOST_ADDRESSES), now).is_some());
    }

    #[test]
    fn however_many_addresses_try_the_table_stays_bounded_and_the_rest_waits_together() {
        let (attempts, now) = (Attempts::default(), Instant::now() + Duration::from_secs(3_600));
        let address = |number: usize| IpAddr::V4(u32::try_from(number).unwrap().into());
        for number in 0..2 * MOST_ADDRESSES {
            attempts.failed(address(number), now);
        }
        assert!(attempts.forgiven_at.lock().unwrap().len() <= MOST_ADDRESSES + 1);
        assert!(attempts.wait(address(3 * MOST_ADDRESSES), now).is_some());
        let later = now + ONE_MORE_AFTER * u32::try_from(2 * MOST_ADDRESSES).unwrap();
        attempts.failed(address(1), later);
        assert_eq!(attempts.forgiven_at.lock().unwrap().len(), 1);
        assert_eq!(attempts.wait(address(3 * MOST_ADDRESSES), later), None);
    }
}
