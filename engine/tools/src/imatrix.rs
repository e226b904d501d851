//! Importance matrices: how much the errors of each column of each matrix matter, measured while a model reads a text.
//!
//! The files are llama.cpp's (`tools/imatrix`, format of 2025): GGUF with `general.type` "imatrix", and for every matrix
//! `NAME.in_sum2` (experts, columns), the sums of squared activations, and `NAME.counts` (experts, 1), of how many rows.

use std::collections::BTreeMap;
use std::path::Path;

use crate::files::atomic_file;
use mixtral_engine::error::{ConversionFault, Error, Fault, LayoutFault, Place, RequestFault, Result};
use mixtral_engine::formats::Source;
use mixtral_engine::formats::gguf::{Array, Gguf, Value, Writer};
use mixtral_engine::quant::{Blocks, GgmlType};
use mixtral_reference::ActivationStats;

const SUMS: &str = ".in_sum2";
const COUNTS: &str = ".counts";
/// Which model was watched. llama.cpp passes over the key, and its own files lack it.
const MODEL: &str = "imatrix.mixtral.norms";

/// Importances of the matrices of one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imatrix {
    /// By the matrix's name, one an expert.
    entries: BTreeMap<String, Vec<ActivationStats>>,
    /// What was read.
    pub texts: Vec<String>,
    /// How many pieces of it.
    pub chunks: u32,
    /// The tokens of a piece.
    pub chunk_size: u32,
    /// The model that was watched, as [`model_of`] tells it; files of llama.cpp do not say.
    pub model: Option<String>,
}

