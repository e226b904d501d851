//! Kinds of battle, and their sides.

use crate::domain::text_enum::text_enum;

text_enum!(
    /// How the models of a battle were chosen, and whether their names are hidden.
    BattleKind, "kind of battle" {
        /// Two anonymous models drawn by the arena; named after the vote.
        Battle = "battle",
        /// Two models chosen by the visitor, named from the start.
        SideBySide = "side_by_side",
        /// One model chosen by the visitor.
        Direct = "direct",
        /// Voted elsewhere and read from a file. Nothing is asked for it here.
        Imported = "imported",
        /// Judged by a language model. Nothing is asked of a visitor for it.
        Judge = "judge",
    }
);

text_enum!(
    /// The two columns of a battle.
    Side, "side" {
        /// Left.
        A = "a",
        /// Right.
        B = "b",
    }
);

impl Side {
    /// Its place in a pair: 0 left, 1 right.
    pub const fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }

    /// The opposite column.
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl BattleKind {
    /// The sides that answer.
    pub const fn sides(self) -> &'static [Side] {
        match self {
            Self::Battle | Self::SideBySide | Self::Imported | Self::Judge => &[Side::A, Side::B],
            Self::Direct => &[Side::A],
        }
    }

    /// Whether its votes enter a board: an answer that stands alone was compared with none.
    pub const fn is_rated(self) -> bool {
        self.sides().len() == 2
    }

    /// The kinds whose votes enter boards.
    pub fn rated() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| kind.is_rated())
    }

    /// Whether the models' names are hidden until the vote.
    pub const fn is_blind(self) -> bool {
        matches!(self, Self::Battle)
    }
}
