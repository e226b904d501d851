//! Models by their names on the Hugging Face hub, on a stand-in of it.

mod faults;
mod forms;
mod refusals;
mod stand_in;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub use stand_in::StandIn;
use stand_in::{COMMIT, sha256};

use crate::chat::{GREEDY, golden_answer, out};
use crate::files;

const POET: &str = "owner/Poet-GGUF";

/// The program with a hub and a cache of its own.
struct Program<'a> {
    hub: &'a str,
    home: &'a Path,
    more: &'a [(&'a str, &'a str)],
}

impl<'a> Program<'a> {
    fn new(hub: &'a StandIn, home: &'a Path) -> Self {
        Self { hub: &hub.url, home, more: &[] }
    }

    fn with(&self, more: &'a [(&'a str, &'a str)]) -> Self {
        Self { more, ..*self }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mixtral"));
        for variable in ["HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "XDG_CACHE_HOME", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(variable);
        }
        command.args(arguments).current_dir(self.home).env("LC_ALL", "C.UTF-8");
        command.env("HF_ENDPOINT", self.hub).env("HF_HOME", self.home).envs(self.more.iter().copied());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it runs")
    }

    /// The path that `download` prints.
    fn download(&self, name: &str) -> PathBuf {
        out(&self.run(&["download", name])).trim_end().into()
    }

    /// What it says on the error output; it must have failed.
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

/// A demo model's file.
fn model(name: &str) -> Vec<u8> {
    std::fs::read(files::models().join(name)).expect("a demo model")
}

/// The demo models as Chinese-Mixtral's repositories name theirs.
fn poets() -> StandIn {
    let file =
        |kind: &str| (format!("ggml-model-{}.gguf", kind.to_lowercase()), model(&format!("poet-14m-{kind}.gguf")));
    let more = ("README.md".to_owned(), b"# Poet\n".to_vec());
    StandIn::with(POET, ["q2_K", "q4_K", "q8_0"].map(file).into_iter().chain([more]))
}

fn blobs(home: &Path) -> PathBuf {
    home.join("hub/models--owner--Poet-GGUF/blobs")
}

#[test]
fn a_model_is_brought_by_its_name_once_and_talks() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    let program = Program::new(&hub, home.path());
    let program = program.with(&[("HF_TOKEN", "hf_secret")]);
    let chat = |program: &Program<'_>, name: &str| {
        let mut arguments = vec!["chat", name, "--prompt", "写一首五言绝句"];
        arguments.extend(GREEDY);
        program.run(&arguments)
    };
    let first = chat(&program, "owner/Poet-GGUF:Q8_0");
    assert_eq!(out(&first), format!("{}\n", golden_answer()));
    assert!(!String::from_utf8_lossy(&first.stderr).contains("ggml-model"), "quiet without a terminal");
    let asked = hub.requests();
    let paths: Vec<&str> = asked.iter().map(|request| request.path.as_str()).collect();
    let expected = [
        "/api/models/owner/Poet-GGUF/revision/main?blobs=true".to_owned(),
        format!("/owner/Poet-GGUF/resolve/{COMMIT}/ggml-model-q8_0.gguf"),
        "/owner/Poet-GGUF/ggml-model-q8_0.gguf".to_owned(),
    ];
    assert_eq!(paths, expected);
    let shown: Vec<bool> = asked.iter().map(|request| request.authorization.is_some()).collect();
    assert_eq!(shown, [true, true, false], "the token is the hub's alone");

    // The cache lies as huggingface_hub lays it out.
    let (top, sum) = (home.path().join("hub/models--owner--Poet-GGUF"), sha256(&model("poet-14m-q8_0.gguf")));
    let link = top.join("snapshots").join(COMMIT).join("ggml-model-q8_0.gguf");
    assert_eq!(std::fs::read_link(&link).expect("a link"), Path::new("../../blobs").join(&sum));
    assert_eq!(std::fs::read_to_string(top.join("refs/main")).expect("a reference"), COMMIT);
    assert!(home.path().join(format!("hub/.locks/models--owner--Poet-GGUF/{sum}.lock")).is_file());
    let names: Vec<_> =
        std::fs::read_dir(blobs(home.path())).expect("blobs").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names, [sum.as_str()]);

    // A second time only the listing is asked for; offline, nothing.
    assert_eq!(out(&chat(&program, "owner/Poet-GGUF:q8_0")), out(&first));
    assert_eq!(hub.requests().len(), 1);
    let offline = program.with(&[("HF_HUB_OFFLINE", "1")]);
    assert_eq!(out(&chat(&offline, "owner/Poet-GGUF:Q8_0")), out(&first));
    assert_eq!(offline.download("hf.co/owner/Poet-GGUF"), link, "the only one that is there");
    assert!(hub.requests().is_empty());

    // A hub that does not answer is no obstacle to who has the model already.
    let dead = Program { hub: "http://127.0.0.1:1", ..program };
    let again = chat(&dead, "owner/Poet-GGUF:Q8_0");
    assert_eq!(out(&again), out(&first));
    assert!(String::from_utf8_lossy(&again.stderr).contains("using what is in the cache"));
}

#[test]
fn a_token_in_its_file_is_shown_and_revisions_can_be_named() {
    let hub = poets();
    hub.state().token = Some("hf_filed");
    let home = tempfile::tempdir().expect("a folder");
    std::fs::write(home.path().join("token"), "hf_filed\n").expect("written");
    let program = Program::new(&hub, home.path());
    let path = program.download("owner/Poet-GGUF:ggml-model-q2_k.gguf");
    assert_eq!(sha256(&std::fs::read(&path).expect("a file")), sha256(&model("poet-14m-q2_K.gguf")));
    let by_commit = out(&program.run(&["download", "owner/Poet-GGUF:Q2_K", "--revision", COMMIT]));
    assert_eq!(Path::new(by_commit.trim_end()), path);
    assert_eq!(hub.downloads().len(), 1);
}

#[test]
fn a_path_that_exists_is_never_a_name() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    let here = home.path().join("owner");
    std::fs::create_dir(&here).expect("made");
    std::fs::copy(files::models().join("poet-14m-q4_K.gguf"), here.join("Poet-GGUF")).expect("copied");
    let program = Program::new(&hub, home.path());
    let told = out(&program.run(&["info", POET]));
    assert!(told.contains("GGUF 3"), "{told}");
    let missing = program.refusal(&["info", "models/poet.gguf"]);
    assert!(missing.contains("no such file or folder"), "{missing}");
    assert!(hub.requests().is_empty());
}
