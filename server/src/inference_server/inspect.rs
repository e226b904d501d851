//! What a model file is: what its header says, and whether it answers when it is tried out.

use std::path::{Path, PathBuf};

use mixtral_engine::handle::{active_parameters, check, quantisation};
use mixtral_engine::hugging_face::is_folder;
use mixtral_engine::model::weight_bytes;
use mixtral_engine::request::{Message, Role, SubmitError};
use mixtral_engine::text::{ChatTemplate, CompileTemplate, TemplateError, TemplateInput, Turn};
pub use mixtral_engine::weights::is_adapter;
use mixtral_engine::weights::{ModelFiles, split_type};
use mixtral_engine::{DeviceSpec, Engine, EngineOptions, LoadOptions};
use serde::{Deserialize, Serialize};

use super::trial::try_out;
use super::{CAN_USE_GPUS, words};
use crate::i18n::{Message as Said, Translated};

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Depth {
    /// The header, the tokenizer and the chat template: all but the weights.
    Header,
    /// The weights too: the model is loaded and answers, if it is small enough to be loaded beside what runs.
    Trial,
}

/// What a chat template is asked to lay out.
const FIRST: &str = "Hello! 你好！";
const SECOND: &str = "And now? 然后呢？";
/// The largest files that are loaded for a trial. Larger ones take minutes to read; their worker tries them out.
const MAX_TRIAL: u64 = 4 << 30;
/// The same of a folder that is quantised while it loads: at some seven million weights a second, one core needs 20 seconds.
const MAX_QUANTISED_TRIAL: u64 = 256 << 20;
/// Memory that a trial leaves free.
const SPARE_MEMORY: u64 = 1 << 30;
/// Tokens of a trial's cache.
const TRIAL_TOKENS: usize = 1024;

/// What trying a model out has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trial {
    /// It was not to be tried.
    None,
    /// It answered so.
    Answered(String),
    /// It is too large to be loaded beside what runs. Its worker will try it when it loads it.
    TooLarge,
}

/// What a file says of its model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// The file, the first of its shards, a Hugging Face folder with the type that it is quantised to (`FOLDER:Q4_K`), or an
    /// adapter's folder: what the worker is told to load.
    pub file: PathBuf,
    /// The same of an adapter's base.
    pub base: Option<PathBuf>,
    /// The model's own name.
    pub title: Option<String>,
    /// The architecture in words.
    pub architecture: String,
    /// The type or the mix of types, as people name it.
    pub quantisation: String,
    /// Weights in all.
    pub parameters: u64,
    /// Weights that one token uses.
    pub active_parameters: u64,
    /// Experts in a layer, and how many of them work on one token.
    pub experts: (usize, usize),
    /// The longest conversation that the model was made for, in tokens.
    pub context: usize,
    /// Bytes of the files.
    pub bytes: u64,
    /// Bytes of memory that it takes once loaded on the CPU, by estimate: weights and cache.
    pub memory: u64,
    /// What of it all models on the same files have in common on the CPU: an adapter's base, or the model's own weights.
    pub shared_memory: u64,
    /// The licence of the weights.
    pub licence: Option<String>,
    /// What it was made from.
    pub base_model: Option<String>,
    /// Where its chat template comes from.
    pub template: Template,
    /// Whether it answers.
    pub trial: Trial,
}

/// Where a chat template comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Template {
    File,
    /// Mixtral's instruct format, for files without one.
    BuiltIn,
    /// From the administrator.
    Own,
}

