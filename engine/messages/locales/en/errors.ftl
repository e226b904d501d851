# Errors of the engine. What a library says stays in its English.

error-file = { $path }: { $what }
error-file-byte = { $path }: at byte { $at }: { $what }
error-file-key = { $path }: key { $key }: { $what }
error-file-tensor = { $path }: tensor { $name }: { $what }
error-no-base = { $path }: its base model “{ $base }” was not found beside the adapter; give the path of the base's GGUF file (--base), or merge the adapter into it (mixtral merge)
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
fault-crowded = damaged: { $count } { $what } cannot stand in the { $left } bytes that follow
fault-not-utf8 = text that is not UTF-8
fault-unknown-type = unknown type { $id }: the file is damaged, or newer than this program
fault-value-type = should be { $wanted }, not { $found }
fault-impossible = { $value } is not possible
fault-unsupported = { $what } is not supported
fault-unknown-choice = “{ $found }” is not supported (supported: { $known })
fault-differs = is { $found }, should be { $wanted }
fault-rank = { $rank } dimensions (1 to 4 are possible)
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
fault-other = { $what }

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
