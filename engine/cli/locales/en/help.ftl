# Help of the command line: `command-NAME`, `option-ID`, and `option-COMMAND-ID` where a command has a text of its own.

usage-at-least = { $option } must be at least { $low }
usage-between = { $option } must be between { $low } and { $high }

command-mixtral = Run, inspect, measure, convert, quantize and train models of the Mixtral family
command-chat = Chat with a model
command-info = Show a model file's metadata
command-perplexity = Measure a model's perplexity on a text
command-evaluate = Evaluate a model on a task
command-evaluate-ceval = C-Eval: 52 subjects of Chinese examinations
command-evaluate-cmmlu = CMMLU: 67 subjects in Chinese
command-evaluate-mmlu = MMLU: 57 subjects in English
command-evaluate-compare = Compare two evaluations of the same questions, with an interval
command-evaluate-longbench = LongBench: 21 tasks over long texts in Chinese, English and code
command-evaluate-needle = Hide a sentence in a long text and ask for it: by depth and context length
command-evaluate-poetry = Evaluate classical Chinese verse: form, rhyme and copying
command-judge = Have models answer prompts and a language model judge the answers: scores of 1 to 10 with reasons, or pairs in both orders
command-quantize = Quantize a model
command-imatrix = Compute an importance matrix, for better quantization
command-convert = Convert between a Hugging Face folder and a GGUF file
command-merge = Merge LoRA adapters into a base model
command-make-random = Make a model of random weights in a true shape, to measure speed and memory
command-train = Train a model, or a LoRA or QLoRA adapter
command-train-tokenizer = Train a tokenizer on training files
command-prepare = Prepare training data from a public source
command-prepare-chinese-poetry = Tang and Song verse, from the npm package chinese-poetry (MIT licence)
command-bench = Benchmark this machine
command-bench-inference = How fast a model answers: decoding, prompts, long contexts, a second turn
command-bench-kernels = How near a GPU's kernels come to its limits, and where a model's steps spend their time
command-bench-train = How fast this machine trains, beside candle's own autograd
command-selftest = Check that a device computes what the processor does
command-recite = Earlier name of “evaluate poetry”
command-recipe = Earlier name of “train --print-config”
command-data = Earlier name of “prepare”
command-data-poetry = Earlier name of “prepare chinese-poetry”

option-model = Model: a GGUF file (or its first shard), or a LoRA adapter's folder
option-base = Base model of the adapter (GGUF), if it is not the file named in the adapter
option-device = Where to compute: cpu, cuda:0, auto
option-threads = Number of compute threads; without it, one per physical core
option-context = Context length in tokens; without it the model's own, at most 8192
option-rope-scaling = RoPE scaling for contexts longer than the model's own: none, linear or yarn
option-rope-scale = RoPE scale: the context after stretching divided by the context before
option-rope-freq-base = Base frequency of RoPE instead of the model's
option-yarn-orig-ctx = Original context length for YaRN; without it the model's own
option-kv-cache-dtype = Type of cached keys and values: f16, q8_0 (about half the memory) or f32 (twice); only f16 on a GPU
option-force = Overwrite existing files
option-json = Print JSON
option-seed = Random seed; the same seed gives the same result
option-temperature = Sampling temperature; 0 always picks the most likely token, higher values vary more
option-text = A text file; or JSON lines (NAME.jsonl) as for training: each line is one window, conversations use the model's chat template, and only answers count
option-window = Window length in tokens; without it the model's context, at most 512 for plain text
option-windows = Maximum number of windows or lines
option-type = Type of the matrices, e.g. Q4_K
option-endpoint = Ask a model at this OpenAI-compatible endpoint instead of a local one, e.g. https://api.openai.com/v1
option-remote-model = The model's name at the endpoint
option-api-key = Environment variable that holds the endpoint's API key
option-parallel = Requests at once
option-retries = How often a request is retried that failed for now (status 429 or 5xx, broken connection), with growing pauses
option-timeout = Maximum seconds for an answer
option-out = File to write

option-chat-prompt = Answer this one message and exit
option-chat-raw = Continue the text as it is, without the chat template
option-chat-system = System prompt
option-chat-max-tokens = Maximum tokens to generate
option-chat-stop = Stop at this text; may be given several times
option-top-k = Sample from the k most likely tokens; 0 means all
option-top-p = Sample from the most likely tokens that together reach this probability
option-min-p = Sample from tokens at least this fraction as likely as the most likely one
option-repetition-penalty = Repetition penalty; 1 disables it
option-frequency-penalty = Frequency penalty: subtracted for each time a token occurred in the answer
option-presence-penalty = Presence penalty: subtracted once a token occurred in the answer