/// Why a path is no model that the worker could load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum InspectError {
    /// Nothing is there, or it may not be read.
    #[error("{0}")]
    Unreachable(Translated),
    /// A folder without a model.
    #[error("no model in the folder")]
    Empty,
    /// A folder with several models.
    #[error("several models in the folder: {0}")]
    Several(String),
    /// An adapter whose base model is not where it says.
    #[error("no base model {0:?}")]
    NoBase(String),
    /// A base for what is no adapter.
    #[error("only an adapter's folder has a base")]
    NoAdapter,
    /// Safetensors of which the whole folder is no model: one file of it was given, or it has no `config.json`.
    #[error("safetensors without their folder")]
    Safetensors,
    /// Damaged, foreign, or of a kind that the engine does not run. The engine's own words: file, place, reason.
    #[error("{0}")]
    Refused(Translated),
    /// Its chat template cannot be compiled, or cannot lay out a conversation.
    #[error("{0}")]
    Template(Translated),
    /// The same of the one that the administrator gave.
    #[error("{0}")]
    OwnTemplate(Translated),
    /// It was loaded and did not answer.
    #[error("{0}")]
    Mute(Translated),
    /// Looking at it ended the process that did.
    #[error("looking at the file failed: {0}")]
    Crashed(Translated),
}

/// Looks at a model, and may take this whole process with it if the file is made so: the service asks
/// [`super::Inspector`] instead. Reads the header of a GGUF file, of the first of several shards, of a Hugging Face folder, or of the
/// one GGUF model in a folder, which may be an adapter with a base elsewhere: the model at `base`, or else where the adapter says. `context` is what the administrator
/// wishes, for the estimate of the memory; `own` is the chat template that requests will bring, and `templates` says where chat
/// templates run. Blocks.
pub fn inspect(
    path: &Path,
    base: Option<&Path>,
    context: Option<usize>,
    depth: Depth,
    own: Option<&str>,
    templates: &CompileTemplate,
) -> Result<ModelFacts, InspectError> {
    let file = only_file(path)?;
    let base = base.map(only_file).transpose()?;
    if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("safetensors")) {
        return Err(InspectError::Safetensors);
    }
    let refused = |error: mixtral_engine::Error| match error {
        mixtral_engine::Error::NoBase { base, .. } => InspectError::NoBase(base),
        mixtral_engine::Error::NoAdapter { .. } => InspectError::NoAdapter,
        error => InspectError::Refused(words::engine(&error)),
    };
    let files = ModelFiles::open(&file, base.as_deref()).map_err(refused)?;
    let (metadata, config) = (files.metadata(), files.config());
    let tokenizer = check(&files).map_err(refused)?;
    let text = |key: &str| {
        let found = metadata.opt_str(key).ok().flatten();
        found.map(|text| text.trim().chars().take(200).collect::<String>()).filter(|text| !text.is_empty())
    };
    let source = metadata.opt_str("tokenizer.chat_template").map_err(refused)?;
    let refused = |error: TemplateError| match error {
        TemplateError::Crashed(how) => InspectError::Crashed(words::submit(&SubmitError::TemplateCrashed(how))),
        error => InspectError::Template(words::template(&error)),
    };
    let template = ChatTemplate::with(source, templates).map_err(refused)?;
    let lay_out = |template: &ChatTemplate, said: &[Message]| template.render(&tokenizer, said);
    if !try_layout(|said| lay_out(&template, said)).map_err(refused)? {
        return Err(InspectError::Template(Said::new("template-loses-message").into()));
    }
    if let Some(source) = own {
        let own_refused = |error: TemplateError| InspectError::OwnTemplate(words::template(&error));
        let own = ChatTemplate::with(Some(source), templates).map_err(own_refused)?;
        if !try_layout(|said| lay_out(&own, said)).map_err(own_refused)? {
            return Err(InspectError::OwnTemplate(Said::new("template-loses-message").into()));
        }
    }
    let template = match own {
        Some(_) => Template::Own,
        None if template.is_from_file() => Template::File,
        None => Template::BuiltIn,
    };
    let tokens = context.unwrap_or(config.max_context);
    let cached = EngineOptions::default().default_cache_tokens(tokens);
    // Keys and values in F16, as the CPU keeps them.
    let numbers = [4, config.layers, cached, config.kv_heads, config.head_dim];
    let cache = numbers.iter().fold(1u64, |bytes, n| bytes.saturating_mul(*n as u64));
    // On the CPU an adapter stays beside its base; on a GPU it is in a copy, quantised anew.
    let beside = files.adapter().map(|adapter| weight_bytes(files.base()).saturating_add(adapter.file_bytes()));
    let weights = match beside {
        Some(beside) if !CAN_USE_GPUS => beside,
        Some(beside) => beside.max(weight_bytes(&files)),
        None => weight_bytes(&files),
    };
    let memory = weights.saturating_add(cache);
    let most = if files.quantises() { MAX_QUANTISED_TRIAL } else { MAX_TRIAL };
    let trial = match depth {
        Depth::Header => Trial::None,
        Depth::Trial if files.file_bytes() > most || !has_room(memory) => Trial::TooLarge,
        Depth::Trial => Trial::Answered(try_file(&file, base.as_deref(), tokens, own, templates)?),
    };
    // What was given tells the type of a folder too.
    let base = files.adapter().map(|_| base.unwrap_or_else(|| files.base_path().to_owned()));
    let of_base = base.as_ref().and_then(|base| text("general.name").or_else(|| stem(base)));
    Ok(ModelFacts {
        // An adapter has no name of its own but its folder's, and must not pass for its base.
        title: text("general.name").filter(|_| base.is_none()),
        architecture: format!(
            "Mixtral ({} × {}, {} layers)",
            config.num_experts, config.intermediate_size, config.layers
        ),
        quantisation: quantisation(&files),
        parameters: files.parameters(),
        active_parameters: active_parameters(&files, config.num_experts, config.experts_per_token),
        experts: (config.num_experts, config.experts_per_token),
        context: config.max_context,
        bytes: files.file_bytes(),
        memory,
        shared_memory: weight_bytes(files.base()).min(memory),
        licence: text("general.license"),
        base_model: of_base.or_else(|| text("general.base_model.0.name")),
        template,
        trial,
        base,
        file,
    })
}

