//! Parquet, by the crate's plain reader and writer: without Arrow it builds in a few seconds.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::record::Field;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{Type, TypePtr};
use serde_json::Value;

use super::cell::{Cell, Line};
use super::columns::{COLUMNS, Columns, RowSeed};
use super::error::ReadError;
use super::said::{SAID, messages};
use super::{Row, record};

fn malformed(why: &ParquetError) -> ReadError {
    ReadError::Malformed(why.to_string())
}

/// Reads the known columns, and no other: conversations are left where they are unless they are wanted.
pub(super) fn read(
    file: File,
    seed: RowSeed,
    mut each: impl FnMut(u64, Row) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let file = SerializedFileReader::new(file).map_err(|why| malformed(&why))?;
    let schema = file.metadata().file_metadata().schema();
    let is_said = |field: &TypePtr| seed.with_conversations && SAID.contains(&field.name());
    let is_known = |field: &&TypePtr| (field.is_primitive() && COLUMNS.contains(&field.name())) || is_said(field);
    let known: Vec<TypePtr> = schema.get_fields().iter().filter(is_known).cloned().collect();
    if known.is_empty() {
        let names: Vec<&str> = schema.get_fields().iter().map(|field| field.name()).take(20).collect();
        return Err(ReadError::Malformed(format!("no known column among {}", names.join(", "))));
    }
    let projection =
        Type::group_type_builder(schema.name()).with_fields(known).build().map_err(|why| malformed(&why))?;
    let rows = file.get_row_iter(Some(projection)).map_err(|why| malformed(&why))?;
    for (number, row) in (1..).zip(rows) {
        let row = row.map_err(|why| malformed(&why))?;
        let mut columns = Columns::default();
        for (name, field) in row.into_columns() {
            if let Some(side) = SAID.iter().position(|column| *column == name) {
                columns.said[side] = messages(&json(field));
                continue;
            }
            let column = COLUMNS.iter().position(|column| *column == name);
            if let (Some(column), Some(value)) = (column, text(field)) {
                columns.set(column, value);
            }
        }
        each(number, record::votes(&columns))?;
    }
    Ok(())
}

/// The value as other files have it: moments in seconds since 1970.
fn text(field: Field) -> Option<String> {
    match field {
        Field::Str(text) => Some(text),
        Field::Bytes(bytes) => bytes.as_utf8().ok().map(str::to_owned),
        Field::Bool(value) => Some(value.to_string()),
        Field::Byte(value) => Some(value.to_string()),
        Field::Short(value) => Some(value.to_string()),
        Field::Int(value) => Some(value.to_string()),
        Field::Long(value) => Some(value.to_string()),
        Field::UByte(value) => Some(value.to_string()),
        Field::UShort(value) => Some(value.to_string()),
        Field::UInt(value) => Some(value.to_string()),
        Field::ULong(value) => Some(value.to_string()),
        Field::Float(value) => Some(value.to_string()),
        Field::Double(value) => Some(value.to_string()),
        Field::TimestampMillis(value) => Some((value as f64 / 1e3).to_string()),
        Field::TimestampMicros(value) => Some((value as f64 / 1e6).to_string()),
        _ => None,
    }
}

/// A nested value as JSON has it; of plain ones, texts alone are wanted there.
fn json(field: Field) -> Value {
    match field {
        Field::Str(text) => Value::String(text),
        Field::Group(row) => row.into_columns().into_iter().map(|(name, field)| (name, json(field))).collect(),
        Field::ListInternal(list) => list.elements().iter().cloned().map(json).collect(),
        _ => Value::Null,
    }
}

/// Writes lines in groups of rows.
pub(super) struct Table<W: Write + Send> {
    file: SerializedFileWriter<W>,
    waiting: Vec<Line>,
}

/// Rows that are written together.
const GROUP: usize = 20_000;

impl<W: Write + Send> Table<W> {
    /// A table with the columns of this line.
    pub fn new(out: W, columns: &[(&'static str, Cell)]) -> Result<Self, ParquetError> {
        let column = |(name, cell): &(&str, Cell)| match cell {
            Cell::Whole(_) => format!("REQUIRED INT64 {name};"),
            Cell::Real(_) => format!("REQUIRED DOUBLE {name};"),
            Cell::Truth(_) => format!("REQUIRED BOOLEAN {name};"),
            Cell::Text(_) | Cell::Maybe(_) | Cell::Json(_) => format!("OPTIONAL BYTE_ARRAY {name} (STRING);"),
        };
        let columns: String = columns.iter().map(column).collect();
        let schema = Arc::new(parse_message_type(&format!("message votes {{ {columns} }}"))?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        Ok(Self { file: SerializedFileWriter::new(out, schema, Arc::new(properties))?, waiting: Vec::new() })
    }

    /// Takes a line; many are written at once.
    pub fn push(&mut self, line: Line) -> Result<(), ParquetError> {
        self.waiting.push(line);
        if self.waiting.len() >= GROUP { self.write() } else { Ok(()) }
    }

    /// Writes what is left and the end of the file.
    pub fn finish(mut self) -> Result<(), ParquetError> {
        self.write()?;
        self.file.close()?;
        Ok(())
    }

    fn write(&mut self) -> Result<(), ParquetError> {
        let lines = std::mem::take(&mut self.waiting);
        if lines.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        let mut at = 0;
        while let Some(column) = group.next_column()? {
            write_column(column, &lines, at)?;
            at += 1;
        }
        group.close()?;
        Ok(())
    }
}

/// Writes one column of these lines.
fn write_column(mut column: SerializedColumnWriter<'_>, lines: &[Line], at: usize) -> Result<(), ParquetError> {
    let cells = lines.iter().map(|line| &line[at].1);
    match &lines[0][at].1 {
        Cell::Whole(_) => {
            let values: Vec<i64> = cells.map(|cell| if let Cell::Whole(value) = cell { *value } else { 0 }).collect();
            column.typed::<Int64Type>().write_batch(&values, None, None)?;
        }
        Cell::Real(_) => {
            let values: Vec<f64> = cells.map(|cell| if let Cell::Real(value) = cell { *value } else { 0.0 }).collect();
            column.typed::<DoubleType>().write_batch(&values, None, None)?;
        }
        Cell::Truth(_) => {
            let values: Vec<bool> = cells.map(|cell| matches!(cell, Cell::Truth(true))).collect();
            column.typed::<BoolType>().write_batch(&values, None, None)?;
        }
        Cell::Text(_) | Cell::Maybe(_) | Cell::Json(_) => {
            let texts: Vec<Option<String>> = cells.map(Cell::text).collect();
            let levels: Vec<i16> = texts.iter().map(|text| i16::from(text.is_some())).collect();
            let values: Vec<ByteArray> =
                texts.into_iter().flatten().map(|text| ByteArray::from(text.into_bytes())).collect();
            column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
        }
    }
    column.close()
}
