//! Damaged files: an error that says where, never a panic.

use std::path::Path;

use mixtral_engine::arch::Config;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::{Error, Result};
use proptest::prelude::*;

use crate::drive;
use crate::tiny::{self, Layout, SMALLEST};

/// All that happens to a file before its first token.
fn load(path: &Path) -> Result<()> {
    let file = Gguf::open(path)?;
    let config = Config::from_gguf(&file)?;
    drive::load(&file, config, &mut |_, _| {}).map(drop)
}

fn sound() -> Vec<u8> {
    tiny::bytes(SMALLEST, GgmlType::Q4_0, Layout::Split, 1)
}

/// Where the header ends: the first weights.
fn header(bytes: &[u8]) -> usize {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = Gguf::open(&tiny::put(folder.path(), "sound.gguf", bytes)).expect("a sound file");
    file.tensors().iter().map(|t| t.start).min().expect("a tensor") as usize
}

fn load_bytes(bytes: &[u8]) -> Result<()> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    load(&tiny::put(folder.path(), "model.gguf", bytes))
}

#[test]
fn a_sound_file_loads() {
    load_bytes(&sound()).expect("the file that the others are spoilt copies of");
}

#[test]
fn every_truncation_is_an_error_that_names_the_file_and_the_place() {
    let bytes = sound();
    let last = bytes.len() - 40; // the rest may be padding
    let header = header(&bytes);
    for len in (0..header).chain((header..last).step_by(97)) {
        let error = load_bytes(&bytes[..len]).expect_err("a truncated file");
        assert!(matches!(error, Error::File { .. }), "{len}: {error}");
        assert!(error.to_string().contains("model.gguf: "), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn changed_bytes_in_the_header_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = sound();
        let header = header(&bytes);
        for (at, byte) in changes {
            bytes[at.index(header)] = byte;
        }
        if let Err(error) = load_bytes(&bytes) {
            prop_assert!(error.to_string().contains("model.gguf"), "{}", error);
        }
    }

    #[test]
    fn random_bytes_after_the_magic_never_panic(tail in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(tail);
        prop_assert!(load_bytes(&bytes).is_err());
    }
}
