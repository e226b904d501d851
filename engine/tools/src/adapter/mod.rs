//! Writing LoRA adapters as PEFT does: `adapter_config.json` and `adapter_model.safetensors`.

mod config;
mod write;

pub use config::write_config;
pub use write::write;

#[cfg(test)]
mod tests;
