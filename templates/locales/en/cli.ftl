# What `arena --help` says: `command-COMMAND` and `option-COMMAND-OPTION`, by clap's ids.
command-arena = Mixtral Arena: chat with two anonymous models side by side, and vote for the better answer.
command-arena-default = Without a command, `arena` serves the arena on http://127.0.0.1:8080 with an embedded database and the demo models.
command-arena-examples =
    Examples:
      arena
          Serve on http://127.0.0.1:8080 with the embedded database and the demo models.
      arena serve --listen 0.0.0.0:80 --public-url https://arena.example.org --trusted-proxies 1
          Serve behind one TLS reverse proxy.
      DATABASE_URL=postgres://arena@db.lan/arena ARENA_SECRET=… arena serve
          Use your own Postgres, shared with other servers.
      arena worker --device cpu --listen 127.0.0.1:8100 --model poet=engine/models/poet-14m-q8_0.gguf
          Serve a model over the OpenAI API, without the arena.
      arena admin create alice
          Create an administrator; asks for a password.
command-serve = Serve the arena: web pages, JSON API, and workers for local models
option-serve-listen = Address and port to listen on; port 0 picks a free one and prints it
option-serve-data = Folder for the embedded database and the secret; by default /var/lib/mixtral-arena as root, else mixtral-arena in $XDG_DATA_HOME or ~/.local/share
option-serve-database-url = Use this PostgreSQL (15 or newer) instead of the embedded one
option-serve-secret = Secret of at least 32 characters that form tokens and the encryption of API keys are derived from; servers that share a database must share it. By default generated once and kept in the data folder
option-serve-public-url = Address at which people reach the arena, such as https://arena.example.org; with https, cookies are Secure
option-serve-trusted-proxies = Number of reverse proxies in front of the arena whose X-Forwarded-For header is trusted
option-serve-allow-private = Private hosts or networks that may be registered as endpoints, separated by commas, such as 127.0.0.1,gpu-box.lan,10.0.0.0/8; all other private addresses are refused
option-serve-devices = Devices to run local models on, separated by commas: cpu, cuda (the first GPU), cuda:N, auto (every GPU, or the CPU if there is none), or none
option-serve-memory = Memory that models may take, such as 20GiB, or cuda:0=70GiB for one device; by default what is free at the start. Models that do not fit together take turns in it
option-serve-demo-models = Folder of demo models, registered when the database has no models yet; by default the ones that come with the arena
option-serve-no-demo = Do not register the demo models
option-serve-metrics = Who may read /metrics: local is this machine or an administrator's API token
option-serve-keep-days = Delete conversations older than this many days; their votes stay
option-serve-drain-seconds = How long to wait for running answers on shutdown, in seconds
option-serve-vote-undo-seconds = How long a vote can be taken back on its page before it counts, in seconds; 0 for not at all
option-serve-voter-per-minute = Messages and votes allowed per minute and visitor
option-serve-address-per-minute = Messages and votes allowed per minute and IP address
option-serve-min-votes = Models with fewer votes than this are shown as preliminary: with a rating, without a rank
option-serve-anchor-model = Slug of the model that ratings are measured from; by default the mean over all battles is
option-serve-anchor-rating = Rating of the anchor model, or of the mean over all battles
option-serve-even-share = Share of battles whose pair is drawn by the models' weights alone, from 0 to 1; the others go where a vote tells most
option-serve-new-model-votes = Models with fewer votes than this are new
option-serve-new-model-boost = How many times as often new models are drawn as their weight says
option-serve-elo-k = How many points one vote moves an Elo rating at most; a change recomputes all Elo ratings
option-serve-elo-scale = Elo difference at which the stronger model is expected to win ten times as often as it loses; a change recomputes all Elo ratings
option-serve-elo-initial = Elo rating of a model without votes; a change recomputes all Elo ratings
option-serve-flag-rate = At most this share of voters who vote like others is flagged; the votes of flagged voters don't count until an administrator decides; 0 flags nobody
option-serve-log = Format of the log on standard error: text for people, json (one object per line) for programs
command-sandbox = For the arena itself: read what strangers made in a process of its own
option-sandbox-job = What to do
command-worker = Serve models over the OpenAI API, without the arena: to try a model, or to register it as an endpoint of an arena elsewhere
option-worker-device = Device to run on: cpu, cuda:N, or auto (the first GPU, or the CPU if there is none)
option-worker-listen = Address and port to listen on; port 0 picks a free one and prints it
option-worker-token-file = File with the token that clients must send as “Authorization: Bearer …”; by default ARENA_WORKER_TOKEN from the environment, else a random one that is printed
option-worker-models = Model to load: its name for clients, and its GGUF file, Hugging Face folder (FOLDER:Q4_K quantizes it while it loads) or the folder of an adapter; may be repeated
option-worker-bases = Base of a model that is an adapter, unless its configuration says: the model's name, and the base's GGUF file or Hugging Face folder; may be repeated
option-worker-context = Context length in tokens, for every model; by default each model's own. More than a model was trained for is possible
option-worker-rope-scaling = RoPE scaling for contexts longer than the models' own: none, linear or yarn
option-worker-rope-scale = RoPE scale: the context after stretching divided by the context before
option-worker-rope-freq-base = Base frequency of RoPE instead of the models' own
option-worker-yarn-orig-ctx = Original context length for YaRN; by default each model's own
option-worker-cache-tokens = Size of each model's KV cache in tokens, shared by its requests; by default --sequences times the context length, at most 32768 or one full context
option-worker-kv-cache-dtype = Type of cached keys and values: f16, q8_0 (about half the memory) or f32 (twice); only f16 on a GPU
option-worker-sequences = Requests that each model works on at once
option-worker-queue = Requests that may wait for each model; further ones are refused
option-worker-threads = CPU threads to compute with; by default one per core
option-worker-allowed-origins = Site whose scripts may use this worker from a browser (CORS), as in https://example.org; * for all; may be repeated
option-worker-drain-seconds = How long to wait for running answers on shutdown, in seconds
option-worker-log = Format of the log on standard error: text for people, json (one object per line) for programs
option-worker-supervised = Started by `arena serve`: reads the token from the first line of standard input, stops at the line `stop`, and exits when standard input ends
command-backup = Write the embedded database and the secret into one file; the arena may run meanwhile
option-backup-file = File to write; it must not exist yet
option-backup-data = The data folder, as given to `arena serve`
command-restore = Make an arena out of a backup, in a data folder that has none yet
option-restore-file = Backup to read
option-restore-data = Data folder to restore into
command-import = Import votes from FastChat, LMArena, arena-rank, evalica, ComparIA or Open WebUI; the same file twice adds nothing
option-import-file = File to read: .json, .jsonl, .csv or .parquet
option-import-format = Format of the file, if its name does not tell
option-import-map = Count a name in the file as an existing model, by its slug; may be repeated. Other names match slugs and names, or are added as models that cannot be asked
option-import-strict = Import nothing if any row is bad; by default bad rows are named and skipped
option-import-with-conversations = Keep what people and models wrote, where the file has it: it decides categories and style of these votes, and is exported with --conversations
option-import-data = The data folder, as given to `arena serve`
option-import-database-url = The PostgreSQL database, as given to `arena serve`
option-import-secret = The secret, as given to `arena serve`; voters are stored as hashes keyed with it
command-export = Export counted votes; voters only as keyed hashes
option-export-file = File to write; it must not exist yet
option-export-format = Format of the file, if its name does not tell
option-export-columns = Whose columns to write: fastchat (also read by LMArena's tools and arena-rank), comparia, or evidence (a leaderboard with all its votes for `arena verify`, as JSON lines)
option-export-kind = Kind of battle: battle, side_by_side, imported, judge, or all
option-export-set = Only votes on prompts of the set with this name
option-export-language = Only votes in this language, such as zh
option-export-ties = How ties count in the ratings of an evidence file: half (half a win each) or davidson (modelled)
option-export-conversations = Include what people and models wrote
option-export-preferences = Write pairs of answers for DPO ("prompt", "chosen", "rejected", as TRL and `mixtral train --dpo` read them) from counted votes of blind battles; ties are left out. These are what people and models wrote
option-export-data = The data folder, as given to `arena serve`
option-export-database-url = The PostgreSQL database, as given to `arena serve`
option-export-secret = The secret, as given to `arena serve`; voters are written as hashes keyed with it
command-verify = Check votes: those of a file that `arena export --columns evidence` wrote, and that they come to its leaderboard; without a file, those in the database
option-verify-file = File to check; needs no arena
option-verify-data = The data folder, as given to `arena serve`
option-verify-database-url = The PostgreSQL database, as given to `arena serve`
option-verify-secret = The secret, as given to `arena serve`
command-replay = Ask the models of a battle the same again, with the same seeds and settings, and compare; the arena must be running. Succeeds if all answers are the same
option-replay-battle = The battle's id, or its address
option-replay-turn = Only this turn, from 1
option-replay-json = Print the result as JSON
option-replay-data = The data folder, as given to `arena serve`
option-replay-database-url = The PostgreSQL database, as given to `arena serve`
option-replay-secret = The secret, as given to `arena serve`
command-admin = Manage administrators; works while the arena runs, too
option-admin-data = The data folder, as given to `arena serve`
option-admin-database-url = The PostgreSQL database, as given to `arena serve`
command-admin-create = Create an administrator; asks for a password
option-admin-create-name = Name to sign in with
option-admin-create-password-stdin = Read the password from standard input (one line) instead of asking
command-admin-list = List the administrators
command-admin-disable = Disable an administrator and end their sessions; the last one cannot be disabled
option-admin-disable-name = Name of the administrator
command-admin-enable = Re-enable a disabled administrator
option-admin-enable-name = Name of the administrator
command-admin-link = Print a one-time link with which someone becomes an administrator
option-admin-link-public-url = Address at which people reach the arena; without it, where it last ran

terminal-first-link = No administrator yet. Become the first with this link (works once, within { $hours } hours):
terminal-no-arena = There is no arena in { $folder }. Name its folder with --data, or its database with DATABASE_URL.
terminal-backup = Backed up to { $file }: { $rows } rows of { $tables } tables, read back and compared. The file holds conversations and the secret: keep it safe.
terminal-restored = Restored { $rows } rows of { $tables } tables from { $file }. Start the arena now.
terminal-import-map = --map takes NAME=SLUG, not “{ $pair }”.
terminal-import-progress = { $rows } rows read …
terminal-import-bad = Row { $number } skipped: { $why }
terminal-import-models = { $n ->
    [one] Added one model known by name only: { $names }
   *[other] Added { $n } models known by name only: { $names }
 }
terminal-imported = { $rows } rows read: { $votes } new votes, { $known } already there, { $others } about something else, { $bad } bad.
terminal-import-conversations = Conversations kept: { $n }
terminal-export-format = The format can't be told from the name { $file }. Use .json, .jsonl, .csv or .parquet, or --format.
terminal-export-filter = --{ $name } can't be read.
terminal-export-preferences = --preferences are of blind battles (--kind battle), and written as .json or .jsonl.
terminal-exported-preferences = Wrote { $votes } pairs to { $file }.
terminal-exported = Wrote { $votes } votes to { $file }.
terminal-verify-file = Published by version { $program }, { $time }: { $kind }, language { $language }, ties { $ties }. Last vote's hash: { $head }
terminal-verify-format = { $file } is not a file of `arena export --columns evidence`: { $why }
terminal-verify-equal = Equal: { $votes } votes in the chain, { $counted } of them counted, { $models } models.
terminal-verify-differs = Not equal: { $problems } differences ({ $votes } votes in the chain, { $counted } of them counted).
problem-unreadable = Line { $line } can't be read: { $why }
problem-altered = Vote { $vote } was altered, or stands in another place than it was cast.
problem-missing = Vote number { $seq } of the chain is missing.
problem-head = The chain ends otherwise than published: votes are missing at its end, or were added.
problem-unchained = { $votes } votes have no hash. They are hashed while the arena runs.
problem-count = { $published } votes were published as counted; there are { $found }.
problem-pair = { $pair }: { $published } votes kept as counted, { $found } found.
problem-differs = { $model }, { $figure }: { $published } published, { $found } recomputed.
terminal-no-terminal = There is no terminal to ask for the password on. Use --password-stdin.
terminal-no-admin = There is no administrator named “{ $name }”.
terminal-password = Password:
terminal-password-again = Repeat password:
terminal-admin-created = { $name } is an administrator now.
terminal-admin-disabled = { $name } is disabled, and their sessions have ended.
terminal-admin-enabled = { $name } can sign in again.
terminal-admin-since = since { $time }
terminal-link = Works once, within { $hours } hours.
terminal-engine-died = The inference thread died. The log above says why.
terminal-no-model-loaded = None of the models could be loaded. The log above says why.
