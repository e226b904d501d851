# What is wrong with options, the environment and the data folder, told at the terminal.
config-listen = Cannot listen on { $address }: { $why }. Choose another address with --listen or ARENA_LISTEN; port 0 picks a free one.
config-worker-listen = Cannot listen on { $address }: { $why }. Choose another address with --listen or ARENA_WORKER_LISTEN; port 0 picks a free one.
config-data-folder = Cannot create the data folder { $folder }: { $why }. Choose another with --data.
config-home = HOME is not set. Name the data folder with --data.
config-public-url = --public-url must start with http:// or https://, not { $scheme }://.
config-device = --devices: “{ $device }” is not a device. Use cpu, cuda:0, auto or none.
config-memory = --memory: “{ $value }” is not an amount of memory. Write 20GiB, or cuda:0=70GiB for one device.
config-worker-device = --device: “{ $device }” is not a device. Use cpu, cuda:0 or auto.
config-at-least-one = { $option } must be at least 1.
config-share = { $option } must be at least 0 and below 1.
config-above-zero = { $option } must be above 0.
config-network = --allow-private: “{ $network }” is not a host or network. Use forms like gpu-box.lan, 127.0.0.1 or 10.0.0.0/8.
config-secret = The secret must have at least { $least } characters.
config-secret-file = { $file } does not hold a secret of at least { $least } characters. Restore it from a backup; without it, stored API keys cannot be decrypted.
config-read = Cannot read { $file }: { $why }
config-name-path = { $option } { $value }: must have the form NAME=PATH, such as { $example }.
config-model-name = --model { $value }: the name must have 1 to 200 printable characters.
config-model-twice = --model: the name { $name } is given twice.
config-base-unknown = --base { $value }: there is no --model named { $name }.
config-origin = --allowed-origins: { $value } is no origin: write https://example.org, or * for all.
config-base-twice = --base: { $name } has two bases.
config-token = The token from { $place } must have at least { $least } characters, all of them printable ASCII.
config-key-lost = The stored API key was encrypted with another secret and cannot be read. Enter it again.
config-even-share = { $option } must be between 0 and 1.
