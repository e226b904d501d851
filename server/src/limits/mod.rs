//! Rate limits by voter and by address.
//!
//! ```ignore
//! arena.limits.check_message(visitor.id(), address.0)?;
//! ```

mod guesses;
mod in_flight;

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

pub use in_flight::{Going, InFlight};

use guesses::Guesses;
use in_flight::network;

use crate::domain::VoterId;
use crate::error::Error;
use crate::site::Site;

/// Buckets of one limit. Keys are hashed into them with a secret of this process, so that memory is bounded whatever
/// addresses and cookies a flood invents; two strangers share a bucket once in a quarter of a million.
const BUCKETS: u64 = 1 << 18;

/// Sign-in attempts for one name: this many at once, then one in [`SIGN_IN_REFILL`].
const SIGN_INS_BY_NAME: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
/// Sign-in attempts from one address: this many at once, then one in [`SIGN_IN_REFILL`].
const SIGN_INS_BY_ADDRESS: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
/// How long one sign-in attempt takes to come back.
const SIGN_IN_REFILL: Duration = Duration::from_secs(30);

/// Bodies that one address may be sending at once.
const MAX_BODIES_BY_ADDRESS: usize = 64;

/// A visitor, and where the request comes from.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Whose battles and votes these are.
    pub voter: VoterId,
    /// The address that is counted.
    pub address: IpAddr,
}

/// All limits. Clones share them.
#[derive(Clone, Debug)]
pub struct Limits {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    site: Site,
    messages: Changing,
    votes: Changing,
    codes: Guesses,
    sign_in_names: Limit,
    sign_in_addresses: Limit,
    bodies: InFlight,
}

#[derive(Debug)]
struct Pair {
    voters: Limit,
    addresses: Limit,
}

impl Pair {
    fn new(voter: NonZeroU32, address: NonZeroU32) -> Self {
        Self { voters: Limit::new(Quota::per_minute(voter)), addresses: Limit::new(Quota::per_minute(address)) }
    }

    fn check(&self, voter: VoterId, address: IpAddr) -> Result<(), Error> {
        self.addresses.check(network(address))?;
        self.voters.check(voter)
    }
}

/// Limits that administrators may change: made anew where they did.
#[derive(Debug)]
struct Changing(RwLock<(Rates, Arc<Pair>)>);

/// By voter and by address.
type Rates = (NonZeroU32, NonZeroU32);

impl Changing {
    fn new(rates: Rates) -> Self {
        Self(RwLock::new((rates, Arc::new(Pair::new(rates.0, rates.1)))))
    }

    fn pair(&self, rates: Rates) -> Arc<Pair> {
        let (known, pair) = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known == rates {
            return pair;
        }
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != rates {
            *kept = (rates, Arc::new(Pair::new(rates.0, rates.1)));
        }
        kept.1.clone()
    }
}

#[derive(Debug)]
struct Limit {
    limiter: DefaultKeyedRateLimiter<u32>,
    clock: DefaultClock,
    hasher: RandomState,
}

impl Limit {
    fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default(), hasher: RandomState::new() }
    }

    fn check(&self, key: impl Hash) -> Result<(), Error> {
        let bucket = u32::try_from(self.hasher.hash_one(key) % BUCKETS).unwrap_or_default();
        self.limiter.check_key(&bucket).map_err(|refusal| {
            let wait = refusal.wait_time_from(self.clock.now());
            // Retry-After counts whole seconds: round up, or the retry comes too early.
            Error::RateLimited { retry_after: Duration::from_secs(wait.as_secs() + 1) }
        })
    }
}

impl Limits {
    /// The limits that the operator or an administrator chose.
    pub fn new(site: Site) -> Self {
        let pair = || Changing::new(rates(&site));
        let sign_in =
            |burst| Limit::new(Quota::with_period(SIGN_IN_REFILL).expect("the period is not zero").allow_burst(burst));
        Self {
            shared: Arc::new(Shared {
                messages: pair(),
                votes: pair(),
                codes: Guesses::default(),
                site,
                sign_in_names: sign_in(SIGN_INS_BY_NAME),
                sign_in_addresses: sign_in(SIGN_INS_BY_ADDRESS),
                bodies: InFlight::new(MAX_BODIES_BY_ADDRESS),
            }),
        }
    }

