//! How a visitor wants to be answered again.

use crate::domain::text_enum::text_enum;

text_enum!(
    /// How a visitor wants to be answered again.
    AnswerMode, "answer mode" {
        /// Another draw of the same.
        Again = "again",
        Concise = "concise",
        Detailed = "detailed",
        /// In simpler words.
        Simpler = "simpler",
    }
);

impl AnswerMode {
    /// What is put below the visitor's message, in its language (`zh`, or English for all others). Every side is told the same.
    pub fn instruction(self, language: &str) -> Option<&'static str> {
        let is_chinese = language == "zh";
        match self {
            Self::Again => None,
            Self::Concise if is_chinese => Some("（请回答得更简洁。）"),
            Self::Concise => Some("(Please answer more concisely.)"),
            Self::Detailed if is_chinese => Some("（请回答得更详细。）"),
            Self::Detailed => Some("(Please answer in more detail.)"),
            Self::Simpler if is_chinese => Some("（请用更简单的话回答。）"),
            Self::Simpler => Some("(Please answer in simpler words.)"),
        }
    }
}
