//! Identifiers, each its own type so that a battle's cannot stand where a model's belongs.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// A browser that votes.
    VoterId
);
id!(
    /// An administrator.
    AdminId
);
id!(
    /// A registered model.
    ModelId
);
id!(
    /// A battle, a named comparison or a direct chat.
    BattleId
);
id!(
    /// The public page of a battle.
    ShareId
);
id!(
    /// One attempt of one side to answer one turn.
    ReplyId
);

impl VoterId {
    /// Whoever holds this token: nobody finds the token by the id.
    #[must_use]
    pub fn of_token(token: &str) -> Self {
        let hash = Sha256::digest(token.as_bytes());
        Self(Builder::from_custom_bytes(std::array::from_fn(|at| hash[at])).into_uuid())
    }
}
