//! What may be told of a failure while names are hidden.

/// The error code that a visitor of a blind battle sees in the place of this one. How an answer failed tells back ends
/// apart: only a cloud has a filter and a quota, only a machine of ours runs out of memory. What remains is what the
/// visitor can do: try again, change the message, or shorten the conversation.
pub fn blind_error_code(code: &str) -> &'static str {
    match code {
        "context-too-long" => "context-too-long",
        "filtered" | "invalid-request" => "invalid-request",
        _ => "server-failed",
    }
}
