# Errors of the engine. What a library says stays in its English.

error-file = { $path }: { $what }
error-file-byte = { $path }: at byte { $at }: { $what }
error-file-key = { $path }: key { $key }: { $what }
error-file-tensor = { $path }: tensor { $name }: { $what }
error-no-base = { $path }: its base model “{ $base }” was not found beside the adapter; give the path of the base's GGUF file or folder (--base, for mixtral also its name on the hub), or merge the adapter into it (mixtral merge)
error-no-adapter = { $path }: only an adapter's folder has a base; a whole model has none
error-device = device { $device }: { $what }
error-compute = computation failed: { $what }
error-out-of-memory = out of memory; use a smaller context, a smaller quantization, or another device
error-panic = a fault of the engine itself ended the computation: { $what }
error-queue-full = too many requests are waiting
error-stopped = the engine has stopped
error-prompt = the prompt has { $tokens } tokens, more than the { $limit } that the context allows
error-prompt-at-least = the prompt has at least { $tokens } tokens, more than the { $limit } that the context allows
error-template = the chat template failed: { $what }
error-not-finite = the model's output is not a finite number: { $what }
error-not-found = no such file or folder
error-permission = permission denied
error-is-a-folder = is a folder, not a file
error-is-no-folder = is not a folder
error-disk-full = no space left on the disk
error-not-utf8 = not UTF-8 text ({ $what })

fault-empty = the file is empty
fault-not-gguf = this is not a GGUF file{ $like ->
    [zip] ; it looks like a zip archive, perhaps PyTorch weights
    [predecessor] ; it looks like an old GGML or GGJT file, which newer tools convert to GGUF
    [lfs-pointer] ; it looks like a Git LFS pointer: the weights themselves were not downloaded
    [web-page] ; it looks like a web page, perhaps a failed download
   *[other] {""}
}
fault-gguf-version = GGUF version { $version } is not supported (2 and 3 are)
fault-big-endian = big-endian GGUF is not supported
fault-truncated = truncated: { $wanted } more bytes should follow, but the file ends after { $left }
fault-beyond-end = its { $bytes } bytes from { $start } on reach beyond the end of the file ({ $file } bytes): the file is truncated or damaged
fault-architecture = “{ $name }” is not supported; only Mixtral is (“llama” with experts in GGUF, “mixtral” in config.json)
fault-dense = no experts: this is a dense Llama model, and only mixtures of experts are supported
fault-type = type { $name } is not supported
fault-no-gpu-kernels = there are no GPU kernels for type { $name }: load it on the CPU, or use a model in a type from Q2_K to Q8_0
fault-missing = is missing
fault-shape = has shape { $found }, should have { $expected }
fault-surplus = is not part of a Mixtral model; the file holds more than is supported
fault-not-finite = holds a weight that is not a finite number

fault-duplicate = stands twice
fault-crowded = damaged: { $count } { $what ->
    [tensors] tensors
    [metadata-entries] metadata entries
    [bytes-of-text] bytes of text
   *[other] array items
 } cannot stand in the { $left } bytes that follow
fault-not-utf8 = text that is not UTF-8
fault-unknown-type = unknown type { $id }: the file is damaged, or newer than this program
fault-value-type = should be { $wanted }, not { $found }
fault-impossible = { $value } is not possible
fault-unsupported = { $what } is not supported
fault-unknown-choice = “{ $found }” is not supported (supported: { $known })
fault-differs = is { $found }, should be { $wanted }
fault-rank = { $rank } dimensions (1 to 4 are possible)
fault-dimension = a dimension of { $value } is not possible
fault-too-many-weights = { $count } weights are too many: the file is damaged
fault-row-blocks = rows of { $row } do not divide into { $kind } blocks of { $block }
fault-unaligned = its offset { $start } is not a multiple of { $alignment }
fault-overlap = its bytes overlap those of { $other }
fault-too-many-shards = { $count } shards are too many
fault-shard-name = the model has { $count } shards, but the file is not named NAME-00001-of-{ $last }.gguf
fault-later-shard = this is shard { $number } of { $count }; open { $first }
fault-too-many-experts = { $used } experts per token, but there are only { $experts }
fault-head-count = { $size } does not divide into { $heads } heads
fault-odd-heads = heads of { $width } numbers: an odd number is not possible
fault-too-many-tokens = has { $tokens } tokens, but the model only { $rows }
fault-list-length = has { $found } entries for { $tokens } tokens
fault-no-such-token = token { $id } is outside the vocabulary of { $tokens } tokens
fault-not-regular = is not a regular file

