# Models by their names on the Hugging Face hub.

hub-no-name = “{ $name }” is not a name on the hub; expected OWNER/NAME, OWNER/NAME:TYPE or OWNER/NAME:FILE
hub-not-here = “{ $name }” is not a file or folder here, so it was looked for on the hub
hub-no-repository = “{ $name }” is not a file or folder here, and { $endpoint } has no repository of this name (or a private one: set HF_TOKEN)
hub-no-revision = { $name } has no revision “{ $revision }”
hub-no-file = { $name } has no file “{ $file }”
hub-no-type = { $name } has no GGUF file of type “{ $type }”; it has { $known }
hub-which = { $name } has several GGUF files: { $known }; name one, e.g. { $name }:{ $first }
hub-no-model = { $name } has neither GGUF files nor weights as safetensors with their config.json
hub-shards = { $name }: { $file } is one of several shards, and some of them are missing
hub-gated = { $name } is gated: accept its terms at { $endpoint }/{ $name } and set HF_TOKEN to your access token
hub-gated-for-token = { $name } is gated, and the account of your token has no access yet: ask for it at { $endpoint }/{ $name }
hub-bad-token = the hub refuses your access token; check HF_TOKEN, or the file token in HF_HOME
hub-forbidden = the hub refuses access to { $name }: { $what }
hub-status = the hub answered with status { $status }: { $what }
hub-busy = the hub is busy (status { $status })
hub-network = cannot reach { $host }: { $what }
hub-timeout = { $host } sent nothing for { $seconds ->
    [one] a second
   *[other] { $seconds } seconds
}
hub-cut = the connection broke off: { $file }, { $received } of { $size }
hub-malformed = the hub's answer is not understood: { $what }
hub-checksum = { $file } was damaged on the way and has been deleted: { $found } instead of { $expected }; run the command again
hub-offline = “{ $name }” is not a file or folder here, and not in the cache { $path }; HF_HUB_OFFLINE forbids to download it
hub-setting = { $variable }: “{ $value }” is not an address
hub-io = { $path }: { $what }
hub-waiting = another process is downloading { $file }; waiting for it
hub-retry = { $what }; trying again in { $seconds } s
hub-cached = { $what }; using what is in the cache
