//! Metadata values.

/// A metadata value of a GGUF file.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    U64(u64),
    I64(i64),
    F32(f32),
    F64(f64),
    Bool(bool),
    String(String),
    Array(Array),
}

/// An array of values of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Bool(Vec<bool>),
    String(Vec<String>),
    Array(Vec<Array>),
}

/// GGUF's numbers for the types of values, and with them for the types of items: once for both.
/// The numbers are those of `enum gguf_type` in ggml's `gguf.h`.
macro_rules! type_ids {
    ($($variant:ident = $id:literal),* $(,)?) => {
        impl Value {
            /// GGUF's number for the type.
            pub(super) fn type_id(&self) -> u32 {
                match self { $(Self::$variant(_) => $id,)* }
            }
        }

        impl Array {
            /// GGUF's number for the type of the items.
            pub(super) fn item_type_id(&self) -> u32 {
                match self { $(Self::$variant(_) => $id,)* }
            }

            /// How many items it has.
            pub fn len(&self) -> usize {
                match self { $(Self::$variant(items) => items.len(),)* }
            }
        }
    };
}
type_ids!(
    U8 = 0,
    I8 = 1,
    U16 = 2,
    I16 = 3,
    U32 = 4,
    I32 = 5,
    F32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    U64 = 10,
    I64 = 11,
    F64 = 12,
);

impl Value {
    /// What the value is, for a message.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::U8(_) => "u8",
            Self::I8(_) => "i8",
            Self::U16(_) => "u16",
            Self::I16(_) => "i16",
            Self::U32(_) => "u32",
            Self::I32(_) => "i32",
            Self::F32(_) => "f32",
            Self::Bool(_) => "a truth value",
            Self::String(_) => "text",
            Self::Array(_) => "an array",
            Self::U64(_) => "u64",
            Self::I64(_) => "i64",
            Self::F64(_) => "f64",
        }
    }

    /// The value as a whole number, whatever its width.
    pub fn integer(&self) -> Option<i128> {
        Some(match *self {
            Self::U8(v) => v.into(),
            Self::I8(v) => v.into(),
            Self::U16(v) => v.into(),
            Self::I16(v) => v.into(),
            Self::U32(v) => v.into(),
            Self::I32(v) => v.into(),
            Self::U64(v) => v.into(),
            Self::I64(v) => v.into(),
            _ => return None,
        })
    }
}

impl Array {
    /// Whether it has no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