/// What tells a model from others of its shape: its norms in one number. They stay as they are when a model is quantised,
/// and when adapters are put onto its matrices.
///
/// # Errors
/// A norm cannot be read.
pub fn model_of(source: &dyn Source) -> Result<String> {
    // FNV-1a.
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    let mut names: Vec<&str> = source.names().into_iter().filter(|name| name.ends_with("_norm.weight")).collect();
    names.sort_unstable();
    for name in names {
        let Some(info) = source.info(name) else { continue };
        let mut values = vec![0.0; info.weights() as usize];
        if let Some(blocks) = Blocks::new(info.kind, &source.bytes(name)?) {
            blocks.dequantise(0, &mut values);
        }
        for byte in values.iter().flat_map(|value| value.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    }
    Ok(format!("{hash:016x}"))
}

impl Imatrix {
    /// An importance matrix with nothing in it.
    pub fn new(text: &str, chunks: u32, chunk_size: u32) -> Self {
        Self { texts: vec![text.to_owned()], chunks, chunk_size, ..Self::default() }
    }

    /// Adds a matrix: one sum an expert.
    pub fn add(&mut self, name: String, experts: Vec<ActivationStats>) {
        self.entries.insert(name, experts);
    }

    /// How many matrices it knows.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Experts that no token came to: name and number.
    pub fn idle(&self) -> impl Iterator<Item = (&str, usize)> {
        self.entries.iter().flat_map(|(name, experts)| {
            let idle = experts.iter().enumerate().filter(|(_, moments)| moments.rows == 0);
            idle.map(move |(expert, _)| (name.as_str(), expert))
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It is no importance matrix, or damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let file = Gguf::open(path)?;
        if file.metadata().opt_str("general.type")? != Some("imatrix") {
            return Err(Error::file(path, Place::Whole, ConversionFault::NotImatrix));
        }
        let number = |key: &str| Ok::<_, Error>(file.metadata().opt_u32(key)?.unwrap_or(0));
        let mut imatrix = Self {
            texts: file.metadata().opt_strings("imatrix.datasets")?.unwrap_or_default().to_vec(),
            chunks: number("imatrix.chunk_count")?,
            chunk_size: number("imatrix.chunk_size")?,
            model: file.metadata().opt_str(MODEL)?.map(str::to_owned),
            ..Self::default()
        };
        for tensor in file.tensors() {
            let Some(name) = tensor.name.strip_suffix(SUMS) else { continue };
            let sums = floats(&file, &tensor.name)?;
            let counts_name = format!("{name}{COUNTS}");
            let counts = floats(&file, &counts_name)?;
            let fault = |fault: ConversionFault| Error::file(path, Place::Tensor(tensor.name.clone()), fault);
            if counts.is_empty() || sums.is_empty() || !sums.len().is_multiple_of(counts.len()) {
                return Err(fault(ConversionFault::Counts));
            }
            if !sums.iter().chain(&counts).all(|v| v.is_finite() && *v >= 0.0) {
                return Err(fault(ConversionFault::NotSquares));
            }
            let experts = sums.chunks_exact(sums.len() / counts.len()).zip(&counts).map(|(squares, rows)| {
                ActivationStats { rows: *rows as u64, squares: squares.iter().map(|s| f64::from(*s)).collect() }
            });
            imatrix.entries.insert(name.to_owned(), experts.collect());
        }
        if imatrix.is_empty() {
            return Err(Error::file(path, Place::Whole, ConversionFault::NoEntries));
        }
        Ok(imatrix)
    }

    /// Writes a file, whole or not at all.
    ///
    /// # Errors
    /// The system refuses.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut writer = Writer::new();
        writer.value("general.type", Value::String("imatrix".into()));
        writer.value("imatrix.datasets", Value::Array(Array::String(self.texts.clone())));
        writer.value("imatrix.chunk_count", Value::U32(self.chunks));
        writer.value("imatrix.chunk_size", Value::U32(self.chunk_size));
        if let Some(model) = &self.model {
            writer.value(MODEL, Value::String(model.clone()));
        }
        let bytes = |values: &mut dyn Iterator<Item = f32>| values.flat_map(f32::to_le_bytes).collect::<Vec<u8>>();
        for (name, experts) in &self.entries {
            let cols = experts.iter().map(|e| e.squares.len()).max().unwrap_or(0);
            let squares = experts.iter().flat_map(|e| (0..cols).map(|i| e.squares.get(i).map_or(0.0, |s| *s as f32)));
            let squares = bytes(&mut squares.into_iter());
            let counts = bytes(&mut experts.iter().map(|e| e.rows as f32));
            let put = |writer: &mut Writer<'_>, suffix: &str, cols: usize, bytes: Vec<u8>| {
                writer.tensor(format!("{name}{suffix}"), GgmlType::F32, &[experts.len(), cols], bytes).map(|_| ())
            };
            put(&mut writer, SUMS, cols, squares).map_err(Error::io(path))?;
            put(&mut writer, COUNTS, 1, counts).map_err(Error::io(path))?;
        }
        atomic_file::write(path, |out| writer.write(out).map_err(Error::io(path)))
    }

    /// Refuses a model that is not the one that was watched, where the file says which one that was.
    ///
    /// # Errors
    /// It is another model.
    pub fn check(&self, source: &dyn Source) -> Result<()> {
        let Some(watched) = &self.model else { return Ok(()) };
        if *watched == model_of(source)? {
            return Ok(());
        }
        Err(Error::Request(RequestFault::OtherModel { name: source.path().display().to_string() }))
    }

    /// The importances of a matrix's columns for an expert (0 where there is none); nothing where the matrix is not
    /// known, or where no token came to the expert.
    ///
    /// # Errors
    /// The matrix has other columns or experts: the file is another model's.
    pub fn columns(&self, name: &str, experts: usize, expert: usize, cols: usize) -> Result<Option<Vec<f32>>> {
        // The older layout has one tensor an expert; importances are always kept merged.
        let (name, part) = match single_expert(name) {
            Some((merged, expert)) => (merged, Some(expert)),
            None => (name.to_owned(), None),
        };
        let Some(entry) = self.entries.get(&name) else { return Ok(None) };
        let expert = part.unwrap_or(expert);
        let known = entry.get(expert).filter(|_| part.is_some() || entry.len() == experts);
        let Some(moments) = known.filter(|m| m.rows == 0 || m.squares.len() == cols) else {
            return Err(Error::Request(RequestFault::OtherModel { name: name.to_owned() }));
        };
        let mean = |square: &f64| (square / moments.rows as f64) as f32;
        Ok((moments.rows > 0).then(|| moments.squares.iter().map(mean).collect()))
    }
}

/// The merged name and the number of an expert of the older layout: `blk.0.ffn_up.3.weight`.
fn single_expert(name: &str) -> Option<(String, usize)> {
    let (front, expert) = name.strip_suffix(".weight")?.rsplit_once('.')?;
    let expert = expert.parse().ok()?;
    front.contains(".ffn_").then(|| (format!("{front}_exps.weight"), expert))
}

fn floats(file: &Gguf, name: &str) -> Result<Vec<f32>> {
    let fault = |fault: Fault| Error::file(file.path(), Place::Tensor(name.to_owned()), fault);
    let view = file.tensor(name).ok_or_else(|| fault(Fault::Missing))?;
    if view.kind != GgmlType::F32 {
        return Err(fault(ConversionFault::NotF32.into()));
    }
    let mut out = vec![0.0; view.bytes.len() / 4];
    Blocks::new(view.kind, view.bytes).ok_or_else(|| fault(LayoutFault::RowsNotBlocks.into()))?.dequantise(0, &mut out);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use mixtral_engine::formats::Info;

    use super::*;

    fn moments(rows: u64, squares: &[f64]) -> ActivationStats {
        ActivationStats { rows, squares: squares.to_vec() }
    }

    fn example() -> Imatrix {
        let mut imatrix = Imatrix::new("verse.txt", 3, 256);
        imatrix.add("blk.0.attn_q.weight".into(), vec![moments(4, &[4.0, 8.0, 0.0])]);
        imatrix.add("blk.0.ffn_up_exps.weight".into(), vec![moments(2, &[2.0, 1.0]), moments(0, &[])]);
        imatrix
    }

    #[test]
    fn a_file_holds_what_was_written_in_llama_cpps_form() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.gguf");
        example().write(&path).expect("written");
        let file = Gguf::open(&path).expect("a GGUF file");
        assert_eq!(file.tensor("blk.0.ffn_up_exps.weight.in_sum2").expect("sums").dims, [2, 2]);
        assert_eq!(file.tensor("blk.0.ffn_up_exps.weight.counts").expect("counts").dims, [2, 1]);
        let back = Imatrix::open(&path).expect("readable");
        assert_eq!((&back.texts, back.chunks, back.chunk_size), (&vec!["verse.txt".to_owned()], 3, 256));
        assert_eq!(back.columns("blk.0.attn_q.weight", 1, 0, 3).expect("fits"), Some(vec![1.0, 2.0, 0.0]));
        assert_eq!(back.columns("blk.0.ffn_up_exps.weight", 2, 0, 2).expect("fits"), Some(vec![1.0, 0.5]));
        assert_eq!(back.columns("blk.0.ffn_up.0.weight", 1, 0, 2).expect("fits"), Some(vec![1.0, 0.5]));
        assert_eq!(back.idle().collect::<Vec<_>>(), [("blk.0.ffn_up_exps.weight", 1)]);
    }

    #[test]
    fn an_idle_expert_has_no_importances_and_another_models_matrix_is_refused() {
        let imatrix = example();
        assert_eq!(imatrix.columns("blk.0.ffn_up_exps.weight", 2, 1, 2).expect("fits"), None);
        assert_eq!(imatrix.columns("blk.0.ffn_up.1.weight", 1, 0, 2).expect("fits"), None);
        assert_eq!(imatrix.columns("token_embd.weight", 1, 0, 3).expect("unknown"), None);
        assert!(imatrix.columns("blk.0.attn_q.weight", 1, 0, 4).is_err());
        assert!(imatrix.columns("blk.0.ffn_up_exps.weight", 4, 0, 2).is_err());
        assert!(imatrix.columns("blk.0.ffn_up.2.weight", 1, 0, 2).is_err());
    }

    /// A model of one norm and one matrix.
    struct Small(Vec<f32>, GgmlType);

    impl Source for Small {
        fn path(&self) -> &Path {
            Path::new("small.gguf")
        }

        fn info(&self, name: &str) -> Option<Info> {
            let is_norm = name == "output_norm.weight";
            Some(Info { kind: if is_norm { GgmlType::F32 } else { self.1 }, dims: vec![self.0.len()] })
        }

        fn bytes(&self, _: &str) -> Result<Cow<'_, [u8]>> {
            Ok(self.0.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>().into())
        }

        fn names(&self) -> Vec<&str> {
            vec!["output.weight", "output_norm.weight"]
        }
    }

    #[test]
    fn a_model_of_the_same_shape_but_other_norms_is_refused_and_other_types_of_one_model_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.gguf");
        let watched = Small(vec![1.0, 1.5], GgmlType::F16);
        let written = Imatrix { model: Some(model_of(&watched).expect("a model")), ..example() };
        written.write(&path).expect("written");
        let back = Imatrix::open(&path).expect("readable");
        back.check(&watched).expect("the same");
        back.check(&Small(vec![1.0, 1.5], GgmlType::Q4_K)).expect("the same, quantised");
        let said = back.check(&Small(vec![1.0, 1.25], GgmlType::F16)).expect_err("another").to_string();
        assert!(said.contains("small.gguf") && said.contains("another model"), "{said}");
        example().check(&watched).expect("a file that does not say");
    }

    #[test]
    fn a_file_that_is_no_importance_matrix_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("b.gguf");
        let mut writer = Writer::new();
        writer.value("general.type", Value::String("model".into()));
        let mut bytes = Vec::new();
        writer.write(&mut bytes).expect("in memory");
        std::fs::write(&path, bytes).expect("written");
        let said = Imatrix::open(&path).expect_err("no importance matrix").to_string();
        assert!(said.contains("is not an importance matrix"), "{said}");
        Imatrix::default().write(&path).expect("written");
        assert!(Imatrix::open(&path).expect_err("empty").to_string().contains("holds no importances"));
    }
}
