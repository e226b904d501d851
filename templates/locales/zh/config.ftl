# 选项、环境变量和数据目录的错误，显示在终端。
config-listen = 无法监听 { $address }：{ $why }。请用 --listen 或 ARENA_LISTEN 另选地址，端口 0 表示任取一个空闲端口。
config-worker-listen = 无法监听 { $address }：{ $why }。请用 --listen 或 ARENA_WORKER_LISTEN 另选地址，端口 0 表示任取一个空闲端口。
config-data-folder = 无法创建数据目录 { $folder }：{ $why }。请用 --data 另选目录。
config-home = 没有设置 HOME。请用 --data 指定数据目录。
config-public-url = --public-url 必须以 http:// 或 https:// 开头，而不是 { $scheme }://。
config-device = --devices：“{ $device }”不是设备。请使用 cpu、cuda:0、auto 或 none。
config-memory = --memory：“{ $value }”不是内存大小。请写成 20GiB，或用 cuda:0=70GiB 指定某个设备。
config-worker-device = --device：“{ $device }”不是设备。请使用 cpu、cuda:0 或 auto。
config-at-least-one = { $option } 至少为 1。
config-share = { $option } 须不小于 0 且小于 1。
config-above-zero = { $option } 必须大于 0。
config-network = --allow-private：“{ $network }”不是主机或网段。格式如 gpu-box.lan、127.0.0.1 或 10.0.0.0/8。
config-secret = 密钥至少需要 { $least } 个字符。
config-secret-file = { $file } 中没有至少 { $least } 个字符的密钥。请从备份恢复；没有它，已保存的 API 密钥无法解密。
config-read = 无法读取 { $file }：{ $why }
config-name-path = { $option } { $value }：格式须为 名称=路径，例如 { $example }。
config-model-name = --model { $value }：名称须为 1 到 200 个可打印字符。
config-model-twice = --model：名称 { $name } 出现了两次。
config-base-unknown = --base { $value }：没有名为 { $name } 的 --model。
config-origin = --allowed-origins：{ $value } 不是来源地址：请写成 https://example.org，或用 * 表示全部。
config-base-twice = --base：{ $name } 有两个底座。
config-token = 来自 { $place } 的令牌至少需要 { $least } 个字符，且均为可打印的 ASCII 字符。
config-key-lost = 已保存的 API 密钥是用另一个密钥加密的，无法读取。请重新输入。
config-even-share = { $option } 必须在 0 到 1 之间。
