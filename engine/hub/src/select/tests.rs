//! What is meant by a name.

use super::*;

fn chosen(paths: &[&str], wanted: Option<&str>) -> String {
    match select("a/b", paths, wanted) {
        Ok(Selection { target: Target::File(path), .. }) => path,
        Ok(Selection { target: Target::Folder(kind), files }) => format!("{kind:?} {files:?}"),
        Err(error) => error.to_string(),
    }
}

/// As `hfl/chinese-mixtral-instruct-gguf` names its files.
const GGML: [&str; 6] = [
    "README.md",
    "ggml-model-iq3_xxs.gguf",
    "ggml-model-q2_k.gguf",
    "ggml-model-q4_0.gguf",
    "ggml-model-q4_k.gguf",
    "ggml-model-q8_0.gguf",
];
/// As most name theirs since.
const LATER: [&str; 5] = ["m.Q3_K_M.gguf", "m.Q4_K_M.gguf", "m.Q4_K_S.gguf", "m.Q6_K.gguf", "mmproj-m-f16.gguf"];

#[test]
fn a_type_is_found_whatever_its_capitals() {
    assert_eq!(chosen(&GGML, Some("Q4_K")), "ggml-model-q4_k.gguf");
    assert_eq!(chosen(&GGML, Some("iq3_xxs")), "ggml-model-iq3_xxs.gguf");
    assert_eq!(chosen(&LATER, Some("q4_k_s")), "m.Q4_K_S.gguf");
    assert_eq!(chosen(&["m-fp16.gguf", "m-q4_0.gguf"], Some("F16")), "m-fp16.gguf");
}

#[test]
fn a_family_is_its_medium_or_its_only_member() {
    assert_eq!(chosen(&LATER, Some("Q4_K")), "m.Q4_K_M.gguf");
    assert_eq!(chosen(&["m.Q3_K_S.gguf", "m.Q6_K.gguf"], Some("Q3_K")), "m.Q3_K_S.gguf");
    assert_eq!(chosen(&["m.Q3_K_S.gguf", "m.Q3_K_L.gguf"], Some("Q3_K")), r#"a/b: no Q3_K, but ["Q3_K_L", "Q3_K_S"]"#);
}

#[test]
fn a_type_that_is_not_there_is_answered_with_those_that_are() {
    let expected = r#"a/b: no Q5_K, but ["Q2_K", "Q4_0", "Q4_K", "Q8_0", "IQ3_XXS"]"#;
    assert_eq!(chosen(&GGML, Some("Q5_K")), expected);
    assert_eq!(chosen(&GGML, Some("Q4")), r#"a/b: no Q4, but ["Q2_K", "Q4_0", "Q4_K", "Q8_0", "IQ3_XXS"]"#);
    assert_eq!(chosen(&GGML, Some("other.gguf")), "a/b: no file other.gguf");
}

#[test]
fn without_a_type_it_is_the_usual_one_or_the_only_one() {
    assert_eq!(chosen(&GGML, None), "ggml-model-q4_k.gguf");
    assert_eq!(chosen(&LATER, None), "m.Q4_K_M.gguf");
    assert_eq!(chosen(&["a-mmproj.gguf", "x.gguf", "imatrix.gguf"], None), "x.gguf");
    assert_eq!(chosen(&["m.Q8_0.gguf", "m.Q6_K.gguf"], None), r#"a/b: which of ["Q6_K", "Q8_0"]"#);
    assert_eq!(
        chosen(&["README.md", "pytorch_model.bin", "config.json"], None),
        "a/b: neither GGUF files nor safetensors"
    );
}

#[test]
fn more_of_a_name_than_its_type_and_whole_names_are_found() {
    let paths = ["m-Q4_K_XL.gguf", "m-UD-Q4_K_XL.gguf", "sub/m-UD-IQ2_M.gguf", "m-IQ4_NL.gguf"];
    assert_eq!(chosen(&paths, Some("UD-Q4_K_XL")), "m-UD-Q4_K_XL.gguf");
    assert_eq!(chosen(&paths, Some("Q4_K_XL")), "m-Q4_K_XL.gguf");
    assert_eq!(chosen(&paths, Some("m-ud-iq2_m.gguf")), "sub/m-UD-IQ2_M.gguf");
    assert_eq!(chosen(&paths, Some("sub/m-UD-IQ2_M.gguf")), "sub/m-UD-IQ2_M.gguf");
    assert!(chosen(&paths, Some("Q4_NL")).contains("no Q4_NL"), "IQ4_NL is another type");
    assert_eq!(chosen(&GGML, Some("README.md")), "README.md");
}

#[test]
fn shards_come_together_and_none_may_be_missing() {
    let paths = ["Q8_0/m-00001-of-00002.gguf", "Q8_0/m-00002-of-00002.gguf", "m-q4_k.gguf"];
    for wanted in ["Q8_0", "m-00002-of-00002.gguf"] {
        let selection = select("a/b", &paths, Some(wanted)).expect("a model");
        assert_eq!(selection.files, paths[..2], "{wanted}");
        assert_eq!(selection.target, Target::File(paths[0].to_owned()));
    }
    assert_eq!(
        chosen(&paths[1..], Some("Q8_0")),
        "a/b: Q8_0/m-00002-of-00002.gguf has shards, of which some are missing"
    );
}

#[test]
fn a_folder_is_its_weights_and_small_files_with_the_type_that_was_told() {
    let paths = [
        ".gitattributes",
        "README.md",
        "config.json",
        "consolidated.00.pt",
        "consolidated.safetensors",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
        "original/model.safetensors",
        "pytorch_model.bin",
        "tokenizer.model",
    ];
    let selection = select("a/b", &paths, Some("Q4_K")).expect("a folder");
    assert_eq!(selection.target, Target::Folder(Some("Q4_K".to_owned())));
    let expected = [
        "config.json",
        "model.safetensors.index.json",
        "tokenizer.model",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ];
    assert_eq!(selection.files, expected);
    assert_eq!(select("a/b", &paths, None).expect("a folder").target, Target::Folder(None));
    let both: Vec<&str> = paths.into_iter().chain(["m-q8_0.gguf"]).collect();
    assert_eq!(chosen(&both, None), "m-q8_0.gguf");
    assert_eq!(chosen(&both, Some("q8_0")), "m-q8_0.gguf");
    assert!(chosen(&both, Some("q4_k")).starts_with(r#"Some("q4_k") ["config.json""#));
}

#[test]
fn an_adapter_is_a_folder_too() {
    let paths =
        ["README.md", "adapter_config.json", "adapter_model.bin", "adapter_model.safetensors", "tokenizer.model"];
    let expected = r#"None ["adapter_config.json", "tokenizer.model", "adapter_model.safetensors"]"#;
    assert_eq!(chosen(&paths, None), expected);
}
