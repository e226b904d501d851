//! The official files, in a folder or in the zip that they are published as.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

use super::benchmark::Benchmark;
use super::question::{Letter, Question};

/// A part of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// The questions that stand before others as examples.
    Dev,
    Val,
    Test,
}

impl Split {
    /// Its folder, and what the names of C-Eval's and MMLU's files end with.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

impl FromStr for Split {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Dev, Self::Val, Self::Test].into_iter().find(|split| split.name() == text).ok_or(())
    }
}

/// What is wrong with a benchmark's files; each names the file.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error("{file}: {cause}")]
    Io { file: String, cause: std::io::Error },
    #[error("{file}: this zip cannot be read: {cause}")]
    Zip { file: String, cause: zip::result::ZipError },
    #[error("{file}: there is no folder {folder:?} with CSV files in it")]
    NoFolder { file: String, folder: &'static str },
    #[error("{file}: line {line} is not UTF-8; the official files are")]
    Encoding { file: String, line: usize },
    #[error("{file}: line {line}: {cause}")]
    Csv { file: String, line: u64, cause: String },
    #[error("{file}: there is no column {column:?}; it has {found}")]
    NoColumn { file: String, column: &'static str, found: String },
    #[error("{file}: line {line}: the answer must be A, B, C or D, and is {answer:?}")]
    Answer { file: String, line: u64, answer: String },
    #[error("{file}: there are no questions in it")]
    Empty { file: String },
    #[error("{file}: there is no subject {subject:?}")]
    NoSubject { file: String, subject: String },
}

/// A benchmark's files: name in the form `val/SUBJECT_val.csv` → content.
#[derive(Debug)]
pub struct Data {
    benchmark: Benchmark,
    path: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

impl Data {
    /// Reads a folder or a zip. The folders `dev`, `val` and `test` may lie anywhere in it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(benchmark: Benchmark, path: &Path) -> Result<Self, ReadError> {
        let io = |cause| ReadError::Io { file: path.display().to_string(), cause };
        let mut files = BTreeMap::new();
        if path.is_dir() {
            walk(path, &mut |file| {
                if let Some(name) = split_and_name(file) {
                    files.insert(name, std::fs::read(file)?);
                }
                Ok(())
            })
            .map_err(io)?;
        } else {
            let zip = |cause| ReadError::Zip { file: path.display().to_string(), cause };
            let mut archive = zip::ZipArchive::new(File::open(path).map_err(io)?).map_err(zip)?;
            for at in 0..archive.len() {
                let mut entry = archive.by_index(at).map_err(zip)?;
                let path = entry.name().map_err(zip)?.into_owned();
                let Some(name) = split_and_name(Path::new(&path)) else { continue };
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(io)?;
                files.insert(name, bytes);
            }
        }
        Ok(Self { benchmark, path: path.to_owned(), files })
    }

    /// The subjects of a part, by key.
    ///
    /// # Errors
    /// There are none.
    pub fn subjects(&self, split: Split) -> Result<Vec<String>, ReadError> {
        let folder = format!("{}/", split.name());
        let of = |name: &String| Some(self.key(name.strip_prefix(&folder)?, split));
        let subjects: Vec<String> = self.files.keys().filter_map(of).collect();
        if subjects.is_empty() {
            return Err(ReadError::NoFolder { file: self.path.display().to_string(), folder: split.name() });
        }
        Ok(subjects)
    }

    /// The questions of a subject.
    ///
    /// # Errors
    /// What is wrong, by file and line.
    pub fn questions(&self, subject: &str, split: Split) -> Result<Vec<Question>, ReadError> {
        let folder = format!("{}/", split.name());
        let found = self
            .files
            .iter()
            .find(|(name, _)| name.strip_prefix(&folder).is_some_and(|name| self.key(name, split) == subject));
        let Some((name, bytes)) = found else {
            let file = self.path.join(split.name()).display().to_string();
            return Err(ReadError::NoSubject { file, subject: subject.to_owned() });
        };
        let file = self.path.join(name).display().to_string();
        let questions = parse(self.benchmark, split, &file, bytes)?;
        if questions.is_empty() { Err(ReadError::Empty { file }) } else { Ok(questions) }
    }

    fn key(&self, name: &str, split: Split) -> String {
        let stem = name.strip_suffix(".csv").unwrap_or(name);
        let ending = format!("_{}", split.name());
        if self.benchmark == Benchmark::Cmmlu { stem } else { stem.strip_suffix(&ending).unwrap_or(stem) }.to_owned()
    }
}

/// `val/law_val.csv` of any path that ends so.
fn split_and_name(path: &Path) -> Option<String> {
    let folder = path.parent()?.file_name()?.to_str()?;
    let name = path.file_name()?.to_str()?;
    (folder.parse::<Split>().is_ok() && name.ends_with(".csv") && !name.starts_with('.'))
        .then(|| format!("{folder}/{name}"))
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { walk(&path, each)? } else { each(&path)? }
    }
    Ok(())
}

