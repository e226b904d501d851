//! The types as kernels are compiled for them.

#![expect(non_camel_case_types, reason = "the names are GGML's own")]

use crate::cpu::product::layout::{Layout, Meaning};
use crate::quant::GgmlType;

/// Codes as they are multiplied.
pub trait Whole {
    /// Columns of a sub-block, which has a scale.
    const SUB: usize;
    /// Whether sub-blocks have minimums.
    const MINIMUMS: bool;
    /// Whether codes have signs. Then `pmaddubsw` multiplies magnitudes with activations that take the signs.
    const SIGNED: bool;
    /// What codes without signs are to be lessened by.
    const OFFSET: i32;
    /// The largest code without a sign.
    const MOST: i32;

    /// How many sums of two products fit into 16 bits, activations being up to 127, and codes of one sub-block.
    const RUN: usize = {
        let steps = Self::SUB / 4;
        let fit = if Self::SIGNED { 1 } else { (32767 / (2 * 127 * Self::MOST)) as usize };
        // A power of two, which divides the steps.
        if fit >= steps { steps } else { 1 << fit.ilog2() }
    };
}

/// A quantised type that lies in tiles.
pub trait Format {
    const LAYOUT: Layout;
}

impl<F: Format> Whole for F {
    const SUB: usize = Self::LAYOUT.sub;
    const MINIMUMS: bool = Self::LAYOUT.minimums;
    const SIGNED: bool = !matches!(Self::LAYOUT.codes, Meaning::Offset(_));
    const OFFSET: i32 = match Self::LAYOUT.codes {
        Meaning::Offset(offset) => offset,
        Meaning::Signed | Meaning::NonLinear => 0,
    };
    const MOST: i32 = (1 << (Self::LAYOUT.low + Self::LAYOUT.high)) - 1;
}

/// A type whose blocks lie as in its file: signed codes, which an offset makes unsigned where they are unpacked for many tokens.
pub trait Block: Whole {
    const KIND: GgmlType;
    /// Bytes of a block of 256 weights.
    const BYTES: usize;
    /// What blocks' units are to be multiplied with.
    const UNIT: f32;
}

macro_rules! formats {
    ($($name:ident),*) => {$(
        pub struct $name;

        impl Format for $name {
            const LAYOUT: Layout = match Layout::of(GgmlType::$name) {
                Some(layout) => layout,
                None => panic!("no tiles"),
            };
        }
    )*};
}

formats!(Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS);

macro_rules! blocks {
    ($($name:ident: $bytes:literal bytes, $sub:literal columns, up to $most:literal, $offset:literal, $unit:literal);*) => {$(
        pub struct $name;

        impl Whole for $name {
            const SUB: usize = $sub;
            const MINIMUMS: bool = false;
            const SIGNED: bool = false;
            const OFFSET: i32 = $offset;
            const MOST: i32 = $offset + $most;
        }

        impl Block for $name {
            const KIND: GgmlType = GgmlType::$name;
            const BYTES: usize = $bytes;
            const UNIT: f32 = $unit;
        }
    )*};
}

// Offsets are powers of two.
blocks! {
    IQ1_S: 50 bytes, 32 columns, up to 9, 16, 0.125;
    IQ1_M: 56 bytes, 16 columns, up to 9, 16, 0.125;
    IQ2_XXS: 66 bytes, 32 columns, up to 43, 64, 0.125;
    IQ2_XS: 74 bytes, 16 columns, up to 43, 64, 0.125;
    IQ2_S: 82 bytes, 16 columns, up to 43, 64, 0.125;
    IQ3_XXS: 98 bytes, 32 columns, up to 62, 64, 0.25;
    IQ3_S: 110 bytes, 32 columns, up to 15, 16, 1.0;
    TQ1_0: 54 bytes, 32 columns, up to 2, 1, 1.0;
    TQ2_0: 66 bytes, 32 columns, up to 2, 1, 1.0
}

/// A type of numbers.
pub trait Number {
    const KIND: GgmlType;
    const BYTES: usize;
}

macro_rules! numbers {
    ($($name:ident),*) => {$(
        pub struct $name;

        impl Number for $name {
            const KIND: GgmlType = GgmlType::$name;
            const BYTES: usize = if matches!(GgmlType::$name, GgmlType::F32) { 4 } else { 2 };
        }
    )*};
}

numbers!(F32, F16, BF16);

const _: () = {
    assert!(Q4_K::RUN == 8 && Q4_0::RUN == 8 && Q5_K::RUN == 4 && Q5_1::RUN == 4);
    assert!(Q6_K::RUN == 2 && Q3_K::RUN == 4 && Q2_K::RUN == 4 && Q8_0::RUN == 1 && IQ4_XS::RUN == 1);
    assert!(IQ2_S::RUN == 1 && IQ3_XXS::RUN == 1 && IQ3_S::RUN == 4 && IQ1_M::RUN == 4 && TQ1_0::RUN == 8);
};
