//! The columns of all forms that are read, and one row of them.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::said::{Messages, SAID, messages};

/// Columns whose values are texts, numbers or truths.
pub(super) const COLUMNS: [&str; 31] = [
    "id",
    "question_id",
    "conversation_pair_id",
    "model_a",
    "model_b",
    "model_a_name",
    "model_b_name",
    "left",
    "right",
    "winner",
    "chosen_model_name",
    "chosen_model",
    "both_equal",
    "winner_model_a",
    "winner_model_b",
    "winner_tie",
    "winner_tie (bothbad)",
    "judge",
    "judge_hash",
    "visitor_id",
    "session_hash",
    "worker",
    "user_id",
    "ip",
    "language",
    "tstamp",
    "timestamp",
    "created_at",
    "turn",
    "conv_turns",
    "type",
];

/// One row: the known columns that it has a value in, and the nested ones.
#[derive(Debug, Default)]
pub(super) struct Columns {
    values: [Option<String>; COLUMNS.len()],
    /// FastChat's log: both models as the page showed them.
    pub models: Vec<Text>,
    /// FastChat's log: both conversations.
    pub states: Vec<State>,
    /// Open WebUI: what was rated.
    pub data: Option<Rated>,
    /// What each side said, where that is wanted.
    pub said: [Option<Messages>; 2],
    /// Whether that is wanted.
    pub with_conversations: bool,
}

/// Which rows are read, as far as rows differ by what is wanted of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowSeed {
    pub with_conversations: bool,
}

/// A conversation of FastChat's log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub conv_id: Text,
    pub model_name: Text,
    /// Where the conversation begins behind its template's examples.
    pub offset: usize,
    pub messages: Vec<(IgnoredAny, Text)>,
}

/// What Open WebUI keeps of a rating.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rated {
    pub rating: Text,
    pub model_id: Text,
    pub sibling_model_ids: Option<Vec<String>>,
}

impl Columns {
    /// Sets a column by its number in [`COLUMNS`].
    pub fn set(&mut self, column: usize, value: String) {
        if !value.is_empty() {
            self.values[column] = Some(value);
        }
    }

    /// The value of a column, trimmed.
    pub fn get(&self, name: &str) -> Option<&str> {
        let column = COLUMNS.iter().position(|column| *column == name)?;
        self.values[column].as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The first of these columns that has a value.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }
}

impl<'de> DeserializeSeed<'de> for RowSeed {
    type Value = Columns;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Columns, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed {
    type Value = Columns;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Columns, M::Error> {
        let mut row = Columns { with_conversations: self.with_conversations, ..Columns::default() };
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "models" => row.models = map.next_value()?,
                "states" => row.states = map.next_value()?,
                "data" => row.data = map.next_value()?,
                name if self.with_conversations && SAID.contains(&name) => {
                    let side = usize::from(name == SAID[1]);
                    row.said[side] = messages(&map.next_value()?);
                }
                name => match COLUMNS.iter().position(|column| *column == name) {
                    Some(column) => {
                        if let Text(Some(value)) = map.next_value()? {
                            row.set(column, value);
                        }
                    }
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                },
            }
        }
        Ok(row)
    }
}

/// A text, or a number or truth as a text. What is none of these is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text(pub Option<String>);

impl Text {
    /// The text, where it is not empty.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_none<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Text, S::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Text, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
}
