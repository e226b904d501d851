//! What is wrong in the files of other programs, each a value with the key of its text and its arguments, so that a page can say
//! it in its reader's language. `Display` is English, for logs.

use std::fmt;

/// Enumerations of such sayings. All arguments are texts: they are said and never computed with.
macro_rules! sayings {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $($(#[$doc:meta])* $variant:ident $({ $($field:ident),+ })? = $key:literal, $text:literal;)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $variant $({ $($field: String),+ })?,)+
        }

        impl $name {
            /// The key of its text in `engine-messages`.
            #[must_use]
            pub fn key(&self) -> &'static str {
                match self { $(Self::$variant $({ $($field: _),+ })? => $key,)+ }
            }

            /// The text's arguments by name.
            #[must_use]
            pub fn arguments(&self) -> Vec<(&'static str, &str)> {
                match self {
                    $(Self::$variant $({ $($field),+ })? => vec![$($((stringify!($field), $field.as_str())),+)?],)+
                }
            }

            /// One of each, its arguments being their own names: what tests hold texts against.
            #[must_use]
            pub fn one_of_each() -> Vec<Self> {
                vec![$(Self::$variant $({ $($field: stringify!($field).to_owned()),+ })?),+]
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$variant $({ $($field),+ })? => write!(f, $text),)+ }
            }
        }
    };
}

sayings! {
    /// How a file is laid out.
    pub enum LayoutFault {
        Nested = "layout-nested", "arrays nested too deeply";
        /// `general.alignment`.
        Alignment = "layout-alignment", "should be a multiple of 8, at most 1 MiB";
        TooLong { bytes, most } = "layout-too-long", "has {bytes} bytes, and {most} are the most that is read";
        /// What the reader of JSON says stays English.
        NotJson { why } = "layout-not-json", "is no JSON object: {why}";
        NotSwitch = "layout-not-switch", "should be true or false";
        NotNames = "layout-not-names", "should be a list of names";
        NotObject = "layout-not-object", "should be an object";
        NotSafetensors = "layout-not-safetensors", "is too short to be safetensors";
        HeaderBeyondEnd = "layout-header-beyond-end", "its header reaches beyond the file: it is cut off, or no safetensors";
        HeaderNotJson { why } = "layout-header-not-json", "its header is no JSON: {why}";
        LooseBytes = "layout-loose-bytes", "bytes that belong to no tensor";
        CutOff = "layout-cut-off", "reaches beyond the file: it is cut off";
        /// A tensor's bytes and its shape disagree.
        Bytes { bytes, shape, kind } = "layout-bytes", "{bytes} bytes are not {shape} of {kind}";
        NoRows { rows } = "layout-no-rows", "has no rows {rows}";
        InAnotherShard = "layout-in-another-shard", "is in another shard too";
        /// `config.json` without `model_type`.
        NotAModel = "layout-not-a-model", "is missing: this is no model's folder";
        Quantised { method } = "layout-quantised", "{method} weights are not read; F32, F16 and BF16 are";
        KeyHeads { kv, heads } = "layout-key-heads", "{kv} key heads cannot serve {heads} query heads";
        Yarn = "layout-yarn", "YaRN with other than its usual constants is not supported";
        SlidingWindow { window } = "layout-sliding-window", "a sliding window of {window} is not supported";
        NoColumns = "layout-no-columns", "has no columns";
        /// Rows of a quantised matrix are whole blocks.
        RowsNotBlocks = "layout-rows-not-blocks", "its rows are not whole blocks";
        Folder { file } = "layout-folder", "is a folder without {file}; name a GGUF file, a Hugging Face folder or an adapter's";
        /// A file that the index names.
        MissingShard { file } = "layout-missing-shard", "{file} is not in the folder: the model is not downloaded whole";
        LfsPointer = "layout-lfs-pointer", "is Git LFS's pointer to the file and not the file itself; git lfs pull fetches it";
        NotInShape = "layout-not-in-shape", "is not a part of a Mixtral model of this shape";
    }
}

