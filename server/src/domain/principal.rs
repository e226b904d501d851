//! Who acts, where the site must know: an administrator with a session.

use super::AdminId;

/// A session ends after so many hours without a request.
pub const IDLE_HOURS: i32 = 12;

/// A session ends after so many days in any case.
pub const LONGEST_DAYS: i32 = 30;

/// A signed-in administrator. Pages without a session lead to the sign-in page.
#[derive(Debug, Clone)]
pub struct Admin {
    pub id: AdminId,
    pub name: String,
    /// What the database keeps of the session.
    pub session: Vec<u8>,
}
