//! Tools around models of the Mixtral family: files are converted between GGUF and Hugging Face's folders, quantised, and
//! merged with LoRA adapters. They stand on the engine, which reads folders and knows the quantisers; nothing that serves needs
//! what is written here.

pub mod adapter;
pub mod convert;
pub mod files;
pub mod hugging_face;
pub mod imatrix;
pub mod merge;
pub mod quantize_file;
pub mod random_model;
mod safetensors;
pub mod tokenizer;