sayings! {
    /// What is wrong with a LoRA adapter as PEFT writes it.
    pub enum AdapterFault {
        NotPeft = "adapter-not-peft", "is missing: this is no adapter of PEFT";
        Pickled { file } = "adapter-pickled", "is not read, for it may run any program; let PEFT write {file}";
        Empty = "adapter-empty", "holds no tensors";
        NotInBase = "adapter-not-in-base", "is no part of this base model, or of another shape";
        /// Of the experts of a layer some are saved whole.
        PartlyWhole = "adapter-partly-whole", "is saved whole, and other experts of its layer are not";
        Unsupported = "adapter-unsupported", "is not supported: the model would be computed wrongly";
        ChangesBase { begun } = "adapter-changes-base", "{begun} changes the base too; let PEFT convert the adapter (path_initial_model_for_weight_conversion)";
        Pattern { text, why } = "adapter-pattern", "{text}: {why}";
        TiedBase = "adapter-tied-base", "changes the embedding or the output matrix, which are one matrix in this base";
        BecomesNotFinite = "adapter-becomes-not-finite", "becomes what is no number";
        NotAMatrix = "adapter-not-a-matrix", "is no matrix of the model";
        PairShape { rows, cols } = "adapter-pair-shape", "its pair is not of {rows} rows and {cols} columns";
        RankDiffers { rank, scale, told_rank, told_scale } = "adapter-rank-differs", "has rank {rank} and scale {scale}; the configuration says {told_rank} and {told_scale}";
        Weights { count, shape } = "adapter-weights", "{count} weights are not {shape}";
        DoesNotFit { value, kind } = "adapter-does-not-fit", "{value} does not fit {kind}";
    }
}

sayings! {
    /// What is wrong with a vocabulary, in GGUF or on its way there.
    pub enum TokenizerFault {
        NotAByte { index, token } = "tokenizer-not-a-byte", "entry {index} is {token:?}, which is no byte like <0x0A>";
        Score { index } = "tokenizer-score", "entry {index} is not a number";
        UnknownType { index, number } = "tokenizer-unknown-type", "entry {index} is {number}, which is no known type";
        NotAPair { index, merge } = "tokenizer-not-a-pair", "entry {index} is {merge:?}, which is no pair";
        NoBytes = "tokenizer-no-bytes", "is a BPE that spells nothing in bytes; it has no form in GGUF";
        Step { step } = "tokenizer-step", "{step} has no form in GGUF";
        SpaceMark = "tokenizer-space-mark", "does not write spaces as ▁; the vocabulary has no form in GGUF";
        SpaceBefore = "tokenizer-space-before", "a space before every text has no form in GGUF";
        Pattern { pattern } = "tokenizer-pattern", "the pattern {pattern:?} has no name in GGUF";
        SpecialToken { token } = "tokenizer-special-token", "puts {token:?} where GGUF has no word for it";
    }
}

sayings! {
    /// What was asked for and cannot be done.
    pub enum RequestFault {
        NoHiddenStates = "request-no-hidden-states", "this model gives no hidden states";
        Loaded { name } = "request-loaded", "a model named {name:?} is loaded already";
        NotLoaded { name } = "request-not-loaded", "no model is loaded under the name {name:?}";
        Between { name, most, value } = "request-between", "{name} must lie between 1 and {most}, and is {value}";
        CacheType { text } = "request-cache-type", "unknown cache type {text:?}; use f16, q8_0 or f32";
        RopeScaling { text } = "request-rope-scaling", "unknown scaling {text:?}; use none, linear or yarn";
        NotPositive { name, value } = "request-not-positive", "{name} must be a positive number, and is {value}";
        NoRopeScale = "request-no-rope-scale", "this scaling needs --rope-scale";
        ShortContext { context } = "request-short-context", "context must be at least 2, and is {context}";
        LargeCache { tokens } = "request-large-cache", "a cache of {tokens} tokens is too large";
        RowBlocks { cols, kind, block } = "request-row-blocks", "rows of {cols} do not divide into {kind} blocks of {block}";
        DoesNotFit { value, kind } = "request-does-not-fit", "{value} does not fit {kind}; BF16 and F32 hold more";
        Importances { count, cols } = "request-importances", "{count} importances for rows of {cols}";
        NotWritten { kind } = "request-not-written", "{kind} cannot be written";
        NeedsImatrix { kind } = "request-needs-imatrix", "{kind} needs an importance matrix";
        LoadNeedsImatrix { kind } = "request-load-needs-imatrix", "{kind} needs an importance matrix, which is of use in a file only: mixtral convert, then mixtral quantize --imatrix";
        UnknownLoadType { text, known } = "request-unknown-load-type", "{text:?} is no type that weights can be brought into while they load; {known} are";
        /// A type for a model that has its types already.
        TypeOfFile { path } = "request-type-of-file", "{path}: only a Hugging Face folder is quantised while it loads; mixtral quantize makes another GGUF file of this one";
        /// An importance matrix and the model that it is used with.
        OtherModel { name } = "request-other-model", "{name}: the importance matrix is that of another model";
        NoImportances = "request-no-importances", "the importance matrix knows no matrix of this model";
        NotPlain { kind } = "request-not-plain", "{kind} is no type of safetensors; F32, F16 and BF16 are";
        NoTensor { name } = "request-no-tensor", "no tensor {name}";
        Type { name, kind } = "request-type", "{name}: type {kind} is not supported";
    }
}