option-info-tensors = List every tensor

option-perplexity-against = Also report KL divergence from this model, which must have the same vocabulary

option-perplexity-lengths = Context lengths, separated by commas: the same text in windows of each, e.g. 1024,2048,4096
option-perplexity-svg = Draw the curve over the lengths into this file
option-evaluate-longbench-data = Folder with the benchmark's files: TASK.jsonl, or TASK_e.jsonl for LongBench-E
option-evaluate-longbench-tasks = Tasks, separated by commas: zh, en, code, all, or names such as dureader
option-evaluate-longbench-by-length = LongBench-E: other files, and scores by length
option-evaluate-longbench-max-length = Tokens of a prompt; the middle of a longer one is left out. At an endpoint, one token is reckoned for three bytes
option-evaluate-longbench-instruct = Put each prompt into [INST] … [/INST], for models tuned to follow instructions
option-evaluate-longbench-greedy = Always take the likeliest token; without it, the published sampling (temperature 0.2, top-k 40, top-p 0.95, repetition penalty 1.1)
option-evaluate-longbench-limit = Samples of each task, at most
option-evaluate-longbench-output = Folder for answers and results (JSON, Markdown); an interrupted evaluation goes on from it

option-evaluate-needle-text = Text that the sentence is hidden in; a short one is repeated
option-evaluate-needle-lengths = Lengths of the whole prompt, separated by commas
option-evaluate-needle-depths = Where in the text the sentence stands, in percent, separated by commas
option-evaluate-needle-needle = The sentence
option-evaluate-needle-question = The question about it
option-evaluate-needle-answer = What the answer must hold; several texts count in equal shares
option-evaluate-needle-max-tokens = Maximum tokens of an answer
option-evaluate-needle-raw = Ask without the chat template, for base models
option-evaluate-needle-svg = Draw the heat map into this file

option-evaluate-ceval-data = The benchmark's files as published: a folder or a zip with dev, val and test in it
option-evaluate-ceval-split = Questions of “val” or “test” (CMMLU has test alone); C-Eval's test answers go to submission.json
option-evaluate-ceval-shots = Examples before each question, from the beginning of dev; 0 for none
option-evaluate-ceval-instruct = Put each question into [INST] … [/INST], for models tuned to follow instructions
option-evaluate-ceval-generate = Read the letter out of a free answer; without it, the letter with the highest logits is the answer
option-evaluate-ceval-chain-of-thought = Have the model think before it answers (C-Eval)
option-evaluate-ceval-subjects = Only these subjects, by the names of their files, separated by commas
option-evaluate-ceval-limit = Questions of each subject, at most
option-evaluate-ceval-seed = Seed of free answers
option-evaluate-ceval-output = Folder for answers and results (JSON, Markdown); an interrupted evaluation goes on from it
option-evaluate-compare-first = Folder that --output of one evaluation wrote
option-evaluate-compare-second = Folder of the other one
option-evaluate-poetry-held-out = Held-out conversations (JSON lines), as “mixtral prepare chinese-poetry” writes them
option-evaluate-poetry-training = Training files, to count answers copied from them; may be given several times
option-evaluate-poetry-requests = Number of requests, from the beginning of the file
option-evaluate-poetry-seed = Seed of the first request; each next one adds 1
option-evaluate-poetry-samples = Answers per request
option-evaluate-poetry-against = Another model that answers the same requests with the same seeds: won, even and lost requests by what can be judged
option-evaluate-poetry-preferences = Write the best and the worst answer of each request, as judged, to this file, for “mixtral train --dpo”
option-evaluate-poetry-show = Number of questions and answers to print

option-judge-prompts = Prompts: a file (one a line; or JSON lines with “prompt”, “turns” or “messages”), a folder of such files, or battles exported with their conversations, whose answers are judged as they are
option-judge-models = Model that answers, by a name and its endpoint's base URL or its GGUF file; may be given several times
option-judge-judge = Model that judges, likewise; at an endpoint the name is the one that the endpoint knows
option-judge-output = Folder for answers, verdicts and tables (JSON, Markdown); an interrupted judging goes on from it
option-judge-pairs = Compare answers in pairs, each in both orders; without it, each answer gets a score of 1 to 10
option-judge-limit = Number of prompts, from the beginning
option-judge-keys = Environment variable with the API key of a model or of the judge; may be given several times
option-judge-reasons = Language of the judge's instructions and reasons: en or zh; without it, the terminal's
option-judge-max-tokens = Maximum tokens of an answer
option-judge-judge-max-tokens = Maximum tokens of a verdict; a judge that thinks needs more
option-judge-seed = Seed of the models' answers
option-judge-max-requests = Stop after this many requests in this run, retries included
option-judge-max-total-tokens = Stop after this many tokens of prompts and answers in this run, as the endpoints count them

