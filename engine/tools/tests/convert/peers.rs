//! What is written here, read by `transformers` and `peft` themselves. They are large, so these run where they are
//! installed: `PYTHON=…/bin/python cargo test --workspace --test convert peers -- --ignored --nocapture`.

use std::path::{Path, PathBuf};
use std::process::Command;

use mixtral_engine::arch::TensorSpec;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::{Folder, matrices};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::weights::lora::{Adapter, AdapterConfig, Pair};
use mixtral_tools::convert::to_folder;

use crate::fixture::{TOLERANCE, converted, distance, expected, folder, rows};

/// Prints the versions, and then the logits of the model (and its adapter) and the tokens of the texts.
const SCRIPT: &str = r#"
import json, sys, torch, transformers, peft
told = json.load(open(sys.argv[1]))
model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[2]).float().eval()
if len(sys.argv) > 3:
    model = peft.PeftModel.from_pretrained(model, sys.argv[3]).eval()
tokenizer = transformers.AutoTokenizer.from_pretrained(sys.argv[2])
with torch.no_grad():
    logits = model(torch.tensor([told["ids"]])).logits[0][told["positions"]]
tokens = [[text, tokenizer(text)["input_ids"]] for text, _ in told["texts"]]
print("transformers", transformers.__version__, "peft", peft.__version__)
print(json.dumps({"logits": logits.tolist(), "tokens": tokens}))
"#;

fn ask(paths: &[&Path]) -> serde_json::Value {
    let python = std::env::var_os("PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let output = Command::new(python).args(["-c", SCRIPT]).arg(folder("expected.json")).args(paths).output();
    let output = output.expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let mut lines = text.lines().rev();
    let answer = serde_json::from_str(lines.next().expect("an answer")).expect("JSON");
    println!("{}", lines.next().unwrap_or_default());
    answer
}

fn check(answer: &serde_json::Value, wanted: &str) {
    let told = expected();
    let distance = distance(&rows(&answer["logits"]), &rows(&told[wanted]));
    println!("{wanted}: the logits are {distance:e} apart");
    assert!(distance < TOLERANCE, "{distance}");
    assert_eq!(answer["tokens"], told["texts"]);
}

/// The fixture's folder, through GGUF and back.
fn again(out: &Path) -> PathBuf {
    let (gguf, again) = (out.join("a.gguf"), out.join("again"));
    converted(&Folder::open(&folder("base")).expect("a model"), &gguf, GgmlType::BF16);
    let gguf = Gguf::open(&gguf).expect("a GGUF");
    to_folder(&gguf, &again, GgmlType::BF16, 200_000, false, &mut |_, _| {}).expect("converts");
    again
}

#[test]
#[ignore = "needs Python with transformers and peft: set PYTHON"]
fn transformers_reads_a_folder_that_is_written_here() {
    let out = tempfile::tempdir().expect("a folder");
    check(&ask(&[&again(out.path())]), "base");
}

#[test]
#[ignore = "needs Python with transformers and peft: set PYTHON"]
fn peft_reads_an_adapter_that_is_written_here() {
    let out = tempfile::tempdir().expect("a folder");
    let base = Folder::open(&folder("base")).expect("a model");
    let theirs = Adapter::open(&folder("adapter"), base.config()).expect("an adapter");
    let pair = |(part, expert): (TensorSpec, usize)| {
        let pair: Option<Pair> = theirs.pair(&part, expert).expect("fits");
        pair.map(|pair| (part, expert, pair))
    };
    let whole = |(part, _): (TensorSpec, usize)| theirs.whole(&part).expect("fits").map(|weights| (part, weights));
    let ours = out.path().join("adapter");
    let mut pairs = matrices(base.config(), false).filter_map(pair);
    let mut wholes = matrices(base.config(), false).filter(|(part, _)| part.layer.is_none()).filter_map(whole);
    // On transformers 5, PEFT takes no dropout for experts.
    let config = AdapterConfig { dropout: 0.0, ..theirs.config().clone() };
    mixtral_tools::adapter::write(&ours, &config, base.config(), &mut pairs, &mut wholes, GgmlType::F32)
        .expect("written");
    check(&ask(&[&again(out.path()), &ours]), "tuned");
}