layout-nested = arrays nested too deeply
layout-alignment = should be a multiple of 8, at most 1 MiB
layout-too-long = has { $bytes } bytes; at most { $most } are read
layout-not-json = is not a JSON object: { $why }
layout-not-switch = should be true or false
layout-not-names = should be a list of names
layout-not-object = should be an object
layout-not-safetensors = is too short to be a safetensors file
layout-header-beyond-end = its header reaches beyond the end of the file: it is truncated, or not a safetensors file
layout-header-not-json = its header is not JSON: { $why }
layout-loose-bytes = holds bytes that belong to no tensor
layout-cut-off = reaches beyond the end of the file: it is truncated
layout-bytes = { $bytes } bytes do not make { $shape } of { $kind }
layout-no-rows = has no rows { $rows }
layout-in-another-shard = is in another shard too
layout-not-a-model = is missing: this is not a model's folder
layout-quantised = { $method } weights are not supported; F32, F16 and BF16 are
layout-key-heads = { $kv } key-value heads do not divide { $heads } query heads
layout-yarn = YaRN is supported with its usual constants only
layout-sliding-window = a sliding window of { $window } is not supported
layout-no-columns = has no columns
layout-rows-not-blocks = its rows are not whole blocks of their type
layout-folder = is a folder without { $file }; give a GGUF file, a Hugging Face folder or an adapter's folder
layout-missing-shard = { $file } is missing from the folder; download the whole model
layout-lfs-pointer = is a Git LFS pointer instead of the file itself; run git lfs pull in the folder
layout-not-in-shape = is not part of a Mixtral model of this shape

adapter-not-peft = is missing: this is not a PEFT adapter
adapter-pickled = is not read, because pickled files can run any program; let PEFT write { $file }
adapter-empty = holds no tensors
adapter-not-in-base = is not part of this base model, or has another shape
adapter-partly-whole = is saved whole, but the other experts of its layer are not
adapter-unsupported = is not supported: the model would be computed wrongly
adapter-changes-base = { $begun } changes the base model too; let PEFT convert the adapter (path_initial_model_for_weight_conversion)
adapter-pattern = { $text }: { $why }
adapter-tied-base = changes the embedding or the output matrix, which are one matrix in this base model
adapter-becomes-not-finite = gets values that are not finite numbers
adapter-not-a-matrix = is not a matrix of the model
adapter-pair-shape = its pair does not have { $rows } rows and { $cols } columns
adapter-rank-differs = has rank { $rank } and scale { $scale }; the configuration says { $told_rank } and { $told_scale }
adapter-weights = { $count } weights do not make { $shape }
adapter-does-not-fit = { $value } does not fit in { $kind }

tokenizer-not-a-byte = entry { $index } is “{ $token }”, which is not a byte such as <0x0A>
tokenizer-score = entry { $index } is not a number
tokenizer-unknown-type = entry { $index } is { $number }, which is not a known type
tokenizer-not-a-pair = entry { $index } is “{ $merge }”, which is not a pair
tokenizer-no-bytes = is a BPE without byte fallback; GGUF cannot express it
tokenizer-step = GGUF cannot express { $step }
tokenizer-space-mark = does not write spaces as ▁; GGUF cannot express this vocabulary
tokenizer-space-before = GGUF cannot express a space before every text
tokenizer-pattern = GGUF has no name for the pattern “{ $pattern }”
tokenizer-special-token = puts “{ $token }” where GGUF cannot express it

