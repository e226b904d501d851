//! The types as kernels are compiled for them.

#![expect(non_camel_case_types, reason = "the names are GGML's own")]

use crate::cpu::product::layout::{Layout, Meaning};
use crate::quant::GgmlType;

/// A quantised type.
pub trait Format {
    const LAYOUT: Layout;

    /// Whether codes have signs. Then `pmaddubsw` multiplies magnitudes with activations that take the signs.
    const SIGNED: bool = !matches!(Self::LAYOUT.codes, Meaning::Offset(_));

    /// What codes are to be lessened by.
    const OFFSET: i32 = match Self::LAYOUT.codes {
        Meaning::Offset(offset) => offset,
        Meaning::Signed | Meaning::NonLinear => 0,
    };

    /// How many sums of two products fit into 16 bits, activations being up to 127, and codes of one sub-block.
    const RUN: usize = {
        let steps = Self::LAYOUT.sub / 4;
        let fit =
            if Self::SIGNED { 1 } else { 32767 / (2 * 127 * ((1 << (Self::LAYOUT.low + Self::LAYOUT.high)) - 1)) };
        // A power of two, which divides the steps.
        if fit >= steps { steps } else { 1 << fit.ilog2() }
    };
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
};
