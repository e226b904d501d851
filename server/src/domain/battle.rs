//! Kinds of battle, sides, and the life of a reply.

use super::text_enum::text_enum;

text_enum!(
    /// How the models of a battle were chosen, and whether their names are hidden.
    BattleKind, "kind of battle" {
        /// Two anonymous models drawn by the arena; named after the vote.
        Battle = "battle",
        /// Two models chosen by the visitor, named from the start.
        SideBySide = "side_by_side",
        /// One model chosen by the visitor.
        Direct = "direct",
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
            Self::Battle | Self::SideBySide => &[Side::A, Side::B],
            Self::Direct => &[Side::A],
        }
    }

    /// Whether the models' names are hidden until the vote.
    pub const fn is_blind(self) -> bool {
        matches!(self, Self::Battle)
    }
}

text_enum!(
    /// The life of a reply. The first two go on; the others are final.
    ReplyStatus, "reply status" {
        /// Asked for; no token yet.
        Waiting = "waiting",
        /// Tokens are coming.
        Streaming = "streaming",
        /// The model ended, or reached its limit.
        Done = "done",
        /// The backend failed; `error_code` says how.
        Failed = "failed",
        /// The visitor stopped it.
        Stopped = "stopped",
        /// The serving process died; what had arrived is kept.
        Interrupted = "interrupted",
    }
);

impl ReplyStatus {
    /// Whether more may still arrive.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Waiting | Self::Streaming)
    }

    /// Whether this side has to be asked again before the battle can go on.
    pub const fn needs_retry(self) -> bool {
        matches!(self, Self::Failed | Self::Interrupted)
    }
}
