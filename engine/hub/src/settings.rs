//! The settings that the hub's tools share, from the environment: `HF_ENDPOINT`, `HF_HOME`, `HF_HUB_CACHE`, `HF_TOKEN`,
//! `HF_HUB_OFFLINE` and `HF_HUB_DOWNLOAD_TIMEOUT`, with the defaults of `huggingface_hub`.

use std::path::PathBuf;
use std::time::Duration;

const ENDPOINT: &str = "https://huggingface.co";
/// How long a connection may be silent.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where the hub is, where its files are kept, and who asks.
pub struct Settings {
    /// Without a slash at its end.
    pub endpoint: String,
    pub cache: PathBuf,
    pub token: Option<String>,
    /// Nothing is asked of the hub; what is in the cache is used.
    pub offline: bool,
    pub timeout: Duration,
}

impl Settings {
    /// The settings of this process.
    pub fn from_env() -> Self {
        Self::read(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Settings by a look-up of variables.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let path = |name| variable(name).map(PathBuf::from);
        let is_set = |name| {
            let set = variable(name).map(|value| value.to_ascii_uppercase());
            set.is_some_and(|value| matches!(&*value, "1" | "ON" | "YES" | "TRUE"))
        };
        let caches =
            || path("XDG_CACHE_HOME").unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join(".cache"));
        let home = path("HF_HOME").unwrap_or_else(|| caches().join("huggingface"));
        let cache = path("HF_HUB_CACHE").or_else(|| path("HUGGINGFACE_HUB_CACHE")).unwrap_or_else(|| home.join("hub"));
        let token_file = path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
        let token = variable("HF_TOKEN").or_else(|| variable("HUGGING_FACE_HUB_TOKEN"));
        let token = token.or_else(|| std::fs::read_to_string(token_file).ok());
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        let seconds = variable("HF_HUB_DOWNLOAD_TIMEOUT").and_then(|value| value.parse().ok());
        Self {
            endpoint: variable("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned()).trim_end_matches('/').to_owned(),
            cache,
            token: token.filter(|_| !is_set("HF_HUB_DISABLE_IMPLICIT_TOKEN")),
            offline: is_set("HF_HUB_OFFLINE") || is_set("TRANSFORMERS_OFFLINE"),
            timeout: seconds.filter(|seconds| *seconds > 0).map_or(TIMEOUT, Duration::from_secs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Settings {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&find)
    }

    #[test]
    fn the_environment_says_where_the_hub_and_its_cache_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path().display().to_string();
        std::fs::write(folder.path().join("token"), " hf_file\n").expect("written");
        let plain = read(&[("XDG_CACHE_HOME", "/x")]);
        assert_eq!((plain.endpoint.as_str(), plain.cache), (ENDPOINT, PathBuf::from("/x/huggingface/hub")));
        assert_eq!((plain.token, plain.offline, plain.timeout), (None, false, TIMEOUT));
        let set = read(&[("HF_HOME", &home), ("HF_ENDPOINT", "https://hf-mirror.com/"), ("HF_HUB_OFFLINE", "true")]);
        assert_eq!((set.endpoint.as_str(), set.cache), ("https://hf-mirror.com", folder.path().join("hub")));
        assert_eq!((set.token.as_deref(), set.offline), (Some("hf_file"), true));
        let own = read(&[("HF_HOME", &home), ("HF_HUB_CACHE", "/c"), ("HF_TOKEN", "hf_own"), ("HF_HUB_OFFLINE", "0")]);
        assert_eq!((own.cache, own.token.as_deref(), own.offline), (PathBuf::from("/c"), Some("hf_own"), false));
        let quick =
            read(&[("HF_HUB_DOWNLOAD_TIMEOUT", "3"), ("HF_TOKEN", "t"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]);
        assert_eq!((quick.timeout, quick.token), (Duration::from_secs(3), None));
    }
}
