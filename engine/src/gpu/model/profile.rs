//! Where a step's time goes, by marks in the device's queue.

use std::sync::Arc;

use crate::error::Result;
use crate::gpu::{Event, Gpu};

/// Milliseconds by what was computed, over all steps since it was begun.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// What, how often, and milliseconds in all; in the order in which they first came.
    pub parts: Vec<(&'static str, usize, f64)>,
    /// Steps that were measured.
    pub steps: usize,
}

impl Profile {
    fn add(&mut self, part: &'static str, milliseconds: f64) {
        match self.parts.iter_mut().find(|(name, ..)| *name == part) {
            Some((_, count, total)) => {
                *count += 1;
                *total += milliseconds;
            }
            None => self.parts.push((part, 1, milliseconds)),
        }
    }

    /// Milliseconds of all parts.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.parts.iter().map(|(_, _, milliseconds)| milliseconds).sum()
    }
}

/// Marks of a step that is measured; of one that is not, nothing.
#[derive(Debug, Default)]
pub struct Marks {
    marks: Vec<(&'static str, Event)>,
    is_on: bool,
}

impl Marks {
    /// Marks a step's beginning, if it is to be measured.
    pub fn new(gpu: &Arc<dyn Gpu>, is_on: bool) -> Result<Self> {
        let mut marks = Self { marks: Vec::new(), is_on };
        marks.after(gpu, "begin")?;
        Ok(marks)
    }

    /// Everything since the last mark was this part.
    pub fn after(&mut self, gpu: &Arc<dyn Gpu>, part: &'static str) -> Result<()> {
        if self.is_on {
            self.marks.push((part, Event::now(gpu)?));
        }
        Ok(())
    }

    /// Adds the step to a profile.
    pub fn finish(&self, profile: &mut Profile) -> Result<()> {
        for pair in self.marks.windows(2) {
            profile.add(pair[1].0, f64::from(pair[1].1.since(&pair[0].1)?));
        }
        profile.steps += usize::from(self.is_on);
        Ok(())
    }
}
