//! How strengths, of which only differences mean something, become the numbers that people see.

/// What a group's ratings are measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gauge {
    /// The mean over battles: each model weighs as much as it was voted on. A model with few votes moves neither the
    /// other ratings nor their intervals.
    #[default]
    VoteWeighted,
    /// The plain mean over models, as FastChat and evalica have it: one newcomer with a wide interval widens all.
    Mean,
    /// One model, by number, which stands at the centre with no interval of its own. A group without it is measured
    /// by [`Self::VoteWeighted`].
    Anchor(usize),
}

/// `center + scale / ln(base) · x`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The rating of what the gauge names.
    pub center: f64,
    /// The difference at which the stronger wins `base` times as often.
    pub scale: f64,
    /// See `scale`.
    pub base: f64,
    /// What ratings are measured against.
    pub gauge: Gauge,
}

impl Default for Scale {
    fn default() -> Self {
        Self { center: 1000.0, scale: 400.0, base: 10.0, gauge: Gauge::VoteWeighted }
    }
}

impl Scale {
    /// Points a unit of strength.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.scale / self.base.ln()
    }

    /// How much each member of a group weighs in what is subtracted from all; the sum is 1.
    pub(crate) fn weights(&self, members: &[usize], battles: impl Fn(usize) -> f64) -> Vec<f64> {
        if let Gauge::Anchor(anchor) = self.gauge
            && members.contains(&anchor)
        {
            return members.iter().map(|&member| f64::from(u8::from(member == anchor))).collect();
        }
        if self.gauge == Gauge::Mean {
            return vec![1.0 / members.len() as f64; members.len()];
        }
        let battles: Vec<f64> = (0..members.len()).map(battles).collect();
        let sum: f64 = battles.iter().sum();
        battles.iter().map(|battles| battles / sum).collect()
    }
}
