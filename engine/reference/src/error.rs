//! What can go wrong: what can in the engine, and what candle refuses.

/// The reference's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The engine's error, or candle's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Engine(#[from] mixtral_engine::Error),
    #[error("computation: {0}")]
    Candle(#[from] candle_core::Error),
}

impl From<Error> for mixtral_engine::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Engine(error) => error,
            Error::Candle(error) => Self::Compute(error.to_string()),
        }
    }
}
