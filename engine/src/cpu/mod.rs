//! The processor: own kernels over weights that are repacked when a model is loaded.
//!
//! [`product`] multiplies activations with weights of any type.

pub mod product;
