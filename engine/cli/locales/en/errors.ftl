# Errors. What no text is for is shown in the English of the library it comes from.

error = error: { $what }
error-colon = : {""}
error-file = { $path }: { $what }
error-file-byte = { $path }: at byte { $at }: { $what }
error-file-key = { $path }: key { $key }: { $what }
error-file-tensor = { $path }: tensor { $name }: { $what }
error-no-base = { $path }: its base model “{ $base }” was not found beside the adapter; give the base's GGUF file with --base, or merge the adapter with mixtral merge
error-no-adapter = { $path }: only an adapter's folder has a base; --base is not for a whole model
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
fault-no-gpu-kernels = there are no GPU kernels for type { $name }: use --device cpu, or a model in a type from Q2_K to Q8_0
fault-missing = is missing
fault-shape = has shape { $found }, should have { $expected }
fault-surplus = is not part of a Mixtral model; the file holds more than is supported
fault-not-finite = holds a weight that is not a finite number

error-file-line = { $path }: line { $line }: { $what }
line-not-utf8 = not UTF-8 after byte { $after }
line-empty = empty
line-json = not a line of training data: { $what }
line-text-or-messages = must have either "text" or "messages"
line-empty-text = the text is empty
line-empty-message = a message is empty
line-unknown-role = unknown role “{ $role }”; the roles are system, user and assistant
line-no-answer = the last message must be the assistant's answer
line-turns = user and assistant must take turns, starting with the user
line-too-long = { $tokens } tokens are too long for the context of { $context }
line-template-order = the chat template does not lay out turns one after another

train-range = { $setting } is { $value }, must be between { $low } and { $high }
train-not-positive = { $setting } is { $value }, must be a finite number above 0
train-multiple = { $setting } must be a multiple of { $of }
train-too-few-experts = num_experts_per_tok must not exceed num_local_experts
train-unknown-module = { $setting }: unknown module “{ $name }”; possible: { $known }
train-repeated-module = { $setting }: “{ $name }” is given twice
train-no-modules = target_modules is empty: name at least one module
train-nothing-to-learn = the training data holds nothing to learn
train-nothing-to-train = no weight of the model is to be trained
train-not-finite = step { $step }: the gradients are no longer finite; lower the learning rate and resume from a checkpoint