/// Lays out what battles lay out: a first message, and a second one after an answer. Says whether the first one is in it: what
/// becomes of earlier messages is the template's affair, but where it loses even the only one, nothing that a visitor says
/// would ever reach the model.
fn try_layout(lay_out: impl Fn(&[Message]) -> Result<String, TemplateError>) -> Result<bool, TemplateError> {
    let said = [(Role::User, FIRST), (Role::Assistant, "你好。"), (Role::User, SECOND)];
    let said = said.map(|(role, text)| Message::new(role, text));
    let keeps = lay_out(&said[..1])?.contains(FIRST);
    lay_out(&said)?;
    Ok(keeps)
}

/// Whether a chat template that an endpoint is to use can lay out conversations, as far as that can be told without its
/// tokenizer.
pub fn check_template(source: &str, templates: &CompileTemplate) -> Result<(), Translated> {
    let failed = |error: TemplateError| words::template(&error);
    let compiled = templates(source).map_err(failed)?;
    let turn = |message: &Message| Turn { role: message.role.name().to_owned(), content: message.content.clone() };
    let keeps = try_layout(|said| {
        compiled.render(&TemplateInput {
            messages: said.iter().map(turn).collect(),
            bos_token: "<s>".to_owned(),
            eos_token: "</s>".to_owned(),
            add_generation_prompt: true,
            gap: " ".to_owned(),
        })
    });
    if keeps.map_err(failed)? { Ok(()) } else { Err(Said::new("template-loses-message").into()) }
}

/// Whether so much memory is free.
fn has_room(bytes: u64) -> bool {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let free = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    free.is_none_or(|kilobytes| bytes.saturating_add(SPARE_MEMORY) <= kilobytes.saturating_mul(1024))
}

