//! The hub's errors as a person reads them.

use mixtral_hub::Error;

use super::Language;

/// Why there is no model from the hub, and what to do.
pub fn hub(error: &Error, language: Language) -> String {
    let list = |known: &[String]| known.join(&t!(language, "list-separator"));
    let gigabytes = |bytes: u64| format!("{:.2} GB", bytes as f64 / 1e9);
    match error {
        Error::NoRepository { repository, endpoint } => {
            t!(language, "hub-no-repository", name = repository, endpoint = endpoint)
        }
        Error::NoRevision { repository, revision } => {
            t!(language, "hub-no-revision", name = repository, revision = revision)
        }
        Error::NoFile { repository, file } => t!(language, "hub-no-file", name = repository, file = file),
        Error::Gated { repository, endpoint, has_token: false } => {
            t!(language, "hub-gated", name = repository, endpoint = endpoint)
        }
        Error::Gated { repository, endpoint, has_token: true } => {
            t!(language, "hub-gated-for-token", name = repository, endpoint = endpoint)
        }
        Error::BadToken => t!(language, "hub-bad-token"),
        Error::Forbidden { repository, message } => {
            t!(language, "hub-forbidden", name = repository, what = message)
        }
        Error::Status { status, message } => {
            t!(language, "hub-status", status = status.to_string(), what = message)
        }
        Error::Busy { status, .. } => t!(language, "hub-busy", status = status.to_string()),
        Error::Network { host, cause } => t!(language, "hub-network", host = host, what = cause),
        Error::Timeout { host, seconds } => t!(language, "hub-timeout", host = host, seconds = *seconds),
        Error::Cut { file, received, size } => {
            let [received, size] = [received, size].map(|bytes| gigabytes(*bytes));
            t!(language, "hub-cut", file = file, received = received, size = size)
        }
        Error::Malformed { what } => t!(language, "hub-malformed", what = what),
        Error::Checksum { file, found, expected } => {
            t!(language, "hub-checksum", file = file, found = found, expected = expected)
        }
        Error::DiskFull { path, needed, free } => {
            let [needed, free] = [needed, free].map(|bytes| gigabytes(*bytes));
            t!(language, "out-disk-full", path = path.display(), needed = needed, free = free)
        }
        Error::Offline { repository, cache } => {
            t!(language, "hub-offline", name = repository, path = cache.display())
        }
        Error::NoModel { repository } => t!(language, "hub-no-model", name = repository),
        Error::NoType { repository, wanted, known } => {
            t!(language, "hub-no-type", name = repository, type = wanted, known = list(known))
        }
        Error::Which { repository, known } => {
            let first = known.first().map_or("", String::as_str);
            t!(language, "hub-which", name = repository, known = list(known), first = first)
        }
        Error::Shards { repository, file } => t!(language, "hub-shards", name = repository, file = file),
        Error::Setting { variable, value } => t!(language, "hub-setting", variable = *variable, value = value),
        Error::Io { path, cause } => {
            let cause = engine_messages::system(cause, language.into());
            t!(language, "hub-io", path = path.display(), what = cause)
        }
    }
}
