//! How a process that read what a stranger made came to its end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a process that read what a stranger made came to its end, or why it was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Crash {
    /// Calls stood too deep in each other.
    Stack,
    /// It took more memory than it may.
    Memory,
    /// It took more processor time than it may.
    ProcessorTime,
    /// It gave no answer for so many seconds.
    Silent(u64),
    /// A signal ended it.
    Signal(i32),
    /// It ended by itself, with these words.
    Ended(String),
    /// It could not be started, or not be spoken to; in the system's words.
    System(String),
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stack => f.write_str("its depth overflowed the stack"),
            Self::Memory => f.write_str("it took more memory than it may"),
            Self::ProcessorTime => f.write_str("it took more processor time than it may"),
            Self::Silent(seconds) => write!(f, "it took more than {seconds} seconds and was ended"),
            Self::Signal(signal) => write!(f, "it was ended by signal {signal}"),
            Self::Ended(how) => write!(f, "it ended with {how}"),
            Self::System(why) => f.write_str(why),
        }
    }
}