conversion-exists = already exists
conversion-not-ours = holds other files and no { $mark }; it is not replaced
conversion-left-over = is left over from an interrupted run, or one is still running; remove it
conversion-config-shape = has shape { $found }; config.json needs { $wanted }
conversion-pickled = pytorch_model.bin is not read, because pickled files can run any program; let transformers save it as safetensors
conversion-neither = has neither { $one } nor { $other }
conversion-no-file = { $tensor }: is in no file of this folder
conversion-shards = { $count } shards are not possible
conversion-other-file = is not in { $file }, where { $index } says it is
conversion-before = comes before { $next } of expert { $expert }
conversion-one-too-many = is one tensor too many
conversion-not-given = was not given
conversion-more-than-planned = more tensors than planned
conversion-not-imatrix = is not an importance matrix
conversion-no-entries = holds no importances
conversion-counts = does not match its counts
conversion-not-squares = holds values that are not sums of squares
conversion-not-f32 = is not F32
conversion-base-itself = is the base model itself; give another path to write to
conversion-model-itself = is the model itself; give another path to write to
conversion-needs-imatrix = { $kind } needs an importance matrix; choose another type with --type
conversion-tokenizer = the tokenizer cannot be read: { $why }
conversion-not-sentence-piece = is not a SentencePiece model: { $why }
conversion-not-sentence-piece-bpe = is not BPE, the only kind that is supported
conversion-no-byte-fallback = is false: byte fallback is needed
conversion-changes-texts = “{ $name }” changes texts, which GGUF cannot express
conversion-changes-spaces = changes spaces, which GGUF cannot express
conversion-pieces = has { $count } pieces, but the model has { $size } tokens
conversion-piece-type = piece { $id } has the unknown type { $kind }
conversion-token-outside = “{ $token }” is token { $id }, but the model has { $size }
conversion-same-number = “{ $token }” has the number of “{ $other }”
conversion-no-vocabulary = has no vocab

checkpoint-foreign = is not a training checkpoint
checkpoint-damaged = is damaged: { $why }
checkpoint-not-f32 = should be F32 with shape { $shape }
checkpoint-other = is a checkpoint of another training; it differs in { $differences }

request-no-hidden-states = this model gives no hidden states
request-loaded = a model named “{ $name }” is already loaded
request-not-loaded = no model named “{ $name }” is loaded
request-between = { $name } must be from 1 to { $most }, but is { $value }
request-cache-type = “{ $text }” is not a cache type; use f16, q8_0 or f32
request-rope-scaling = “{ $text }” is not a RoPE scaling; use none, linear or yarn
request-not-positive = { $name } must be a positive number, but is { $value }
request-no-rope-scale = this RoPE scaling needs --rope-scale
request-short-context = the context must be at least 2 tokens, but is { $context }
request-large-cache = a cache of { $tokens } tokens is too large
request-row-blocks = rows of { $cols } do not divide into { $kind } blocks of { $block }
request-does-not-fit = { $value } does not fit in { $kind }; BF16 and F32 hold more
request-importances = { $count } importances for rows of { $cols }
request-not-written = { $kind } cannot be written
request-needs-imatrix = { $kind } needs an importance matrix (mixtral imatrix makes one)
request-load-needs-imatrix = { $kind } needs an importance matrix, so a model cannot be quantised to it while it loads; make a file with mixtral convert and mixtral quantize --imatrix
request-unknown-load-type = “{ $text }” is not a type that a model can be quantised to while it loads; use one of { $known }
request-type-of-file = { $path }: only a Hugging Face folder can be quantised while it loads; for a GGUF file, use mixtral quantize
request-other-model = { $name }: the importance matrix is of another model
request-no-importances = the importance matrix has no matrix of this model
request-not-plain = { $kind } is not possible here; F32, F16 and BF16 are
request-no-tensor = there is no tensor { $name }
request-type = { $name }: type { $kind } is not supported

template-source = tokenizer.chat_template: { $what }
template-endless = it took more than { $steps } steps
template-too-much = it wrote more than { $limit } bytes

error-other = { $what }
list-separator = ,{" "}

crash-stack = its depth overflowed the stack
crash-memory = it took more memory than it may
crash-processor-time = it took more processor time than it may
crash-silent = it took more than { $seconds } seconds and was ended
crash-signal = it was ended by signal { $signal }
crash-ended = it ended with { $how }
crash-system = the process that reads it cannot be used: { $why }