sayings! {
    /// What converting, merging and quantising cannot do.
    pub enum ConversionFault {
        Exists = "conversion-exists", "is there already";
        NotOurs { mark } = "conversion-not-ours", "holds other files and no {mark}; it is not replaced";
        LeftOver = "conversion-left-over", "is left from a run that was interrupted, or still goes on; remove it";
        ConfigShape { found, wanted } = "conversion-config-shape", "is {found}; config.json needs {wanted}";
        Pickled = "conversion-pickled", "pytorch_model.bin is not read, for it may run any program; let transformers save it as safetensors";
        Neither { one, other } = "conversion-neither", "neither {one} nor {other} is there";
        NoFile { tensor } = "conversion-no-file", "{tensor}: is in no file of this folder";
        Shards { count } = "conversion-shards", "{count} shards are not possible";
        OtherFile { file, index } = "conversion-other-file", "is not in {file}, which {index} names";
        Before { next, expert } = "conversion-before", "comes before {next} of {expert}";
        OneTooMany = "conversion-one-too-many", "is one too many";
        NotGiven = "conversion-not-given", "was not given";
        MoreThanPlanned = "conversion-more-than-planned", "more tensors than were planned";
        NotImatrix = "conversion-not-imatrix", "is not an importance matrix";
        NoEntries = "conversion-no-entries", "holds no importances";
        Counts = "conversion-counts", "does not fit its counts";
        NotSquares = "conversion-not-squares", "holds what is no sum of squares";
        NotF32 = "conversion-not-f32", "is not in F32";
        BaseItself = "conversion-base-itself", "is the base itself; name another folder or file to write";
        ModelItself = "conversion-model-itself", "is the model itself; name another file to write";
        NeedsImatrix { kind } = "conversion-needs-imatrix", "{kind} is not written without an importance matrix; name another type with --type";
        Tokenizer { why } = "conversion-tokenizer", "{why}";
        NotSentencePiece { why } = "conversion-not-sentence-piece", "is no SentencePiece model: {why}";
        NotSentencePieceBpe = "conversion-not-sentence-piece-bpe", "is not BPE, which alone has a form here";
        NoByteFallback = "conversion-no-byte-fallback", "is false: it spells nothing in bytes";
        ChangesTexts { name } = "conversion-changes-texts", "{name:?} changes texts, which has no form in GGUF";
        ChangesSpaces = "conversion-changes-spaces", "changes spaces, which has no form in GGUF";
        Pieces { count, size } = "conversion-pieces", "has {count} pieces, and the model knows {size}";
        PieceType { id, kind } = "conversion-piece-type", "piece {id} is of the unknown type {kind}";
        TokenOutside { token, id, size } = "conversion-token-outside", "{token:?} is token {id}, and the model knows {size}";
        SameNumber { token, other } = "conversion-same-number", "{token:?} has the number of {other:?}";
        NoVocabulary = "conversion-no-vocabulary", "has no vocab";
    }
}

sayings! {
    /// What is wrong with a checkpoint of a training.
    pub enum CheckpointFault {
        Foreign = "checkpoint-foreign", "this is no checkpoint of a training";
        /// What the reader of safetensors or JSON says stays English.
        Damaged { why } = "checkpoint-damaged", "{why}";
        NotF32 { shape } = "checkpoint-not-f32", "should be F32 of {shape}";
        Other { differences } = "checkpoint-other", "a checkpoint of another training; it differs in {differences}";
    }
}
