//! Reading files row by row: no file is ever in memory as a whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::columns::{COLUMNS, Columns, RowSeed};
use super::error::ReadError;
use super::said::{SAID, messages};
use super::{BadRow, Container, Row, parquet, record};

/// The longest line of a file that is read; a conversation of 50 turns has a tenth of it.
const MAX_LINE: u64 = 64 << 20;

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// What it is made of.
    pub container: Container,
    /// Whether what was said is wanted.
    pub with_conversations: bool,
}

/// Reads a file, and gives each row to `each` with its number: that of the line, or of the object in an array, from 1. It
/// reads on while `each` says so.
///
/// # Errors
/// When the file cannot be read, or is malformed beyond a single row.
pub fn read(path: &Path, how: Reading, mut each: impl FnMut(u64, Row) -> bool) -> Result<(), ReadError> {
    let mut file = File::open(path)?;
    let mut each = |number: u64, row: Row| if each(number, row) { Ok(()) } else { Err(ReadError::Stopped) };
    let seed = RowSeed { with_conversations: how.with_conversations };
    match how.container {
        Container::Parquet => parquet::read(file, seed, each),
        Container::Csv => csv(BufReader::new(file), seed, each),
        Container::JsonLines => lines(BufReader::new(file), seed, &mut each),
        Container::Json => {
            // FastChat calls its logs of lines `.json`.
            let first = first_byte(&mut file)?;
            let file = BufReader::with_capacity(1 << 18, file);
            if first == Some(b'[') { array(file, seed, &mut each) } else { lines(file, seed, &mut each) }
        }
    }
}

fn first_byte(file: &mut File) -> std::io::Result<Option<u8>> {
    let mut found = None;
    for byte in BufReader::new(&*file).bytes() {
        let byte = byte?;
        if !byte.is_ascii_whitespace() {
            found = Some(byte);
            break;
        }
    }
    file.rewind()?;
    Ok(found)
}

type Each<'a> = &'a mut dyn FnMut(u64, Row) -> Result<(), ReadError>;

fn lines(mut file: impl BufRead, seed: RowSeed, each: Each<'_>) -> Result<(), ReadError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if (&mut file).take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mut json = serde_json::Deserializer::from_slice(&line);
        let row = seed.deserialize(&mut json).and_then(|row| json.end().map(|()| row));
        each(number, row.map_err(|why| BadRow::Unreadable(why.to_string())).and_then(|row| record::votes(&row)))?;
    }
    Ok(())
}

/// The objects of one array, each as soon as it is read.
fn array(file: impl BufRead, seed: RowSeed, each: Each<'_>) -> Result<(), ReadError> {
    let mut stopped = None;
    let mut json = serde_json::Deserializer::from_reader(file);
    let read = json.deserialize_seq(Objects { seed, each, stopped: &mut stopped });
    match (stopped, read) {
        (Some(stopped), _) => Err(stopped),
        (None, Err(why)) => Err(ReadError::Malformed(why.to_string())),
        (None, Ok(())) => json.end().map_err(|why| ReadError::Malformed(why.to_string())),
    }
}

struct Objects<'a, 'b> {
    seed: RowSeed,
    each: Each<'a>,
    stopped: &'b mut Option<ReadError>,
}

impl<'de> Visitor<'de> for Objects<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        let mut number = 0;
        while let Some(row) = seq.next_element_seed(Object(self.seed))? {
            number += 1;
            if let Err(stopped) = (self.each)(number, row) {
                *self.stopped = Some(stopped);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// One object. What is no object is a bad row, and the next one is read.
struct Object(RowSeed);

impl<'de> DeserializeSeed<'de> for Object {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        let value: serde_json::Value = serde::Deserialize::deserialize(deserializer)?;
        let row = self.0.deserialize(value);
        Ok(row.map_err(|why| BadRow::Unreadable(why.to_string())).and_then(|row| record::votes(&row)))
    }
}

fn csv(
    file: impl Read,
    seed: RowSeed,
    mut each: impl FnMut(u64, Row) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let malformed = |why: csv::Error| ReadError::Malformed(why.to_string());
    // A byte order mark, as spreadsheets write it, is no part of the first name.
    let head = csv.headers().map_err(malformed)?;
    let names: Vec<String> = head.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    let known: Vec<Option<usize>> = names.iter().map(|name| COLUMNS.iter().position(|column| column == name)).collect();
    let said = SAID.map(|column| names.iter().position(|name| name == column).filter(|_| seed.with_conversations));
    let mut record = csv::StringRecord::new();
    loop {
        let read = csv.read_record(&mut record);
        let number = record.position().map_or(0, csv::Position::line);
        match read {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let mut row = Columns::default();
                for (value, column) in record.iter().zip(&known) {
                    if let Some(column) = column {
                        row.set(*column, value.to_owned());
                    }
                }
                row.said = said.map(|at| messages(&record.get(at?)?.into()));
                each(number, record::votes(&row))?;
            }
            Err(why) if why.is_io_error() => return Err(malformed(why)),
            Err(why) => each(number, Err(BadRow::Unreadable(why.to_string())))?,
        }
    }
}
