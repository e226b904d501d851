//! One safetensors file, written tensor by tensor.

use std::collections::VecDeque;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use mixtral_engine::quant::GgmlType;

/// What the data's start is a multiple of, as the crate `safetensors` has it.
const ALIGNMENT: usize = 8;

/// A tensor that will be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub name: String,
    pub kind: GgmlType,
    pub dims: Vec<usize>,
}

impl Planned {
    pub fn bytes(&self) -> u64 {
        self.dims.iter().map(|&d| d as u64).product::<u64>() * self.kind.block_bytes() as u64
    }
}

/// What safetensors calls a type; nothing for the types it does not have.
pub(crate) fn dtype(kind: GgmlType) -> Option<&'static str> {
    match kind {
        GgmlType::F32 => Some("F32"),
        GgmlType::F16 => Some("F16"),
        GgmlType::BF16 => Some("BF16"),
        _ => None,
    }
}

/// A file whose tensors are being written, in the order of the plan.
#[derive(Debug)]
pub(crate) struct Stream<W> {
    out: W,
    wanted: VecDeque<(String, u64)>,
}

impl<W: Write> Stream<W> {
    /// Writes the header. `transformers` opens no file whose metadata does not tell that it is PyTorch's.
    pub fn begin(mut out: W, tensors: &[Planned]) -> io::Result<Self> {
        let mut header = Map::new();
        header.insert("__metadata__".into(), json!({"format": "pt"}));
        let mut at = 0;
        for tensor in tensors {
            let Some(dtype) = dtype(tensor.kind) else {
                return Err(fault(format!("{}: {} cannot be written", tensor.name, tensor.kind)));
            };
            let end = at + tensor.bytes();
            let about = json!({"dtype": dtype, "shape": tensor.dims, "data_offsets": [at, end]});
            if header.insert(tensor.name.clone(), about).is_some() {
                return Err(fault(format!("{}: planned twice", tensor.name)));
            }
            at = end;
        }
        let mut header = Value::Object(header).to_string().into_bytes();
        header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        Ok(Self { out, wanted: tensors.iter().map(|t| (t.name.clone(), t.bytes())).collect() })
    }

    /// Writes the next tensor.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.wanted.pop_front() {
            Some((_, wanted)) if wanted == bytes.len() as u64 => self.out.write_all(bytes),
            Some((name, wanted)) => Err(fault(format!("{name}: {} bytes, should be {wanted}", bytes.len()))),
            None => Err(fault("more tensors than were planned".into())),
        }
    }

    /// Whether every tensor is written.
    pub fn is_full(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Ends the file.
    pub fn end(mut self) -> io::Result<W> {
        match self.wanted.pop_front() {
            Some((name, _)) => Err(fault(format!("{name}: planned, and never given"))),
            None => self.out.flush().map(|()| self.out),
        }
    }
}

fn fault(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_safetensors_reads_what_is_written() {
        let planned = |name: &str, kind, dims: &[usize]| Planned { name: name.into(), kind, dims: dims.to_vec() };
        let tensors = [planned("z", GgmlType::F16, &[3]), planned("a", GgmlType::F32, &[2, 1])];
        let mut stream = Stream::begin(Vec::new(), &tensors).expect("begins");
        stream.put(&[1, 2, 3, 4, 5, 6]).expect("fits");
        assert!(stream.put(&[0; 4]).is_err(), "of another length");

        let mut stream = Stream::begin(Vec::new(), &tensors).expect("begins");
        stream.put(&[1, 2, 3, 4, 5, 6]).expect("fits");
        stream.put(&1.5f32.to_le_bytes().repeat(2)).expect("fits");
        assert!(stream.is_full());
        let bytes = stream.end().expect("complete");
        let file = ::safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
        assert_eq!(file.tensor("z").expect("there").data(), [1, 2, 3, 4, 5, 6]);
        let a = file.tensor("a").expect("there");
        assert_eq!((a.shape(), a.data()), (&[2, 1][..], &1.5f32.to_le_bytes().repeat(2)[..]));

        assert!(Stream::begin(Vec::new(), &[planned("q", GgmlType::Q4_0, &[32])]).is_err());
        assert!(Stream::begin(Vec::new(), &[tensors[0].clone(), tensors[0].clone()]).is_err());
        assert!(Stream::begin(Vec::new(), &tensors).expect("begins").end().is_err(), "incomplete");
    }
}
