//! What people do, one verb a file. Handlers and the JSON API call the same actions.