option-quantize-model = Model: a GGUF file, or its first shard
option-quantize-embedding = Type of the token embedding; without it Q6_K for Q2_K and Q3_K, more precise for IQ1 to IQ3_XXS, otherwise TYPE
option-quantize-output = Type of the output matrix; without it Q6_K for Q2_K to Q5_K, Q5_K or Q6_K for IQ types, otherwise TYPE
option-quantize-pure = Use TYPE for all matrices; without it, the few that every token passes through stay more precise, as in llama.cpp
option-quantize-imatrix = Importance matrix of this model, from “mixtral imatrix” or llama.cpp; required for IQ1, IQ2 and IQ3_XXS

option-convert-source = A Hugging Face folder, or a GGUF file (or its first shard)
option-convert-target = The GGUF file or the Hugging Face folder to write: the other of the two
option-convert-type = Type of the matrices, e.g. Q8_0; F16, BF16 or F32 for a folder. Without it the source's type, and F16 for a quantized source
option-convert-shard-size = Maximum size of a shard of a folder, e.g. 5GB or 500MB

option-make-random-out = GGUF file to write
option-make-random-like = Shape of the model: small (0.2 billion parameters), medium (3.1), 8x7b (46.7), 8x22b (140.6)
option-make-random-type = Type of the matrices
option-make-random-pure = Use TYPE for all matrices; without it, the mix that “mixtral quantize” writes
option-make-random-seed = Seed of the random weights: the same seed gives the same file
option-merge-base = Base model: a Hugging Face folder, or a GGUF file (or its first shard)
option-merge-adapters = Folders of PEFT adapters, merged one after another; the last path is the output, in the base's format
option-merge-type = Type of the matrices, for a GGUF base; without it the base's own

option-train-out = Output folder, for checkpoints, log, loss curve and models
option-train-print-config = Print a complete training configuration to edit, and explain its settings
option-train-tokenizer = Tokenizer of a new model: tokenizer.gguf from “mixtral train-tokenizer”, or any GGUF model
option-train-base = Start from the weights of this model (GGUF file or Hugging Face folder), which also brings its shape and tokenizer
option-train-base-name = Base model's name in the adapter, e.g. mistralai/Mixtral-8x7B-v0.1; without it, the path of the base's file
option-train-base-type = Quantize the matrices of a base folder to this type while reading it, e.g. Q4_K with “qlora”
option-train-data = Training file or folder; may be given several times. Plain text (a document per line), or JSON lines or an array: "text", "messages", "conversations" (ShareGPT), "instruction"/"input"/"output" (Alpaca); with --dpo "prompt"/"chosen"/"rejected". Folders are read recursively, by name
option-train-validation = Validation file or folder, in the forms of --data
option-train-dpo = Train on preferences (DPO): --data holds “prompt”, “chosen” and “rejected”, as “arena export --preferences” writes them
option-train-config = Training configuration (JSON); without it, that of the folder when resuming, otherwise the defaults
option-train-max-minutes = Stop after this many minutes and write a checkpoint
option-train-resume = Resume from the folder's checkpoint
option-train-force = Delete the training that is in the folder and start over
option-train-hugging-face = Also write the model in Hugging Face's format, as the folders “best” and “last”

option-train-tokenizer-folder = Output folder, for tokenizer.json and tokenizer.gguf
option-train-tokenizer-texts = Training files or folders, plain text or JSON; every string in them is used
option-train-tokenizer-vocab-size = Vocabulary size
option-train-tokenizer-max-token-length = Maximum characters of a token; 1 gives single characters

option-prepare-chinese-poetry-folder = Output folder
option-prepare-chinese-poetry-package = The npm package, already unpacked; without it, npm downloads it
option-prepare-chinese-poetry-held-out = Number of poems to hold out for validation
option-bench-inference-tokens = Tokens of each answer
option-bench-kernels-model = Model whose steps are taken apart
option-bench-train-steps = Number of steps to measure; each runs the trainer and then candle's own autograd
option-selftest-models = Model files to check as well
option-selftest-device = Device to check: cpu, cuda:0 or auto
option-selftest-json = Print the result as JSON
option-selftest-threads = Number of processor threads (default: one per core)

option-recipe-kind = What to train