/// Loads a model on the processor and has it answer. A GPU's worker tries its own device when it loads the model.
fn try_file(
    path: &Path,
    base: Option<&Path>,
    context: usize,
    own: Option<&str>,
    templates: &CompileTemplate,
) -> Result<String, InspectError> {
    let engine = Engine::start(DeviceSpec::Cpu, EngineOptions::default())
        .map_err(|error| InspectError::Mute(words::engine(&error)))?
        .with_templates(templates.clone());
    let options = LoadOptions {
        base: base.map(Path::to_owned),
        context: Some(context),
        cache_tokens: Some(context.min(TRIAL_TOKENS)),
        ..LoadOptions::default()
    };
    engine.load("trial", path, options, |_| {}).map_err(|error| InspectError::Refused(words::engine(&error)))?;
    try_out(&engine, "trial", own).map_err(InspectError::Mute)
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

fn unreachable(path: &Path) -> impl Fn(std::io::Error) -> InspectError {
    move |error| InspectError::Unreachable(words::engine(&mixtral_engine::Error::io(path)(error)))
}

/// A model's path without the type that may stand behind a folder's.
pub fn on_disk(path: &Path) -> &Path {
    split_type(path).0
}

/// What stands for the model at a path: itself, or the one model in a folder that is neither an adapter nor told with a type.
fn only_file(path: &Path) -> Result<PathBuf, InspectError> {
    let (place, kind) = split_type(path);
    match std::fs::metadata(place).map_err(unreachable(path))?.is_dir() {
        true if kind.is_none() && !is_adapter(place) => only_model(place),
        _ => Ok(path.to_owned()),
    }
}

/// The one model of a folder: a GGUF file, the first of its shards, or the folder itself as Hugging Face has it.
fn only_model(folder: &Path) -> Result<PathBuf, InspectError> {
    let mut found = Vec::new();
    let mut safetensors = false;
    for entry in std::fs::read_dir(folder).map_err(unreachable(folder))? {
        let path = entry.map_err(unreachable(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
        safetensors |= name.ends_with(".safetensors");
        // Shards are named NAME-00002-of-00005.gguf: only the first one stands for the model.
        let later_shard = name.contains("-of-") && !name.contains("-00001-of-");
        if name.ends_with(".gguf") && !later_shard {
            found.push(path);
        }
    }
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] if is_folder(folder) => Ok(folder.to_owned()),
        [] if safetensors => Err(InspectError::Safetensors),
        [] => Err(InspectError::Empty),
        several => {
            let names = several.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy());
            Err(InspectError::Several(names.take(5).collect::<Vec<_>>().join(", ")))
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use mixtral_engine::arch::{Config, TensorRole, TensorSpec};
    use mixtral_engine::quant::GgmlType;
    use mixtral_engine::weights::lora::{AdapterConfig, Pair};

    use super::*;

    fn inspect(
        path: &Path,
        base: Option<&Path>,
        context: Option<usize>,
        depth: Depth,
    ) -> Result<ModelFacts, InspectError> {
        super::inspect(path, base, context, depth, None, &ChatTemplate::local())
    }

    #[test]
    fn a_contestant_s_own_template_is_tried_beside_the_file_s() {
        let look = |own: &str| {
            let file = demo("poet-14m-q2_K.gguf");
            super::inspect(&file, None, None, Depth::Trial, Some(own), &ChatTemplate::local())
        };
        let good =
            look("{{ bos_token }}{% for m in messages %}{{ m.content }}\n{% endfor %}").expect("a good template");
        assert_eq!(good.template, Template::Own);
        assert!(matches!(good.trial, Trial::Answered(_)));
        for bad in ["{% for m in messages %}", "hello", "{{ raise_exception('no') }}", "{{ nothing.at.all }}"] {
            assert!(matches!(look(bad), Err(InspectError::OwnTemplate(_))), "{bad}");
            assert!(check_template(bad, &ChatTemplate::local()).is_err(), "{bad}");
        }
        let chatml = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";
        check_template(chatml, &ChatTemplate::local()).expect("a good template");
    }

    fn demo(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/models").join(name)
    }

    #[test]
    fn a_demo_model_tells_what_it_is() {
        let facts = inspect(&demo("poet-14m-q8_0.gguf"), None, None, Depth::Header).expect("a good file");
        assert_eq!(facts.quantisation, "Q8_0");
        assert_eq!((facts.experts, facts.context), ((8, 2), 256));
        assert!((13_600_000..13_800_000).contains(&facts.parameters), "{}", facts.parameters);
        assert!(facts.active_parameters < facts.parameters);
        assert!(facts.memory > facts.bytes - 1_000_000, "weights and cache: {}", facts.memory);
    }

    #[test]
    fn folders_hold_one_model_or_say_why_not() {
        let Err(InspectError::Several(names)) = inspect(&demo(""), None, None, Depth::Header) else {
            panic!("three demo models")
        };
        assert!(names.contains("poet-14m-q4_K.gguf"), "{names}");
        let folder = tempfile::tempdir().expect("folder");
        assert_eq!(inspect(folder.path(), None, None, Depth::Header), Err(InspectError::Empty));
        std::fs::copy(demo("poet-14m-q2_K.gguf"), folder.path().join("a.gguf")).expect("copies");
        assert_eq!(
            inspect(folder.path(), None, None, Depth::Header).expect("one model").file,
            folder.path().join("a.gguf")
        );
        let missing = folder.path().join("none.gguf");
        assert!(matches!(inspect(&missing, None, None, Depth::Header), Err(InspectError::Unreachable(_))));
    }

    /// Writes an adapter of one pair for a demo model.
    pub(crate) fn put_adapter(folder: &Path, base: &str) {
        let file = mixtral_engine::formats::gguf::Gguf::open(&demo("poet-14m-q2_K.gguf")).expect("the base");
        let shape = Config::from_gguf(&file).expect("a shape");
        let part = TensorSpec::new(&shape, TensorRole::Query, Some(5));
        let (rows, cols) = part.matrix();
        let pair = Pair { rank: 8, a: vec![0.01; 8 * cols], b: vec![0.01; 8 * rows], scale: 1.0 };
        let config = AdapterConfig { base: base.into(), ..AdapterConfig::default() };
        let mut pairs = std::iter::once((part, 0, pair));
        mixtral_tools::adapter::write(folder, &config, &shape, &mut pairs, &mut std::iter::empty(), GgmlType::F16)
            .expect("written");
    }

    #[test]
    fn an_adapter_is_a_model_with_its_base_s_facts_and_a_name_of_its_own() {
        let folder = tempfile::tempdir().expect("folder");
        let adapter = folder.path().join("song");
        let base = demo("poet-14m-q2_K.gguf");
        put_adapter(&adapter, base.to_str().expect("a path"));
        let (facts, alone) = (
            inspect(&adapter, None, None, Depth::Header).expect("a model"),
            inspect(&base, None, None, Depth::Header).expect("a model"),
        );
        assert_eq!((&facts.file, facts.base.as_deref()), (&adapter, Some(base.as_path())));
        assert_eq!((facts.title, facts.base_model), (None, alone.title.or_else(|| stem(&base))));
        assert_eq!((facts.parameters, facts.context), (alone.parameters, alone.context));
        assert!(facts.bytes > alone.bytes);
        assert!(facts.memory > alone.memory, "the changed matrix grows from Q2_K to Q8_0");

        put_adapter(&adapter, "mistralai/Mixtral-8x7B-v0.1");
        assert_eq!(
            inspect(&adapter, None, None, Depth::Header),
            Err(InspectError::NoBase("mistralai/Mixtral-8x7B-v0.1".into()))
        );
        put_adapter(&adapter, demo("pupil-5m-q4_K.gguf").to_str().expect("a path"));
        let refused = inspect(&adapter, None, None, Depth::Header);
        assert!(
            matches!(&refused, Err(InspectError::Refused(why)) if why.to_string().contains("q_proj.lora_")),
            "{refused:?}"
        );
    }

    #[test]
    fn a_named_base_stands_before_what_the_adapter_says() {
        let folder = tempfile::tempdir().expect("folder");
        let adapter = folder.path().join("song");
        put_adapter(&adapter, "mistralai/Mixtral-8x7B-v0.1");
        let base = demo("poet-14m-q2_K.gguf");
        let facts = inspect(&adapter, Some(&base), None, Depth::Header).expect("a model");
        assert_eq!((&facts.file, facts.base.as_deref()), (&adapter, Some(base.as_path())));
        // The base may be a folder with one model, as any model may.
        let alone = folder.path().join("base");
        std::fs::create_dir(&alone).expect("a folder");
        std::fs::copy(&base, alone.join("b.gguf")).expect("copies");
        assert_eq!(
            inspect(&adapter, Some(&alone), None, Depth::Header).expect("a model").base,
            Some(alone.join("b.gguf"))
        );
        let missing = inspect(&adapter, Some(&folder.path().join("none.gguf")), None, Depth::Header);
        assert!(
            matches!(&missing, Err(InspectError::Unreachable(why)) if why.to_string().contains("none.gguf")),
            "{missing:?}"
        );
        assert_eq!(inspect(&base, Some(&base), None, Depth::Header), Err(InspectError::NoAdapter));
        // An adapter put onto an adapter is none of the two models.
        let stacked = inspect(&adapter, Some(&adapter), None, Depth::Header);
        assert!(matches!(stacked, Err(InspectError::Refused(_))), "{stacked:?}");
    }

    #[test]
    fn a_hugging_face_folder_is_a_model_and_its_type_stands_with_its_path() {
        let place = tempfile::tempdir().expect("folder");
        let gguf = mixtral_engine::formats::gguf::Gguf::open(&demo("pupil-5m-q4_K.gguf")).expect("a demo model");
        let folder = place.path().join("pupil");
        mixtral_tools::convert::to_folder(&gguf, &folder, GgmlType::F16, 4_000_000, false, &mut |_, _| {})
            .expect("a folder");
        let typed = |kind: &str| PathBuf::from(format!("{}:{kind}", folder.display()));
        let own = inspect(&folder, None, None, Depth::Header).expect("a model");
        assert_eq!((&own.file, own.quantisation.as_str(), own.title.as_deref()), (&folder, "F16", Some("pupil")));
        let small = inspect(&typed("q4_k"), None, None, Depth::Trial).expect("a model");
        assert_eq!((&small.file, small.quantisation.as_str()), (&typed("q4_k"), "Q4_K"));
        assert!(matches!(small.trial, Trial::Answered(_)));
        assert_eq!((small.parameters, small.bytes), (own.parameters, own.bytes));
        assert!(small.memory < own.memory, "what it takes is what it becomes");
        assert_eq!(on_disk(&typed("q4_k")), folder);

        // An adapter's base may be one too.
        let adapter = place.path().join("song");
        put_adapter(&adapter, "");
        let refused = inspect(&adapter, Some(&typed("Q8_0")), None, Depth::Header);
        assert!(matches!(&refused, Err(InspectError::Refused(_))), "another shape: {refused:?}");
        for kind in ["IQ2_XS", "Q9"] {
            let refused = inspect(&typed(kind), None, None, Depth::Header);
            assert!(matches!(&refused, Err(InspectError::Refused(_))), "{refused:?}");
        }
        let one = folder.join("model-00001-of-00003.safetensors");
        assert!(one.is_file(), "in three shards");
        assert_eq!(inspect(&one, None, None, Depth::Header), Err(InspectError::Safetensors));
        std::fs::remove_file(one).expect("removed");
        let refused = inspect(&folder, None, None, Depth::Header);
        let told = |error: &InspectError| error.to_string().contains("model-00001-of-00003.safetensors");
        assert!(matches!(&refused, Err(error) if told(error)), "{refused:?}");
    }

    #[test]
    fn a_broken_file_is_refused_in_the_engine_s_words() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("b.gguf");
        let whole = std::fs::read(demo("poet-14m-q2_K.gguf")).expect("reads");
        std::fs::write(&file, &whole[..whole.len() / 2]).expect("writes");
        assert!(matches!(inspect(&file, None, None, Depth::Header), Err(InspectError::Refused(_))));
        std::fs::write(&file, b"not a model at all").expect("writes");
        assert!(matches!(inspect(&file, None, None, Depth::Header), Err(InspectError::Refused(_))));
    }
}
