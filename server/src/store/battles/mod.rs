//! Battles, their turns and their replies.

mod history;
mod read;
mod replies;
mod write;

pub use history::{HistoryFilter, delete, delete_all, delete_these, history, lock_older};
pub(super) use read::find;
pub use read::{asked_last, of_voter, replies_of_turn};
pub use replies::{
    Finished, NewProgress, QueuePlace, SavedProgress, finish, mark_read, mark_stale, place, request_stop,
    save_progress, set_places,
};
pub use write::{
    InsertError, NewBattle, NewReply, SetPrompt, edit_prompt, insert_battle, insert_reply, insert_turn, lock,
    lock_of_voter, mark_identity, mark_regenerated, mode, replace_model, replace_prompt,
};

/// A reply whose owner has said nothing for so long has lost its server.
pub const STALE_SECONDS: f64 = 15.0;
