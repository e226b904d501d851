//! Pauses that double: between tries, while an endpoint rests, before a child process is started again.
//!
//! A crate for retries wants to own the loop; here the pause follows from a count of failures that outlives any loop, or
//! yields to what the other side asks for.

use std::time::Duration;

/// `first` doubled so many times, at most `longest`.
pub fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first.saturating_mul(1 << times.min(16)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(doubled(first, 0, longest), first);
        assert_eq!(doubled(first, 3, longest), first * 8);
        assert_eq!(doubled(first, u32::MAX, longest), longest);
    }
}
