//! The names of categories, and sets of them.

use crate::domain::Choice;
use crate::domain::text_enum::text_enum;

text_enum! {
    /// What a conversation is about, or how it is. One may be of several, or of none.
    Category, "category" {
        /// Programs are asked for, shown or discussed.
        Coding = "coding",
        /// Something is to be computed, solved or proved.
        Math = "math",
        /// The messages are long.
        LongerQuery = "longer_query",
        /// More than one turn was judged.
        MultiTurn = "multi_turn",
        /// A poem, a story or the like is to be written.
        CreativeWriting = "creative_writing",
        /// The message says how the answer has to look: its length, its form, what must not be in it.
        InstructionFollowing = "instruction_following",
        /// An answer refuses to answer.
        Refusal = "refusal",
    }
}

text_enum! {
    /// The leaderboards beside that of all votes: those of one category, and one that leaves votes out.
    BoardCategory, "category" {
        Coding = "coding",
        Math = "math",
        CreativeWriting = "creative_writing",
        InstructionFollowing = "instruction_following",
        LongerQuery = "longer_query",
        MultiTurn = "multi_turn",
        /// Without votes where an answer refused, and without ties and both-bad votes.
        ExcludeRefusalsAndTies = "exclude_refusals_and_ties",
    }
}

impl BoardCategory {
    /// Whether a vote stands on this leaderboard.
    #[must_use]
    pub fn holds(self, categories: Categories, choice: Choice) -> bool {
        let one = match self {
            Self::Coding => Category::Coding,
            Self::Math => Category::Math,
            Self::CreativeWriting => Category::CreativeWriting,
            Self::InstructionFollowing => Category::InstructionFollowing,
            Self::LongerQuery => Category::LongerQuery,
            Self::MultiTurn => Category::MultiTurn,
            Self::ExcludeRefusalsAndTies => {
                return !categories.has(Category::Refusal) && !matches!(choice, Choice::Tie | Choice::BothBad);
            }
        };
        categories.has(one)
    }
}

/// A set of categories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Categories(u8);

impl Categories {
    #[must_use]
    pub fn has(self, category: Category) -> bool {
        self.0 & 1 << category as u8 != 0
    }

    /// Those in the set, in the order of declaration.
    pub fn each(self) -> impl Iterator<Item = Category> {
        Category::ALL.iter().copied().filter(move |category| self.has(*category))
    }
}

impl FromIterator<Category> for Categories {
    fn from_iter<T: IntoIterator<Item = Category>>(categories: T) -> Self {
        Self(categories.into_iter().fold(0, |set, category| set | 1 << category as u8))
    }
}
