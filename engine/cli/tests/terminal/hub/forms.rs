//! Every form of a model that a repository may hold.

use mixtral_engine::formats::gguf::{Gguf, Value, Writer};

use super::*;
use crate::fixture;

/// The files of a folder, as a repository.
fn folder(name: &str) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(fixture::folder(name)).expect("a folder").flatten();
    let file = |entry: std::fs::DirEntry| {
        (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).expect("a file"))
    };
    files.map(file).collect()
}

/// A demo model in two shards.
fn shards() -> Vec<(String, Vec<u8>)> {
    let whole = Gguf::open(&files::models().join("poet-14m-q8_0.gguf")).expect("the demo model");
    let half = whole.tensors().len() / 2;
    let shard = |number: usize| {
        let mut writer = Writer::new();
        if number == 0 {
            whole.metadata().iter().for_each(|(key, value)| {
                writer.value(key, value.clone());
            });
        }
        writer.value("split.no", Value::U16(number as u16)).value("split.count", Value::U16(2));
        let range = if number == 0 { 0..half } else { half..whole.tensors().len() };
        for tensor in &whole.tensors()[range] {
            let bytes = whole.tensor(&tensor.name).expect("a tensor").bytes.to_vec();
            writer.tensor(&tensor.name, tensor.kind, &tensor.dims, bytes).expect("whole blocks");
        }
        let mut bytes = Vec::new();
        writer.write(&mut bytes).expect("written");
        (format!("Q8_0/poet-Q8_0-0000{}-of-00002.gguf", number + 1), bytes)
    };
    vec![shard(0), shard(1)]
}

#[test]
fn shards_are_brought_together_and_talk() {
    let hub = StandIn::with("owner/shards", shards());
    let home = tempfile::tempdir().expect("a folder");
    let program = Program::new(&hub, home.path());
    let mut arguments = vec!["chat", "owner/shards:q8_0", "--prompt", "写一首五言绝句"];
    arguments.extend(GREEDY);
    assert_eq!(out(&program.run(&arguments)), format!("{}\n", golden_answer()));
    assert_eq!(hub.downloads().len(), 2);
    let first = program.with(&[("HF_HUB_OFFLINE", "1")]).download("owner/shards");
    assert!(first.ends_with("Q8_0/poet-Q8_0-00001-of-00002.gguf"), "{}", first.display());
}

#[test]
fn a_folder_is_quantised_while_it_loads_and_is_a_base_of_adapters() {
    let hub = StandIn::with("owner/base", folder("base"));
    hub.add("owner/adapter", folder("adapter"));
    let home = tempfile::tempdir().expect("a folder");
    let program = Program::new(&hub, home.path());
    let types = |arguments: &[&str]| -> serde_json::Value {
        let output = program.run(&[&["info", "--json"], arguments].concat());
        serde_json::from_str::<serde_json::Value>(&out(&output)).expect("JSON")["types"].clone()
    };
    let here = |name: &str| fixture::folder(name).display().to_string();
    assert_eq!(types(&["owner/base"]), types(&[&here("base")]));
    let typed = format!("{}:Q8_0", here("base"));
    assert_eq!(types(&["owner/base:q8_0"]), types(&[&typed]));
    assert_eq!(types(&["owner/base", "--type", "Q8_0"]), types(&[&typed]));
    let answer = |arguments: &[&str]| {
        let mut all = vec!["chat", "-p", "Hello", "-n", "8", "--raw"];
        all.extend(GREEDY);
        all.extend(arguments);
        out(&program.run(&all))
    };
    assert_eq!(answer(&["owner/base", "--type", "Q8_0"]), answer(&[&typed]));
    let adapted = answer(&[&here("adapter"), "--base", &here("base")]);
    assert_eq!(answer(&["owner/adapter", "--base", "owner/base"]), adapted);
    let path = program.download("owner/base:Q8_0").display().to_string();
    assert!(path.ends_with(&format!("snapshots/{COMMIT}:Q8_0")), "{path}");
    assert_eq!(answer(&[&path]), answer(&[&typed]));
    let unknown = program.refusal(&["chat", "owner/base:Q9", "-p", "x"]);
    assert!(unknown.contains("use one of F32, F16"), "{unknown}");
}

#[test]
fn commands_that_write_models_read_them_by_name_too() {
    let hub = StandIn::with("owner/base", folder("base"));
    hub.add("owner/adapter", folder("adapter"));
    hub.add(POET, [("poet-q8_0.gguf", model("poet-14m-q8_0.gguf"))]);
    let home = tempfile::tempdir().expect("a folder");
    let program = Program::new(&hub, home.path());
    out(&program.run(&["quantize", POET, "small.gguf", "Q4_K"]));
    out(&program.run(&["convert", "owner/base", "base.gguf", "--type", "Q8_0"]));
    out(&program.run(&["merge", "owner/base", "owner/adapter", "merged"]));
    std::fs::write(home.path().join("text.txt"), "床前明月光，疑是地上霜。举头望明月，低头思故乡。\n".repeat(20))
        .expect("written");
    let against = ["perplexity", "small.gguf", "text.txt", "--window", "64", "--windows", "2", "--against", POET];
    let told = out(&program.run(&against));
    assert!(told.contains("divergence"), "{told}");
    for made in ["small.gguf", "base.gguf", "merged/config.json"] {
        assert!(home.path().join(made).is_file(), "{made}");
    }
}