/// Where a file's columns are; the order is question, A, B, C, D, answer, explanation.
fn columns(
    benchmark: Benchmark,
    split: Split,
    file: &str,
    header: &csv::StringRecord,
) -> Result<[Option<usize>; 7], ReadError> {
    let [question, answer] = match benchmark {
        Benchmark::Ceval => ["question", "answer"],
        Benchmark::Cmmlu => ["Question", "Answer"],
        Benchmark::Mmlu => return Ok([Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), None]),
    };
    let at = |name: &str| header.iter().position(|column| column.trim() == name);
    let need = |name: &'static str| {
        let found = header.iter().collect::<Vec<_>>().join(", ");
        at(name).map(Some).ok_or(ReadError::NoColumn { file: file.to_owned(), column: name, found })
    };
    let answer_may_lack = benchmark == Benchmark::Ceval && split == Split::Test;
    let answer = if answer_may_lack { at(answer) } else { need(answer)? };
    Ok([need(question)?, need("A")?, need("B")?, need("C")?, need("D")?, answer, at("explanation")])
}

fn parse(benchmark: Benchmark, split: Split, file: &str, bytes: &[u8]) -> Result<Vec<Question>, ReadError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        ReadError::Encoding { file: file.to_owned(), line }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let has_headers = benchmark != Benchmark::Mmlu;
    let mut reader = csv::ReaderBuilder::new().has_headers(has_headers).from_reader(text.as_bytes());
    let broken = |error: &csv::Error| ReadError::Csv {
        file: file.to_owned(),
        line: error.position().map_or(1, csv::Position::line),
        cause: error.to_string(),
    };
    let header = reader.headers().map_err(|error| broken(&error))?.clone();
    let columns = columns(benchmark, split, file, &header)?;
    let mut questions = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| broken(&error))?;
        let line = record.position().map_or(1, csv::Position::line);
        let field = |column: Option<usize>| column.and_then(|column| record.get(column)).map(str::to_owned);
        let need = |column: Option<usize>| {
            field(column).ok_or_else(|| ReadError::Csv {
                file: file.to_owned(),
                line,
                cause: format!("it has {} fields", record.len()),
            })
        };
        let [question, a, b, c, d, answer, explanation] = columns;
        let answer = match field(answer).filter(|answer| !answer.trim().is_empty()) {
            None if split == Split::Test && benchmark == Benchmark::Ceval => None,
            told => {
                let told = told.unwrap_or_default();
                let wrong = |_| ReadError::Answer { file: file.to_owned(), line, answer: told.clone() };
                Some(told.parse::<Letter>().map_err(wrong)?)
            }
        };
        questions.push(Question {
            row,
            text: need(question)?,
            choices: [need(a)?, need(b)?, need(c)?, need(d)?],
            answer,
            explanation: field(explanation).filter(|text| !text.trim().is_empty()),
        });
    }
    Ok(questions)
}