    /// Whether this visitor may send a message now: ask before anything is written or generated.
    pub fn check_message(&self, caller: Caller) -> Result<(), Error> {
        self.shared.messages.pair(rates(&self.shared.site)).check(caller.voter, caller.address)
    }

    /// Whether this visitor may vote now.
    pub fn check_vote(&self, caller: Caller) -> Result<(), Error> {
        self.shared.votes.pair(rates(&self.shared.site)).check(caller.voter, caller.address)
    }

    /// Whether somebody at this address may try an access code now.
    pub fn check_code(&self, address: IpAddr) -> Result<(), Error> {
        self.shared.codes.check(network(address))
    }

    /// Notes that an access code from this address was wrong.
    pub fn wrong_code(&self, address: IpAddr) {
        self.shared.codes.failed(network(address));
    }

    /// Room for one more body from this address, while it lasts.
    pub fn begin_body(&self, address: IpAddr) -> Option<Going> {
        self.shared.bodies.begin(address)
    }

    /// Whether a sign-in with this name may be tried from this address now. Names are limited per network too, so that
    /// a stranger cannot lock an administrator out.
    pub fn check_sign_in(&self, name: &str, address: IpAddr) -> Result<(), Error> {
        let network = network(address);
        self.shared.sign_in_addresses.check(network)?;
        self.shared.sign_in_names.check((name.to_lowercase(), network))
    }
}

fn rates(site: &Site) -> Rates {
    let rules = site.rules();
    (rules.voter_per_minute, rules.address_per_minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SiteSettings;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("address")
    }

    fn voter(n: u128) -> VoterId {
        VoterId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn a_voter_who_goes_too_fast_is_told_when_to_come_back_and_others_are_not_hindered() {
        let limit = Pair::new(NonZeroU32::new(2).expect("2"), NonZeroU32::new(100).expect("100"));
        let home = address("1.2.3.4");
        assert!(limit.check(voter(1), home).is_ok());
        assert!(limit.check(voter(1), home).is_ok());
        let Err(Error::RateLimited { retry_after }) = limit.check(voter(1), home) else { panic!("must be refused") };
        assert!((1..=31).contains(&retry_after.as_secs()), "{retry_after:?}");
        assert!(limit.check(voter(2), home).is_ok());
    }

    #[test]
    fn fresh_cookies_do_not_help_an_address_and_a_household_of_ipv6_is_one() {
        let limit = Pair::new(NonZeroU32::new(9).expect("9"), NonZeroU32::new(2).expect("2"));
        assert!(limit.check(voter(1), address("2001:db8:0:1::1")).is_ok());
        assert!(limit.check(voter(2), address("2001:db8:0:1::2")).is_ok());
        assert!(limit.check(voter(3), address("2001:db8:0:1:ffff::3")).is_err());
        assert!(limit.check(voter(4), address("2001:db8:0:2::1")).is_ok());
        assert!(limit.check(voter(5), address("::ffff:1.2.3.4")).is_ok());
        assert!(limit.check(voter(6), address("1.2.3.4")).is_ok());
        assert!(limit.check(voter(7), address("::ffff:1.2.3.4")).is_err(), "mapped addresses are the same address");
    }

    #[test]
    fn an_administrator_s_limit_holds_at_once() {
        let site = Site::new(crate::testing::config(&["--voter-per-minute", "1"]).rules);
        let limits = Limits::new(site.clone());
        let caller = Caller { voter: voter(1), address: address("1.2.3.4") };
        assert!(limits.check_message(caller).is_ok() && limits.check_message(caller).is_err());
        let said = [("voter_per_minute".to_owned(), "3".to_owned())].into_iter().collect();
        site.set(1, SiteSettings::check(&said).expect("a good limit"));
        for _ in 0..3 {
            assert!(limits.check_message(caller).is_ok());
        }
        assert!(limits.check_message(caller).is_err());
    }

    #[test]
    fn a_flood_of_invented_keys_keeps_memory_bounded() {
        let limit = Limit::new(Quota::per_minute(NonZeroU32::MAX));
        for key in 0..(2 * BUCKETS) {
            assert!(limit.check(key).is_ok());
        }
        assert!(limit.limiter.len() as u64 <= BUCKETS);
    }
}
