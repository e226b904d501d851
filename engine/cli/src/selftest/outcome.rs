//! What a check found.

/// What one check found.
pub struct Outcome {
    /// What was checked.
    pub name: String,
    /// How far the device's logits are from the processor's: root mean square over root mean square.
    pub off: f64,
    /// How far they may be.
    pub tolerance: f64,
    /// What went wrong, where something did.
    pub fault: Option<String>,
}

impl Outcome {
    pub fn passed(&self) -> bool {
        self.fault.is_none() && self.off <= self.tolerance
    }
}
