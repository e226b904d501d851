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
fault-missing = is missing
fault-shape = has shape { $found }, should have { $expected }
fault-surplus = is not part of a Mixtral model; the file holds more than is supported
fault-not-finite = holds a weight that is not a finite number
