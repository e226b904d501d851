//! What pages show: the language, the frame that all pages share, and one askama struct per template.

mod assets;
mod battle;
mod history;
mod human;
pub mod markdown;
mod page;
pub mod replies;

pub use crate::i18n::Locale;
pub use assets::{StaticFiles, asset_hash, asset_url};
pub use battle::{BattlePage, NewBattlePage, NewChatPage, Revealed, TurnView};
pub use history::{HistoryPage, Line};
pub use human::{Time, bytes, choice_key, kind_key, parameters, seconds, state_key, time, when};
pub use page::{ErrorPage, Page};
