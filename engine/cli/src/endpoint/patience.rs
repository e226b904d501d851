//! Trying again, with pauses that double, and keeping to a budget.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use super::client::Reply;
use super::fault::Fault;

/// The first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What may be spent. Requests that are under way when it is used up are still paid for.
#[derive(Debug, Default)]
pub struct Budget {
    pub max_requests: Option<u64>,
    pub max_tokens: Option<u64>,
    requests: Cell<u64>,
    tokens: Cell<u64>,
}

impl Budget {
    pub fn new(max_requests: Option<u64>, max_tokens: Option<u64>) -> Self {
        Self { max_requests, max_tokens, ..Self::default() }
    }

    /// What was spent: requests and tokens.
    pub fn spent(&self) -> (u64, u64) {
        (self.requests.get(), self.tokens.get())
    }

    /// Whether nothing more may be asked.
    pub fn is_used_up(&self) -> bool {
        let (requests, tokens) = self.spent();
        self.max_requests.is_some_and(|most| requests >= most) || self.max_tokens.is_some_and(|most| tokens >= most)
    }
}

/// How often an endpoint is asked before it is given up.
#[derive(Debug)]
pub struct Patience {
    pub retries: u32,
    pub budget: Budget,
}

impl Patience {
    /// Asks until there is an answer, the endpoint refuses for good, or all tries and the budget are used up.
    pub async fn ask<F: Future<Output = Result<Reply, Fault>>>(&self, ask: impl Fn() -> F) -> Result<Reply, Fault> {
        let mut tries = 0;
        loop {
            if self.budget.is_used_up() {
                return Err(Fault::Budget);
            }
            self.budget.requests.set(self.budget.requests.get() + 1);
            let fault = match ask().await {
                Ok(reply) => {
                    self.budget.tokens.set(self.budget.tokens.get() + reply.tokens);
                    return Ok(reply);
                }
                Err(fault) => fault,
            };
            if !fault.is_transient() || tries >= self.retries {
                return Err(fault);
            }
            let pause = FIRST_PAUSE.saturating_mul(1 << tries.min(16)).min(LONGEST_PAUSE);
            let pause = match fault {
                Fault::Busy { retry_after: Some(asked), .. } => asked.min(LONGEST_PAUSE * 5),
                // Not all at once again.
                _ => pause.mul_f64(rand::random_range(0.5..1.0)),
            };
            tries += 1;
            tokio::time::sleep(pause).await;
        }
    }
}
